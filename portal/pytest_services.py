"""Placeholder until the embedded services start here."""
