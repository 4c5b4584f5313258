"""What the store holds about one person, beside their own row: attempts, classes, sign-ins, who looked, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from orchestrator.records import audit, journal, trainer_notes
from orchestrator.records.account_models import PasswordRow, SignInRow
from orchestrator.records.journal import JournalEntry, JournalEvent
from orchestrator.records.models import (
    Attempt,
    AttemptEvent,
    CheckReport,
    JournalRow,
    Membership,
    PeopleGroup,
    Person,
)

LOOKED = "attempt.replayed"
"""The kind of the entry that says that a trainer has looked at an attempt's recordings."""
_HINTED = "attempt.hinted"
_GROUPS = ("group.joined", "group.left")
_SAME_LOOK = timedelta(minutes=10)
"""Within this time a page that is loaded again is one look."""


@dataclass(frozen=True)
class ReplayLook:
    """Somebody has looked at the recordings of an attempt.

    Attributes:
        at: when (UTC).
        by: who, by their ``ref``.
        scenario: what the attempt is about.
    """

    at: datetime
    by: str
    scenario: str


def forgotten(session: Session) -> frozenset[str]:
    """Return the ``ref`` of everybody who was forgotten."""
    return frozenset(session.scalars(select(Person.ref).where(Person.anonymised_at.is_not(None))))


# Attempts -----------------------------------------------------------------------------------------------------


def attempt(session: Session, number: int) -> Attempt | None:
    """Return an attempt with its reports and whose it is; None where there is none of that number."""
    if not 0 < number < 1 << 31:  # no database could even look for it
        return None
    wanted = select(Attempt).where(Attempt.id == number)
    return session.scalars(wanted.options(selectinload(Attempt.reports), selectinload(Attempt.person))).first()


def attempts(session: Session, person: Person) -> tuple[tuple[int, str], ...]:
    """Return the number of each of somebody's attempts, in their order, and what it is about."""
    rows = session.execute(select(Attempt.id, Attempt.scenario).where(Attempt.person_id == person.id))
    return tuple(sorted((row[0], row[1]) for row in rows))


def instances(session: Session, person: Person) -> tuple[str, ...]:
    """Return the lab of each of somebody's attempts, in their order."""
    return tuple(session.scalars(select(Attempt.instance).where(Attempt.person_id == person.id).order_by(Attempt.id)))


def hints(session: Session, number: int) -> tuple[tuple[datetime, int], ...]:
    """Return when each hint of an attempt was read, with its number."""
    found = journal.entries(session, subject=f"attempt:{number}")
    return tuple((one.at, int(one.event.payload.get("hint", 0))) for one in found if one.event.kind == _HINTED)


def happened(session: Session, number: int) -> tuple[AttemptEvent, ...]:
    """Return what was handed in during an attempt, in its order."""
    handed_in = AttemptEvent.kind != trainer_notes.TYPED
    wanted = select(AttemptEvent).where(AttemptEvent.attempt_id == number, handed_in)
    return tuple(session.scalars(wanted.order_by(AttemptEvent.id)))


def shared_instances(session: Session, person: Person) -> frozenset[str]:
    """Return the names of labs on which others have practised as well: names are given again."""
    mine = select(Attempt.instance).where(Attempt.person_id == person.id)
    others = select(Attempt.instance).where(Attempt.person_id != person.id, Attempt.instance.in_(mine))
    return frozenset(session.scalars(others))


# Who looked ---------------------------------------------------------------------------------------------------


def note_look(session: Session, number: int, *, by: str) -> None:
    """Note that somebody has looked at the recordings of another's attempt; a page loaded again is one look."""
    subject = f"attempt:{number}"
    last = select(func.max(JournalRow.at)).where(
        JournalRow.subject == subject, JournalRow.kind == LOOKED, JournalRow.actor == by
    )
    before = session.scalar(last)
    if before is None or journal.now() - before > _SAME_LOOK:
        journal.append(session, JournalEvent(by, LOOKED, subject))


def looks(session: Session, person: Person) -> tuple[ReplayLook, ...]:
    """Return who has looked at the recordings of somebody's attempts, the newest first."""
    mine = select(Attempt.id, Attempt.scenario).where(Attempt.person_id == person.id)
    scenarios = {f"attempt:{row[0]}": str(row[1]) for row in session.execute(mine)}
    found = select(JournalRow).where(JournalRow.kind == LOOKED, JournalRow.subject.in_(scenarios))
    rows = session.scalars(found.order_by(JournalRow.seq.desc()))
    return tuple(ReplayLook(row.at, row.actor, scenarios[row.subject]) for row in rows)


# Accounts, classes, the journal -------------------------------------------------------------------------------


def classes(session: Session, person: Person) -> tuple[tuple[str, str], ...]:
    """Return the classes that somebody is in, by name, with what they are there."""
    wanted = select(PeopleGroup.name, Membership.role).join(Membership, Membership.group_id == PeopleGroup.id)
    rows = session.execute(wanted.where(Membership.person_id == person.id).order_by(PeopleGroup.name))
    return tuple((row[0], row[1]) for row in rows)


def trainers(session: Session, person: Person) -> tuple[Person, ...]:
    """Return the trainers of the classes in which somebody is a trainee, by name."""
    mine = select(Membership.group_id).where(Membership.person_id == person.id, Membership.role == "trainee")
    wanted = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.role == "trainer", Membership.group_id.in_(mine))
        .order_by(Person.family_name, Person.given_name, Person.handle)
    )
    return tuple(session.scalars(wanted).unique())


def password_chosen(session: Session, person: Person) -> datetime | None:
    """Return when somebody chose their password; None: they have none."""
    return session.scalar(select(PasswordRow.chosen_at).where(PasswordRow.person_id == person.id))


def sign_ins(session: Session, person: Person) -> tuple[SignInRow, ...]:
    """Return all sign-ins of somebody that the store still knows, ended or not, the oldest first."""
    return tuple(session.scalars(select(SignInRow).where(SignInRow.person_id == person.id).order_by(SignInRow.id)))


@dataclass(frozen=True)
class OwnEntry:
    """An entry of the journal for the person whom it concerns; ``about``: it is about them, not about others."""

    entry: JournalEntry
    about: bool


def entries(session: Session, person: Person) -> tuple[OwnEntry, ...]:
    """Return the journal's entries that are about somebody, and what they did to others, in their order."""
    mine = tuple(session.scalars(select(Attempt.id).where(Attempt.person_id == person.id)))
    reports = session.scalars(select(CheckReport.id).where(CheckReport.attempt_id.in_(mine)))
    subjects = {person.ref, *(f"attempt:{one}" for one in mine), *map(audit.report_subject, reports)}
    wanted = JournalRow.subject.in_(subjects) | (JournalRow.actor == person.ref) | JournalRow.kind.in_(_GROUPS)
    found = (
        journal.entry_of(row) for row in session.scalars(select(JournalRow).where(wanted).order_by(JournalRow.seq))
    )
    kept = (OwnEntry(one, one.event.subject in subjects or _names(one, person)) for one in found)
    return tuple(one for one in kept if one.about or one.entry.event.actor == person.ref)


def _names(entry: JournalEntry, person: Person) -> bool:
    return entry.event.kind in _GROUPS and entry.event.payload.get("person") == person.ref
