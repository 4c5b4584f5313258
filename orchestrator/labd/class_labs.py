"""Which labs were launched for which class, as the store knows it: what a class's limits count."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.labd.jury_room import JuryRoom
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import LabRoom
from orchestrator.records.groups import Groups


def room_of(parts: LabParts, limits: LabLimits) -> LabRoom:
    """Return what looks at the room of a machine; classes are asked for only where they are limited."""

    def classes() -> Mapping[str, str]:
        if limits.class_labs is None and limits.class_memory is None:
            return {}
        with parts.database.read() as reading:
            return Groups(reading).of_labs()

    return LabRoom(parts.labs, limits.memory, JuryRoom(parts).kept, classes)
