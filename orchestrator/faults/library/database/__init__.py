"""Faults of databases (PostgreSQL)."""
