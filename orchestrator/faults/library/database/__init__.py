"""Faults of databases."""
