"""The calls of the contract about scenarios and labs, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.labd import lab_contract, lab_work_contract, path_contract, talk_contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.job_context import JobContext
from orchestrator.labd.lab_desk import WAITS, FoundLab
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_starts import LabStarts
from orchestrator.labd.lab_stops import LabStops
from orchestrator.labd.path_view import LearnersPath
from orchestrator.labd.told_refusals import busy_with, saved_lab

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


class LabCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, context: JobContext, displays: LabDisplays, starts: LabStarts, stops: LabStops) -> None:
        """Take what every job needs, the screens of hosts, and what starts and stops labs."""
        self._desk, self._jobs, self._work = context.desk, context.jobs, context.work
        self._terminals, self._threads = context.terminals, context.threads
        self._displays = displays
        self._starts, self._stops = starts, stops
        self._queue, self._idle = starts.queue, starts.idle
        self._path = LearnersPath(context.desk)
        self._grading = WorkThreads(2, "grading")
        self.before_a_lab: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            path_contract.PATH.name: self.path,
            path_contract.SCENARIO.name: self.scenario,
            lab_contract.START.name: starts.start,
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
            lab_contract.RESET.name: starts.reset,
            lab_contract.STOP.name: stops.stop,
            lab_contract.THAW.name: self.thaw,
            lab_contract.RESUME.name: starts.resume,
            lab_work_contract.DEBRIEF.name: self.debrief,
        }

    def close(self) -> None:
        """Begin none of the starts that wait."""
        self._queue.close()

    async def finish(self) -> None:
        """Let what runs come to its end; what waits for its turn is told that it will not come."""
        for threads in (self._starts.threads, self._starts.claims, self._grading, self._stops.threads):
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
        if name in _NEEDS_HOSTS and await self._threads.run(self._desk.is_saved, found):
            raise saved_lab()
        return found

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

    # Acts that are told by events ---------------------------------------------------------------------------

    async def check(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_work_contract.CHECK``."""
        await self._threads.run(self._desk.running, found)  # what cannot be graded is refused at once
        self._jobs.begin(
            found.name, "check", lambda: found.log, self._grading, lambda: self._work.check(found, who.ref)
        )
        return Nothing()

    async def thaw(self, _who: Who, _found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.THAW``. It was thawed before, as by any act."""
        return Nothing()
