"""Faults of cables, switches, routers and firewalls."""
