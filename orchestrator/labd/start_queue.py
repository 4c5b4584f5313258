"""Starts that wait for room: in fair turns, each told its place and how long it may take. For the event loop's thread.

What waits is kept in a file as well: a labd that ends leaves it to the next one, which takes it up in its order.
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
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.fair_turns import FairTurns, class_of
from orchestrator.labd.jury_room import NOTHING_KEPT, KeptRoom
from orchestrator.labd.lab_contract import QueueReason, QueueView
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.told_refusals import cut_short
from orchestrator.labd.trainee_view import fields
from orchestrator.labd.waiting_book import KeptStart, WaitingBook, now_text

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
        by: the reference of who starts it.
        again: whether the lab was begun before, and is started anew.
        there: whether the lab exists already, so that what is noted of it stays where it is taken back.
        asked: when it was asked for, ISO 8601.
        over: set when the start is over, or was taken back, or is left to the next labd.
    """

    lab: str
    asker: str
    memory: int
    note: LabNote
    begin: Callable[[], asyncio.Event]
    by: str = ""
    again: bool = False
    there: bool = False
    asked: str = field(default_factory=now_text)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kept(self) -> KeptStart | None:
        """Return what is kept of it for the next labd; nothing of a saved lab that is resumed, which stays saved."""
        if self.there and not self.again:
            return None
        return KeptStart(self.note, self.asker, self.by, self.asked, self.lab, self.again)


