"""Which candidate's seat a token stands for, at each call anew. Called from threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.seat_book import KeptSeats, SeatBook, SeatState
from orchestrator.assessment.session_folder import SEATS, SessionFolder
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.state import SessionState
from orchestrator.core.errors import BreakfixError, UsageError
from orchestrator.labd import seat_refusals
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


@dataclass(frozen=True)
class _ReadBook:
    """A book as its file had it, and the hashes of all tokens in it."""

    stamp: tuple[int, int, int]
    book: SeatBook
    tokens: frozenset[str]


class SeatAccess:
    """Finds seats by tokens and codes."""

    def __init__(self, registry: Callable[[], SessionRegistry], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the sessions, and what counts seconds."""
        self._registry = registry
        self._clock = clock
        self._read: dict[str, tuple[float, JurySession, SessionState]] = {}
        self._kept: dict[Path, _ReadBook] = {}

    def seat_of(self, token: str) -> Seat | None:
        """Return the seat for which a browser's token stands; None: none, not yet or no longer."""
        found = self.found(token)
        return found[0] if found is not None and found[1] == "seated" else None

    def found(self, token: str) -> tuple[Seat, SeatState] | None:
        """Return the seat of a token, and whether the browser has it or waits for it.

        Raises:
            MachineError: it may be a seat's, and what says so cannot be read now: nobody loses their seat for that.
        """
        if not token:
            return None
        wanted, unread = hash_of(token), None
        for path in self._paths():
            try:
                read = self._read_of(path)
                if wanted not in read.tokens or (known := read.book.of_token(token)) is None:
                    continue
                if self._holds(path.parent.name, read.book, is_closed if known[1] == "seated" else is_over):
                    return Seat(path.parent.name, known[0]), known[1]
            except FileNotFoundError:
                continue
            except (BreakfixError, OSError) as error:
                unread = error
        if unread is not None:
            raise seat_refusals.unread() from unread
        return None

    def of_code(self, code: str) -> Seat | None:
        """Return whose a code is, as somebody types it; None where no such code holds, as far as books can be read."""
        for path in self._paths():
            try:
                book = self._read_of(path).book
                number = book.of_code(code)
                if number is not None and self._holds(path.parent.name, book, is_over):
                    return Seat(path.parent.name, number)
            except (BreakfixError, OSError):
                continue
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
        """Return whether a book is of a session that goes on; raises where the journal cannot be read."""
        try:
            _, state = self.look(session)
        except (UsageError, ValueError):  # the store knows no such session
            return False
        return book.plan == plan_of(state) and not over(state)

    def _paths(self) -> list[Path]:
        return sorted(self._registry().folder.glob(f"*/{SEATS}"))

    def _read_of(self, path: Path) -> _ReadBook:
        """Return a session's book, read once for as long as its file, which is only ever replaced, is the same one.

        Anybody may have tokens and codes looked up, as often as they like.

        Raises:
            OSError: there is none, or it cannot be read.
            MachineError: it is damaged.
        """
        file = path.stat()
        stamp = file.st_ino, file.st_mtime_ns, file.st_size
        kept = self._kept.get(path)
        if kept is None or kept.stamp != stamp:
            book = KeptSeats(SessionFolder(path.parent)).read()
            tokens = frozenset((*(one.token for one in book.asking), *(one.token for one in book.seats.values())))
            kept = self._kept[path] = _ReadBook(stamp, book, tokens)
        return kept


def plan_of(state: SessionState) -> str:
    """Return the seal of a session's plan, by which codes of an earlier plan of its name hold no longer."""
    return state.events[0].seal


def is_over(state: SessionState) -> bool:
    """Return whether nobody takes a seat any more: all evidence is sealed, or the plan was withdrawn."""
    return state.withdrawn or state.stage in {"sealed", "closed"}


def is_closed(state: SessionState) -> bool:
    """Return whether candidates' access has ended: until the record is closed, who has a seat reads what they did."""
    return state.withdrawn or state.closed
