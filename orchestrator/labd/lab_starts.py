"""Starting labs, starting them again and resuming them: each takes its turn in the queue of starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from orchestrator.labd import lab_contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.class_labs import ClassShares
from orchestrator.labd.event_log import LabNote
from orchestrator.labd.fair_turns import class_of
from orchestrator.labd.idle_watch import IdleWatch
from orchestrator.labd.job_context import JobContext
from orchestrator.labd.lab_desk import WAITS, FoundLab
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.person_room import PersonRoom
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.start_queue import QueuedStart, StartQueue
from orchestrator.labd.told_refusals import busy_with, missing_lab
from orchestrator.labd.waiting_book import KeptStart, now_text
from orchestrator.labd.warm_pool import WarmPool
from orchestrator.model.plan import Plan

_CLAIMS: Final = 2
"""Labs that are handed over at once: each takes tenths of a second."""


@dataclass(frozen=True)
class StartParts:
    """What decides when a lab starts, and how long it goes on.

    Attributes:
        queue: the starts that wait.
        lengths: how long starts take.
        shares: what the labs of each class may take, and all of them of the machine.
        persons: what those of one person take.
        idle: in which of them nobody does anything.
        at_once: how many labs start at once.
        pool: the labs that stand ready.
    """

    queue: StartQueue
    lengths: StartLengths
    shares: ClassShares
    persons: PersonRoom
    idle: IdleWatch
    at_once: int
    pool: WarmPool


class LabStarts:
    """Begins what waits for room on the machine; whoever calls may.

    Attributes:
        queue: the starts that wait.
        idle: in which labs nobody does anything.
        threads: those in which labs are made.
        claims: those in which labs are handed over that stand ready: nobody waits there behind a start.
    """

    def __init__(self, context: JobContext, parts: StartParts) -> None:
        """Take what every job needs, and what a start needs besides."""
        self.queue, self.idle = parts.queue, parts.idle
        self.threads, self.claims = WorkThreads(parts.at_once, "start"), WorkThreads(_CLAIMS, "claim")
        self._pool = parts.pool
        self._lengths, self._shares, self._persons = parts.lengths, parts.shares, parts.persons
        self._desk, self._jobs, self._logs = context.desk, context.jobs, context.logs
        self._terminals, self._threads, self._work = context.terminals, context.threads, context.work
        self._starting = asyncio.Lock()

    async def start(self, who: Who, asked: lab_contract.StartLab) -> lab_contract.Started:
        """See ``lab_contract.START``."""
        async with self._starting:  # two clicks start one lab
            if (ready := await self._claim(who, asked)) is not None:
                return ready
            choice = await self._threads.run(self._desk.to_start, who.ref, asked)
            plan = choice.plan
            if plan is None:
                return lab_contract.Started(choice.lab)
            note = LabNote(who.ref, asked.scenario, str(plan.seed))
            needs = await self._threads.run(self._persons.require, who.ref, plan)
            await self._begin_start(choice.lab, plan, note, needs, who.ref, who.ref)
        return lab_contract.Started(choice.lab)

    async def _claim(self, who: Who, asked: lab_contract.StartLab) -> lab_contract.Started | None:
        """Hand over a lab that stands ready, or lead to one that they have; None where there is none for them now.

        Raises:
            RefusedCallError, BreakfixError: as ``start``.
        """
        ready = self._pool.take(asked.scenario, asked.seed)
        if ready is None:
            return None
        begun = False
        try:
            choice = await self._threads.run(self._desk.to_start, who.ref, replace(asked, seed=ready.seed))
            plan = choice.plan
            if plan is None:
                return lab_contract.Started(choice.lab)
            note = LabNote(who.ref, asked.scenario, str(ready.seed))
            needs = await self._threads.run(self._persons.require, who.ref, plan)
            for name in await self._threads.run(self._desk.failed, who.ref, asked.scenario):
                self._logs.forget(name)
            log = partial(self._logs.of, ready.name, note)
            begin = partial(
                self._jobs.begin,
                ready.name,
                "start",
                log,
                self.claims,
                lambda: self._work.claim(ready.name, plan, log(), who.ref),
                after=partial(self.idle.touch, ready.name),
            )
            start = QueuedStart(ready.name, who.ref, needs, note, begin, who.ref)
            begun = await self.queue.begin_now(start) is not None
        finally:
            if begun:
                self._pool.claimed(ready)
            else:
                self._pool.put_back(ready)
        return lab_contract.Started(ready.name) if begun else None

    async def start_for(self, note: LabNote, by: str, asker: str) -> asyncio.Event | None:
        """Begin to start a lab for a trainee of a class, or to start one again whose start was cut off.

        Args:
            note: whose it shall be, and what of.
            by: the reference of who launches.
            asker: whose turn it takes.

        Returns:
            What is set when it is over; None where they have a lab of the scenario.

        Raises:
            RefusedCallError: there is no such scenario any more.
            BreakfixError: it cannot be planned, or the engine or the store does not answer.
        """
        while True:
            async with self._starting:
                choice = await self._threads.run(self._desk.to_launch, note)
                plan = choice.plan
                if plan is not None:
                    needs = await self._threads.run(self._shares.require, plan, class_of(asker))
                    return await self._begin_start(choice.lab, plan, note, needs, by, asker)
            if self._jobs.act_on(choice.lab) == "stop":
                await self._jobs.free(choice.lab)
                continue
            found = await self._threads.run(self._desk.cut_off, choice.lab)
            if found is None or self._jobs.act_on(choice.lab) or self.queue.waits(choice.lab):
                return None
            begin = partial(self._begin_reset, found, by)
            start = QueuedStart(choice.lab, asker, 0, found.log.note, begin, by, again=True)
            return await self.queue.put(start)

    async def _begin_start(self, lab: str, plan: Plan, note: LabNote, needs: int, by: str, asker: str) -> asyncio.Event:
        """Begin a start once there is room.

        Args:
            lab: the lab's name.
            plan: what it is to be.
            note: what is noted of it.
            needs: the bytes that it may take.
            by: the reference of who starts it.
            asker: whose turn it takes.
        """
        for name in await self._threads.run(self._desk.failed, note.owner, note.scenario):
            self._logs.forget(name)
        return await self.queue.put(self._start_of(lab, plan, note, needs, by, asker, now_text()))

    def _start_of(
        self, lab: str, plan: Plan, note: LabNote, needs: int, by: str, asker: str, asked: str
    ) -> QueuedStart:
        log = partial(self._logs.of, lab, note)

        def start() -> None:
            with self._lengths.measured():
                self._work.start(lab, plan, log(), by)

        touch = partial(self.idle.touch, lab)  # whoever has waited for it has all the time from now on
        begin = partial(self._jobs.begin, lab, "start", log, self.threads, start, after=touch)
        return QueuedStart(lab, asker, needs, note, begin, by, asked=asked)

    async def queued_again(self, kept: KeptStart) -> QueuedStart:
        """Return a start that waited when an earlier labd ended, to be put into the queue.

        Raises:
            RefusedCallError: it can be started no longer: its scenario or lab is gone, or there is never room for it.
            UsageError: one of its faults cannot be made.
            ContentError: its content is invalid.
            MachineError: the engine or the store does not answer.
        """
        note = kept.note
        await self._threads.run(self._desk.parts.shelf.one, note.scenario)
        plan = await self._threads.run(lambda: self._desk.parts.labs().plans.plan(note.scenario, int(note.seed)))
        needs = await self._threads.run(self._shares.room.require, plan)
        if not kept.again:
            return self._start_of(kept.lab, plan, note, needs, kept.by, kept.asker, kept.asked)
        found = await self._threads.run(self._desk.find, kept.lab)
        if found is None:
            raise missing_lab()
        saved = await self._saved(found)
        needs = 0 if found.instance and not saved else needs
        begin = partial(self._begin_reset, found, kept.by)
        return QueuedStart(kept.lab, kept.asker, needs, note, begin, kept.by, again=True, there=saved, asked=kept.asked)

    async def reset(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.RESET``."""
        async with self._starting:
            if act := WAITS if self.queue.waits(found.name) else self._jobs.act_on(found.name):
                raise busy_with(act)
            self.idle.touch(found.name)
            saved = await self._saved(found)
            if found.instance is not None and not saved:
                self._begin_reset(found, who.ref)
                return Nothing()
            if found.owner == who.ref and not saved:  # it makes one more
                await self._threads.run(self._desk.require_room, who.ref)
            plan = await self._threads.run(self._desk.planned, found)
            needs = await self._memory(who, found, plan)
            begin = partial(self._begin_reset, found, who.ref)
            note = found.log.note
            await self.queue.put(QueuedStart(found.name, who.ref, needs, note, begin, who.ref, again=True, there=saved))
        return Nothing()

    async def resume(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.RESUME``. It takes its turn as a start does; a lab that is not saved is left as it is."""
        async with self._starting:
            if act := WAITS if self.queue.waits(found.name) else self._jobs.act_on(found.name):
                raise busy_with(act)
            if not await self._saved(found):
                return Nothing()
            running = await self._threads.run(self._desk.running, found)
            needs = await self._memory(who, found, running.plan)
            begin = partial(
                self._jobs.begin,
                found.name,
                "resume",
                lambda: found.log,
                self.threads,
                lambda: self._work.resume(found),
                then=self._terminals.forgetting(found),
                after=partial(self.idle.touch, found.name),
            )
            await self.queue.put(QueuedStart(found.name, who.ref, needs, found.log.note, begin, there=True))
        return Nothing()

    def _begin_reset(self, found: FoundLab, by: str) -> asyncio.Event:
        return self._jobs.begin(
            found.name,
            "reset",
            lambda: found.log,
            self.threads,
            lambda: self._work.reset(found, by),
            then=self._terminals.forgetting(found),
            after=partial(self.idle.touch, found.name),
        )

    async def _memory(self, who: Who, found: FoundLab, plan: Plan) -> int:
        """Return the bytes that a lab may take, of its owner's share where they ask, else of the machine's."""
        if found.owner == who.ref:
            return await self._threads.run(self._persons.require, who.ref, plan)
        return await self._threads.run(self._shares.room.require, plan)

    async def _saved(self, found: FoundLab) -> bool:
        return await self._threads.run(self._desk.is_saved, found)
