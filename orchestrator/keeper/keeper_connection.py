"""One client's connection: its request, and what it is sent for as long as it sees a terminal.

Nothing that is shown waits in a connection: a viewer is a place in its terminal's scrollback, from which the next piece
is taken when its socket can take one. One that does not read costs a piece, and no other waits for it; once its place
is kept no longer, it begins anew.
"""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Callable
from typing import Final

from orchestrator.keeper.held_terminal import HeldTerminal
from orchestrator.keeper.keeper_loop import KeeperLoop
from orchestrator.keeper.keeper_protocol import (
    BYTES,
    LONGEST,
    Ended,
    FrameError,
    FrameReader,
    Request,
    Resized,
    ResizeRequest,
    TerminalClosed,
    Told,
    frame,
    request_of,
)

_WANTED: Final = 2
"""Descriptors of a request at most: a terminal's master, and the file that a candidate's is recorded in."""
_DESCRIPTORS: Final = 4
"""How many descriptors are taken with one piece: more than are wanted, so that too many are noticed."""
_INTEGER: Final = array.array("i").itemsize


class KeeperConnection:
    """A connection; it is a ``TerminalViewer`` once it is attached."""

    def __init__(
        self,
        client: socket.socket,
        loop: KeeperLoop,
        asked: Callable[[KeeperConnection, Request], None],
        gone: Callable[[KeeperConnection], None],
    ) -> None:
        """Take a connected socket that does not block.

        Args:
            client: the socket; it is closed at the end.
            loop: calls when it can be read and written.
            asked: is given the request, and answers it by ``answer`` or ``attach``.
            gone: is told at the end.
        """
        self._client = client
        self._loop = loop
        self._asked = asked
        self._gone = gone
        self._reader = FrameReader()
        self._descriptors: list[int] = []
        self._has_asked = False
        self._out = bytearray()
        self._terminal: HeldTerminal | None = None
        self._place = 0
        self._new_size = self._told_end = self._waits = self._ending = self._is_gone = False
        loop.watch(client.fileno(), self._read)

    # What the keeper does with it.

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptors that came with the request, open while it is answered."""
        return tuple(self._descriptors)

    def answer(self, what: Told) -> None:
        """Send an answer."""
        self._out += frame(what)
        self._write()

    def attach(self, terminal: HeldTerminal, after: int | None) -> None:
        """Send where the terminal's output goes on, and from then on all of it."""
        self._terminal = terminal
        terminal.add(self)
        self._open(terminal, after)
        self._write()

    def close(self) -> None:
        """End the connection; a terminal that it sees goes on."""
        if self._is_gone:
            return
        self._is_gone = True
        if self._terminal:
            self._terminal.drop(self)
        self._close_descriptors()
        self._loop.unwatch(self._client.fileno())
        self._client.close()
        self._gone(self)

    # What the terminal tells.

    def shown(self) -> None:
        """Send what there is to see, unless it waits until the socket takes more."""
        if not self._waits:
            self._write()

    def resized(self) -> None:
        """Send the window's size."""
        self._new_size = True
        self._write()

    def closed(self) -> None:
        """Say that the terminal is gone, and end the connection once that is sent."""
        self._terminal = None
        self._out += frame(TerminalClosed())
        self._ending = True
        self._write()

    # What the socket brings and takes.

    def _read(self) -> None:
        try:
            data = self._receive()
            for kind, body in self._reader.feed(data):
                self._take(kind, body)
        except BlockingIOError:
            return
        except (OSError, FrameError):
            data = b""
        if not data:
            self.close()

    def _receive(self) -> bytes:
        if self._has_asked:
            return self._client.recv(LONGEST)  # descriptors that come now are closed by the kernel
        room = socket.CMSG_SPACE(_DESCRIPTORS * _INTEGER)
        data, ancillary, _, _ = self._client.recvmsg(LONGEST, room, socket.MSG_CMSG_CLOEXEC)
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                received = array.array("i")
                received.frombytes(content[: len(content) - len(content) % _INTEGER])
                self._descriptors += received
        if len(self._descriptors) > _WANTED:
            raise FrameError("more descriptors than any request has")
        return data

    def _take(self, kind: bytes, body: bytes) -> None:
        if self._is_gone:
            return
        if self._terminal is not None and kind == BYTES:
            self._terminal.type(body)
            return
        request = request_of(body) if kind != BYTES else None
        if self._terminal is not None and isinstance(request, ResizeRequest):
            self._terminal.resize(request.rows, request.columns, self)
        elif request is None or self._has_asked:
            if not self._ending:  # what is typed to a terminal that was closed meanwhile is no mistake
                raise FrameError("one request is expected, and nothing else before it is answered")
        else:
            self._has_asked = True
            self._asked(self, request)
            self._close_descriptors()

    def _close_descriptors(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _write(self) -> None:
        """Send one piece, and go on in the next turn if there is more."""
        if self._is_gone:
            return
        if not self._out and self._terminal:
            self._fill(self._terminal)
        try:
            if self._out:
                del self._out[: self._client.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._ending and not self._out:
            self.close()
            return
        self._waits = bool(self._out) or (self._terminal is not None and self._has_more(self._terminal))
        self._loop.watch(self._client.fileno(), self._read, self._write if self._waits else None)

    def _has_more(self, terminal: HeldTerminal) -> bool:
        return self._new_size or self._place != terminal.scrollback.end or (terminal.ended and not self._told_end)

    def _fill(self, terminal: HeldTerminal) -> None:
        """Have the next piece ready to be sent."""
        if self._new_size:
            self._new_size = False
            self._out += frame(Resized(terminal.rows, terminal.columns))
        if not terminal.scrollback.has(self._place):
            self._open(terminal, None, behind=True)
        elif piece := terminal.scrollback.piece(self._place, LONGEST):
            self._place += len(piece)
            self._out += frame(piece)
        elif terminal.ended and not self._told_end:
            self._told_end = True
            self._out += frame(Ended())

    def _open(self, terminal: HeldTerminal, after: int | None, *, behind: bool = False) -> None:
        opening, modes = terminal.opening(after, behind=behind)
        self._place = opening.at + len(modes)
        self._out += frame(opening)
        if modes:
            self._out += frame(modes)
