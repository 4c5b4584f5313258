"""Who of the room's staff looks at candidates' screens: noted in the session's journal, once in a while for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Literal

from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.labd.calls import Who

_NOTED_S: Final = 600.0
"""Seconds in which somebody's looks at one screen are one entry of the journal."""

LookedKind = Literal["terminal", "desktop"]


class ScreenLooks:
    """Notes looks. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what counts seconds."""
        self._clock = clock
        self._noted: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def note(
        self, who: Who, jury_session: JurySession, state: SessionState, sitting: Sitting, kind: LookedKind, name: str
    ) -> None:
        """Note that somebody looks at a screen of a candidate's, by its recording's name.

        Raises:
            BreakfixError: the journal cannot be kept.
        """
        key = who.ref, jury_session.session, sitting.phase, sitting.candidate, kind, name
        with self._lock:
            now = self._clock()
            if now - self._noted.get(key, float("-inf")) < _NOTED_S:
                return
            self._noted = {known: at for known, at in self._noted.items() if now - at < _NOTED_S} | {key: now}
        at = jury_session.clock(state).now()
        jury_session.keep(Draft("looked", who.ref, at, sitting.candidate, sitting.phase, {kind: name}))
