"""Letters: numbered, tagged PDF, verifiable by a code."""
