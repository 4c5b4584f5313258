"""Recordings of terminals in the format asciicast v2: ``LAB/ID.cast`` in the folder of recordings.

https://docs.asciinema.org/manual/asciicast/v2/: a line with the head, then a line for each event: seconds since the
head, ``o`` (shown) or ``r`` (the window's new size), and the data. What is typed is not recorded: passwords are typed
too, and a terminal shows what it is meant to show.

Names come from clients, and the folder holds what many labs' people did. So each folder is opened without following a
link, each file is made anew below it, and both are the keeper's user's alone.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from orchestrator.keeper.keeper_loop import note
from orchestrator.keeper.keeper_protocol import TerminalAbout

MOST: Final = 20 << 20
"""Bytes of a recording: hours of work, and a moment of a program that prints for ever."""
MOST_OF_A_LAB: Final = 32 * MOST
"""Bytes of all recordings of a lab: its terminals are opened and closed at will, and each may show endlessly much."""
LEAST_FREE: Final = 512 << 20
"""Bytes that recordings leave free on their disk, which is mostly the one of the store and of Docker."""
FLUSH_SECONDS: Final = 0.5
"""After which time at most what was shown is in the file."""
_BATCH: Final = 1 << 16
_FULL: Final = (
    "\r\n\x1b[0;7m L'enregistrement est plein et s'arrête ici. / The recording is full and ends here. \x1b[0m\r\n"
)
_ROOM: Final = 200
"""Bytes that are left for the event that says so."""
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
Later = Callable[[float, Callable[[], None]], None]


class CastFile:
    """Writes one recording into a file that is open."""

    evidence = False
    """Whether it is a jury's: nobody's wish to be forgotten ends it."""

    def __init__(self, name: str, later: Later, most: int, now: Callable[[], float]) -> None:
        """Begin with no file.

        Args:
            name: what it is called in the keeper's log.
            later: has something done after some seconds.
            most: bytes of the file.
            now: returns seconds, which go on evenly.
        """
        self._name = name
        self._later = later
        self._left = most - _ROOM
        self._now = now
        self._began = now()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines = bytearray()
        self._file: int | None = None

    def shown(self, output: bytes) -> None:
        """Record what the terminal shows."""
        self._event("o", self._decoder.decode(output))

    def typed(self, data: bytes, *, hidden: bool) -> None:
        """See what is typed."""

    def resized(self, rows: int, columns: int) -> None:
        """Record the window's new size."""
        self._event("r", f"{columns}x{rows}")

    def flush(self) -> None:
        """Have all that was recorded in the file."""
        data, self._lines = self._lines, bytearray()
        try:
            if data and self._file is not None:
                _require_free(self._file)
            while data and self._file is not None:
                del data[: os.write(self._file, data)]
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """End the recording."""
        self._event("o", self._decoder.decode(b"", final=True))
        self.flush()
        self._end()

    def _event(self, kind: str, data: str) -> None:
        if data and self._file is not None:
            self._line([round(self._now() - self._began, 6), kind, data])

    def _line(self, value: object) -> None:
        line = msgspec.json.encode(value) + b"\n"
        if len(line) > self._left:
            self._full()
        else:
            self._take(line)

    def _full(self) -> None:
        """End the recording, which takes no more, with a line that says so."""
        self._say_full()
        self.flush()
        self._end()

    def _say_full(self) -> None:
        self._take(msgspec.json.encode([round(self._now() - self._began, 6), "o", _FULL]) + b"\n")

    def _take(self, line: bytes) -> None:
        self._left -= len(line)
        if not self._lines:
            self._later(FLUSH_SECONDS, self.flush)
        self._lines += line
        if len(self._lines) > _BATCH:
            self.flush()

    def _fail(self, error: OSError) -> None:
        note(f"{self._name} is not recorded: {error}")
        self._end()

    def _end(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class TerminalRecording(CastFile):
    """Makes the file of one recording. A disk that takes no more ends it, and harms no terminal."""

    def __init__(self, folder: Path, name: str, about: TerminalAbout, later: Later, most: int = MOST) -> None:
        """Begin a recording.

        Args:
            folder: the folder of all recordings.
            name: the file's name without its ending.
            about: what is recorded.
            later: has something done after some seconds.
            most: bytes of the file.
        """
        super().__init__(f"{about.lab}/{name}.cast", later, most, time.monotonic)
        try:
            with _lab_folder(folder, about.lab, make=True) as lab:
                _require_room(lab, most)
                self._file = os.open(f"{name}.cast", _FILE, 0o600, dir_fd=lab)
        except OSError as error:
            self._fail(error)
        self._line(_head(about))


def _require_room(lab: int, most: int) -> None:
    """Refuse a recording for which the lab's folder has no room.

    Raises:
        OSError: it has none.
    """
    sizes = (os.stat(name, dir_fd=lab, follow_symlinks=False).st_size for name in os.listdir(lab))
    if sum(sizes) + most > MOST_OF_A_LAB:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def _require_free(file: int) -> None:
    """Refuse to write where the disk is almost full.

    Raises:
        OSError: it is.
    """
    state = os.fstatvfs(file)
    if state.f_bavail * state.f_frsize < LEAST_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def erase_recordings(folder: Path, lab: str) -> None:
    """Remove all recordings of a lab; there may be none.

    Raises:
        OSError: the system refuses it, or somebody put a folder among them.
    """
    with contextlib.suppress(FileNotFoundError):
        with _lab_folder(folder, lab, make=False) as descriptor:
            for name in os.listdir(descriptor):  # noqa: PTH208 - of the folder that is open
                os.unlink(name, dir_fd=descriptor)
        (folder / lab).rmdir()


@contextlib.contextmanager
def _lab_folder(folder: Path, lab: str, *, make: bool) -> Iterator[int]:
    """Give the descriptor of a lab's folder."""
    top = os.open(folder, _FOLDER)
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(lab, 0o700, dir_fd=top)
        inner = os.open(lab, _FOLDER, dir_fd=top)
    finally:
        os.close(top)
    try:
        yield inner
    finally:
        os.close(inner)


def _head(about: TerminalAbout) -> dict[str, object]:
    return {
        "version": 2,
        "width": about.columns,
        "height": about.rows,
        "timestamp": int(time.time()),
        "title": f"{about.lab}: {about.host} ({about.kind})",
        # Labs' names are given again: by these a reader knows whose work it is.
        "breakfix": {"lab": about.lab, "identity": about.identity, "host": about.host, "owner": about.owner},
    }
