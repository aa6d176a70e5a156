"""Prevention campaigns, their target populations, the actions of a territory, and uptake."""
