"""Servers of this machine's loopback addresses that listen by IPv6, where its kernel has it."""

from __future__ import annotations

import socket

import pytest


def _has_v6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


V6 = pytest.mark.skipif(not _has_v6(), reason="this machine has no IPv6 at its loopback")
"""Marks a test that listens at ::1."""


def v6_only() -> socket.socket:
    """Return what listens at every IPv6 address, and at no IPv4 one."""
    return socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=False)
