"""Faults of addresses and routes of hosts."""
