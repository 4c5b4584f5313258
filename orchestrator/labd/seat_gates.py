"""Whether a candidate's machines take input now: the gate of ``session seat``, for many lines of many candidates.

Each line has a gate of its own, which decides; all lines of a session read its journal together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.session_clock import SessionClock
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.core.errors import UsageError
from orchestrator.labd.seat_access import Seat, SeatAccess
from orchestrator.labd.told_refusals import missing_terminal

EVERY_S: Final = 0.4
"""Seconds between two looks of a gate at its session: a pause reaches a terminal within a second."""
_FRESH_S: Final = 0.25
"""Seconds for which a session is not read again."""


class SessionLook:
    """One session, read a few times a second at most, for all who look. Safe for threads."""

    def __init__(self, jury_session: JurySession, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the session, and what counts seconds."""
        self.jury_session = jury_session
        self._seconds = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, SessionState] | None = None

    def state(self) -> SessionState:
        """Return the session as it was a moment ago.

        Raises:
            BreakfixError: its journal cannot be read.
        """
        with self._lock:
            now = self._seconds()
            if self._kept is None or now - self._kept[0] >= _FRESH_S:
                self._kept = now, self.jury_session.state()
            return self._kept[1]

    def forget(self) -> None:
        """Have the session read again: who asks once wants to know what is so now."""
        with self._lock:
            self._kept = None

    def clock(self, state: SessionState) -> SessionClock:
        """Return the session's clock."""
        return self.jury_session.clock(state)


class SeatHolds:
    """Whether a token still is a seat's, asked by each line of a browser and looked up for all of them. For threads."""

    def __init__(self, access: SeatAccess, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what finds seats, and what counts seconds."""
        self._access = access
        self._clock = clock
        self._known: dict[str, tuple[float, Seat | None]] = {}

    def ask(self, token: str, seat: Seat) -> bool:
        """Return whether a token was this seat's a moment ago."""
        now = self._clock()
        at, found = self._known.get(token, (float("-inf"), None))
        if now - at >= _FRESH_S:
            found = self._access.seat_of(token)
            fresh = {one: kept for one, kept in self._known.items() if now - kept[0] < _FRESH_S}
            self._known = {**fresh, token: (now, found)}
        return found == seat


class SeatGates:
    """Makes gates. Called from threads."""

    def __init__(self, registry: Callable[[], SessionRegistry]) -> None:
        """Take the sessions."""
        self._registry = registry
        self._looks: dict[str, SessionLook] = {}

    def look(self, session: str) -> SessionLook:
        """Return what reads a session.

        Raises:
            UsageError: there is none of that name.
        """
        if session not in self._looks:
            self._looks[session] = SessionLook(self._registry().jury_session(session))
        return self._looks[session]

    def gate(self, seat: Seat, phase: str, *, anew: bool = True) -> TerminalGate:
        """Return a gate of a candidate in a phase.

        Args:
            seat: the candidate's.
            phase: the phase.
            anew: whether the session is read as it is now, or as it was a moment ago: for who asks many times a second.

        Raises:
            RefusedCallError: there is no such phase, or none of its labs is open: both read the same.
            BreakfixError: the session cannot be read.
        """
        look = self.look(seat.session)
        if anew:
            look.forget()
        try:
            return TerminalGate(look, phase, seat.number, EVERY_S)
        except UsageError as error:
            raise missing_terminal() from error

    def phase_of(self, seat: Seat) -> str:
        """Return the phase of a candidate's that is on, or was last; empty: they have none yet."""
        sittings = self.look(seat.session).state().sittings.values()
        mine = [one for one in sittings if one.candidate == seat.number]
        return max(mine, key=_lateness).phase if mine else ""


def _lateness(sitting: Sitting) -> tuple[bool, int]:
    return sitting.running, -1 if sitting.started is None else sitting.started
