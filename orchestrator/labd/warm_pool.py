"""The warm pool: labs that stand ready for whoever starts one next, filled behind everybody's back. For the event loop.

What there is, the engine knows (``instances.pooling``): so the next labd finds it again, whatever has ended this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_limits import LabLimits, memory_of
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.pool_room import PoolRoom, Sized, given_up
from orchestrator.labd.pool_wishes import PoolWishes
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.warm_labs import WarmLab, WarmLabs
from orchestrator.model.plan import Plan

_log = logging.getLogger(__name__)

_BETWEEN_S: Final = 10.0
"""Seconds between two rounds, at most: the command line's starts and other programs take memory too."""
_AGAIN_S: Final = 600.0
"""Seconds until a scenario is tried again of which a lab did not come up."""


@dataclass(frozen=True)
class PoolParts:
    """What the pool works with.

    Attributes:
        wishes: what is wanted.
        labs: the labs on the machine.
        room: what they may take.
        taken: looks at what is taken of the machine.
        nobody_waits: returns whether no lab waits for its start.
        jobs: what is being done with labs.
        logs: what is noted of labs.
    """

    wishes: PoolWishes
    labs: WarmLabs
    room: PoolRoom
    taken: Callable[[], Awaitable[TakenRoom]]
    nobody_waits: Callable[[], bool]
    jobs: LabJobs
    logs: EventLogs


def warm_pool(
    desk: LabDesk,
    limits: LabLimits,
    taken: Callable[[], Awaitable[TakenRoom]],
    nobody_waits: Callable[[], bool],
    jobs: LabJobs,
    logs: EventLogs,
) -> WarmPool:
    """Return the warm pool of a machine; see ``PoolParts``."""
    labs = WarmLabs(desk.parts, limits.pool.renew_s, desk.new_name)
    room = PoolRoom(limits, limits.pool.reserve, desk.parts.load)
    return WarmPool(PoolParts(limits.pool, labs, room, taken, nobody_waits, jobs, logs))


