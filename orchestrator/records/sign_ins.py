"""Where people are signed in: each browser has a token, of which the store has the hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from orchestrator.records.account_models import AGENT_LENGTH, SignInRow
from orchestrator.records.credentials import hash_of, new_secret
from orchestrator.records.models import Person, PersonRole

IDLE = timedelta(hours=12)
"""A sign-in that rests for longer has ended."""
LONGEST = timedelta(days=30)
"""No sign-in lasts longer, however it is used."""
_NO_NUMBER = 1 << 63


@dataclass(frozen=True)
class CurrentSignIn:
    """A sign-in that holds, and who it is; the fields are the columns of ``SignInRow`` and ``Person``."""

    id: int
    last_seen: datetime
    person_id: int
    ref: str
    handle: str
    name: str
    roles: frozenset[str]
    language: str | None


def begin(session: Session, person: Person, agent: str, now: datetime) -> str:
    """Sign somebody in, and return the token; their sign-ins that have ended are forgotten.

    Args:
        session: a transaction that may write.
        person: who.
        agent: the browser, as it names itself; what is no text in it is left out, and it is cut.
        now: the moment.
    """
    session.execute(delete(SignInRow).where(SignInRow.person_id == person.id, ~_holds(now)))
    token = new_secret()
    readable = "".join(character for character in agent if character.isprintable())[:AGENT_LENGTH]
    session.add(SignInRow(person_id=person.id, token_hash=hash_of(token), since=now, last_seen=now, agent=readable))
    session.flush()
    return token


def current(session: Session, token: str, now: datetime) -> CurrentSignIn | None:
    """Return whose a token is, by one query; None where it is nobody's, or has ended."""
    person = (Person.id, Person.ref, Person.handle, Person.given_name, Person.family_name, Person.language)
    rows = session.execute(
        select(SignInRow.id, SignInRow.last_seen, PersonRole.role, *person)
        .join(Person, Person.id == SignInRow.person_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(SignInRow.token_hash == hash_of(token), _holds(now), Person.anonymised_at.is_(None))
    ).all()
    if not rows:
        return None
    number, seen, _, person_id, ref, handle, given, family, language = rows[0]
    name = f"{given} {family}".strip()
    return CurrentSignIn(number, seen, person_id, ref, handle, name, frozenset(row.role for row in rows), language)


def seen(session: Session, number: int, now: datetime) -> None:
    """Note that a sign-in was used."""
    session.execute(update(SignInRow).where(SignInRow.id == number).values(last_seen=now))


def of_person(session: Session, person_id: int, now: datetime) -> tuple[SignInRow, ...]:
    """Return somebody's sign-ins that hold, the newest first."""
    mine = select(SignInRow).where(SignInRow.person_id == person_id, _holds(now))
    return tuple(session.scalars(mine.order_by(SignInRow.last_seen.desc(), SignInRow.id.desc())))


def end(session: Session, token: str, now: datetime) -> None:
    """End the sign-in of a token; one that has ended, or never was, stays as it is."""
    mine = (SignInRow.token_hash == hash_of(token)) & SignInRow.ended_at.is_(None)
    session.execute(update(SignInRow).where(mine).values(ended_at=now))


def end_one(session: Session, person_id: int, number: int, now: datetime) -> bool:
    """End one of somebody's sign-ins; return whether it is theirs and held."""
    if not 0 < number < _NO_NUMBER:  # no database could even look for it
        return False
    mine = (SignInRow.id == number) & (SignInRow.person_id == person_id) & _holds(now)
    return session.scalar(update(SignInRow).where(mine).values(ended_at=now).returning(SignInRow.id)) is not None


def end_all(session: Session, person_id: int, now: datetime, *, but: int | None = None) -> None:
    """End all of somebody's sign-ins, but one if its number is given."""
    mine = (SignInRow.person_id == person_id) & SignInRow.ended_at.is_(None)
    if but is not None:
        mine &= SignInRow.id != but
    session.execute(update(SignInRow).where(mine).values(ended_at=now))


def last_seen(session: Session, person: Person) -> datetime | None:
    """Return when somebody was last seen at the portal; None: never."""
    return session.scalar(select(func.max(SignInRow.last_seen)).where(SignInRow.person_id == person.id))


def last_seen_of_all(session: Session) -> Mapping[int, datetime]:
    """Return when each was last seen at the portal, by their number."""
    rows = session.execute(select(SignInRow.person_id, func.max(SignInRow.last_seen)).group_by(SignInRow.person_id))
    return {row[0]: row[1] for row in rows}


def _holds(now: datetime) -> ColumnElement[bool]:
    fresh = (SignInRow.last_seen > now - IDLE) & (SignInRow.since > now - LONGEST)
    return SignInRow.ended_at.is_(None) & fresh
