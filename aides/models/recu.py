"""Receipts of answers, chained by their digests."""
