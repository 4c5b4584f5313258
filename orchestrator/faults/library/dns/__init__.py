"""Faults of name resolution: of a name server (BIND 9), or of a host that asks."""
