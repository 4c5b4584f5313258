"""The calls of the contract about scenarios and labs, each done for somebody who may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from orchestrator.labd import lab_contract, lab_work_contract, path_contract, talk_contract
from orchestrator.labd.calls import Nothing, Refusal, Who
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.idle_watch import IdleWatch
from orchestrator.labd.lab_desk import WAITS, FoundLab, LabDesk
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import LabRoom
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_work import LabWork
from orchestrator.labd.path_view import LearnersPath
from orchestrator.labd.person_room import PersonRoom
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.start_queue import QueuedStart, StartQueue
from orchestrator.labd.told_refusals import busy_with, missing_lab, saved_lab
from orchestrator.labd.waiting_book import KeptStart, now_text
from orchestrator.model.plan import Plan

_ENDS_ALL: Final = frozenset({"start", "reset", "resume", "stop", "save", WAITS})
"""While one of these is done with a lab, no terminal can be opened in it."""
_SHOWN: Final = frozenset(
    {
        lab_contract.LAB.name,
        lab_work_contract.MAP.name,
        lab_work_contract.DEBRIEF.name,
        talk_contract.CONVERSATION.name,
        talk_contract.PHRASES.name,
    }
)
"""Calls that an open page makes by itself: by them nobody does anything in a lab."""
_ENDING: Final = frozenset({lab_contract.RESET.name, lab_contract.STOP.name})
"""Calls that concern a frozen lab as any other."""
_NEEDS_HOSTS: Final = frozenset(
    {
        lab_work_contract.CABLE.name,
        lab_work_contract.CHECK.name,
        lab_work_contract.OPEN_TERMINAL.name,
        talk_contract.SAY.name,
        lab_contract.THAW.name,
    }
)
"""Calls that are refused while a lab is saved."""


@dataclass(frozen=True)
class StartParts:
    """What decides when a lab starts, and how long it goes on.

    Attributes:
        queue: the starts that wait.
        lengths: how long starts take.
        room: what labs take of the machine.
        persons: what those of one person take.
        idle: in which of them nobody does anything.
        limits: how much labs may take.
    """

    queue: StartQueue
    lengths: StartLengths
    room: LabRoom
    persons: PersonRoom
    idle: IdleWatch
    limits: LabLimits


class LabCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``labd_app`` goes by."""

    def __init__(
        self,
        desk: LabDesk,
        jobs: LabJobs,
        logs: EventLogs,
        terminals: LabTerminals,
        displays: LabDisplays,
        threads: WorkThreads,
        starts: StartParts,
    ) -> None:
        """Take the parts; ``threads`` are for what a caller waits for."""
        self._desk = desk
        self._queue, self._lengths, self._room, self._idle = starts.queue, starts.lengths, starts.room, starts.idle
        self._persons, self._limits = starts.persons, starts.limits
        self._jobs = jobs
        self._logs = logs
        self._terminals = terminals
        self._displays = displays
        self._threads = threads
        self._work = LabWork(desk, starts.limits.host_processors)
        self._path = LearnersPath(desk)
        self._starting = asyncio.Lock()
        self._making = WorkThreads(starts.limits.starts, "start")
        self._grading = WorkThreads(2, "grading")
        self._stopping = WorkThreads(2, "stop")
        self.before_a_lab: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            path_contract.PATH.name: self.path,
            path_contract.SCENARIO.name: self.scenario,
            lab_contract.START.name: self.start,
        }
        self.of_a_lab: Mapping[str, Callable[[Who, FoundLab, Any], Awaitable[object]]] = {
            lab_contract.LAB.name: self.lab,
            lab_work_contract.MAP.name: self.map,
            lab_work_contract.CABLE.name: self.cable,
            lab_work_contract.CHECK.name: self.check,
            lab_work_contract.HINT.name: self.hint,
            lab_work_contract.ANSWER.name: self.answer,
            lab_work_contract.REPORT.name: self.report,
            lab_work_contract.OPEN_TERMINAL.name: self.open_terminal,
            lab_work_contract.CLOSE_TERMINAL.name: self.close_terminal,
            lab_contract.RESET.name: self.reset,
            lab_contract.STOP.name: self.stop,
            lab_contract.THAW.name: self.thaw,
            lab_contract.RESUME.name: self.resume,
            lab_work_contract.DEBRIEF.name: self.debrief,
        }

    def close(self) -> None:
        """Begin none of the starts that wait."""
        self._queue.close()

    async def finish(self) -> None:
        """Let what runs come to its end; what waits for its turn is told that it will not come."""
        for threads in (self._making, self._grading, self._stopping):
            threads.close()
        await self._jobs.finish()
        await self._queue.finish()

    async def touched(self, name: str, found: FoundLab) -> FoundLab:
        """Return a lab about which somebody calls, thawed where that is an act in it.

        Raises:
            RefusedCallError: it is gone meanwhile, or is saved and the call needs its hosts.
            BreakfixError: it cannot be thawed.
        """
        if name in _SHOWN | _ENDING:
            return found
        found = await self._idle.awake(found)
        if name in _NEEDS_HOSTS and await self._saved(found):
            raise saved_lab()
        return found

    async def _saved(self, found: FoundLab) -> bool:
        return await self._threads.run(self._desk.is_saved, found)

    def typed(self, found: FoundLab) -> None:
        """Note that something is typed at a terminal of a lab."""
        self._idle.typed(found)

    # Before a lab ---------------------------------------------------------------------------------------------

    async def path(self, who: Who, _asked: Nothing) -> path_contract.PathView:
        """See ``path_contract.PATH``."""
        return await self._threads.run(self._path.path, who.ref)

    async def scenario(self, who: Who, asked: path_contract.LookAtScenario) -> path_contract.ScenarioCard:
        """See ``path_contract.SCENARIO``."""
        return await self._threads.run(self._path.card, who.ref, asked.scenario)

    async def start(self, who: Who, asked: lab_contract.StartLab) -> lab_contract.Started:
        """See ``lab_contract.START``."""
        async with self._starting:  # two clicks start one lab
            choice = await self._threads.run(self._desk.to_start, who.ref, asked)
            plan = choice.plan
            if plan is None:
                return lab_contract.Started(choice.lab)
            note = LabNote(who.ref, asked.scenario, str(plan.seed))
            needs = await self._threads.run(self._persons.require, who.ref, plan)
            await self._begin_start(choice.lab, plan, note, needs, who.ref, who.ref)
        return lab_contract.Started(choice.lab)

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
                    needs = await self._threads.run(self._room.require, plan, self._limits.class_memory)
                    return await self._begin_start(choice.lab, plan, note, needs, by, asker)
            if self._jobs.act_on(choice.lab) == "stop":
                await self._jobs.free(choice.lab)
                continue
            found = await self._threads.run(self._desk.cut_off, choice.lab)
            if found is None or self._jobs.act_on(choice.lab) or self._queue.waits(choice.lab):
                return None
            begin = partial(self._begin_reset, found, by)
            start = QueuedStart(choice.lab, asker, 0, found.log.note, begin, by, again=True)
            return await self._queue.put(start)

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
        return await self._queue.put(self._start_of(lab, plan, note, needs, by, asker, now_text()))

    def _start_of(
        self, lab: str, plan: Plan, note: LabNote, needs: int, by: str, asker: str, asked: str
    ) -> QueuedStart:
        log = partial(self._logs.of, lab, note)

        def start() -> None:
            with self._lengths.measured():
                self._work.start(lab, plan, log(), by)

        touch = partial(self._idle.touch, lab)  # whoever has waited for it has all the time from now on
        begin = partial(self._jobs.begin, lab, "start", log, self._making, start, after=touch)
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
        plan = await self._threads.run(lambda: self._desk.parts.labs().plan(note.scenario, int(note.seed)))
        needs = await self._threads.run(self._room.require, plan)
        if not kept.again:
            return self._start_of(kept.lab, plan, note, needs, kept.by, kept.asker, kept.asked)
        found = await self._threads.run(self._desk.find, kept.lab)
        if found is None:
            raise missing_lab()
        saved = await self._saved(found)
        needs = 0 if found.instance and not saved else needs
        begin = partial(self._begin_reset, found, kept.by)
        return QueuedStart(kept.lab, kept.asker, needs, note, begin, kept.by, again=True, there=saved, asked=kept.asked)

    # A lab ----------------------------------------------------------------------------------------------------

    async def lab(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> lab_contract.LabView:
        """See ``lab_contract.LAB``."""
        terminals = await self._terminals.of(found)
        view = await self._threads.run(self._desk.view, found, terminals)
        typing = self._terminals.consents.of(found.name, who)
        yours, queue = found.owner == who.ref, self._queue.view(found.name)
        view = replace(view, hosts=self._displays.told(found.name, view.hosts))
        freezes, saves = self._idle.freezes(found.name), self._idle.saves(found.name) if view.state == "frozen" else ""
        return replace(view, yours=yours, typing=typing, queue=queue, freezes=freezes, saves=saves)

    async def map(self, _who: Who, found: FoundLab, asked: lab_work_contract.MapOf) -> lab_contract.LabMap:
        """See ``lab_work_contract.MAP``."""
        return await self._threads.run(self._desk.map, found, asked.language)

    async def cable(self, _who: Who, found: FoundLab, asked: lab_work_contract.MoveCable) -> lab_contract.CableView:
        """See ``lab_work_contract.CABLE``."""
        with self._jobs.holding(found.name, "cable"):
            return await self._threads.run(self._work.cable, found, asked)

    async def hint(self, _who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> lab_work_contract.HintView:
        """See ``lab_work_contract.HINT``."""
        with self._jobs.holding(found.name, "hint"):
            return await self._threads.run(self._work.hint, found)

    async def answer(self, who: Who, found: FoundLab, asked: lab_work_contract.AnswerQuestion) -> Nothing:
        """See ``lab_work_contract.ANSWER``."""
        await self._threads.run(self._work.answer, found, asked, who.language or "fr")
        return Nothing()

    async def report(self, _who: Who, found: FoundLab, asked: lab_work_contract.WriteReport) -> Nothing:
        """See ``lab_work_contract.REPORT``."""
        await self._threads.run(self._work.report, found, asked)
        return Nothing()

    async def debrief(self, _who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> lab_work_contract.DebriefView:
        """See ``lab_work_contract.DEBRIEF``."""
        return await self._threads.run(self._work.debrief, found)

    async def open_terminal(
        self, _who: Who, found: FoundLab, asked: lab_work_contract.OpenTerminal
    ) -> lab_contract.TerminalView:
        """See ``lab_work_contract.OPEN_TERMINAL``."""
        act = WAITS if self._queue.waits(found.name) else self._jobs.act_on(found.name)
        if act in _ENDS_ALL:
            raise busy_with(act)
        return await self._terminals.open(found, asked)

    async def close_terminal(self, _who: Who, found: FoundLab, asked: lab_work_contract.CloseTerminal) -> Nothing:
        """See ``lab_work_contract.CLOSE_TERMINAL``."""
        await self._terminals.close(found, asked.terminal)
        return Nothing()

    # What is told by events -----------------------------------------------------------------------------------

    async def check(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_work_contract.CHECK``."""
        await self._threads.run(self._desk.running, found)  # what cannot be graded is refused at once
        self._jobs.begin(
            found.name, "check", lambda: found.log, self._grading, lambda: self._work.check(found, who.ref)
        )
        return Nothing()

    async def reset(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.RESET``."""
        async with self._starting:
            if act := WAITS if self._queue.waits(found.name) else self._jobs.act_on(found.name):
                raise busy_with(act)
            self._idle.touch(found.name)
            saved = await self._saved(found)
            if found.instance is not None and not saved:
                self._begin_reset(found, who.ref)
                return Nothing()
            if found.owner == who.ref and not saved:  # it makes one more
                await self._threads.run(self._desk.require_room, who.ref)
            plan = await self._threads.run(self._desk.planned, found)
            if found.owner == who.ref:
                needs = await self._threads.run(self._persons.require, who.ref, plan)
            else:
                needs = await self._threads.run(self._room.require, plan)
            begin = partial(self._begin_reset, found, who.ref)
            note = found.log.note
            await self._queue.put(
                QueuedStart(found.name, who.ref, needs, note, begin, who.ref, again=True, there=saved)
            )
        return Nothing()

    async def resume(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.RESUME``. It takes its turn as a start does; a lab that is not saved is left as it is."""
        async with self._starting:
            if act := WAITS if self._queue.waits(found.name) else self._jobs.act_on(found.name):
                raise busy_with(act)
            if not await self._saved(found):
                return Nothing()
            running = await self._threads.run(self._desk.running, found)
            if found.owner == who.ref:
                needs = await self._threads.run(self._persons.require, who.ref, running.plan)
            else:
                needs = await self._threads.run(self._room.require, running.plan)
            begin = partial(
                self._jobs.begin,
                found.name,
                "resume",
                lambda: found.log,
                self._making,
                lambda: self._work.resume(found),
                then=self._without_terminals(found),
                after=partial(self._idle.touch, found.name),
            )
            await self._queue.put(QueuedStart(found.name, who.ref, needs, found.log.note, begin, there=True))
        return Nothing()

    def _begin_reset(self, found: FoundLab, by: str) -> asyncio.Event:
        return self._jobs.begin(
            found.name,
            "reset",
            lambda: found.log,
            self._making,
            lambda: self._work.reset(found, by),
            then=self._without_terminals(found),
            after=partial(self._idle.touch, found.name),
        )

    async def stop(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.STOP``. A lab that is being made is not stopped: its caller is told to wait.

        A saved one that waits for its turn only waits no longer.
        """
        if not self._queue.take_back(found.name):
            self._begin_stop(who, found)
        elif await self._saved(found):
            found.log.add("state", {"state": "saved"})
        elif found.instance is not None:
            self._begin_stop(who, found)
        return Nothing()

    async def thaw(self, _who: Who, _found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.THAW``. It was thawed before, as by any act."""
        return Nothing()

    async def stop_when_free(self, who: Who, lab: str) -> None:
        """Stop a lab once nothing else is done with it, and wait until it has; one that waits does so no longer.

        Raises:
            BreakfixError: the engine or the store does not answer.
        """
        self._queue.take_back(lab)
        while True:
            await self._jobs.free(lab)
            found = await self._threads.run(self._desk.find, lab)
            if found is None:
                return
            if not self._jobs.act_on(lab):
                await self._begin_stop(who, found).wait()
                return

    def _begin_stop(self, who: Who, found: FoundLab) -> asyncio.Event:
        return self._jobs.begin(
            found.name,
            "stop",
            lambda: found.log,
            self._stopping,
            lambda: self._work.stop(found, who.ref),
            then=self._without_terminals(found),
            after=lambda: self._logs.forget(found.name),
        )

    def _without_terminals(self, found: FoundLab) -> Callable[[Refusal | None], Awaitable[None]]:
        async def forget(refusal: Refusal | None) -> None:
            if refusal is None or await self._threads.run(self._desk.find, found.name) is None:
                await self._terminals.forget(found)

        return forget
