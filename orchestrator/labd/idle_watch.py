"""Labs in which nobody does anything: warned, frozen, thawed by the next act, saved after long. For the event loop.

Of warnings nothing is kept: after a restart of labd everybody has all the time again. That a lab is frozen or saved,
Docker knows; since when it is frozen, its events.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.instances.instance import STOPPED, Instance
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
_WHOLE_S: Final = 1.0
"""Seconds by which the kernel's date of a terminal may be too early: it notes whole ones."""
_WARNED_S: Final = 3600.0
"""Seconds for which the page of a frozen lab has said when it is saved, at least: also where labd was not there."""
_OURS: Final = frozenset({"freeze", "thaw", "save"})


@dataclass(frozen=True)
class ViewedHosts:
    """What is seen of hosts.

    Attributes:
        screens: returns lab and host of the screens that are shown.
        hang_up: ends the terminals of a lab.
    """

    screens: Callable[[], Collection[tuple[str, str]]]
    hang_up: Callable[[FoundLab], Awaitable[None]]


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
        viewed: ViewedHosts,
    ) -> None:
        """Take the parts; ``clock`` returns seconds."""
        self._desk = desk
        self._jobs = jobs
        self._logs = logs
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._viewed = viewed
        self._active: dict[str, float] = {}
        self._warned: dict[str, str] = {}
        self._frozen: set[str] = set()
        self._freezing: dict[str, bool] = {}
        """The labs that are just being frozen, and whether somebody has done something in them meanwhile."""
        self._to_save: dict[str, tuple[float, str]] = {}
        self._thawing: set[asyncio.Task[None]] = set()
        self._stood: dict[str, str] = {}
        """Labs that were seen frozen, and what tells each from another one of its name (``Instance.identity``)."""
        self._thawed: set[str] = set()
        """Those of them that were thawed here since."""

    # What is done ---------------------------------------------------------------------------------------------

    def touch(self, lab: str) -> None:
        """Note that somebody does something in a lab."""
        self._active[lab] = self._clock()
        if lab in self._freezing:
            self._freezing[lab] = True
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
            self._to_save.pop(found.name, None)
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

    def saves(self, lab: str) -> str:
        """Return when a frozen lab will be saved, ISO 8601; empty: never, or nobody has looked yet."""
        return self._to_save.get(lab, (0.0, ""))[1]

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
        """Look at all labs: warn of those that are idle, freeze those that were warned, save those that were frozen.

        Raises:
            BreakfixError: the engine or the fabric does not answer.
            RefusedCallError: labd ends.
        """
        labs, saved = await self._threads.run(self._ours)
        self._active = {lab: at for lab, at in self._active.items() if self._logs.get(lab) is not None}
        self._warned = {lab: until for lab, until in self._warned.items() if lab in labs}
        self._frozen = {lab for lab, one in labs.items() if is_frozen(one)}
        await self._save_those_due(labs, saved)
        self._see_others(labs)
        if not self._limits.freeze_s:
            return
        awake = {lab: one for lab, one in labs.items() if not is_frozen(one) and not self._jobs.act_on(lab)}
        now = self._clock()
        quiet = {lab: one for lab, one in awake.items() if self._left(lab, now) <= self._limits.warn_s}
        if not quiet:
            return
        typed = await self._threads.run(self._typed, quiet, self._viewed.screens())
        for lab, one in quiet.items():
            if lab in typed:
                self._active[lab] = max(self._active[lab], now - typed[lab])
            left = self._left(lab, now)
            if left > self._limits.warn_s:
                self.touch(lab) if lab in self._warned else None
            elif lab not in self._warned:
                self._warn(lab)
            elif left <= 0:
                await self._freeze(lab, one, now)

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

    def _ours(self) -> tuple[Mapping[str, Instance], Mapping[str, Instance]]:
        """Return the labs that were started here: whoever works at the command line has no page that thaws one.

        They are those that go on or are frozen, and those that are saved.
        """
        labs = self._desk.parts.labs()
        begun = {name for name, log in self._logs.noted() if log.begun and not log.failed}
        there = {one.name: one for one in labs.running.all() if one.name in begun and not one.assessed}
        states = {name: labs.running.state_of(one) for name, one in there.items()}
        started = {name: one for name, one in there.items() if states[name] == "started"}
        return started, {name: one for name, one in there.items() if states[name] == "saved"}

    def _typed(self, labs: Mapping[str, Instance], screens: Collection[tuple[str, str]]) -> Mapping[str, float]:
        return last_typed(self._desk.parts.labs(), labs.values(), screens)

    def _warn(self, lab: str) -> None:
        """Tell that a lab will be frozen: from now on there is the whole time of a warning, however late it comes."""
        log = self._logs.get(lab)
        if log is not None:
            self._active[lab] = self._clock() - (self._limits.freeze_s - self._limits.warn_s)
            self._warned[lab] = iso(datetime.now(UTC) + timedelta(seconds=self._limits.warn_s))
            log.add("idle", {"until": self._warned[lab]})

    async def _freeze(self, lab: str, instance: Instance, looked: float) -> None:
        """Freeze a lab; where somebody has done something since it was looked at, it goes on at once."""
        log = self._logs.get(lab)
        if log is None or self._jobs.act_on(lab):
            return
        with self._jobs.holding(lab, "freeze"):
            self._freezing[lab] = False
            try:
                await self._threads.run(freeze_lab, self._desk.parts.labs(), instance)
            except BusyError:  # somebody is at work in it at the command line
                self.touch(lab)
                return
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("%s is not frozen: %s", lab, error)
                return
            finally:
                acted = self._freezing.pop(lab)
            self._frozen.add(lab)  # a key that comes from here on thaws it
            try:
                if acted or await self._typed_since(lab, instance, looked):
                    await self._threads.run(self._thaw, lab)
                    self._frozen.discard(lab)
                    self.touch(lab)
                    return
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("%s stays frozen, though somebody may work in it: %s", lab, error)
            self._stood[lab] = instance.identity
            self._warned.pop(lab, None)
            if self._limits.save_s:
                self._to_save[lab] = self._in(self._limits.save_s)
            log.add("frozen", {})

    async def _typed_since(self, lab: str, instance: Instance, looked: float) -> bool:
        """Return whether something was typed in a lab after it was looked at, before it stood still."""
        typed = await self._threads.run(self._typed, {lab: instance}, self._viewed.screens())
        return lab in typed and typed[lab] < self._clock() - looked + _WHOLE_S

    # Saving ---------------------------------------------------------------------------------------------------

    async def _save_those_due(self, labs: Mapping[str, Instance], saved: Mapping[str, Instance]) -> None:
        """Save the labs that were frozen for long, and do what a program that was killed has left of saving others."""
        for lab in labs:
            if (known := self._logs.get(lab)) is not None and known.saved:
                self.touch(lab)  # somebody has resumed it at the command line
                known.add("thawed", {})
        if self._limits.save_s:
            self._to_save = {lab: self._to_save.get(lab) or self._in(self._until_saved(lab)) for lab in self._frozen}
        for lab, (due, _) in tuple(self._to_save.items()):
            if due <= self._clock() and lab in self._frozen:
                await self._save(lab, labs[lab])
        for lab, one in saved.items():
            log = self._logs.get(lab)
            if log is not None and (not log.saved or any(host.state not in STOPPED for host in one.hosts)):
                await self._save(lab, one, rest_only=True)

    def _in(self, seconds: float) -> tuple[float, str]:
        """Return by the clock, and as it is told, when so many seconds will have passed."""
        return self._clock() + seconds, iso(datetime.now(UTC) + timedelta(seconds=seconds))

    def _until_saved(self, lab: str) -> float:
        """Return after how many seconds a lab is saved that was frozen before; whoever comes is told in time."""
        log = self._logs.get(lab)
        since = datetime.fromisoformat(log.frozen_at) if log is not None and log.frozen_at else datetime.now(UTC)
        left = self._limits.save_s - (datetime.now(UTC) - since).total_seconds()
        return max(left, min(_WARNED_S, self._limits.save_s / 2))

    async def _save(self, lab: str, instance: Instance, *, rest_only: bool = False) -> None:
        log = self._logs.get(lab)
        if log is None or self._jobs.act_on(lab):
            return
        save = partial(self._desk.parts.labs().lifecycle.save, instance, rest_only=rest_only)
        with self._jobs.holding(lab, "save"):
            try:
                await self._threads.run(save)
                found = await self._threads.run(self._desk.find, lab)
                if found is None or not await self._threads.run(self._desk.is_saved, found):
                    return
                await self._viewed.hang_up(found)
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("%s is not saved: %s", lab, error)
                return
            self._frozen.discard(lab)
            self._to_save.pop(lab, None)
            log.add("saved", {})
