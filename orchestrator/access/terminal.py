"""Joins the user's terminal to one in a host, and gives it back as it was whatever happens."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType
from typing import Protocol

from orchestrator.core.hidden_typing import hides

ROOT_SHELL = ("/bin/bash", "-c", 'cd "${HOME:-/root}"; exec /bin/bash -l')
"""Root's shell in a host, as at its console."""
_CHUNK = 1 << 16
_END_OF_TRANSMISSION = b"\x04"
"""What Ctrl-D sends: standing for the end of an input that is no terminal."""


def shell_of(user: str) -> tuple[str, ...]:
    """Return the command that gives what a user has who logs in at the console: their login shell.

    On a network device that is its own command line.
    """
    return ("/bin/su", "--login", user)


class Remote(Protocol):
    """The far end: something that is read and written, with a size."""

    def fileno(self) -> int:
        """Return what ``select`` waits on for something to read."""

    def read(self) -> bytes:
        """Return what there is; nothing at the end."""

    def write(self, data: bytes) -> None:
        """Send all of it."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell the far end the size of the window."""

    def close(self) -> None:
        """Hang up."""


class MasterRemote:
    """The master side of a pseudo-terminal whose slave is in a host."""

    def __init__(self, descriptor: int) -> None:
        """Take the file descriptor; ``close`` closes it."""
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def read(self) -> bytes:
        """Return what there is; the kernel says EIO once the last program of the terminal has ended."""
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError as error:
            if error.errno == errno.EIO:
                return b""
            raise

    def write(self, data: bytes) -> None:
        """Send all of it, or what is wanted of it by a terminal that ends meanwhile."""
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]

    def hidden(self) -> bool:
        """Return whether a line is read that the terminal does not show: a password, as a rule."""
        return hides(self._descriptor)

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size; the kernel tells the program in it."""
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Hang up: the programs in the terminal get SIGHUP."""
        os.close(self._descriptor)


class TerminalChannel(Protocol):
    """What is used of paramiko's channel."""

    def fileno(self) -> int:
        """Return what ``select`` waits on."""

    def recv(self, nbytes: int) -> bytes:
        """Return what there is; nothing at the end."""

    def sendall(self, s: bytes) -> None:
        """Send all of it."""

    def resize_pty(self, width: int, height: int) -> None:
        """Tell the size of the window."""

    def close(self) -> None:
        """Hang up."""


class ChannelRemote:
    """A shell over SSH."""

    def __init__(self, channel: TerminalChannel) -> None:
        """Take an open channel; ``close`` closes it."""
        self._channel = channel

    def fileno(self) -> int:
        """Return what ``select`` waits on."""
        return self._channel.fileno()

    def read(self) -> bytes:
        """Return what there is."""
        return self._channel.recv(_CHUNK)

    def write(self, data: bytes) -> None:
        """Send all of it."""
        with contextlib.suppress(OSError):
            self._channel.sendall(data)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the far end the size of the window."""
        with contextlib.suppress(Exception):  # paramiko's own errors: the far end has just gone
            self._channel.resize_pty(width=columns, height=rows)

    def close(self) -> None:
        """Hang up."""
        self._channel.close()


def size() -> tuple[int, int]:
    """Return rows and columns of the user's terminal; 24 by 80 where there is none."""
    for stream in (sys.__stdin__, sys.__stdout__):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            got = os.get_terminal_size(stream.fileno())  # type: ignore[union-attr]
            if got.lines and got.columns:
                return got.lines, got.columns
    return 24, 80


class Tap(Protocol):
    """Somebody who sees what passes through a terminal, and may close it."""

    every: float
    """Seconds between two questions whether the terminal stays open."""

    def shown(self, data: bytes) -> None:
        """See what the far end shows."""

    def typed(self, data: bytes) -> bool:
        """See what the user types; False keeps it from the far end."""

    def resized(self, rows: int, columns: int) -> None:
        """See the window's size."""

    def open(self) -> bool:
        """Return whether the terminal stays open."""


class _NoTap:
    """Nobody looks, and the terminal stays open."""

    every: float | None = None

    def shown(self, data: bytes) -> None: ...

    def typed(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's
        return True

    def resized(self, rows: int, columns: int) -> None: ...

    def open(self) -> bool:
        return True


def attach(remote: Remote, stdin: int = 0, stdout: int = 1, tap: Tap | None = None) -> None:
    """Pass everything between the user and a remote terminal until the remote ends.

    Args:
        remote: the far end; it is closed.
        stdin: where the user types; a terminal is put into raw mode meanwhile.
        stdout: where the remote's output goes.
        tap: sees all of it, and may end it.
    """
    with contextlib.closing(remote), _raw(stdin), _window_changes() as changes:
        remote.resize(*size())
        _pump(remote, stdin, stdout, changes, tap or _NoTap())


def _pump(remote: Remote, stdin: int, stdout: int, changes: int, tap: Tap | _NoTap) -> None:
    sources = [remote.fileno(), stdin, changes]
    while tap.open():
        ready, _, _ = select.select(sources, [], [], tap.every)
        if changes in ready:
            os.read(changes, _CHUNK)
            remote.resize(*size())
            tap.resized(*size())
        if remote.fileno() in ready:
            data = remote.read()
            if not data:
                return
            tap.shown(data)
            _write_all(stdout, data)
        if stdin in ready:
            typed = os.read(stdin, _CHUNK)
            if tap.typed(typed):
                remote.write(typed or _END_OF_TRANSMISSION)
            if not typed:
                sources.remove(stdin)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Have the terminal pass each key on as it is; afterwards it is as before."""
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor, termios.TCSADRAIN)  # what was typed meanwhile is not lost
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _window_changes() -> Iterator[int]:
    """Give a file descriptor that can be read after each change of the window's size."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def changed(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            os.write(writing, b"w")

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        yield reading
    finally:
        signal.signal(signal.SIGWINCH, before)
        os.close(reading)
        os.close(writing)
