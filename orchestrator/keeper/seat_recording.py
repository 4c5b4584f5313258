"""Recordings of candidates' terminals: a jury's evidence, in the very form that ``session seat`` writes.

What is typed is in it, as far as the terminal showed it: a jury sees what a candidate did. labd makes the file, in the
session's folder, and hands it over open; the session's time is counted on by the kernel's count since boot, which
nobody can set.
"""

from __future__ import annotations

import codecs
import os
import time
from typing import Final

from orchestrator.core.hidden_typing import masked
from orchestrator.keeper.keeper_loop import note
from orchestrator.keeper.keeper_protocol import SeatHead, TerminalAbout
from orchestrator.keeper.terminal_recording import CastFile, Later

MOST_TYPED: Final = 4 << 20
"""Bytes of what is typed once what is shown has filled its share."""
_WAITING: Final = 1 << 20
"""Bytes that wait for a disk that takes no more; what is shown beyond that is lost, and the log says so."""


def _boot_time() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SeatRecording(CastFile):
    """Writes each line at once: a keeper that is killed loses nothing. A full disk ends no recording."""

    evidence = True

    def __init__(self, file: int, head: SeatHead, about: TerminalAbout, later: Later) -> None:
        """Begin a recording.

        Args:
            file: the descriptor of a new file, which is closed at the end.
            head: how it is recorded.
            about: the terminal, with its size at first.
            later: has something done after some seconds.
        """
        super().__init__(f"{about.lab}: {head.title}", later, head.most, _boot_time)
        self._file = file
        self._keys = codecs.getincrementaldecoder("utf-8")("replace")
        self._quiet = self._complained = False
        size = {"width": about.columns, "height": about.rows}
        self._began -= head.began % 1  # the head has whole seconds: events count from there
        self._line({"version": 2, **size, "timestamp": int(head.began), "title": head.title})

    def shown(self, output: bytes) -> None:
        """Record what the terminal shows."""
        if not self._quiet:
            super().shown(output)

    def typed(self, data: bytes, *, hidden: bool) -> None:
        """Record what is typed; a password's letters are not kept."""
        text = self._keys.decode(data)
        self._event("i", masked(text) if hidden else text)

    def flush(self) -> None:
        """Have all that was recorded in the file; what a disk does not take waits, and is tried with what comes."""
        try:
            while self._lines and self._file is not None:
                del self._lines[: os.write(self._file, self._lines)]
            self._complained = False
        except OSError as error:
            if not self._complained:
                note(f"{self._name} waits to be recorded: {error}")
            self._complained = True

    def _take(self, line: bytes) -> None:
        if len(self._lines) + len(line) <= _WAITING:
            self._left -= len(line)
            self._lines += line
        self.flush()

    def _full(self) -> None:
        """Record no more of what is shown; at last, nothing."""
        if self._quiet:
            note(f"{self._name} is full")
            self._end()
            return
        self._quiet = True
        self._say_full()
        self._left = MOST_TYPED
