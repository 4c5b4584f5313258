"""What the labs on this machine may take of its memory, whoever has started them. Called from threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.instances.instance import STOPPED, Instance
from orchestrator.labd.jury_room import NOTHING_KEPT, KeptRoom
from orchestrator.labd.lab_limits import ASK, larger_than_share, memory_of, too_large
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.model.serve_settings import usual_memory
from orchestrator.records.class_limits import ClassLimits

_UNKNOWN_HOST: Final = 192 << 20
"""Bytes that a host is taken for whose lab is known no longer: what most of ours may take."""


@dataclass(frozen=True)
class TakenRoom:
    """What is taken of a machine.

    Attributes:
        labs: the bytes that each lab on it may take, by its name; those whose hosts are off take nothing.
        memory: the bytes that all of them may take together.
        classes: the class that a lab was launched for, by its name; others are not there.
        kept: what is kept free for juries.
        starting: how many labs other programs are just starting: juries', and the command line's.
        limits: what a class may take, by its name; one that is not there, as much as each.
        pooled: the bytes that each lab may take that stands ready for nobody yet: given up where room is needed.
    """

    labs: Mapping[str, int]
    memory: int
    classes: Mapping[str, str] = field(default_factory=dict)
    kept: KeptRoom = NOTHING_KEPT
    starting: int = 0
    limits: Mapping[str, ClassLimits] = field(default_factory=dict)
    pooled: Mapping[str, int] = field(default_factory=dict)

    def too_much(self, there: Mapping[str, int], most_labs: int | None) -> tuple[int, int]:
        """Return by how many bytes, and by how many labs, those that stand ready are too many.

        Args:
            there: the bytes that each other lab may take, those among them that are just being started.
            most_labs: how many labs may be there; None: as many as memory allows.
        """
        pooled = {name: size for name, size in self.pooled.items() if name not in there}
        memory = sum(there.values()) + sum(pooled.values()) + self.kept.memory - self.memory
        labs = 0 if most_labs is None else len(there) + len(pooled) + self.kept.labs - most_labs
        return max(0, memory), max(0, labs)


class LabRoom:
    """Looks at all labs of this machine: those of the command line and of jury sessions take room as well."""

    def __init__(
        self,
        labs: Callable[[], Labs],
        memory: int | None,
        kept: Callable[[], KeptRoom] = lambda: NOTHING_KEPT,
        classes: Callable[[], Mapping[str, str]] = dict,
        limits: Callable[[], Mapping[str, ClassLimits]] = dict,
    ) -> None:
        """Take what returns the service of labs, what they may take, and what else counts.

        Args:
            labs: returns the service of labs.
            memory: what all may take; None: it is worked out.
            kept: returns what is kept free for juries.
            classes: returns the class that a lab was launched for, by its name.
            limits: returns what a class may take whose trainer has set it, by its name.
        """
        self._labs = labs
        self._memory = memory
        self._kept = kept
        self._classes = classes
        self._limits = limits
        self._known: dict[tuple[str, str, int, str], int] = {}

    def taken(self) -> TakenRoom:
        """Return what is taken now.

        Raises:
            BreakfixError: the engine does not answer.
        """
        labs = self._labs()
        found = labs.running.all()
        plans = {(one.scenario, one.lab, one.seed, one.digest): one for one in found}
        self._known = {
            key: self._known[key] if key in self._known else _memory_of(labs, one) for key, one in plans.items()
        }
        held = [one for one in found if any(host.state not in STOPPED for host in one.hosts)]
        pooled = labs.running.pooled(ours=True)
        sizes = {one.name: self._known[one.scenario, one.lab, one.seed, one.digest] for one in held}
        return TakenRoom(
            {name: size for name, size in sizes.items() if name not in pooled},
            self.memory(),
            self._classes(),
            self._kept(),
            # Of those that labd starts nobody else has a lock.
            sum(labs.running.state_of(one) == "starting" for one in found),
            self._limits(),
            {name: size for name, size in sizes.items() if name in pooled},
        )

    def memory(self) -> int:
        """Return the bytes that all labs may take together; raises as ``taken``."""
        if self._memory is None:
            self._memory = usual_memory(self._labs().running.engine().info().memory)
        return self._memory

    def require(self, plan: Plan, share: int | None = None, hint: Text = ASK) -> int:
        """Return the bytes that a lab may take.

        Args:
            plan: what it is to be.
            share: the bytes that all labs may take of whoever it is for; None: not limited.
            hint: what helps where it is larger than that.

        Raises:
            RefusedCallError: it is more than all labs together may, or those of whoever it is for.
            BreakfixError: the engine does not answer.
        """
        needs, limit = memory_of(plan), self.memory()
        if needs > limit:
            raise too_large(needs, limit)
        if share is not None and needs > share:
            raise larger_than_share(needs, share, hint)
        return needs


def _memory_of(labs: Labs, instance: Instance) -> int:
    try:
        return memory_of(labs.running.planned(instance.name).plan)
    except BreakfixError:  # its content is gone, or it is
        return instance.expected * _UNKNOWN_HOST
