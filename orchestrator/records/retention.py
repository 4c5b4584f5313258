"""How long personal data is kept, and how it goes: a person's row is emptied, results stay under its ``ref``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.records import credentials, erasure_requests, journal, sign_ins, trainer_notes
from orchestrator.records.models import Attempt, Membership, Person, Setting, Training

DAYS = 730
"""Days after the last that is known of somebody, where the store's own setting says nothing else: two years."""
_DAYS, _KEEP_NUMBERS = "retention.days", "retention.keep-candidate-numbers"
_IDENTITY = "session.identity"
"""The kind of the entries in which the record of a jury session holds who somebody is."""


@dataclass(frozen=True)
class Policy:
    """How long personal data is kept, and what stays of a person afterwards.

    Attributes:
        days: days after the last that is known of somebody; a person's own ``keep_until`` counts before it.
        keep_candidate_numbers: whether a candidate's number stays: it leads to a name only for who has the list.
    """

    days: int = DAYS
    keep_candidate_numbers: bool = False


@dataclass(frozen=True)
class Forgotten:
    """What came of forgetting somebody.

    Attributes:
        ref: under which their results stay.
        instances: the labs of their attempts: what was handed in on them may lie in files of this machine.
        kept_by: the subjects of the jury sessions whose record still says who they are, and must.
    """

    ref: str
    instances: tuple[str, ...]
    kept_by: tuple[str, ...]


def policy(session: Session) -> Policy:
    """Return the store's policy."""
    stored = {row.name: row.value for row in session.scalars(select(Setting))}
    return Policy(int(stored.get(_DAYS, DAYS)), stored.get(_KEEP_NUMBERS) == "yes")


def set_policy(session: Session, new: Policy, *, by: str) -> None:
    """Change the store's policy."""
    session.merge(Setting(name=_DAYS, value=str(new.days)))
    session.merge(Setting(name=_KEEP_NUMBERS, value="yes" if new.keep_candidate_numbers else "no"))
    payload = {"days": new.days, "keep_candidate_numbers": new.keep_candidate_numbers}
    journal.append(session, journal.JournalEvent(by, "retention.changed", "retention", payload=payload))


def keep_until(session: Session, person: Person) -> date:
    """Return the last day on which somebody's personal data is kept."""
    if person.keep_until is not None:
        return person.keep_until
    last = session.scalar(
        select(func.max(func.coalesce(Attempt.ended_at, Attempt.solved_at, Attempt.started_at))).where(
            Attempt.person_id == person.id
        )
    )
    known = [moment for moment in (person.created_at, last, sign_ins.last_seen(session, person)) if moment]
    return max(known).date() + timedelta(days=policy(session).days)


def due(session: Session, today: date) -> tuple[Person, ...]:
    """Return whose personal data is to go: their last day is over."""
    people = session.scalars(select(Person).where(Person.anonymised_at.is_(None)).order_by(Person.handle))
    return tuple(person for person in people if keep_until(session, person) < today)


def forget(session: Session, person: Person, *, by: str, reason: str) -> Forgotten:
    """Take away all that says who somebody is; what they did stays, under a ``ref`` that leads to nobody any more.

    Args:
        session: a transaction that may write.
        person: who.
        by: the ``ref`` of who asks for it.
        reason: why, in a word that names nobody: ``asked``, ``retention``.

    Raises:
        UsageError: they still practise on a lab, or are forgotten already.
    """
    _refuse(session, person)
    done = Forgotten(person.ref, _instances(session, person), kept_by(session, person))
    if not policy(session).keep_candidate_numbers:
        person.candidate_number = None
    person.handle = person.ref.lower()
    person.given_name = person.family_name = ""
    person.born = person.email = person.organisation = person.extra_time = None
    person.account = person.language = None
    person.anonymised_at = journal.now()
    credentials.remove(session, person)
    erasure_requests.remove(session, person)
    trainer_notes.remove(session, person)
    session.execute(delete(Membership).where(Membership.person_id == person.id))
    session.execute(delete(Training).where(or_(Training.trainee_id == person.id, Training.trainer_id == person.id)))
    session.flush()
    payload = {"reason": reason, "kept_by": list(done.kept_by)}
    journal.append(session, journal.JournalEvent(by, "person.forgotten", person.ref, payload=payload))
    return done


def _refuse(session: Session, person: Person) -> None:
    if person.anonymised_at is not None:
        raise UsageError(
            Text(fr=f"{person.ref} est déjà oublié.", en=f"{person.ref} is forgotten already."),
        )
    running = select(Attempt.instance).where(Attempt.person_id == person.id, Attempt.ended_at.is_(None))
    labs: Sequence[str] = session.scalars(running.order_by(Attempt.id)).all()
    if labs:
        raise UsageError(
            Text(
                fr=f"{person.handle} s’exerce encore sur {', '.join(labs)}.",
                en=f"{person.handle} still practises on {', '.join(labs)}.",
            ),
            Text(
                fr=f"Arrêtez-le d’abord : « breakfix stop --lab {labs[0]} » ; s’il n’existe plus : « breakfix people "
                f"forget {person.handle} --gone ».",
                en=f"Stop it first: 'breakfix stop --lab {labs[0]}'; if it is gone: 'breakfix people "
                f"forget {person.handle} --gone'.",
            ),
        )


def end_gone(session: Session, person: Person) -> None:
    """Take a person's running attempts for ended: their labs are gone."""
    for attempt in session.scalars(select(Attempt).where(Attempt.person_id == person.id, Attempt.ended_at.is_(None))):
        attempt.ended_at, attempt.end = journal.now(), "gone"
    session.flush()


def _instances(session: Session, person: Person) -> tuple[str, ...]:
    return tuple(session.scalars(select(Attempt.instance).where(Attempt.person_id == person.id).order_by(Attempt.id)))


def kept_by(session: Session, person: Person) -> tuple[str, ...]:
    """Return the jury sessions whose record says who a person is; those have a term of their own."""
    names = {person.handle, person.ref, person.candidate_number} - {None}
    subjects = [
        entry.event.subject
        for entry in journal.entries(session, kind=_IDENTITY)
        if names & set(map(str, _values(entry.event.payload)))
    ]
    return tuple(dict.fromkeys(subjects))


def _values(document: object) -> list[object]:
    if isinstance(document, dict):
        return [leaf for value in document.values() for leaf in _values(value)]
    if isinstance(document, list):
        return [leaf for value in document for leaf in _values(value)]
    return [document]
