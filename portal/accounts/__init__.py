"""Who is connected and, later, in whose name."""
