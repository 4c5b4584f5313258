"""All terminals that are held: how many there may be, and which are forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from orchestrator.keeper.held_terminal import HeldTerminal
from orchestrator.keeper.keeper_loop import KeeperLoop
from orchestrator.keeper.keeper_protocol import KeptTerminal, SeatHead, TerminalAbout
from orchestrator.keeper.seat_recording import SeatRecording
from orchestrator.keeper.showing_pace import ShowingPace
from orchestrator.keeper.terminal_recording import CastFile, TerminalRecording, erase_recordings

OF_A_LAB: Final = 24
"""Terminals of a lab with a program in them: two for each of a dozen hosts."""
IN_ALL: Final = 600
"""Terminals in all: twenty for each of thirty people. It bounds the keeper's memory, with ``scrollback.KEPT``."""
ENDED_OF_A_LAB: Final = 32
"""Terminals of a lab without a program, whose last words can still be read; the oldest ones go first."""


class FullError(Exception):
    """There are as many terminals as there may be; its text is the number."""


class UnknownTerminalError(Exception):
    """No terminal has that id."""


class HeldTerminals:
    """The terminals by their ids, the oldest first."""

    def __init__(self, loop: KeeperLoop, recordings: Path) -> None:
        """Begin with none; recordings go to a folder that exists."""
        self._loop = loop
        self._recordings = recordings
        self._held: dict[str, HeldTerminal] = {}

    def keep(self, master: int, about: TerminalAbout, seat: tuple[int, SeatHead] | None = None) -> str:
        """Hold a terminal, and return its id; the caller closes its descriptors.

        Args:
            master: the descriptor of its master.
            about: what it is.
            seat: a candidate's: the file that it is recorded in, and how.

        Raises:
            FullError: there are too many.
        """
        if sum(not one.ended for one in self._of(about.lab)) >= OF_A_LAB:
            raise FullError(str(OF_A_LAB))
        if len(self._held) >= IN_ALL:
            oldest = next((one for one in self._held.values() if one.ended), None)
            if oldest is None:
                raise FullError(str(IN_ALL))
            self._forget(oldest)  # one without a program makes room for one with
        new = os.urandom(8).hex()
        kept = KeptTerminal(new, about, datetime.now(UTC).isoformat(timespec="seconds"), ended=False)
        own = os.dup(master)  # before anything else is open: the system may refuse it
        pace = None
        if seat is None:
            recording: CastFile = TerminalRecording(self._recordings, new, about, self._loop.later)
        else:
            recording, pace = SeatRecording(os.dup(seat[0]), seat[1], about, self._loop.later), ShowingPace()
        self._held[new] = HeldTerminal(kept, own, self._loop, recording, self._ended, pace)
        return new

    def find(self, name: str) -> HeldTerminal:
        """Return a terminal.

        Raises:
            UnknownTerminalError: there is none of that id.
        """
        if name not in self._held:
            raise UnknownTerminalError
        return self._held[name]

    def list(self) -> tuple[KeptTerminal, ...]:
        """Return what is told of each."""
        return tuple(one.kept() for one in self._held.values())

    def close(self, name: str) -> None:
        """Hang a terminal up, and forget it.

        Raises:
            UnknownTerminalError: there is none of that id.
        """
        self._forget(self.find(name))

    def forget_lab(self, lab: str) -> None:
        """Hang up and forget all terminals of a lab."""
        for one in tuple(self._of(lab)):
            self._forget(one)

    def erase(self, lab: str) -> None:
        """Remove the recordings of a lab, and record those of its terminals no longer that are open.

        Raises:
            OSError: the system refuses it.
        """
        for one in self._of(lab):
            if not one.recording.evidence:
                one.recording.close()
        erase_recordings(self._recordings, lab)

    def hang_up(self) -> None:
        """Hang all of them up."""
        for one in tuple(self._held.values()):
            self._forget(one)

    def _of(self, lab: str) -> Iterator[HeldTerminal]:
        return (one for one in self._held.values() if one.about.lab == lab)

    def _forget(self, one: HeldTerminal) -> None:
        del self._held[one.id]
        one.hang_up()

    def _ended(self, which: HeldTerminal) -> None:
        """Forget the oldest ended terminal of a lab that has too many of them."""
        ended = [one for one in self._of(which.about.lab) if one.ended]
        if len(ended) > ENDED_OF_A_LAB:
            self._forget(ended[0])
