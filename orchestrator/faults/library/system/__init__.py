"""Faults of a host itself: clock, disk, files, packages, services."""
