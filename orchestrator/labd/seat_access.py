"""Which candidate's seat a token stands for, at each call anew. Called from threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.seat_book import KeptSeats, SeatBook, SeatState
from orchestrator.assessment.session_folder import SEATS, SessionFolder
from orchestrator.assessment.session_registry import JurySession, SessionRegistry
from orchestrator.assessment.state import SessionState
from orchestrator.core.errors import BreakfixError
from orchestrator.records.credentials import hash_of

_FRESH_S: Final = 1.0
"""Seconds for which a session is not read again: twelve candidates look at it all the time."""


@dataclass(frozen=True)
class Seat:
    """A candidate's seat: whose token stands for it is this candidate of this session, and nobody else.

    A call that only a seat may make has the right ``seat`` in ``rules.RULES``, and stands in a mapping of name to
    ``(Seat, request)`` that ``SeatCalls.of_a_seat`` has.

    Attributes:
        session: the session's name.
        number: the candidate's number.
    """

    session: str
    number: str


class SeatAccess:
    """Finds seats by tokens and codes."""

    def __init__(self, registry: Callable[[], SessionRegistry], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the sessions, and what counts seconds."""
        self._registry = registry
        self._clock = clock
        self._read: dict[str, tuple[float, JurySession, SessionState]] = {}

    def seat_of(self, token: str) -> Seat | None:
        """Return the seat for which a browser's token stands; None: none, not yet or no longer."""
        found = self.found(token)
        return found[0] if found is not None and found[1] == "seated" else None

    def found(self, token: str) -> tuple[Seat, SeatState] | None:
        """Return the seat of a token, and whether the browser has it or waits for it."""
        if not token:
            return None
        wanted = hash_of(token)
        for session, book in self._books(wanted):
            known = book.of_token(token)
            over = is_closed if known is not None and known[1] == "seated" else is_over
            if known is not None and self._holds(session, book, over):
                return Seat(session, known[0]), known[1]
        return None

    def of_code(self, code: str) -> Seat | None:
        """Return whose a code is, as somebody types it; None where no such code holds."""
        for session, book in self._books():
            number = book.of_code(code)
            if number is not None and self._holds(session, book, is_over):
                return Seat(session, number)
        return None

    def look(self, session: str) -> tuple[JurySession, SessionState]:
        """Return a session as it was at most a second ago.

        Raises:
            UsageError: there is none of that name.
            BreakfixError: its journal cannot be read.
        """
        kept = self._read.get(session)
        if kept is not None and self._clock() - kept[0] < _FRESH_S:
            return kept[1], kept[2]
        return self.look_anew(session)

    def look_anew(self, session: str) -> tuple[JurySession, SessionState]:
        """Return a session as it is; raises as ``look``."""
        at, found = self._clock(), self._registry().jury_session(session)
        state = found.state()
        self._read[session] = at, found, state
        return found, state

    def _holds(self, session: str, book: SeatBook, over: Callable[[SessionState], bool]) -> bool:
        try:
            _, state = self.look(session)
        except (BreakfixError, ValueError):  # who sits there cannot be known
            return False
        return book.plan == plan_of(state) and not over(state)

    def _books(self, containing: str = "") -> Iterator[tuple[str, SeatBook]]:
        """Yield the books of all sessions, or those whose file has some letters in it; one that is damaged is left."""
        folder = self._registry().folder
        for path in sorted(folder.glob(f"*/{SEATS}")):
            try:
                if containing and containing.encode() not in path.read_bytes():
                    continue
                yield path.parent.name, KeptSeats(SessionFolder(path.parent)).read()
            except (BreakfixError, OSError):
                continue


def plan_of(state: SessionState) -> str:
    """Return the seal of a session's plan, by which codes of an earlier plan of its name hold no longer."""
    return state.events[0].seal


def is_over(state: SessionState) -> bool:
    """Return whether nobody takes a seat any more: all evidence is sealed, or the plan was withdrawn."""
    return state.withdrawn or state.stage in {"sealed", "closed"}


def is_closed(state: SessionState) -> bool:
    """Return whether candidates' access has ended: until the record is closed, who has a seat reads what they did."""
    return state.withdrawn or state.closed
