"""The last screens of a candidate's terminals, from their recordings while these are written: a browser's or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.assessment.terminal_watch import WatchedScreen
from orchestrator.assessment.text_screen import TextScreen

MOST_AT_ONCE: Final = 1 << 15
"""Bytes of a recording that are read at one look; where more has come, the last ones are, on an empty screen."""
_HEAD: Final = 1 << 10


@dataclass(frozen=True)
class LastScreen:
    """What a terminal shows now.

    Attributes:
        name: the recording's name without its ending: scenario, host and number.
        title: what it is of.
        at: when something was last typed or shown, or the size changed: the session's time, seconds since 1970.
        text: the screen, as lines of text.
    """

    name: str
    title: str
    at: float
    text: str


class RecordedScreen:
    """One recording that is read on at each look."""

    def __init__(self, path: Path) -> None:
        """Take its file."""
        self.path = path
        self._read = 0
        self._began = self._at = 0.0
        self._title = ""
        self._watched, self._screen = WatchedScreen(), TextScreen(24, 80)

    def waits(self) -> int:
        """Return how many bytes have come since the last look; 0 where it is gone."""
        try:
            return max(0, self.path.stat().st_size - self._read)
        except OSError:
            return 0

    def look(self, most: int = MOST_AT_ONCE) -> None:
        """Read what has come, at most so many bytes of it.

        Raises:
            OSError: it cannot be read.
        """
        with self.path.open("rb") as file:
            if not self._read:
                self._begin(file.readline(_HEAD))
                self._read = file.tell()
            file.seek(0, 2)
            end = file.tell()
            if end - self._read > most:
                file.seek(end - most)
                file.readline(most)  # the rest of a line
                self._read = file.tell()
                self._watched, self._screen = WatchedScreen(), self._screen.emptied()
            file.seek(self._read)
            for line in file.read(max(0, end - self._read)).splitlines(keepends=True):
                if not line.endswith(b"\n"):  # it is being written
                    break
                self._read += len(line)
                self._take(line)

    def last(self) -> LastScreen:
        """Return what it shows now."""
        return LastScreen(self.path.stem, self._title, self._began + self._at, self._screen.text())

    def _begin(self, line: bytes) -> None:
        head = _row(line)
        if isinstance(head, dict):
            self._began = float(head.get("timestamp", 0))
            self._title = str(head.get("title", ""))
            self._screen = TextScreen(int(head.get("height", 24)), int(head.get("width", 80)))

    def _take(self, line: bytes) -> None:
        match _row(line):
            case [int() | float() as at, "o", str(shown)]:
                self._at = at
                self._screen.draw(self._watched.drawn(shown))
            case [int() | float() as at, "r", str(size)]:
                self._at = at
                columns, _, rows = size.partition("x")
                if columns.isdigit() and rows.isdigit():
                    self._screen.resize(int(rows), int(columns))
            case [int() | float() as at, "i", str()]:
                self._at = at


def _row(line: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


class SittingScreens:
    """The terminals of one candidate in one phase."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the recordings, which need not be there yet."""
        self._folder = folder
        self._known: dict[str, RecordedScreen] = {}

    def newest(self, most: int) -> list[RecordedScreen]:
        """Return the recordings in which something happened last, the newest first."""
        found = sorted(self._times(), reverse=True)[:most]
        self._known = {path.name: self._known.get(path.name) or RecordedScreen(path) for _, path in found}
        return list(self._known.values())

    def _times(self) -> Iterator[tuple[int, Path]]:
        for path in self._folder.glob("*.cast"):
            try:
                yield path.stat().st_mtime_ns, path
            except OSError:  # it has just gone
                continue
