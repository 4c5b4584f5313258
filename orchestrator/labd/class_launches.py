"""Launches for classes that go on behind their call: labs begin to start one after another, as threads are free.

What has not begun is in memory only. A labd that ends, however, has started labs whole or not at all: what waits leaves
no trace, and what was just starting is told to its owner as every start that was cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.calls import Who
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.event_log import LabNote
from orchestrator.labd.lab_calls import STARTS, LabCalls
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.practice.launching import NotedLaunch

_log = logging.getLogger(__name__)


@dataclass
class _Waiting:
    """What is still to be started for a class, and what is done once those that are just starting have started."""

    seats: deque[LabNote] = field(default_factory=deque)
    starting: set[asyncio.Future[None]] = field(default_factory=set)


class ClassLaunches:
    """The launches of all classes; for the event loop's thread."""

    def __init__(self, desk: ClassDesk, labs: LabCalls, threads: WorkThreads, changed: Callable[[str], None]) -> None:
        """Take the parts; as many labs of launches start at once as threads start labs, so that nobody waits long.

        Args:
            desk: the classes.
            labs: starts and stops labs.
            threads: for what the store is asked.
            changed: called with a class whenever one of its labs is started or stopped.
        """
        self._changed = changed
        self._desk = desk
        self._labs = labs
        self._threads = threads
        self._turns = asyncio.Semaphore(STARTS)
        self._waiting: dict[str, _Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def left(self, name: str) -> int:
        """Return how many labs of a class are still to be started, or just starting."""
        waiting = self._waiting.get(name)
        return 0 if waiting is None else len(waiting.seats) + len(waiting.starting)

    def begin(self, who: Who, name: str, scenario: str, launch: NotedLaunch) -> None:
        """Begin to start the labs of a launch for a class, and return at once."""
        notes = [
            LabNote(seat.person.ref, scenario, str(seat.seed), launch.number) for seat in launch.seats if not seat.kept
        ]
        waiting = self._waiting.setdefault(name, _Waiting())
        waiting.seats.extend(notes)
        for _ in notes[:STARTS]:
            self._go_on(self._start_all(who, name, waiting))

    async def _start_all(self, who: Who, name: str, waiting: _Waiting) -> None:
        while waiting.seats:
            async with self._turns:
                if waiting.seats:
                    await self._start(who, waiting, waiting.seats.popleft())
                    self._changed(name)

    async def _start(self, who: Who, waiting: _Waiting, note: LabNote) -> None:
        over = asyncio.get_running_loop().create_future()
        waiting.starting.add(over)
        try:
            starting = await self._labs.start_for(note, who.ref)
            if starting is not None:
                await starting.wait()
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("no lab for %s: %s", note.owner, error)
        finally:
            waiting.starting.discard(over)
            over.set_result(None)

    def stop(self, who: Who, name: str, last: int) -> None:
        """Begin to stop the labs of a class's launches, and return at once; what was not begun will not be.

        Args:
            who: who stops them.
            name: the class.
            last: the number of its last launch: what is launched after it stays.
        """
        waiting = self._waiting.get(name, _Waiting())
        for note in [one for one in waiting.seats if one.launch <= last]:
            waiting.seats.remove(note)
        self._go_on(self._stop_all(who, name, last, tuple(waiting.starting)))

    async def _stop_all(self, who: Who, name: str, last: int, starting: tuple[asyncio.Future[None], ...]) -> None:
        if starting:
            await asyncio.wait(starting)
        try:
            labs = await self._threads.run(self._desk.launched, who, name, last)
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("the labs of a class cannot be stopped: %s", error)
            return
        await asyncio.gather(*(self._stop(who, name, lab) for lab in labs))

    async def _stop(self, who: Who, name: str, lab: str) -> None:
        try:
            await self._labs.stop_when_free(who, lab)
        except (RefusedCallError, BreakfixError) as error:
            _log.warning("%s cannot be stopped: %s", lab, error)
        self._changed(name)

    def _go_on(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Begin nothing more."""
        for waiting in self._waiting.values():
            waiting.seats.clear()

    async def finish(self) -> None:
        """Wait until all that was begun is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)
