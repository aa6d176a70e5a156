"""Coordinated practice (CPTS, structures). Nothing is built here yet: the package holds its place in the design."""
