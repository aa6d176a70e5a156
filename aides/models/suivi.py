"""Who asked to be told, and what was told."""
