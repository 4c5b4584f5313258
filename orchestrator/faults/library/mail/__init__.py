"""Faults of mail servers."""
