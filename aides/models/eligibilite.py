"""What each commune offers to each profession, computed for all France."""
