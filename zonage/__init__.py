"""The territory and its classification: communes and their mergers, territoires, arrêtés, classements, APL."""
