"""Whether there is room for one more lab that stands ready, and how many are too many. It decides; nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.machine_room import MachineLoad, machine_load

_PART: Final = 8
"""This part of what labs may take stays free of labs that stand ready, where nobody has said how much."""


@dataclass(frozen=True)
class PoolRoom:
    """What labs that stand ready may take: only what people, juries and the machine do not need.

    Attributes:
        limits: how much may be on the machine.
        reserve: the bytes that stay free of them; None: a part of what labs may take.
        load: returns how busy the machine is.
    """

    limits: LabLimits
    reserve: int | None = None
    load: Callable[[], MachineLoad] = machine_load

    def has_room(self, taken: TakenRoom, needs: int) -> bool:
        """Return whether one more may be started, which may take so many bytes; a busy machine has no room."""
        load, reserve = self.load(), self._reserve(taken)
        if load.busy or taken.starting:
            return False
        if load.available is not None and load.available - needs < reserve:
            return False
        labs = len(taken.labs) + len(taken.pooled) + taken.kept.labs + 1
        if self.limits.labs is not None and labs > self.limits.labs:
            return False
        together = sum(taken.labs.values()) + sum(taken.pooled.values()) + taken.kept.memory
        return together + needs <= taken.memory - reserve

    def too_much(self, taken: TakenRoom) -> tuple[int, int]:
        """Return by how many bytes, and by how many labs, those that stand ready are too many now.

        The machine's own memory counts from half of the reserve on: else a lab would be given up and started again.
        """
        memory, labs = taken.too_much(taken.labs, self.limits.labs)
        available = self.load().available
        if available is not None:
            memory = max(memory, self._reserve(taken) // 2 - available)
        return memory, labs

    def _reserve(self, taken: TakenRoom) -> int:
        return taken.memory // _PART if self.reserve is None else self.reserve


@dataclass(frozen=True)
class Sized:
    """A lab that stands ready, and the bytes that it may take."""

    name: str
    memory: int


def given_up(there: Collection[Sized], memory: int, labs: int) -> tuple[str, ...]:
    """Return the names of the labs to be given up, the first of ``there`` first.

    Args:
        there: the labs that stand ready, those that are wanted least first.
        memory: the bytes that have to be free.
        labs: the places that have to be free.
    """
    names: list[str] = []
    for one in there:
        if memory <= 0 and labs <= 0:
            break
        names.append(one.name)
        memory, labs = memory - one.memory, labs - 1
    return tuple(names)
