"""Official lists of communes that are not a zoning: ZRR, FRR."""