class StartQueue:
    """All starts of labd's pass through it; one that has room begins at once."""

    def __init__(
        self,
        limits: LabLimits,
        room: Callable[[], Awaitable[TakenRoom]],
        starting: Callable[[], int],
        logs: EventLogs,
        lengths: StartLengths,
        book: WaitingBook,
    ) -> None:
        """Take the parts.

        Args:
            limits: how much may be on the machine.
            room: looks at what is taken of it.
            starting: returns how many labs are being started, or started again.
            logs: the events of all labs.
            lengths: how long starts take.
            book: keeps what waits for the next labd, and has what an earlier one has kept.
        """
        self._limits = limits
        self._give_up: Callable[[int, int], None] = lambda _memory, _places: None
        self._room = room
        self._being_made = starting
        self._logs = logs
        self._lengths = lengths
        self._book = book
        self._left_over = {kept.lab: kept for kept in book.starts}
        for kept in book.starts:
            logs.of(kept.lab, kept.note)  # a full disk may have kept it from being written
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
        return lab in self._waiting or lab in self._left_over

    def waiting(self) -> tuple[QueuedStart, ...]:
        """Return the starts that wait, in the order of their turns."""
        return self._turns.order()

    def when_too_many(self, give_up: Callable[[int, int], None]) -> None:
        """Have a function called with the bytes and the places by which labs that stand ready are too many."""
        self._give_up = give_up

    def nobody_waits(self) -> bool:
        """Return whether no start waits, here or left by an earlier labd."""
        return not self._waiting and not self._left_over

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
        left_over = (one.note for one in self._left_over.values() if one.asker == asker)
        return (*left_over, *(one.note for one in self._turns.of(asker))), tuple(starting)

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
        self._go_on_serving()
        self._keep()
        return start.over

    async def begin_now(self, start: QueuedStart) -> asyncio.Event | None:
        """Begin at once to hand over a lab that stands ready; it takes nobody's place among those that start.

        Returns:
            What is set when it is over; None where nothing has begun: it would take the room of those that wait, or
            something else is just being done with the lab.

        Raises:
            BreakfixError: the engine does not answer; nothing has begun.
        """
        async with self._pumping:
            self._seen = await self._room()
            ahead = [one for one in self._turns.order() if self._class_allows([one])]
            if self._closed or not self._class_allows([start]) or not self._fits([*ahead, start], self._seen.kept):
                return None
            self._waiting[start.lab] = start
            self._turns.add(start.asker, start)
            self._begin(start)
            return start.over if start.lab in self._starting else None

    def take_back(self, lab: str) -> bool:
        """Take a lab out that waits; return whether it did."""
        start = self._waiting.get(lab)
        if start is None and lab not in self._left_over:
            return False
        there = self._left_over[lab].again if start is None else start.there
        if not there:
            self._drop(lab)  # while it waits: see ``LabDesk``
        if start is None:
            self.drop_left_over(self._left_over[lab])
        else:
            self._forget(start)
            self._keep()
        self._wake.set()
        return True

    def take_all_back(self, asker: str, last: int) -> None:
        """Take the labs of a class out that wait, of its launches up to one, by its number."""
        waiting = [(one.lab, one.note) for one in self._turns.of(asker)]
        waiting += [(one.lab, one.note) for one in self._left_over.values() if one.asker == asker]
        for lab, note in waiting:
            if note.launch <= last:
                self.take_back(lab)

    def starting(self, asker: str) -> tuple[asyncio.Event, ...]:
        """Return for each lab of an asker's that is just starting what is set once it has."""
        return tuple(one.over for one, _ in self._starting.values() if one.asker == asker)

    def freed(self) -> None:
        """Look for room again: something has come to its end."""
        self._wake.set()

    def close(self) -> None:
        """Begin nothing more; what waits is left to the next labd."""
        self._closed = True
        for start in self._waiting.values():
            start.over.set()
        self._wake.set()

    async def finish(self) -> None:
        """Wait until the starts that were begun are over."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # What an earlier labd has left ----------------------------------------------------------------------------

    @property
    def left_over(self) -> tuple[KeptStart, ...]:
        """Return what waits since an earlier labd and was not taken up yet, in its order."""
        return tuple(self._left_over.values())

    def take_up(self, kept: KeptStart, start: QueuedStart) -> None:
        """Have something wait that an earlier labd has left; ``look`` then begins what there is room for."""
        del self._left_over[kept.lab]
        self._waiting[start.lab] = start
        self._turns.add(start.asker, start)

    def drop_left_over(self, kept: KeptStart) -> None:
        """Forget something that an earlier labd has left."""
        del self._left_over[kept.lab]
        self._keep()

    async def look(self) -> None:
        """Begin what there is room for.

        Raises:
            BreakfixError: the engine does not answer; what waits goes on waiting.
        """
        self._go_on_serving()
        await self._pump()

    # Serving --------------------------------------------------------------------------------------------------

    def _go_on_serving(self) -> None:
        """Have somebody look for room, as long as something waits."""
        if self._waiting and not self._serving and not self._closed:
            self._serving = True
            self._go_on(self._serve())

    async def _serve(self) -> None:
        while self._waiting and not self._closed:
            self._wake.clear()
            try:
                await self._pump()
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("no room can be looked for: %s", error)
            except Exception:  # what waits must not wait for ever
                _log.exception("no room can be looked for")
            if not self._waiting or self._closed:
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
                if not self._class_allows([start]):
                    continue  # its class has as much as it may: that concerns nobody else
                if not self._has_room(start):
                    break  # whoever is behind waits, so that a large lab gets its turn
                self._begin(start)
            self._give_up(*self._seen.too_much(self._there(), self._limits.labs))
            self._tell_all()

    def _has_room(self, start: QueuedStart) -> bool:
        if self._closed or self._being_made() + self._seen.starting >= self._limits.starts:
            return False
        return self._fits([start], self._seen.kept)

    def _there(self) -> dict[str, int]:
        """Return the bytes that each lab may take that is there, or is just being started."""
        begun = {lab: one.memory for lab, (one, _) in self._starting.items() if lab not in self._seen.labs}
        return {**self._seen.labs, **begun}

    def _fits(self, starts: list[QueuedStart], kept: KeptRoom) -> bool:
        """Return whether labs have room beside those that are there, and what is kept free for others."""
        there, needs = self._there(), sum(one.memory for one in starts)
        if not needs:  # they are there already
            kept = NOTHING_KEPT
        if sum(there.values()) + needs + kept.memory > self._seen.memory:
            return False
        labs = len({*there, *(one.lab for one in starts)}) + kept.labs
        return self._limits.labs is None or labs <= self._limits.labs

    def _class_allows(self, starts: list[QueuedStart]) -> bool:
        """Return whether the class of the last of these starts may have all that are its among them."""
        asker, there = starts[-1].asker, self._there()
        if not class_of(asker):
            return True
        mine = (lab for lab, name in self._seen.classes.items() if name == class_of(asker))
        labs = {lab: there[lab] for lab in mine if lab in there}
        for one in (*(one for one, _ in self._starting.values()), *starts):
            if one.asker == asker:
                labs[one.lab] = max(one.memory, labs.get(one.lab, 0))
        limits = self._seen.limits.get(class_of(asker), self._limits.of_a_class)
        if limits.labs is not None and len(labs) > limits.labs:
            return False
        return limits.memory is None or sum(labs.values()) <= limits.memory

    def _why(self, ahead: list[QueuedStart], start: QueuedStart) -> QueueReason:
        """Return what a start waits for that comes behind others."""
        starts = [*ahead, start]
        if not self._class_allows(starts):
            return "class"
        if self._fits(starts, self._seen.kept):
            return "turn"
        return "jury" if self._fits(starts, NOTHING_KEPT) else "room"

    def _begin(self, start: QueuedStart) -> None:
        try:
            over = start.begin()
        except RefusedCallError as error:  # somebody acts on it just now, as it had been there before
            _log.warning("%s cannot be started: %s", start.lab, error)
            self._forget(start)
            self._keep()
            return
        self._starting[start.lab] = start, time.monotonic()
        self._turns.serve(start)
        self._no_longer_waits(start)
        self._keep()  # now that its log says that it was begun

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

    def _keep(self) -> None:
        """Keep what waits for the next labd, in the order in which it would be served."""
        waiting = [kept for one in self._turns.order() if (kept := one.kept) is not None]
        self._book.keep_starts([*self._left_over.values(), *waiting])

    def _drop(self, lab: str) -> None:
        """Forget the log of a lab that was never begun."""
        log = self._logs.get(lab)
        if log is not None and not log.begun:
            self._logs.forget(lab)

    def _go_on(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Telling --------------------------------------------------------------------------------------------------

    def _tell_all(self) -> None:
        order, now = self._turns.order(), time.monotonic()
        running = [now - began for _, began in self._starting.values()]
        ahead: list[QueuedStart] = []
        for place, start in enumerate(order, start=1):
            why = self._why(ahead, start)
            if why != "class":
                ahead.append(start)
            wait = self._lengths.wait(len(ahead), self._limits.starts, running) if why == "turn" else None
            view = QueueView(place, len(order), why, None if wait is None else round(wait))
            before = self._views.get(start.lab)
            self._views[start.lab] = view, now
            if before is None or _told(before[0]) != _told(view):
                self._logs.of(start.lab, start.note).add("queued", fields(view))


def _told(view: QueueView) -> tuple[object, ...]:
    """Return what is worth telling of again: seconds pass by themselves."""
    return view.place, view.waiting, view.why, view.seconds is None
