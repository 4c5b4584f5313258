"""What the labs of one person may take together, of memory. Called from threads."""

from __future__ import annotations

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_limits import STOP_ONE, memory_of, too_much_memory
from orchestrator.labd.lab_room import LabRoom
from orchestrator.labd.told_refusals import refused
from orchestrator.model.plan import Plan


class PersonRoom:
    """Refuses a start by which somebody's labs would take more than they may; those that wait count as well."""

    def __init__(self, desk: LabDesk, room: LabRoom, share: int | None) -> None:
        """Take what finds labs, what there is for them, and the bytes that a person's may take; None: no limit."""
        self._desk = desk
        self._room = room
        self._share = share

    def require(self, ref: str, plan: Plan) -> int:
        """Return the bytes that one more lab of a person's may take.

        Raises:
            RefusedCallError: it is too much for them, or for the machine.
            BreakfixError: the engine or the store does not answer.
        """
        needs = self._room.require(plan, self._share)
        if self._share is None:
            return needs
        mine = [one for one in self._desk.mine(ref) if self._desk.state_of(one) != "failed"]
        together = needs + sum(map(self._memory_of, mine))
        if together > self._share:
            raise refused("busy", too_much_memory(together, self._share), STOP_ONE)
        return needs

    def _memory_of(self, found: FoundLab) -> int:
        note = found.log.note
        try:
            return memory_of(self._desk.parts.labs().plans.preview(note.scenario, int(note.seed)))
        except BreakfixError:  # its content is gone: what it takes counts for the machine, and nobody can say how much
            return 0
