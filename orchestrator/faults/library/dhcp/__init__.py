"""Faults of DHCP."""
