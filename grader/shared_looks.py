"""Looks at hosts that all checks of a grading share: one worker finds out, and whoever needs the same waits for it.

The grading process keeps the answers (``Desk``), its workers ask (``SharedLooks``). Each question comes over the
worker's socket with a socket of its own for what follows: several threads may ask at once, and a worker that dies
while it finds out leaves the task to the next one that waits.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_FIND_OUT, _ALONE, _KNOWN = b"f", b"a", b"k"
"""Find it out and tell it; look for yourself, it is not shared; what is known, behind this letter."""
_MOST_BYTES = 1 << 16


@dataclass
class SharedLook:
    """One question that may have been answered already.

    Attributes:
        known: the answer of whoever looked before; None: whoever asks looks.
        told: what the others may be told; None: each of them looks.
    """

    known: str | None = None
    told: str | None = None


class SharedLooks:
    """A worker's way to what the grading's checks share; without a socket nothing is shared."""

    def __init__(self, window: socket.socket | None = None) -> None:
        """Take the socket to the grading process."""
        self._window = window

    def __bool__(self) -> bool:
        """Return whether anything is shared."""
        return self._window is not None

    @contextlib.contextmanager
    def look(self, key: str) -> Iterator[SharedLook]:
        """Ask for an answer, and tell it when the ``with`` ends, where it was not known and may be told.

        Several at once have to be asked in the same order by everybody: each may be waited for.
        """
        if self._window is None:
            yield SharedLook()
            return
        ours, theirs = pair()
        with ours:
            with theirs:
                socket.send_fds(self._window, [key.encode()], [theirs.fileno()])
            said = ours.recv(_MOST_BYTES)
            look = SharedLook(said[1:].decode() if said[:1] == _KNOWN else None)
            try:
                yield look
            finally:
                if said == _FIND_OUT:
                    with contextlib.suppress(OSError):  # the grading is ending
                        ours.send(_ALONE if look.told is None else _KNOWN + look.told.encode())


NOTHING_SHARED = SharedLooks()
"""What a check has that is asked outside a grading."""


@dataclass
class _Asked:
    """What became of one key; ``relied`` are the checks that were given what another look had found."""

    answer: bytes | None = None
    alone: bool = False
    finder: socket.socket | None = None
    waiting: deque[tuple[int, socket.socket]] = field(default_factory=deque)
    relied: set[int] = field(default_factory=set)


class Desk:
    """The answers that checks share, in the grading process.

    Attributes:
        closed: nothing is shared any more.
    """

    def __init__(self, check_of: Callable[[int], int | None]) -> None:
        """Begin without answers; ``check_of`` tells by a worker's number which check it is at."""
        self.closed = False
        self._check_of = check_of
        self._selector = selectors.DefaultSelector()
        self._windows: dict[int, socket.socket] = {}
        self._asked: dict[str, _Asked] = {}

    def fileno(self) -> int:
        """Return what can be read when somebody wants something."""
        return self._selector.fileno()

    def watch(self, worker: int, window: socket.socket) -> None:
        """Answer a worker over a socket."""
        self._windows[worker] = window
        self._selector.register(window, selectors.EVENT_READ, worker)

    def forget(self, worker: int) -> None:
        """Let go of a worker that has ended."""
        window = self._windows.pop(worker, None)
        if window is not None:
            self._selector.unregister(window)
            window.close()

    def serve(self) -> None:
        """Deal with all that came."""
        for ready, _ in self._selector.select(0):
            if isinstance(ready.data, int):
                self._question(ready.data)
            else:
                key, finder = ready.data
                self._found(finder, key)

    def relied_on(self) -> Iterator[tuple[str, str, frozenset[int]]]:
        """Give each key that checks were given the answer of another look for, with the answer and these checks."""
        for key, asked in self._asked.items():
            if asked.answer is not None and asked.relied:
                yield key, asked.answer.decode(), frozenset(asked.relied)

    def _question(self, worker: int) -> None:
        try:
            key, fds, _, _ = socket.recv_fds(self._windows[worker], _MOST_BYTES, 1)
        except ConnectionResetError:
            key, fds = b"", []
        if not key:
            self.forget(worker)
            return
        check = self._check_of(worker)
        for fd in fds:
            asker = socket.socket(fileno=fd)
            if self.closed or check is None:
                _reply(asker, _ALONE)
            else:
                self._take(key.decode(), check, asker)

    def _take(self, key: str, check: int, asker: socket.socket) -> None:
        asked = self._asked.setdefault(key, _Asked())
        if asked.alone:
            _reply(asker, _ALONE)
        elif asked.answer is not None:
            asked.relied.add(check)
            _reply(asker, _KNOWN + asked.answer)
        elif asked.finder is not None:
            asked.waiting.append((check, asker))
        else:
            try:
                asker.send(_FIND_OUT)
            except OSError:  # it is dead
                asker.close()
                return
            asked.finder = asker
            self._selector.register(asker, selectors.EVENT_READ, (key, asker))

    def _found(self, finder: socket.socket, key: str) -> None:
        """Take what was found out; from one that is dead comes nothing, and the next is asked."""
        asked = self._asked[key]
        asked.finder = None
        self._selector.unregister(finder)
        with finder:
            try:
                said = finder.recv(_MOST_BYTES)
            except ConnectionResetError:
                said = b""
        asked.alone = said == _ALONE
        asked.answer = said[1:] if said[:1] == _KNOWN else None
        waiting, asked.waiting = asked.waiting, deque()
        for check, asker in waiting:
            self._take(key, check, asker)


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two ends of a connection that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _reply(asker: socket.socket, message: bytes) -> None:
    with asker, contextlib.suppress(OSError):  # it may be dead
        asker.send(message)
