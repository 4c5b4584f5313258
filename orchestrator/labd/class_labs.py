"""What the labs of classes may take, and which were launched for which class. Called from threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.labd import class_words
from orchestrator.labd.calls import Who
from orchestrator.labd.class_contract import ClassLimitsView, LimitClass
from orchestrator.labd.jury_room import JuryRoom
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import ASK, RAISE, LabLimits
from orchestrator.labd.lab_room import LabRoom
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.model.plan import Plan
from orchestrator.records import class_limits
from orchestrator.records.class_limits import ClassLimits
from orchestrator.records.database import Transaction
from orchestrator.records.groups import Groups

MOST_LABS: Final = 500
LEAST_MEMORY: Final = 64
"""MiB: no lab is smaller."""
LEAST_PROCESSORS: Final = 0.05
MOST_PROCESSORS: Final = 64.0
_MIB: Final = 1 << 20
_LARGEST: Final = 1 << 30
"""MiB: of a machine whose memory nobody knows."""


class ClassShares:
    """What each class may take: what its trainer has set, within what the administrator lets each class take."""

    def __init__(self, parts: LabParts, limits: LabLimits) -> None:
        """Take where it is kept, and the machine's limits."""
        self._database = parts.database
        self._machine = limits.of_a_class
        self.room = LabRoom(parts.labs, limits.memory, JuryRoom(parts).kept, self._classes, self._limited)

    def of(self, name: str) -> ClassLimits:
        """Return what the labs of a class may take, by its name; an empty one: of each."""
        if not name:
            return self._machine
        with self._database.read() as reading:
            return class_limits.by_name(reading).get(name, self._machine).within(self._machine)

    def require(self, plan: Plan, name: str) -> int:
        """Return the bytes that a lab for a class may take.

        Raises:
            RefusedCallError: it is too much for the class, or for the machine.
            BreakfixError: the engine or the store does not answer.
        """
        share = self.of(name).memory
        return self.room.require(plan, share, ASK if share == self._machine.memory else RAISE)

    def processors(self, launch: int) -> float | None:
        """Return how many processors each host of a lab may keep busy, by the launch's number; 0: there was none."""
        if not launch:
            return self._machine.processors
        try:
            with self._database.read() as reading:
                return class_limits.of_launch(reading, launch).within(self._machine).processors
        except BreakfixError:  # the machine's limit holds without the store too
            return self._machine.processors

    def _limited(self) -> Mapping[str, ClassLimits]:
        with self._database.read() as reading:
            return {name: one.within(self._machine) for name, one in class_limits.by_name(reading).items()}

    def _classes(self) -> Mapping[str, str]:
        """Return which labs are of which class; nobody is asked where none is limited."""
        with self._database.read() as reading:
            everybody = self._machine.labs is not None or self._machine.memory is not None
            return Groups(reading).of_labs() if everybody or class_limits.by_name(reading) else {}

    # What a trainer sets --------------------------------------------------------------------------------------

    def view(self, reading: Transaction, name: str) -> ClassLimitsView:
        """Return what a trainer has set for a class."""
        own = class_limits.of_group(reading, Groups(reading).find(name))
        return ClassLimitsView(own.labs, _mib(own.memory), own.processors)

    def most(self) -> ClassLimitsView:
        """Return what a trainer may set; None: as far as one may set anything."""
        try:
            memory = self._machine.memory or self.room.memory()
        except BreakfixError:  # the engine does not answer: the class's page is there all the same
            memory = None
        return ClassLimitsView(self._machine.labs, _mib(memory), self._machine.processors)

    def put(self, who: Who, asked: LimitClass) -> None:
        """Keep what a trainer sets.

        Raises:
            RefusedCallError: it is more than the machine's, or no such number.
        """
        most = self.most()
        _require("labs", asked.labs, 1, most.labs or MOST_LABS)
        _require("memory", asked.memory, LEAST_MEMORY, most.memory or _LARGEST)
        _require("processors", asked.processors, LEAST_PROCESSORS, most.processors or MOST_PROCESSORS)
        memory = None if asked.memory is None else asked.memory * _MIB
        with self._database.write() as writing:
            limits = ClassLimits(asked.labs, memory, asked.processors)
            class_limits.put(writing, Groups(writing).find(asked.name), limits, by=who.ref)


def _mib(size: int | None) -> int | None:
    return None if size is None else size // _MIB


def _require(field: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise RefusedCallError(class_words.wrong_limit(field, least, most))
