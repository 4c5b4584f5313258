"""The room that is kept free for the labs of jury sessions, until these are opened. Called from threads."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import memory_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptRoom:
    """What is kept free.

    Attributes:
        labs: how many labs will still be opened.
        memory: the bytes that they may take together.
    """

    labs: int = 0
    memory: int = 0


NOTHING_KEPT = KeptRoom()


class JuryRoom:
    """Knows how much the labs may take that juries will open."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts
        self._memory: dict[str, int] = {}
        self._lock = threading.Lock()

    def kept(self) -> KeptRoom:
        """Return what is kept free now; nothing where the store does not answer."""
        with self._lock:
            shelved = self._parts.shelf.all()
            try:
                places = self._parts.jury_places({name: one.document for name, one in shelved.items()})
            except BreakfixError as error:
                _log.warning("no room can be kept for juries: %s", error)
                return NOTHING_KEPT
            needs = [max(map(self._memory_of, place), default=0) for place in places]
        return KeptRoom(len(needs), sum(needs))

    def _memory_of(self, scenario: str) -> int:
        """Return the bytes that a scenario's lab may take; all its variants have the same hosts."""
        if scenario not in self._memory:
            try:
                self._memory[scenario] = memory_of(self._parts.labs().plans.preview(scenario, 0))
            except BreakfixError as error:  # it cannot be opened then
                _log.warning("no room can be kept for a lab of %s: %s", scenario, error)
                return 0
        return self._memory[scenario]
