"""Starts that wait for room: in fair turns, each told its place and how long it may take. For the event loop's thread.

It is in memory only: what waits when labd ends was never begun, and leaves no trace.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.calls import QueueView
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.fair_turns import FairTurns
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.told_refusals import cut_short
from orchestrator.labd.trainee_view import fields

_log = logging.getLogger(__name__)

LOOKED_AGAIN_S: Final = 10.0
"""Seconds until room is looked for again: labs end at the command line too."""


@dataclass(frozen=True, eq=False)
class QueuedStart:
    """A start that is asked for.

    Attributes:
        lab: the lab's name.
        asker: whose turn it takes: a person, or a class.
        memory: the bytes that it will take beside what is taken.
        note: what labd notes of the lab.
        begin: begins the start, and returns what is set when it is over.
        over: set when the start is over, or was taken back.
    """

    lab: str
    asker: str
    memory: int
    note: LabNote
    begin: Callable[[], asyncio.Event]
    over: asyncio.Event = field(default_factory=asyncio.Event)


class StartQueue:
    """All starts of labd's pass through it; one that has room begins at once."""

    def __init__(
        self,
        limits: LabLimits,
        room: Callable[[], Awaitable[TakenRoom]],
        starting: Callable[[], int],
        logs: EventLogs,
        lengths: StartLengths,
    ) -> None:
        """Take the parts.

        Args:
            limits: how much may be on the machine.
            room: looks at what is taken of it.
            starting: returns how many labs are being started, or started again.
            logs: the events of all labs.
            lengths: how long starts take.
        """
        self._limits = limits
        self._room = room
        self._being_made = starting
        self._logs = logs
        self._lengths = lengths
        self._turns = FairTurns[QueuedStart]()
        self._waiting: dict[str, QueuedStart] = {}
        self._starting: dict[str, tuple[QueuedStart, float]] = {}
        self._views: dict[str, tuple[QueueView, float]] = {}
        self._seen = TakenRoom({}, 0)
        self._pumping = asyncio.Lock()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._serving = False
        self._closed = False

    def waits(self, lab: str) -> bool:
        """Return whether a lab waits for its start; any thread may ask."""
        return lab in self._waiting

    def waiting(self) -> tuple[QueuedStart, ...]:
        """Return the starts that wait, in the order of their turns."""
        return self._turns.order()

    def view(self, lab: str) -> QueueView | None:
        """Return where a lab stands; None where it does not wait."""
        if lab not in self._views:
            return None
        view, at = self._views[lab]
        if view.seconds is None:
            return view
        return QueueView(view.place, view.waiting, view.why, max(0, round(view.seconds - (time.monotonic() - at))))

    def notes(self, asker: str) -> tuple[tuple[LabNote, ...], tuple[LabNote, ...]]:
        """Return what is noted of the labs of an asker's: of those that wait, and of those that start."""
        starting = (one.note for one, _ in self._starting.values() if one.asker == asker)
        return tuple(one.note for one in self._turns.of(asker)), tuple(starting)

    async def put(self, start: QueuedStart) -> asyncio.Event:
        """Begin a start once there is room, at once where there is; return what is set when it is over.

        Raises:
            BreakfixError: the engine does not answer; nothing waits.
            RefusedCallError: something else is being done with the lab, or labd ends.
        """
        if self._closed:
            raise RefusedCallError(cut_short())
        self._waiting[start.lab] = start  # before its log is there: see ``LabDesk``
        self._turns.add(start.asker, start)
        try:
            await self._pump()
        except BaseException:
            self._forget(start)
            raise
        if start.lab in self._waiting and not self._serving:
            self._serving = True
            self._go_on(self._serve())
        return start.over

    def take_back(self, lab: str) -> bool:
        """Take a lab out that waits; return whether it did."""
        start = self._waiting.get(lab)
        if start is None:
            return False
        self._drop(start)  # while it waits: see ``LabDesk``
        self._forget(start)
        self._wake.set()
        return True

    def take_all_back(self, asker: str, last: int) -> None:
        """Take the labs of a class out that wait, of its launches up to one, by its number."""
        for start in self._turns.of(asker):
            if start.note.launch <= last:
                self.take_back(start.lab)

    def starting(self, asker: str) -> tuple[asyncio.Event, ...]:
        """Return for each lab of an asker's that is just starting what is set once it has."""
        return tuple(one.over for one, _ in self._starting.values() if one.asker == asker)

    def freed(self) -> None:
        """Look for room again: something has come to its end."""
        self._wake.set()

    def close(self) -> None:
        """Begin nothing more, and forget what waits."""
        self._closed = True
        for lab in tuple(self._waiting):
            self.take_back(lab)
        self._wake.set()

    async def finish(self) -> None:
        """Wait until the starts that were begun are over."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # Serving --------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while self._waiting:
            self._wake.clear()
            try:
                await self._pump()
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("no room can be looked for: %s", error)
            except Exception:  # what waits must not wait for ever
                _log.exception("no room can be looked for")
            if not self._waiting:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOKED_AGAIN_S)
        self._serving = False

    async def _pump(self) -> None:
        """Begin what there is room for, and tell the others where they stand."""
        async with self._pumping:
            if not self._waiting or self._closed:
                return
            self._seen = await self._room()
            for start in self._turns.order():
                if not self._has_room(start):
                    break  # whoever is behind waits, so that a large lab gets its turn
                self._begin(start)
            self._tell_all()

    def _has_room(self, start: QueuedStart) -> bool:
        if self._closed or self._being_made() + self._seen.starting >= self._limits.starts:
            return False
        return self._fits([start])

    def _fits(self, starts: list[QueuedStart]) -> bool:
        """Return whether labs have room beside those that are there."""
        begun = {lab: one.memory for lab, (one, _) in self._starting.items() if lab not in self._seen.labs}
        there = {**self._seen.labs, **begun}
        if sum(there.values()) + sum(one.memory for one in starts) > self._seen.memory:
            return False
        return self._limits.labs is None or len({*there, *(one.lab for one in starts)}) <= self._limits.labs

    def _begin(self, start: QueuedStart) -> None:
        try:
            over = start.begin()
        except RefusedCallError as error:  # somebody acts on it just now, as it had been there before
            _log.warning("%s cannot be started: %s", start.lab, error)
            self._forget(start)
            return
        self._starting[start.lab] = start, time.monotonic()
        self._turns.serve(start)
        self._no_longer_waits(start)

        async def until_over() -> None:
            await over.wait()
            del self._starting[start.lab]
            start.over.set()
            self._wake.set()

        self._go_on(until_over())

    def _forget(self, start: QueuedStart) -> None:
        if start.lab in self._waiting:
            self._turns.take_back(start)
            self._no_longer_waits(start)
            start.over.set()

    def _no_longer_waits(self, start: QueuedStart) -> None:
        self._views.pop(start.lab, None)
        del self._waiting[start.lab]

    def _drop(self, start: QueuedStart) -> None:
        """Forget the log of a lab that was never begun."""
        log = self._logs.get(start.lab)
        if log is not None and not log.begun:
            self._logs.forget(start.lab)

    def _go_on(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Telling --------------------------------------------------------------------------------------------------

    def _tell_all(self) -> None:
        order, now = self._turns.order(), time.monotonic()
        running = [now - began for _, began in self._starting.values()]
        for place, start in enumerate(order, start=1):
            has_room = self._fits(list(order[:place]))
            wait = self._lengths.wait(place, self._limits.starts, running) if has_room else None
            view = QueueView(place, len(order), "turn" if has_room else "room", None if wait is None else round(wait))
            before = self._views.get(start.lab)
            self._views[start.lab] = view, now
            if before is None or _told(before[0]) != _told(view):
                self._logs.of(start.lab, start.note).add("queued", fields(view))


def _told(view: QueueView) -> tuple[object, ...]:
    """Return what is worth telling of again: seconds pass by themselves."""
    return view.place, view.waiting, view.why, view.seconds is None
