"""Local schemes: drafts, proposals, validated versions; never edited in place."""
