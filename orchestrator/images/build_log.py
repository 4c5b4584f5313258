"""The full log of each image's last build; its lock keeps two Breakfix from building one image at once."""

from __future__ import annotations

import fcntl
import os
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from orchestrator.engine.engine_interface import Cancellation
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

SHOWN = 30
"""How many last lines a failure shows."""

_LOOK_AGAIN = 0.2
"""Seconds between two looks at whether another Breakfix has ended its build of the same image."""


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return ``~/.local/state/breakfix/logs/images``, or what XDG_STATE_HOME makes of it."""
    state = environment.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local/state"
    return base / "breakfix/logs/images"


class BuildLog:
    """An open log; it keeps the last lines at hand."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        """Make a log that writes to an open file."""
        self.path = path
        self._stream = stream
        self._last: deque[str] = deque(maxlen=SHOWN)

    def add(self, text: str) -> str:
        """Write a line and return it without control characters, fit for a terminal."""
        line = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text).rstrip()
        self._last.append(line)
        self._stream.write(line + "\n")
        self._stream.flush()
        return line

    @property
    def tail(self) -> str:
        """Return the last lines."""
        return "\n".join(self._last)


@contextmanager
def open_log(folder: Path, name: str, cancellation: Cancellation) -> Iterator[BuildLog]:
    """Open the log of an image's build, once no other Breakfix is building the same image.

    Raises:
        MachineError: it cannot be written.
        CancelledError: it was asked to end early.
    """
    path = folder / f"{name}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = path.open("a", encoding="utf-8")
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"Impossible d'écrire dans {path} : {error.strerror}",
                en=f"Cannot write to {path}: {error.strerror}",
            )
        ) from error
    with stream:
        while not _locked(stream):
            cancellation.wait(_LOOK_AGAIN)
            cancellation.check()
        stream.truncate(0)
        yield BuildLog(path, stream)


def _locked(stream: TextIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
