"""The recordings of terminals that are kept: found by whose they are, read in pieces, removed once their time is over.

The keeper writes them (``keeper.terminal_recording`` has the format): ``LAB/ID.cast``, whose first line says whose the
work is. Nothing here asks the keeper, which is to do one thing only; a file that it still writes can be read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.privacy.recording_pieces import RecordingPiece, head_of, last_time, piece_of

_log = logging.getLogger(__name__)

_LAB: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID: Final = re.compile(r"[0-9a-f]{1,64}")
_ENDING: Final = ".cast"
_RESTED_S: Final = 3600
"""Seconds that an empty folder rests before it is removed: in a new one the keeper is just about to write."""


@dataclass(frozen=True)
class KeptRecording:
    """One terminal's recording.

    Attributes:
        lab: the lab's name; names are given again.
        id: the terminal's id, hexadecimal digits.
        owner: the store's reference of whose work it is.
        host: the machine's name.
        began: when it begins (UTC), to a second.
        seconds: how long it is.
        size: bytes of its file.
        rows: lines of the window at first.
        columns: columns of the window at first.
    """

    lab: str
    id: str
    owner: str
    host: str
    began: datetime
    seconds: float
    size: int
    rows: int
    columns: int

    @property
    def ended(self) -> datetime:
        """Return when the last of it was shown (UTC)."""
        return self.began + timedelta(seconds=self.seconds)


class KeptRecordings:
    """The recordings below a folder, which is the keeper's user's alone."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; there may be none yet."""
        self._folder = folder

    def of_lab(self, lab: str, owner: str | None = None) -> tuple[KeptRecording, ...]:
        """Return the recordings of labs of a name, the oldest first; with an owner, of these only theirs."""
        if not _LAB.fullmatch(lab):
            return ()
        found = (self._about(lab, path, owner) for path in self._files(lab))
        return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.began, one.id)))

    def of_owner(self, ref: str) -> tuple[KeptRecording, ...]:
        """Return all recordings of somebody's work, the oldest first; every head is read for it."""
        found = (one for lab in self._labs() for one in self.of_lab(lab, ref))
        return tuple(sorted(found, key=lambda one: (one.began, one.id)))

    def every(self) -> Iterator[KeptRecording]:
        """Yield all recordings, lab by lab."""
        for lab in self._labs():
            yield from self.of_lab(lab)

    def piece(self, lab: str, name: str, at: int) -> RecordingPiece | None:
        """Return what a recording holds from a byte on, cut at the end of a line; None where there is none such.

        Args:
            lab: the lab's name.
            name: the terminal's id.
            at: where to begin: 0, or what the piece before named.
        """
        with contextlib.suppress(OSError), self.opened(lab, name) as file:
            return piece_of(file, at)
        return None

    def opened(self, lab: str, name: str) -> BinaryIO:
        """Return a recording's file, open for reading.

        Raises:
            OSError: there is none, or the names cannot be such a file's.
        """
        if not _LAB.fullmatch(lab) or not _ID.fullmatch(name):
            raise FileNotFoundError(name)
        path = self._folder / lab / f"{name}{_ENDING}"
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")

    def erase(self, recordings: Iterable[KeptRecording]) -> int:
        """Remove recordings, and return how many there were; a terminal that is open goes on unrecorded.

        Raises:
            OSError: the system refuses it.
        """
        gone = 0
        for one in recordings:
            with contextlib.suppress(FileNotFoundError):
                (self._folder / one.lab / f"{one.id}{_ENDING}").unlink()
                gone += 1
        return gone

    def remove_empty_folders(self) -> None:
        """Remove the folders of labs that have long been without a recording."""
        for lab in self._labs():
            folder = self._folder / lab
            with contextlib.suppress(OSError):  # it is not empty, or is gone
                if time.time() - folder.stat().st_mtime > _RESTED_S:
                    folder.rmdir()

    def _labs(self) -> list[str]:
        try:
            return sorted(path.name for path in self._folder.iterdir() if _LAB.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def _files(self, lab: str) -> list[Path]:
        try:
            found = sorted((self._folder / lab).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [path for path in found if path.suffix == _ENDING and _ID.fullmatch(path.stem)]

    def _about(self, lab: str, path: Path, owner: str | None) -> KeptRecording | None:
        try:
            with self.opened(lab, path.stem) as file:
                state, head = os.fstat(file.fileno()), head_of(file)
                about = head.get("breakfix", {})
                if owner not in {None, about.get("owner")}:
                    return None  # before its end is read, for most are others'
                began = head.get("timestamp", state.st_mtime)  # of a head that was cut off only the file tells
                return KeptRecording(
                    lab=lab,
                    id=path.stem,
                    owner=str(about.get("owner", "")),
                    host=str(about.get("host", "")),
                    began=datetime.fromtimestamp(began, UTC),
                    seconds=last_time(file, state.st_size),
                    size=state.st_size,
                    rows=int(head.get("height", 24)),
                    columns=int(head.get("width", 80)),
                )
        except (OSError, ValueError, TypeError, AttributeError, OverflowError) as error:
            _log.warning("a recording cannot be read: %s/%s: %s", lab, path.stem, error)
            return None
