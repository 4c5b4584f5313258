"""The room that is kept free for the labs of jury sessions, until these are opened. Called from threads."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_needs import LabNeeds

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
        self.needs = LabNeeds(parts)
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
            needs = [self.needs.most_memory(place) for place in places]
        return KeptRoom(len(needs), sum(needs))
