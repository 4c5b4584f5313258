"""The sockets of a host's network namespace, as the kernel itself lists them (sock_diag(7); proc_pid_net(5))."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

from . import kernel, netlink
from .messages import HelperError

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_ALL_STATES = 0xFFFFFFFF
_REQUEST = struct.Struct("=BBBBI48x")
_MESSAGE = struct.Struct("=BBBB2s2s16s16sI8xIIIII")  # struct inet_diag_msg
_ONLY_V6 = 11  # INET_DIAG_SKV6ONLY
_UNIX_REQUEST = struct.Struct("=BBHIIIII")  # struct unix_diag_req
_UNIX_MESSAGE = struct.Struct("=BBBBI8x")  # struct unix_diag_msg
_SHOW_NAME, _SHOW_FILE, _SHOW_PEER = 1, 2, 4  # UDIAG_SHOW_NAME, UDIAG_SHOW_VFS, UDIAG_SHOW_PEER
_NAME, _FILE, _PEER = 0, 1, 2  # UNIX_DIAG_NAME, UNIX_DIAG_VFS, UNIX_DIAG_PEER
_STATE_LISTENING = 10
_STATES = {1: "established", 7: "unconnected", 10: "listening"}
_ACCEPTS, _STREAMS = 0x10000, (1, 5)  # __SO_ACCEPTCON; SOCK_STREAM, SOCK_SEQPACKET
_MAX_SOCKETS = 50_000


def listed(
    pid: int, pidfd: int, own_network: int, deadline: float, *, connected: bool, unix: bool = True
) -> list[dict[str, Any]]:
    """Return the TCP, UDP and named Unix sockets of a host.

    Args:
        pid: the host's first process.
        pidfd: the same, held so that nobody else can have got its number.
        own_network: a file descriptor of our own network namespace.
        deadline: of ``time.monotonic``.
        connected: whether the sockets of TCP connections are wanted: the kernel goes through the table of all that
            the machine has, for each host, and that table is large.
        unix: whether the named Unix sockets are wanted.

    Raises:
        HelperError: the kernel does not say, or there are too many.
    """
    rows: list[dict[str, Any]] = []
    kinds = (
        ("tcp", socket.IPPROTO_TCP, _ALL_STATES if connected else 1 << _STATE_LISTENING),
        ("udp", socket.IPPROTO_UDP, _ALL_STATES),
    )
    with _asking_in(pidfd, own_network) as asking:
        for family in (socket.AF_INET, socket.AF_INET6):
            for protocol, number, states in kinds:
                for row in _dumped(asking, family, number, states, deadline):
                    rows.append({"protocol": protocol, **row})
                    _bound(rows)
        for row in (_unix(asking, deadline) or _unix_by_name(pid)) if unix else ():
            rows.append(row)
            _bound(rows)
    return rows


def listening_at(file: os.stat_result, pidfd: int, own_network: int, deadline: float) -> set[int]:
    """Return the sockets of a host that listen at a file: whatever name they were bound to, it may have been renamed.

    Args:
        file: the file.
        pidfd: holds the host's first process.
        own_network: a file descriptor of our own network namespace.
        deadline: of ``time.monotonic``.

    Raises:
        HelperError: the kernel does not say.
    """
    wanted = struct.pack("=II", file.st_ino & 0xFFFFFFFF, os.major(file.st_dev) << 20 | os.minor(file.st_dev))
    with _asking_in(pidfd, own_network) as asking:
        return {
            number
            for state, number, told in _unix_asked(asking, _SHOW_FILE, deadline)
            if state == _STATE_LISTENING and told.get(_FILE, b"")[:8] == wanted  # struct unix_diag_vfs
        }


def peer_of(connection: socket.socket, deadline: float) -> int | None:
    """Return the socket at the other end of a Unix connection of ours.

    It is 0 where nobody has accepted the connection, and None on a kernel that has no list of Unix sockets.

    Raises:
        HelperError: the kernel does not say.
    """
    own = os.fstat(connection.fileno()).st_ino
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as asking:
        rows = {number: told for _, number, told in _unix_asked(asking, _SHOW_PEER, deadline)}
    if not rows:
        return None
    return _number(rows.get(own, {}).get(_PEER, bytes(4)))


def _asking_in(pidfd: int, own_network: int) -> socket.socket:
    """Return a socket by which the kernel is asked for the sockets of a host's network."""
    return netlink.asking_in(pidfd, own_network, _NETLINK_SOCK_DIAG)


