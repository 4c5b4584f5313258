"""Faults of DHCP: what a server (Kea) hands out, whether it has addresses left, and the path to it."""
