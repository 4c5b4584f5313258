"""One terminal that is held: its master, what it showed, its recording, and who sees it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import struct
import termios
from collections.abc import Callable
from typing import Final, Protocol

from orchestrator.core.hidden_typing import hides
from orchestrator.keeper.keeper_loop import KeeperLoop
from orchestrator.keeper.keeper_protocol import KeptTerminal, Opening, TerminalAbout
from orchestrator.keeper.scrollback import Scrollback
from orchestrator.keeper.showing_pace import ShowingPace
from orchestrator.keeper.terminal_recording import CastFile

TYPED_MOST: Final = 1 << 18
"""Bytes that wait for a program to read them: a large paste. What is typed beyond that is dropped, frame by frame.

To stop reading its viewer instead would stop its resizes, too, and would be no kinder: a terminal of the kernel's
drops what is typed to a program that does not read, too.
"""
_PIECE: Final = 1 << 16
_CATCH_UP: Final = 1 << 17
"""Bytes that a viewer begins with which has fallen behind: at the oldest ones it would fall behind at once again."""
_WOBBLE_SECONDS: Final = 0.1
"""How long the window has another size: a program that looks sees that it has changed."""
_GET_NUMBER: Final = 0x80045430
"""The request TIOCGPTN, which only a master understands."""


class TerminalViewer(Protocol):
    """Somebody who sees a terminal."""

    def shown(self) -> None:
        """There is more to see, or the end."""

    def resized(self) -> None:
        """The window has another size."""

    def closed(self) -> None:
        """The terminal is gone."""


def is_master(descriptor: int) -> bool:
    """Return whether a descriptor is a pseudo-terminal's master."""
    try:
        fcntl.ioctl(descriptor, _GET_NUMBER, bytes(4))
    except OSError:
        return False
    return True


def is_plain_file(descriptor: int) -> bool:
    """Return whether a descriptor is a file's that can be written, and not a device's or a pipe's."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return stat.S_ISREG(os.fstat(descriptor).st_mode) and flags != os.O_RDONLY


class HeldTerminal:
    """A terminal; it is read whether somebody sees it or not, so that its programs never wait for a viewer."""

    def __init__(
        self,
        kept: KeptTerminal,
        master: int,
        loop: KeeperLoop,
        recording: CastFile,
        ended: Callable[[HeldTerminal], None],
        pace: ShowingPace | None = None,
    ) -> None:
        """Take a master, which is closed when the terminal ends or is hung up.

        Args:
            kept: what it is.
            master: the descriptor of the master.
            loop: calls when it can be read and written.
            recording: records it.
            ended: is told once no program is left in it.
            pace: how fast it is read; None: as fast as it shows something.
        """
        self.id = kept.id
        self.about: Final[TerminalAbout] = kept.about
        self.rows, self.columns = kept.about.rows, kept.about.columns
        self.scrollback = Scrollback()
        self.recording = recording
        self._kept = kept
        self._master: int | None = master
        self._loop = loop
        self._ended = ended
        self._viewers: dict[TerminalViewer, None] = {}
        self._typed = bytearray()
        self._pace = pace
        self._resized_ever = self._wobbling = self._resting = False
        # The other end of the descriptor in the client is the same open file: it is to close its copy anyway.
        os.set_blocking(master, False)
        self._set_size(self.rows, self.columns)
        loop.watch(master, self._read)

    @property
    def ended(self) -> bool:
        """Whether no program is left in it."""
        return self._master is None

    def kept(self) -> KeptTerminal:
        """Return what is told of it."""
        return KeptTerminal(self.id, self.about, self._kept.since, self.ended)

    def opening(self, after: int | None, *, behind: bool = False) -> tuple[Opening, bytes]:
        """Return where a viewer begins, and what it is sent before the terminal's own bytes.

        What is sent before counts as the bytes before the first that is kept: so a viewer's count is right after it,
        and one that is cut off in the middle of it has a byte that is not kept, and begins anew.

        Args:
            after: how many bytes the viewer has; None: nothing.
            behind: whether it lost its place because it reads too slowly.
        """
        if after is not None and self.scrollback.has(after):
            return self._opening(after, reset=False), b""
        at, modes = self.scrollback.beginning(_CATCH_UP if behind else None)
        if at or self._resized_ever:
            # Some of what draws the screen is not among what follows, or was drawn for another size.
            self._wobble()
        return self._opening(at - len(modes), reset=True), modes

    def _opening(self, at: int, *, reset: bool) -> Opening:
        return Opening(at, reset, self.rows, self.columns, self.ended, self.scrollback.end)

    def add(self, viewer: TerminalViewer) -> None:
        """Have a viewer told of all that happens."""
        self._viewers[viewer] = None

    def drop(self, viewer: TerminalViewer) -> None:
        """Tell a viewer nothing any more; the terminal goes on."""
        self._viewers.pop(viewer, None)

    def type(self, data: bytes) -> None:
        """Have the terminal's program read something, or drop it where too much waits already."""
        if self._master is not None and len(self._typed) + len(data) <= TYPED_MOST:
            self.recording.typed(data, hidden=hides(self._master))
            self._typed += data
            self._write()

    def resize(self, rows: int, columns: int, by: TerminalViewer) -> None:
        """Set the window's size, and tell all other viewers."""
        if (rows, columns) == (self.rows, self.columns) or self.ended:
            return
        self.rows, self.columns = rows, columns
        self._resized_ever = True
        self._set_size(rows, columns)
        self.recording.resized(rows, columns)
        for viewer in list(self._viewers):
            if viewer is not by:
                viewer.resized()

    def hang_up(self) -> None:
        """End it: its programs get SIGHUP, its viewers are told that it is gone."""
        self._let_go()
        for viewer in list(self._viewers):
            viewer.closed()

    def _read(self) -> None:
        """Take one piece of what is shown."""
        if self._master is None:
            return
        try:
            output = os.read(self._master, _PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # what the kernel says once the last program of a terminal has ended
                raise
            output = b""
        if output:
            self.scrollback.add(output)
            self.recording.shown(output)
            if self._pace and (seconds := self._pace.after(len(output))):
                self._rest(self._master, seconds)
        else:
            self._let_go()
            self._ended(self)
        for viewer in list(self._viewers):
            viewer.shown()

    def _write(self) -> None:
        """Give the program what it takes now."""
        if self._master is None:
            return
        with contextlib.suppress(OSError):  # it takes nothing now, or ends, which reading tells
            del self._typed[: os.write(self._master, self._typed[:_PIECE])]
        self._watch()

    def _watch(self) -> None:
        if self._master is not None and not self._resting:
            self._loop.watch(self._master, self._read, self._write if self._typed else None)

    def _rest(self, master: int, seconds: float) -> None:
        """Read nothing for some time: the program waits, and what is typed gets there all the same."""
        self._resting = True
        self._loop.unwatch(master)
        self._loop.later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._resting = False
        self._watch()

    def _let_go(self) -> None:
        if self._master is not None:
            self._loop.unwatch(self._master)
            os.close(self._master)
            self._master = None
            self._typed.clear()
        self.recording.close()

    def _set_size(self, rows: int, columns: int) -> None:
        if self._master is not None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _wobble(self) -> None:
        """Give the window another size and the right one again: programs that fill the screen draw it anew.

        SIGWINCH alone would not do: many look whether the size has changed. One row less hardly disturbs a prompt.
        """
        if not self._wobbling and not self.ended:
            self._wobbling = True
            self._set_size(self.rows - 1 or 2, self.columns)
            self._loop.later(_WOBBLE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._wobbling = False
        self._set_size(self.rows, self.columns)
