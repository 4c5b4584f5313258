"""Asking the kernel for lists over netlink(7): one question, and the messages of its answer.

A netlink library would be loaded, or its memory copied, in each process that serves a client.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

from . import kernel

HEADER: Final = struct.Struct("=IHHII")
_ERROR, _DONE = 2, 3  # NLMSG_ERROR, NLMSG_DONE
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_RECEIVED = 1 << 17


def asking_in(pidfd: int, own_network: int, protocol: int) -> socket.socket:
    """Return a netlink socket by which the kernel is asked about a host's network.

    Args:
        pidfd: holds the host's first process.
        own_network: a file descriptor of our own network namespace.
        protocol: of netlink, such as ``socket.NETLINK_ROUTE``.
    """
    kernel.enter_pidfd(pidfd, kernel.NEWNET)
    try:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    finally:
        kernel.enter_fd(own_network)


def dumped(asking: socket.socket, kind: int, question: bytes, deadline: float) -> Iterator[bytes]:
    """Give the bodies of the messages that the kernel answers with.

    Args:
        asking: the socket.
        kind: the question's type.
        question: its body.
        deadline: of ``time.monotonic``.

    Raises:
        OSError: the kernel refuses; its number says why (ENOENT: it has no such list).
        TimeoutError: it did not answer in time.
    """
    asking.send(HEADER.pack(HEADER.size + len(question), kind, _DUMP, 1, 0) + question)
    while True:
        asking.settimeout(max(0.001, deadline - time.monotonic()))
        data, position = asking.recv(_RECEIVED), 0
        while position < len(data):
            size, said, *_ = HEADER.unpack_from(data, position)
            body = data[position + HEADER.size : position + size]
            position += max(size + -size % 4, HEADER.size)
            if said == _DONE:
                return
            if said == _ERROR:
                code = -struct.unpack_from("=i", body)[0]
                raise OSError(code, os.strerror(code))
            yield body


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the attributes of a message, each with its kind; a flag of nesting or byte order is taken off the kind."""
    position = 0
    while position + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, position)
        yield kind & 0x3FFF, data[position + 4 : position + size]
        position += max(size + -size % 4, 4)
