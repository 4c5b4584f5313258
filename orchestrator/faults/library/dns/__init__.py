"""Faults of name resolution."""
