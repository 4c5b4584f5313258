"""Labs in which nobody does anything: warned, frozen, and thawed by the next act. For the event loop's thread.

Nothing of it is kept: that a lab is frozen, Docker knows; and after a restart of labd everybody has all the time again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.instances.instance import Instance
from orchestrator.instances.locks import BusyError
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_freezing import freeze_lab, is_frozen, last_typed, thaw_lab
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import missing_lab
from orchestrator.labd.trainee_view import iso

_log = logging.getLogger(__name__)

_MOST_BETWEEN_S: Final = 30.0
"""Seconds between two rounds, at most: so much longer than it should a lab goes on."""
_PARTS: Final = 5
"""Rounds within the time of a warning, at least."""
_OURS: Final = frozenset({"freeze", "thaw"})


class IdleWatch:
    """Knows when something was last done in each lab."""

    def __init__(
        self,
        desk: LabDesk,
        jobs: LabJobs,
        logs: EventLogs,
        threads: WorkThreads,
        limits: LabLimits,
        clock: Callable[[], float],
        screens: Callable[[], Collection[tuple[str, str]]],
    ) -> None:
        """Take the parts; ``clock`` returns seconds, ``screens`` lab and host of the screens that are shown."""
        self._desk = desk
        self._jobs = jobs
        self._logs = logs
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._screens = screens
        self._active: dict[str, float] = {}
        self._warned: dict[str, str] = {}
        self._frozen: set[str] = set()
        self._thawing: set[asyncio.Task[None]] = set()
        self._stood: dict[str, str] = {}
        """Labs that were seen frozen, and what tells each from another one of its name (``Instance.identity``)."""
        self._thawed: set[str] = set()
        """Those of them that were thawed here since."""

    # What is done ---------------------------------------------------------------------------------------------

    def touch(self, lab: str) -> None:
        """Note that somebody does something in a lab."""
        self._active[lab] = self._clock()
        if self._warned.pop(lab, ""):
            log = self._logs.get(lab)
            if log is not None:
                log.add("idle", {"until": ""})

    def typed(self, found: FoundLab) -> None:
        """Note that something is typed at a terminal of a lab, which goes on by that."""
        self.touch(found.name)
        if found.name not in self._frozen:
            return
        self._frozen.discard(found.name)  # the next key does not do it again

        async def thaw() -> None:
            try:
                now = await self._threads.run(self._desk.find, found.name)
                if now is not None:
                    await self.awake(now)
            except (BreakfixError, RefusedCallError) as error:
                self._frozen.add(found.name)
                _log.warning("%s cannot be thawed: %s", found.name, error)

        task = asyncio.create_task(thaw())
        self._thawing.add(task)
        task.add_done_callback(self._thawing.discard)

    async def awake(self, found: FoundLab) -> FoundLab:
        """Return a lab once it is not frozen any more; somebody does something in it.

        Raises:
            RefusedCallError: it is gone meanwhile.
            BreakfixError: it cannot be thawed, or the engine does not answer.
        """
        self.touch(found.name)
        while self._jobs.act_on(found.name) in _OURS:
            await self._jobs.free(found.name)
            found = await self._again(found.name)
        if found.name in self._frozen and found.instance is not None and not is_frozen(found.instance):
            found = await self._again(found.name)  # it was frozen since it was looked for
        if found.instance is None or not is_frozen(found.instance) or self._jobs.act_on(found.name):
            return found
        with self._jobs.holding(found.name, "thaw"):
            await self._threads.run(self._thaw, found.name)
            self._frozen.discard(found.name)
            self._thawed.add(found.name)
            found.log.add("thawed", {})
        return await self._again(found.name)

    async def _again(self, lab: str) -> FoundLab:
        found = await self._threads.run(self._desk.find, lab)
        if found is None:
            raise missing_lab()
        return found

    def _thaw(self, lab: str) -> None:
        thaw_lab(self._desk.parts.labs(), lab)

    def freezes(self, lab: str) -> str:
        """Return when a lab will be frozen that was warned of it, ISO 8601; empty: it was not."""
        return self._warned.get(lab, "")

    # Watching -------------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look at all labs again and again, until it is cancelled."""
        between = min(_MOST_BETWEEN_S, self._limits.warn_s / _PARTS) or _MOST_BETWEEN_S
        never = asyncio.Event()
        while True:
            try:
                await self.look()
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("idle labs cannot be looked for: %s", error)
            except Exception:  # the next round is another
                _log.exception("idle labs cannot be looked for")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), between)

    async def look(self) -> None:
        """Look at all labs: warn of those that are idle, and freeze those that were warned in time.

        Raises:
            BreakfixError: the engine or the fabric does not answer.
            RefusedCallError: labd ends.
        """
        labs = await self._threads.run(self._ours)
        self._active = {lab: at for lab, at in self._active.items() if self._logs.get(lab) is not None}
        self._warned = {lab: until for lab, until in self._warned.items() if lab in labs}
        self._frozen = {lab for lab, one in labs.items() if is_frozen(one)}
        self._see_others(labs)
        if not self._limits.freeze_s:
            return
        awake = {lab: one for lab, one in labs.items() if lab not in self._frozen and not self._jobs.act_on(lab)}
        now = self._clock()
        quiet = {lab: one for lab, one in awake.items() if self._left(lab, now) <= self._limits.warn_s}
        if not quiet:
            return
        typed = await self._threads.run(self._typed, quiet, self._screens())
        for lab, one in quiet.items():
            if lab in typed:
                self._active[lab] = max(self._active[lab], now - typed[lab])
            left = self._left(lab, now)
            if left > self._limits.warn_s:
                self.touch(lab) if lab in self._warned else None
            elif lab not in self._warned:
                self._warn(lab)
            elif left <= 0:
                await self._freeze(lab, one)

    def _see_others(self, labs: Mapping[str, Instance]) -> None:
        """Note that somebody has thawed labs who could not tell us: another user's command line."""
        stood, self._stood = self._stood, {}
        for lab, one in labs.items():
            if is_frozen(one):
                self._stood[lab] = one.identity
            elif stood.get(lab) == one.identity and lab not in self._thawed and not self._jobs.act_on(lab):
                self.touch(lab)
                log = self._logs.get(lab)
                if log is not None:
                    log.add("thawed", {})
        for lab in self._thawed:  # while we looked, as it may be
            self._stood.pop(lab, None)
        self._thawed.clear()

    def _left(self, lab: str, now: float) -> float:
        """Return the seconds until a lab is frozen; one that is seen for the first time has all of them."""
        return self._limits.freeze_s - (now - self._active.setdefault(lab, now))

    def _ours(self) -> Mapping[str, Instance]:
        """Return the labs that were started here: whoever works at the command line has no page that thaws one."""
        labs = self._desk.parts.labs()
        begun = {name for name, log in self._logs.noted() if log.begun and not log.failed}
        there = {one.name: one for one in labs.all() if one.name in begun and not one.assessed}
        return {name: one for name, one in there.items() if labs.state_of(one) == "started"}

    def _typed(self, labs: Mapping[str, Instance], screens: Collection[tuple[str, str]]) -> Mapping[str, float]:
        return last_typed(self._desk.parts.labs(), labs.values(), screens)

    def _warn(self, lab: str) -> None:
        """Tell that a lab will be frozen: from now on there is the whole time of a warning, however late it comes."""
        log = self._logs.get(lab)
        if log is not None:
            self._active[lab] = self._clock() - (self._limits.freeze_s - self._limits.warn_s)
            self._warned[lab] = iso(datetime.now(UTC) + timedelta(seconds=self._limits.warn_s))
            log.add("idle", {"until": self._warned[lab]})

    async def _freeze(self, lab: str, instance: Instance) -> None:
        log = self._logs.get(lab)
        if log is None or self._jobs.act_on(lab):
            return
        with self._jobs.holding(lab, "freeze"):
            try:
                await self._threads.run(freeze_lab, self._desk.parts.labs(), instance)
            except BusyError:  # somebody is at work in it at the command line
                self.touch(lab)
                return
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("%s is not frozen: %s", lab, error)
                return
            self._frozen.add(lab)
            self._stood[lab] = instance.identity
            self._warned.pop(lab, None)
            log.add("frozen", {})
