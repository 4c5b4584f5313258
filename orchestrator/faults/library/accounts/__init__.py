"""Faults of the local accounts of a host."""
