"""Gives each access connection a process of its own, forked from one that has imported no more than these need.

Forked from the helper itself, with its netlink library, a connection's process took twice as long to begin, and so
did each agent that it forks in turn.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from . import kernel
from .access import Access
from .agent_client import ClientGoneError
from .confinement import filter_program
from .messages import VERSION, Channel

_FIRST_FREE = 3
"""The file descriptor after standard input, output and error."""


def log(message: str) -> None:
    """Print a line to the container's log."""
    print(message, file=sys.stderr, flush=True)


class ForkServer:
    """The process that forks, seen from the helper."""

    def __init__(self) -> None:
        """Start it; to be done before anything large is imported."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        filter_program()  # for all who are forked from here
        if os.fork() == 0:
            self._socket.close()
            _serve(theirs)
        theirs.close()

    def hand_over(self, connection: socket.socket) -> None:
        """Have a connection served by a process of its own."""
        try:
            socket.send_fds(self._socket, [b"c"], [connection.fileno()])
        except OSError as error:  # without it the helper is of no use, and somebody starts a new one
            log(f"the fork server is gone: {error}")
            os._exit(1)


def _serve(requests: socket.socket) -> NoReturn:
    """Fork for each connection that comes, until the helper is gone."""
    try:
        kernel.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
        gc.freeze()  # to look for cycles in what is there already would copy it in each child
        while True:
            data, fds, _, _ = socket.recv_fds(requests, 1, 1)
            if not data:
                break
            for fd in fds:
                with contextlib.closing(socket.socket(fileno=fd)) as connection:
                    if os.fork() == 0:
                        _serve_access(connection)
    finally:
        os._exit(0)


def _serve_access(connection: socket.socket) -> NoReturn:
    """Become the process of one access connection; to be called in a child."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keep = os.dup2(connection.fileno(), _FIRST_FREE)
        connection.detach()
        os.closerange(_FIRST_FREE + 1, os.sysconf("SC_OPEN_MAX"))
        own = socket.socket(fileno=keep)
        own.setblocking(True)
        channel = Channel(own)
        channel.send({"ok": {"version": VERSION}})
        Access(channel).serve()
        status = 0
    except ClientGoneError:
        status = 0
    except Exception as error:  # nobody else would tell
        log(f"access connection: {type(error).__name__}: {error}")
    finally:
        os._exit(status)
