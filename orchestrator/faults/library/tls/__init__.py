"""Faults of certificates."""
