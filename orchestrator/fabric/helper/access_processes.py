"""Gives each access connection a process of its own, forked from one that has imported no more than these need.

Forked from the helper itself, with its netlink library, a connection's process took twice as long to begin, and so
did each agent that it forks in turn.

A process whose connection has ended waits some seconds for another one: what it knows of the hosts (their layers, which
files are the image's, its connection to their systemd) takes longer to learn than most questions take to answer.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import NoReturn

from . import kernel
from .access import Access
from .agent_client import ClientGoneError
from .confinement import filter_program
from .messages import VERSION, Channel

_FIRST_FREE = 3
"""The file descriptor after standard input, output and error."""
_IDLE_TIME = 20.0
"""Seconds that a process waits for its next connection."""
_MOST_IDLE = 16
"""Processes that wait at once: two gradings ask over fewer."""
_AGE = 300.0
"""Seconds after its start from which a process serves no other connection: whatever it remembers is bounded so."""


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


_TAKEN, _FREE = b"t", b"f"
"""What a process says: it has the connection that it was given; it has served it to the end."""


@dataclass(eq=False)
class _Process:
    """A process that serves connections.

    Attributes:
        control: over which it is given connections, and says what becomes of them.
        born: when it was started.
        since: when it began to wait for the next connection.
        given: a connection that it has not said it has: one that is killed just then must not take it along.
    """

    control: socket.socket
    born: float = field(default_factory=time.monotonic)
    since: float = 0.0
    given: int | None = None

    def worn(self, now: float) -> bool:
        """Return whether it is to wait no longer."""
        return now - self.since > _IDLE_TIME or now - self.born > _AGE


class _Processes:
    """The processes of connections, each known by its control socket; some wait for their next connection.

    A socket is closed only when its own end is heard, or when all was heard: the kernel gives its number to the next
    one, and what is still to be heard of the old one would be taken for the new one's.
    """

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)
        self._all: dict[int, _Process] = {}
        self._idle: list[_Process] = []

    def serve(self) -> None:
        """Have a process serve each connection that comes, until the helper is gone."""
        while True:
            for fd, _ in self._poll.poll(1000 if self._idle else None):
                if fd != self._requests.fileno():
                    self._hear(self._all[fd])
                    continue
                data, fds, _, _ = socket.recv_fds(self._requests, 1, 1)
                if not data:
                    return
                for connection in fds:
                    self._hand_over(connection)
            self._retire()

    def _hand_over(self, connection: int) -> None:
        """Give a connection to the process that began to wait last, or to a new one; here it is closed then."""
        while self._idle:
            process = self._idle.pop()
            try:
                socket.send_fds(process.control, [b"c"], [connection])
            except OSError:  # it was killed, which is heard in its turn
                continue
            process.given = connection
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            _serve_access(connection, theirs.detach())
        theirs.close()
        os.close(connection)
        self._all[ours.fileno()] = _Process(ours)
        self._poll.register(ours, select.POLLIN)

    def _hear(self, process: _Process) -> None:
        """Take in what a process says; forget one that has ended, and give what it did not take to another one."""
        said, given, process.given = _said(process.control), process.given, None
        if said == _FREE and len(self._idle) < _MOST_IDLE:
            process.since = time.monotonic()
            self._idle.append(process)
        elif said != _TAKEN:
            self._forget(process)
            if given is not None:
                self._hand_over(given)
                return
        if given is not None:
            os.close(given)

    def _retire(self) -> None:
        """End the processes that have waited in vain, or are old: they see their control socket's end."""
        now = time.monotonic()
        for process in [process for process in self._idle if process.worn(now)]:
            self._forget(process)

    def _forget(self, process: _Process) -> None:
        if process in self._idle:
            self._idle.remove(process)
        del self._all[process.control.fileno()]
        self._poll.unregister(process.control)
        process.control.close()


def _said(control: socket.socket) -> bytes:
    """Return what a process says next; nothing where it has ended."""
    try:
        return control.recv(1)
    except OSError:
        return b""


def _serve(requests: socket.socket) -> NoReturn:
    """Have connections served, until the helper is gone."""
    try:
        kernel.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
        gc.freeze()  # to look for cycles in what is there already would copy it in each child
        _Processes(requests).serve()
    finally:
        os._exit(0)


def _serve_access(connection: int, control: int) -> NoReturn:
    """Become a process that serves one access connection after another; to be called in a child."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection, control = _alone([connection, control])
        access = Access()
        with socket.socket(fileno=control) as orders:
            while True:
                with socket.socket(fileno=connection) as own:
                    own.setblocking(True)
                    channel = Channel(own)
                    channel.send({"ok": {"version": VERSION}})
                    access.serve(channel)
                orders.send(_FREE)
                access.wait_for(orders)
                data, fds, _, _ = socket.recv_fds(orders, 1, 1)
                if not data:
                    break
                (connection,) = fds
                orders.send(_TAKEN)
        status = 0
    except ClientGoneError:
        status = 0
    except Exception as error:  # nobody else would tell
        log(f"access connection: {type(error).__name__}: {error}")
    finally:
        os._exit(status)


def _alone(fds: list[int]) -> list[int]:
    """Close all file descriptors but these, and return their new numbers."""
    kept = [os.dup(fd) for fd in fds]
    moved = [os.dup2(fd, max(kept) + 1 + place) for place, fd in enumerate(kept)]
    numbers = [os.dup2(fd, _FIRST_FREE + place) for place, fd in enumerate(moved)]
    os.closerange(_FIRST_FREE + len(fds), os.sysconf("SC_OPEN_MAX"))
    return numbers
