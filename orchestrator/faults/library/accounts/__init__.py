"""Faults of local accounts."""
