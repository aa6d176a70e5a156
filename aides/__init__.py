"""Schemes as dated rules, and the check."""
