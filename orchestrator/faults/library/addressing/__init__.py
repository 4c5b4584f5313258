"""Faults of a host's addresses and routes."""
