"""Who has asked to be forgotten: each has one wish at most, may withdraw it, and the journal has both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from orchestrator.records import journal
from orchestrator.records.models import Person
from orchestrator.records.privacy_models import ErasureRequestRow

ASKED, WITHDRAWN = "person.erasure-asked", "person.erasure-withdrawn"
"""Kinds of entries of the journal."""


@dataclass(frozen=True)
class ErasureRequest:
    """Who has asked, and when (UTC)."""

    person: Person
    asked_at: datetime


def ask(session: Session, person: Person, now: datetime) -> None:
    """Note that somebody asks to be forgotten; asking again changes nothing."""
    if asked_at(session, person) is None:
        session.add(ErasureRequestRow(person_id=person.id, asked_at=now))
        session.flush()
        journal.append(session, journal.JournalEvent(person.ref, ASKED, person.ref))


def withdraw(session: Session, person: Person) -> None:
    """Note that somebody asks so no longer; nothing happens where they had not."""
    if asked_at(session, person) is not None:
        remove(session, person)
        journal.append(session, journal.JournalEvent(person.ref, WITHDRAWN, person.ref))


def remove(session: Session, person: Person) -> None:
    """Take a wish away that was carried out, or withdrawn."""
    session.execute(delete(ErasureRequestRow).where(ErasureRequestRow.person_id == person.id))


def asked_at(session: Session, person: Person) -> datetime | None:
    """Return when somebody asked to be forgotten; None: they did not."""
    return session.scalar(select(ErasureRequestRow.asked_at).where(ErasureRequestRow.person_id == person.id))


def every(session: Session) -> tuple[ErasureRequest, ...]:
    """Return all wishes, the oldest first."""
    row = ErasureRequestRow
    wanted = select(Person, row.asked_at).join(row, row.person_id == Person.id)
    found = session.execute(wanted.order_by(row.asked_at, Person.id))
    return tuple(ErasureRequest(one[0], one[1]) for one in found)
