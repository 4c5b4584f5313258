"""What the kernel's lists of interfaces say, message by message."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.fabric.helper import interfaces, netlink


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def told(monkeypatch: pytest.MonkeyPatch, flags: int, *more: bytes) -> dict[str, Any]:
    """Return the row of eth0's address, whose head has these flags."""
    near = attribute(1, socket.inet_aton("192.168.10.51")) + attribute(2, socket.inet_aton("192.168.10.51"))
    body = struct.pack("=BBBBi", socket.AF_INET, 24, flags, 0, 2) + near + b"".join(more)

    def dumped(*_question: object) -> Iterator[bytes]:
        yield body

    monkeypatch.setattr(netlink, "dumped", dumped)
    (row,) = interfaces.addresses(None, {2: "eth0"}, 0.0)  # type: ignore[arg-type]
    return row


@pytest.mark.parametrize(
    ("flags", "more", "leased"),
    [
        (0x80, (), False),
        (0, (), True),
        (0x80, (attribute(8, struct.pack("=I", 0x280)),), False),
        (0x00, (attribute(8, struct.pack("=I", 0x200)),), True),
    ],
)
def test_an_address_that_ends_by_itself_is_leased(
    monkeypatch: pytest.MonkeyPatch, flags: int, more: tuple[bytes, ...], leased: bool
) -> None:
    row = told(monkeypatch, flags, *more)
    assert row == {"dev": "eth0", "address": "192.168.10.51/24", **({"leased": True} if leased else {})}
