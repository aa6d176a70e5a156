"""The endpoints of the territory and of its zones."""
