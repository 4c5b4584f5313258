"""Labs that stand ready, on the machine: which there are, and starting, claiming and removing one. From threads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.core.progress import Silent
from orchestrator.instances.instance import Instance
from orchestrator.labd.lab_desk import LabParts, drawn_seed
from orchestrator.labd.lab_limits import memory_of
from orchestrator.labd.pool_wishes import PoolWishes, wanted
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.records import attempts
from orchestrator.records.journal import now

_log = logging.getLogger(__name__)

_LATELY: Final = timedelta(days=28)
"""How far back use is counted: a module of a course lasts some weeks."""
_TRIES: Final = 20
"""Seeds that are drawn to find one of which no lab stands ready: so two who come get two variants."""


@dataclass(frozen=True)
class WarmLab:
    """A lab that stands ready: broken, frozen, nobody's.

    Attributes:
        name: its name, which it keeps.
        scenario: what it is of.
        seed: its variant.
        memory: the bytes that it may take.
        since: when its hosts were started.
    """

    name: str
    scenario: str
    seed: int
    memory: int
    since: datetime


@dataclass(frozen=True)
class PoolLook:
    """What was seen of the labs that are nobody's yet.

    Attributes:
        warm: those that stand ready, by name.
        unfit: the names of those that are to be removed: cut off, touched, too old, or made of something else.
    """

    warm: Mapping[str, WarmLab]
    unfit: frozenset[str]


class WarmLabs:
    """Acts on the labs that this labd, or an earlier one of its state folder, has started for nobody."""

    def __init__(self, parts: LabParts, renew_s: float, name_for: Callable[[str], str]) -> None:
        """Take what labd serves.

        Args:
            parts: what labd serves.
            renew_s: seconds until a lab is too old.
            name_for: returns a new name for a lab of a scenario.
        """
        self._parts = parts
        self._renew = timedelta(seconds=renew_s)
        self._name_for = name_for

    @property
    def _labs(self) -> Labs:
        return self._parts.labs()

    def look(self, spared: Collection[str], noted: Collection[str]) -> PoolLook:
        """Look at all of them.

        Args:
            spared: the names of those that something is just done with.
            noted: the names of labs of which labd has noted whose they are: who claimed one was cut off.

        Raises:
            BreakfixError: the engine does not answer.
        """
        pooled = self._labs.running.pooled(ours=True) - frozenset(spared)
        warm: dict[str, WarmLab] = {}
        there = {one.name: one for one in self._labs.running.all() if one.name in pooled}
        for name, instance in there.items():
            found = None if name in noted else self._warm(instance)
            if found is not None:
                warm[name] = found
        return PoolLook(warm, frozenset(there) - frozenset(warm))

    def _warm(self, instance: Instance) -> WarmLab | None:
        """Return a lab that stands ready; None where it does not, or is not what would be started today."""
        if not instance.wholly_frozen or self._labs.running.state_of(instance) != "started":
            return None
        try:
            plan = self._labs.plans.preview(instance.scenario, instance.seed)
            same = self._labs.running.instances.pool.is_made_of(instance.name, self._parts.made_of(plan))
        except BreakfixError:  # its content is gone or invalid
            return None
        since = self._since(instance)
        if not same or datetime.now(UTC) - since > self._renew:
            return None
        return WarmLab(instance.name, instance.scenario, instance.seed, memory_of(plan), since)

    def _since(self, instance: Instance) -> datetime:
        begun = self._labs.running.begun(instance).values()
        with suppress(ValueError):
            return min(datetime.fromisoformat(one) for one in begun)
        return datetime.now(UTC)

    def wanted(self, wishes: PoolWishes) -> Mapping[str, int]:
        """Return how many labs of each scenario are wanted, those that are wanted most first."""
        return wanted(wishes, self._use() if wishes.counts_use else {}, self._played() if wishes.labs else {})

    def _played(self) -> Mapping[str, Collection[str]]:
        """Return lab -> the scenarios that are played there and proven."""
        played: dict[str, list[str]] = {}
        for name, one in self._parts.shelf.all().items():
            if one.proven:
                played.setdefault(one.document.lab, []).append(name)
        return played

    def _use(self) -> Mapping[str, int]:
        """Return how often trainees have started each scenario lately by themselves; nothing without the store."""
        try:
            with self._parts.database.read() as reading:
                return attempts.chosen_since(reading, now() - _LATELY)
        except BreakfixError as error:
            _log.warning("nobody knows which scenarios are used: %s", error)
            return {}

    def plan(self, scenario: str, without: Collection[int] = ()) -> Plan | None:
        """Return the plan of a variant that is drawn; None where it cannot be made, or an image is not built.

        Args:
            scenario: its id.
            without: seeds that are not wanted.
        """
        seeds = [drawn_seed() for _ in range(_TRIES)]
        try:
            self._parts.shelf.one(scenario)
            plan = self._labs.plans.plan(scenario, next((one for one in seeds if one not in without), seeds[0]))
            missing = self._parts.missing_images(frozenset(host.image for host in plan.hosts))
        except (BreakfixError, RefusedCallError) as error:
            _log.warning("no lab of %s can stand ready: %s", scenario, error)
            return None
        if missing:
            _log.warning("no lab of %s can stand ready: these images are not built: %s", scenario, ", ".join(missing))
            return None
        return plan

    def fill(self, plan: Plan) -> None:
        """Start a lab for nobody, and freeze it.

        Raises:
            BreakfixError: it did not come up; nothing is left of it.
        """
        name = self._name_for(plan.scenario or plan.lab)
        self._labs.lifecycle.start(plan, Silent(), name=name, pooled=self._parts.made_of(plan))

    def discard(self, name: str) -> None:
        """Remove one that is still nobody's.

        Raises:
            BreakfixError: another program is at work on it, or the engine does not answer.
        """
        running = self._labs.running
        if name not in running.pooled(ours=True):
            return  # it has just been claimed
        instance = next((one for one in running.all() if one.name == name), None)
        if instance is not None:
            self._labs.lifecycle.discard(instance)
