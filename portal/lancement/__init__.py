"""What `./maillage` does once Python is there: prepare, start, watch and stop. Nothing here imports Django."""