class WarmPool:
    """Keeps labs ready, hands them out, and gives them up where somebody needs their room."""

    def __init__(self, parts: PoolParts) -> None:
        """Take the parts."""
        self._parts = parts
        self._threads = WorkThreads(1, "pool")
        self._removing = WorkThreads(1, "pool-end")
        self._warm: dict[str, WarmLab] = {}
        self._taken: set[str] = set()
        """Labs that are just being claimed, and whose start is not begun yet."""
        self._leaving: dict[str, asyncio.Event] = {}
        """Labs that are just being removed, and what is set when they are."""
        self._not_before: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def warm(self) -> tuple[WarmLab, ...]:
        """Return the labs that stand ready."""
        return tuple(self._warm.values())

    # Handing out ----------------------------------------------------------------------------------------------

    def take(self, scenario: str, seed: int | None) -> WarmLab | None:
        """Take a lab out, the oldest first: nobody else gets it; None where none stands ready.

        Args:
            scenario: what it shall be of.
            seed: its variant; None: any.
        """
        fit = [one for one in self._warm.values() if one.scenario == scenario and seed in {None, one.seed}]
        if self._closed or not fit:
            return None
        found = min(fit, key=lambda one: one.since)
        del self._warm[found.name]
        self._taken.add(found.name)
        return found

    def put_back(self, lab: WarmLab) -> None:
        """Put a lab back that was taken out, and not begun to be claimed."""
        self._taken.discard(lab.name)
        self._warm[lab.name] = lab
        self._wake.set()

    def claimed(self, lab: WarmLab) -> None:
        """Note that the claim of a lab has begun: from now on it is seen by what is done with it.

        Its place is filled by the next round, not at once: whoever has it waits for their first prompt.
        """
        self._taken.discard(lab.name)

    def give_up(self, memory: int, labs: int) -> None:
        """Begin to remove labs until so many bytes and so many places are free, those that are wanted least first."""
        for name in given_up([Sized(one.name, one.memory) for one in self._least_wanted()], memory, labs):
            self._leave(name)

    def _least_wanted(self) -> list[WarmLab]:
        """Return the labs that stand ready: first those of scenarios of which most stand ready, the oldest first."""
        counts: dict[str, int] = {}
        for one in self._warm.values():
            counts[one.scenario] = counts.get(one.scenario, 0) + 1
        return sorted(self._warm.values(), key=lambda one: (-counts[one.scenario], one.since))

    def _leave(self, name: str) -> None:
        """Begin to remove a lab; it is not handed out any more."""
        self._warm.pop(name, None)
        if name in self._leaving or self._closed:
            return
        self._leaving[name] = asyncio.Event()

        async def remove() -> None:
            try:
                await self._removing.run(self._parts.labs.discard, name)
            except (BreakfixError, RefusedCallError) as error:  # the next round finds it again
                _log.warning("%s stands ready no longer, and cannot be removed: %s", name, error)
            finally:
                self._leaving.pop(name).set()

        self._go_on(remove())

    # Filling --------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """See what an earlier labd has left, and remove what it was just handing over: nobody shall work in that."""
        try:
            await self._see()
        except (BreakfixError, RefusedCallError) as error:
            _log.warning("nobody knows which labs stand ready: %s", error)
        cut_off = [over for name, over in self._leaving.items() if self._parts.logs.get(name) is not None]
        for over in cut_off:
            await over.wait()

    async def run(self) -> None:
        """Look after the labs that stand ready until there is nothing to look after, or it is closed."""
        while not self._closed and (self._parts.wishes.any or self._warm or self._leaving):
            self._wake.clear()
            try:
                more = await self.look()
            except (BreakfixError, RefusedCallError) as error:
                more = False
                _log.warning("the labs that stand ready cannot be looked after: %s", error)
            except Exception:  # the next round is another
                more = False
                _log.exception("the labs that stand ready cannot be looked after")
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _BETWEEN_S)

    async def look(self) -> bool:
        """Do one round: see what there is, remove what is unfit or too much, and start one lab that lacks.

        Returns:
            Whether one was started, so that there may be more to do.

        Raises:
            BreakfixError: the engine does not answer.
            RefusedCallError: labd ends.
        """
        await self._see()
        counts = await self._threads.run(self._parts.labs.wanted, self._parts.wishes)
        self._drop_surplus(counts)
        taken = await self._parts.taken()
        self.give_up(*self._parts.room.too_much(taken))
        scenario = self._lacking(counts)
        if scenario is None or not self._quiet():
            return False
        seeds = {one.seed for one in self._warm.values() if one.scenario == scenario}
        plan = await self._threads.run(self._parts.labs.plan, scenario, seeds)
        if plan is None:
            self._not_before[scenario] = time.monotonic() + _AGAIN_S
            return False
        return await self._fill(plan) if self._parts.room.has_room(taken, memory_of(plan)) else False

    async def _see(self) -> None:
        """See which labs stand ready, and begin to remove those that are nobody's and of no use."""
        acted_on = {name for name, _ in self._parts.logs.noted() if self._parts.jobs.act_on(name)}
        noted = {name for name, _ in self._parts.logs.noted()}
        known = frozenset(self._warm)
        spared = acted_on | self._taken | frozenset(self._leaving)
        look = await self._threads.run(self._parts.labs.look, spared, noted)
        for name in known - frozenset(look.warm):
            self._warm.pop(name, None)
        for name, lab in look.warm.items():
            # What was taken while we looked is not there any more, whatever was seen.
            if name in self._warm or not (name in known or self._busy(name)):
                self._warm[name] = lab
        for name in look.unfit:
            if not self._busy(name):
                self._leave(name)

    def _busy(self, name: str) -> bool:
        return name in self._taken or name in self._leaving or bool(self._parts.jobs.act_on(name))

    def _drop_surplus(self, counts: Mapping[str, int]) -> None:
        """Remove what is wanted no longer, the oldest first."""
        for one in self._least_wanted():
            same = sum(other.scenario == one.scenario for other in self._warm.values())
            if same > counts.get(one.scenario, 0):
                self._leave(one.name)

    def _lacking(self, counts: Mapping[str, int]) -> str | None:
        """Return the scenario of which a lab lacks most: a first lab of each comes before a second one of any."""
        have = {name: sum(one.scenario == name for one in self._warm.values()) for name in counts}
        now = time.monotonic()
        lacking = [one for one in counts if have[one] < counts[one] and self._not_before.get(one, 0.0) <= now]
        return min(lacking, key=lambda one: have[one], default=None)

    def _quiet(self) -> bool:
        """Return whether nobody waits for a lab, and none is just being made."""
        return not self._closed and self._parts.nobody_waits() and not self._parts.jobs.being_made()

    async def _fill(self, plan: Plan) -> bool:
        try:
            await self._threads.run(self._parts.labs.fill, plan)
        except BreakfixError as error:
            _log.warning("a lab of %s that shall stand ready did not come up: %s", plan.scenario, error)
            self._not_before[plan.scenario or ""] = time.monotonic() + _AGAIN_S
            return False
        return True

    # The end --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Begin nothing more: labs that stand ready are left to the next labd."""
        self._closed = True
        self._wake.set()

    async def finish(self) -> None:
        """Wait until what was begun is done."""
        for threads in (self._threads, self._removing):
            threads.close()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _go_on(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
