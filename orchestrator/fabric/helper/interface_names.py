"""What the interfaces of the fabric are called: made from what they belong to, for a name has at most 15 bytes."""

from __future__ import annotations

import hashlib


def bridge_name(instance: str, segment: str) -> str:
    """Return the name of a segment's bridge."""
    return "s" + hashlib.sha256(f"{instance}/{segment}".encode()).hexdigest()[:12]


def port_name(instance: str, host: str, interface: str) -> str:
    """Return the name of the fabric's end of a cable."""
    return "p" + hashlib.sha256(f"{instance}/{host}/{interface}".encode()).hexdigest()[:12]
