"""The people of the store whom a session's plan names, and what somebody does no more who has a part in it.

The roles of an account say what somebody may do in any session. In one session they count less than the part that they
have there: an administrator may move times and be of a jury, and roles change; nobody moves the times of a session
that they judge or sit in, and nobody judges in one whose times they moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.assessment.events import Kind
from orchestrator.assessment.state import SessionState
from orchestrator.core.errors import UsageError
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Who
from orchestrator.records.database import Database
from orchestrator.records.models import Person
from orchestrator.records.people import People

_INVIGILATED: Final[frozenset[Kind]] = frozenset(
    {
        *("seated", "turned-away", "unseated", "looked"),
        *("arrived", "absent", "finished", "announced", "incident"),
    }
)
"""What invigilators do: to be in the room with the candidates, and to judge, is no contradiction."""


def accounts_of_members(state: SessionState) -> Iterator[tuple[str, str]]:
    """Yield the short name of each member of the jury whom the store knows, with what it finds them by."""
    members = {one.id for one in state.plan.jury}
    return ((who, person) for who, person in accounts_of_all(state) if who in members)


def accounts_of_all(state: SessionState) -> Iterator[tuple[str, str]]:
    """Yield so the candidates as well, by their numbers.

    By whom the plan meant when it was made, where its journal has that: a short name is given again.
    """
    for event in state.of("identity"):
        if event.details and event.details.get("person"):
            yield event.details["who"], event.details.get("ref") or event.details["person"]


def found(people: People, word: str) -> Person | None:
    """Return whom the store finds by a word; None: they were forgotten since."""
    try:
        return people.find(word)
    except UsageError:
        return None


def require_no_part(database: Database, state: SessionState, who: Who, *, invigilates: bool = False) -> None:
    """Refuse what organisers do in a session to somebody who judges or sits in it.

    Args:
        database: the store.
        state: the session.
        who: who does it.
        invigilates: whether it moves no time and is refused to candidates only: who sits where, and looking.

    Raises:
        RefusedCallError: they do.
    """
    candidates = {one.number for one in state.plan.candidates}
    named = [word for part, word in accounts_of_all(state) if part in candidates or not invigilates]
    with database.read() as reading:
        people = People(reading)
        if any((one := found(people, word)) and one.ref == who.ref for word in named):
            raise session_refusals.has_a_part()


def require_not_organised(database: Database, state: SessionState, who: Who) -> None:
    """Refuse what a jury records in a session to somebody who did in it what organisers do.

    Raises:
        RefusedCallError: they did: their account stands by an entry, where a jury's have a member's short name.
    """
    with database.read() as reading:
        person = found(People(reading), who.ref)
        names = {who.ref, person.account if person and person.account else who.ref}
    if any(event.by in names and event.kind not in _INVIGILATED for event in state.events):
        raise session_refusals.has_organised()
