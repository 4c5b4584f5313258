"""Launches for classes that go on behind their call: each lab takes its turn in the queue of starts, as the class's.

What has not begun is kept for the next labd, here as in the queue. What was just starting when labd was killed is told
to its owner as every start that was cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.calls import Who
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.event_log import LabNote
from orchestrator.labd.fair_turns import asker_of, class_of
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_starts import LabStarts
from orchestrator.labd.lab_stops import LabStops
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_queue import StartQueue
from orchestrator.labd.waiting_book import KeptStart, WaitingBook
from orchestrator.practice.launching import NotedLaunch

_log = logging.getLogger(__name__)


@dataclass
class _Seats:
    """What is still to be put into the queue for a class.

    Attributes:
        left: what of it is still here.
        handed: what is just being put there.
        handing: held meanwhile.
        stopped: the number of the last launch that was stopped: what of it is handed will be taken back.
    """

    left: deque[KeptStart] = field(default_factory=deque)
    handed: LabNote | None = None
    handing: asyncio.Lock = field(default_factory=asyncio.Lock)
    stopped: int = 0


class ClassLaunches:
    """The launches of all classes; for the event loop's thread."""

    def __init__(
        self,
        desk: ClassDesk,
        starts: LabStarts,
        stops: LabStops,
        queue: StartQueue,
        threads: WorkThreads,
        changed: Callable[[str], None],
        book: WaitingBook,
    ) -> None:
        """Take the parts.

        Args:
            desk: the classes.
            starts: starts labs.
            stops: stops them.
            queue: the starts that wait.
            threads: for what the store is asked.
            changed: called with a class whenever one of its labs waits, is started or stopped.
            book: keeps what has still to be put into the queue.
        """
        self._changed = changed
        self._desk = desk
        self._lab_starts = starts
        self._lab_stops = stops
        self._queue = queue
        self._threads = threads
        self._book = book
        self._left_over = list(book.seats)
        self._closed = False
        self._seats: dict[str, _Seats] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def left(self, name: str) -> int:
        """Return how many labs of a class are still to be started, or just starting."""
        seats = self._seats.get(name, _Seats())
        waiting, starting = self._queue.notes(asker_of(name))
        if seats.handed is not None and all(note is not seats.handed for note in (*waiting, *starting)):
            waiting = (*waiting, seats.handed)
        left = len(seats.left) + sum(one.asker == asker_of(name) for one in self._left_over)
        return left + len(starting) + sum(note.launch > seats.stopped for note in waiting)

    def begin(self, who: Who, name: str, scenario: str, launch: NotedLaunch) -> None:
        """Begin to start the labs of a launch for a class, and return at once."""
        kept = [
            KeptStart(LabNote(seat.person.ref, scenario, str(seat.seed), launch.number), asker_of(name), who.ref)
            for seat in launch.seats
            if not seat.kept
        ]
        self._book.add_seats(kept)
        self._put_for(name, kept)

    @property
    def left_over(self) -> tuple[KeptStart, ...]:
        """Return what an earlier labd has left and was not taken up yet, in its order."""
        return tuple(self._left_over)

    def take_up(self, kept: Sequence[KeptStart]) -> None:
        """Begin what an earlier labd has left, and forget the rest of that."""
        still = [one for one in self._left_over if any(one is other for other in kept)]
        self._forget([one for one in self._left_over if all(one is not other for other in still)])
        self._left_over.clear()
        for asker in dict.fromkeys(one.asker for one in still):
            self._put_for(class_of(asker), [one for one in still if one.asker == asker])

    def _forget(self, seats: Sequence[KeptStart]) -> None:
        self._book.drop_seats(lambda one: any(one is seat for seat in seats))

    def _put_for(self, name: str, kept: Sequence[KeptStart]) -> None:
        seats = self._seats.setdefault(name, _Seats())
        seats.left.extend(kept)
        self._go_on(self._put_all(name, seats))

    async def _put_all(self, name: str, seats: _Seats) -> None:
        while seats.left:
            async with seats.handing:
                if seats.left:
                    seat = seats.left.popleft()
                    seats.handed = seat.note
                    await self._put(name, seat)
                    seats.handed = None
                    if not self._closed:  # else nobody knows whether it came into the queue: the next labd does
                        self._forget([seat])
            self._changed(name)

    async def _put(self, name: str, seat: KeptStart) -> None:
        try:
            over = await self._lab_starts.start_for(seat.note, seat.by, asker_of(name))
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("no lab for %s: %s", seat.note.owner, error)
            return
        if over is not None:
            self._go_on(self._tell(name, over))

    async def _tell(self, name: str, over: asyncio.Event) -> None:
        await over.wait()
        self._changed(name)

    def look_again(self) -> None:
        """Look for room for what waits: what a class may take has changed."""
        self._queue.freed()

    def stop(self, who: Who, name: str, last: int) -> None:
        """Begin to stop the labs of a class's launches, and return at once; what was not begun will not be.

        Args:
            who: who stops them.
            name: the class.
            last: the number of its last launch: what is launched after it stays.
        """
        seats = self._seats.setdefault(name, _Seats())
        seats.stopped = max(seats.stopped, last)
        gone = [one for one in (*seats.left, *self._left_over) if self._stops(one, name, last)]
        seats.left = deque(one for one in seats.left if not self._stops(one, name, last))
        self._left_over = [one for one in self._left_over if not self._stops(one, name, last)]
        self._forget(gone)
        self._queue.take_all_back(asker_of(name), last)
        self._go_on(self._stop_all(who, name, last, seats))

    @staticmethod
    def _stops(seat: KeptStart, name: str, last: int) -> bool:
        return seat.asker == asker_of(name) and seat.note.launch <= last

    async def _stop_all(self, who: Who, name: str, last: int, seats: _Seats) -> None:
        async with seats.handing:
            self._queue.take_all_back(asker_of(name), last)
            starting = self._queue.starting(asker_of(name))
        for over in starting:
            await over.wait()
        try:
            labs = await self._threads.run(self._desk.launched, who, name, last)
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("the labs of a class cannot be stopped: %s", error)
            return
        await asyncio.gather(*(self._stop(who, name, lab) for lab in labs))

    async def _stop(self, who: Who, name: str, lab: str) -> None:
        try:
            await self._lab_stops.stop_when_free(who, lab)
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("%s cannot be stopped: %s", lab, error)
        self._changed(name)

    def _go_on(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Begin nothing more; what was not begun is left to the next labd."""
        self._closed = True
        for seats in self._seats.values():
            seats.left.clear()

    async def finish(self) -> None:
        """Wait until all that was begun is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)
