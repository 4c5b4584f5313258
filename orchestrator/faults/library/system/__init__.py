"""Faults of a host: clock, disk, files, packages, services."""
