"""Candidates' desktops that are recorded now: each as long as a browser at the seat shows it, whatever becomes of that.

For the event loop's thread, but for ``troubles`` and ``is_open``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.desktop_pictures import folder_of
from orchestrator.assessment.desktop_troubles import no_room, not_recorded
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.terminal_gate import TerminalGate, precise
from orchestrator.core.text import Text
from orchestrator.labd.desktop_recording import DesktopRecording, PictureRoom, RecordedDesktop
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.seat_access import Seat
from orchestrator.labs import Running

MOST_OPEN: Final = 6
"""Desktops of a candidate's that are recorded at once: each takes memory for its screen."""
_OPENING: Final = 2
"""Lines to screens that are opened at once."""


@dataclass(frozen=True)
class DesktopPlace:
    """Whose desktop it is, and where.

    Attributes:
        seat: the candidate's.
        phase: the phase.
        scenario: the scenario of its lab.
        host: the host.
    """

    seat: Seat
    phase: str
    scenario: str
    host: str


@dataclass
class _Open:
    """A desktop on somebody's screens."""

    recording: DesktopRecording
    task: asyncio.Task[None]
    lines: int = 0


class DesktopRecorder:
    """Records desktops."""

    def __init__(self, desk: LabDesk) -> None:
        """Take what finds labs. Lines and pictures have threads of their own: no call of a candidate's waits."""
        self._looks = WorkThreads(_OPENING, "desktop-lines")
        self._threads = WorkThreads(1, "pictures")
        self._displays = LabDisplays(desk, self._looks)
        self._open: dict[DesktopPlace, _Open] = {}
        self._rooms: dict[tuple[Seat, str], PictureRoom] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[DesktopPlace, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def recorded(
        self, place: DesktopPlace, find: Callable[[], Running], jury_session: JurySession, gate: TerminalGate
    ) -> AsyncIterator[Callable[[], None]]:
        """Record a desktop within the block, and give what is to be called when the candidate acts in it.

        Several windows with the same desktop are one recording. Nothing is waited for, and nothing raised: whether it
        can be recorded is none of the candidate's business.

        Args:
            place: which.
            find: returns its lab, in a thread.
            jury_session: the session.
            gate: the candidate's.
        """
        here = self._open.get(place) or self._begun(place, find, jury_session, gate)
        here.lines += 1
        try:
            yield here.recording.used
        finally:
            here.lines -= 1
            if not here.lines:
                here.task.cancel()
                del self._open[place]
                if not any((one.seat, one.phase) == (place.seat, place.phase) for one in self._open):
                    self._rooms.pop((place.seat, place.phase), None)  # counted anew: it may be another session by then

    def _begun(
        self, place: DesktopPlace, find: Callable[[], Running], jury_session: JurySession, gate: TerminalGate
    ) -> _Open:
        recordings = jury_session.folder.recordings(place.phase, place.seat.number)
        room = self._rooms.setdefault((place.seat, place.phase), PictureRoom(recordings))
        whose = f"{place.seat.session} {place.seat.number} {place.scenario}"
        folder = folder_of(recordings, place.scenario, place.host)
        about = RecordedDesktop(whose, find, place.host, folder, precise(gate.clock))
        recording = DesktopRecording(about, room, self._displays, self._threads, MOST_OPEN)
        task = asyncio.create_task(_after(self._last.get(place), recording))
        self._last[place] = task
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._forget(place, task))
        self._open[place] = _Open(recording, task)
        return self._open[place]

    def _forget(self, place: DesktopPlace, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._last.get(place) is task:
            del self._last[place]

    def is_open(self, session: str, phase: str, number: str, name: str) -> bool:
        """Return whether a candidate's desktop, by its recording's name, is on their screen now."""
        seat, places = Seat(session, number), tuple(self._open)
        return any((one.seat, one.phase, f"{one.scenario}.{one.host}") == (seat, phase, name) for one in places)

    def troubles(self, session: str) -> Iterator[Text]:
        """Yield what the wall says of desktops of a session that are open and not recorded."""
        found = [(place, one.recording) for place, one in tuple(self._open.items()) if place.seat.session == session]
        for number in sorted({place.seat.number for place, recording in found if recording.full}):
            yield no_room(number)
        for place, recording in found:
            if recording.trouble is not None and not recording.full:
                yield not_recorded(place.seat.number, place.host, recording.trouble)

    async def finish(self) -> None:
        """End all recordings, and wait until what was seen is written."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.close()
        self._looks.close()


async def _after(before: asyncio.Task[None] | None, recording: DesktopRecording) -> None:
    """Record once the recording before has written its last: both write into one folder."""
    if before is not None:
        await asyncio.wait({before})
    await recording.run()