def _unix_asked(asking: socket.socket, shown: int, deadline: float) -> Iterator[tuple[int, int, dict[int, bytes]]]:
    """Give the state, the number and the attributes of each Unix socket of a connection's kind."""
    question = _UNIX_REQUEST.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, shown, 0, 0)
    for body in _asked(asking, question, deadline):
        _, kind, state, _, inode = _UNIX_MESSAGE.unpack_from(body)
        if kind in _STREAMS:
            yield state, inode, dict(netlink.attributes(body[_UNIX_MESSAGE.size :]))


def _number(attribute: bytes) -> int:
    return int(struct.unpack_from("=I", attribute)[0])


def _dumped(
    asking: socket.socket, family: int, protocol: int, states: int, deadline: float
) -> Iterator[dict[str, Any]]:
    for body in _asked(asking, _REQUEST.pack(family, protocol, 0, 0, states), deadline):
        row = _row(family, body)
        if row is not None:
            yield row


def _asked(asking: socket.socket, question: bytes, deadline: float) -> Iterator[bytes]:
    """Give the bodies of what the kernel answers; nothing where it has no such protocol."""
    try:
        yield from netlink.dumped(asking, _SOCK_DIAG_BY_FAMILY, question, deadline)
    except TimeoutError:
        raise
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise HelperError("failed", f"the kernel does not list sockets: {error.strerror}") from error


def _row(family: int, body: bytes) -> dict[str, Any] | None:
    _, state, _, _, port, far_port, near, far, _, _, _, _, uid, inode = _MESSAGE.unpack_from(body)
    if state not in _STATES:
        return None
    size = 4 if family == socket.AF_INET else 16
    return {
        "state": _STATES[state],
        "address": socket.inet_ntop(family, near[:size]),
        "port": int.from_bytes(port, "big"),
        "remote": socket.inet_ntop(family, far[:size]),
        "remote_port": int.from_bytes(far_port, "big"),
        "only_v6": family == socket.AF_INET6 and _is_only_v6(body[_MESSAGE.size :]),
        "uid": uid,
        "inode": inode,
    }


def _is_only_v6(attributes: bytes) -> bool:
    return dict(netlink.attributes(attributes)).get(_ONLY_V6, b"")[:1] == b"\1"


def _unix(asking: socket.socket, deadline: float) -> list[dict[str, Any]]:
    """Return the named Unix sockets, with the file that each is bound to: a socket's file may have been renamed."""
    rows = []
    for state, inode, told in _unix_asked(asking, _SHOW_NAME | _SHOW_FILE, deadline):
        name = told.get(_NAME, b"")
        if name:
            rows.append(
                {
                    "protocol": "unix",
                    "state": "listening" if _STATES.get(state) == "listening" else "established",
                    "address": (b"@" + name[1:] if name[:1] == b"\0" else name.rstrip(b"\0")).decode(
                        errors="surrogateescape"
                    ),
                    "inode": inode,
                    "file": _number(told[_FILE]) if _FILE in told else 0,
                }
            )
            _bound(rows)
    return rows


def _unix_by_name(pid: int) -> Iterator[dict[str, Any]]:
    """Give the named Unix sockets where the kernel has no better list of them."""
    for row in kernel.lines_of(f"/proc/{pid}/net/unix"):
        words = row.split(None, 7)
        if len(words) < 8 or not words[6].isdigit() or int(words[4], 16) not in _STREAMS:  # noqa: PLR2004
            continue
        listens = int(words[3], 16) & _ACCEPTS
        yield {
            "protocol": "unix",
            "state": "listening" if listens else "established",
            "address": words[7],
            "inode": int(words[6]),
        }


def _bound(rows: list[dict[str, Any]]) -> None:
    if len(rows) > _MAX_SOCKETS:
        raise HelperError("failed", f"the host has more than {_MAX_SOCKETS} sockets")
