"""Changes of a person's row; the journal says which columns changed, never what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.records import journal
from orchestrator.records.models import Person
from orchestrator.records.people import check_extra_time

CHANGEABLE = (
    *("given_name", "family_name", "born", "email", "organisation"),
    *("candidate_number", "extra_time", "account", "language", "keep_until"),
)
_UNIQUE = ("candidate_number", "account")


def change(session: Session, person: Person, values: Mapping[str, Any], *, by: str) -> tuple[str, ...]:
    """Change what is known of somebody.

    Args:
        session: a transaction that may write.
        person: who.
        values: new values by column, of ``CHANGEABLE``.
        by: the ``ref`` of who changes it.

    Returns:
        The columns that have changed.

    Raises:
        UsageError: a number or an account is somebody else's.
    """
    changed = tuple(name for name in CHANGEABLE if name in values and getattr(person, name) != values[name])
    for name in changed:
        if name in _UNIQUE and values[name] is not None:
            _refuse_taken(session, person, name, values[name])
        if name == "extra_time" and values[name] is not None:
            check_extra_time(values[name])
        setattr(person, name, values[name])
    session.flush()
    if changed:
        event = journal.JournalEvent(by, "person.changed", person.ref, payload={"columns": list(changed)})
        journal.append(session, event)
    return changed


def _refuse_taken(session: Session, person: Person, column: str, value: str) -> None:
    other = session.scalars(select(Person).where(getattr(Person, column) == value, Person.id != person.id)).first()
    if other is not None:
        raise UsageError(
            Text(
                fr=f"« {value} » est déjà pris, par {other.handle}.",
                en=f'"{value}" is already taken, by {other.handle}.',
            )
        )
