"""What each région sets within a national scheme, and the archive of the rules read."""
