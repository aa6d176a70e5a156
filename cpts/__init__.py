"""Coordinated practice (CPTS, structures). Nothing is built here yet; the package holds the place the design gives it."""
