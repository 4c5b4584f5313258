"""What somebody signs in with: their password, as a hash, and the one-time link by which they choose one.

Of a link's secret, as of a sign-in's token, the store has SHA-256 only: 32 random bytes are not found by trying.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.records import journal
from orchestrator.records.account_models import LinkRow, PasswordRow, SignInRow
from orchestrator.records.models import Person

HOLDS = {"invitation": timedelta(days=7), "reset": timedelta(days=1)}
"""How long a one-time link can be used."""

PASSWORD_CHOSEN, LINK_MADE = "account.password-chosen", "account.link-made"
"""Kinds of entries of the journal."""

Kind = Literal["invitation", "reset"]


@dataclass(frozen=True)
class MadeLink:
    """A new link: its secret, which the store does not keep, what it is for, and when it ends."""

    secret: str
    kind: Kind
    until: datetime


@dataclass(frozen=True)
class FoundLink:
    """A link that somebody has come with: whose it is, what for, and whether it was used or has ended by itself."""

    person: Person
    kind: Kind
    used: bool
    over: bool


def new_secret() -> str:
    """Return a secret of 32 random bytes, in characters that an address may hold."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return what the store keeps of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def may_sign_in(person: Person) -> bool:
    """Return whether somebody is served by the portal's pages: a candidate alone is not, nor who was forgotten."""
    return person.anonymised_at is None and bool(person.roles - {"candidate"})


# Passwords ----------------------------------------------------------------------------------------------------


def password_hash(session: Session, person: Person) -> str | None:
    """Return the hash of somebody's password; None where they have none."""
    return session.scalar(select(PasswordRow.hash).where(PasswordRow.person_id == person.id))


def have_password(session: Session) -> frozenset[int]:
    """Return the numbers of all who have a password."""
    return frozenset(session.scalars(select(PasswordRow.person_id)))


def is_still(session: Session, person: Person, known: str) -> bool:
    """Return whether a password's hash is what it was, and keep it so until the transaction ends."""
    now = select(PasswordRow.hash).where(PasswordRow.person_id == person.id).with_for_update()
    return session.scalar(now) == known


def choose_password(session: Session, person: Person, new: str, *, now: datetime, way: str) -> None:
    """Keep the hash of a password that somebody has chosen; ``way``: ``link``, ``change`` or ``join``."""
    session.merge(PasswordRow(person_id=person.id, hash=new, chosen_at=now))
    session.flush()
    journal.append(session, journal.JournalEvent(person.ref, PASSWORD_CHOSEN, person.ref, payload={"way": way}))


def rehash(session: Session, person: Person, old: str, new: str) -> None:
    """Keep another hash of the same password, made as hashes are made now."""
    mine = (PasswordRow.person_id == person.id) & (PasswordRow.hash == old)
    session.execute(update(PasswordRow).where(mine).values(hash=new))


# Links --------------------------------------------------------------------------------------------------------


def make_link(session: Session, person: Person, *, by: str, now: datetime) -> MadeLink:
    """Make somebody the link by which they choose a password; the one before ends.

    Args:
        session: a transaction that may write.
        person: who.
        by: the ``ref`` of who makes it.
        now: the moment.

    Raises:
        UsageError: they could not sign in with a password.
    """
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())  # one link at a time
    if not may_sign_in(person):
        raise _no_password(person)
    kind: Kind = "invitation" if password_hash(session, person) is None else "reset"
    made = MadeLink(new_secret(), kind, now + HOLDS[kind])
    session.execute(delete(LinkRow).where(LinkRow.person_id == person.id))
    session.add(
        LinkRow(person_id=person.id, secret_hash=hash_of(made.secret), kind=kind, made_at=now, until=made.until)
    )
    session.flush()
    payload = {"kind": kind, "until": made.until.isoformat(timespec="seconds")}
    journal.append(session, journal.JournalEvent(by, LINK_MADE, person.ref, payload=payload))
    return made


def find_link(session: Session, secret: str, now: datetime) -> FoundLink | None:
    """Return the link with a secret; None where there is none, or a newer one has taken its place."""
    found = session.execute(
        select(LinkRow, Person)
        .join(Person, Person.id == LinkRow.person_id)
        .where(LinkRow.secret_hash == hash_of(secret))
    ).first()
    if found is None:
        return None
    row, person = found
    kind: Kind = "invitation" if row.kind == "invitation" else "reset"
    return FoundLink(person, kind, used=row.used_at is not None, over=row.until <= now)


def use_link(session: Session, secret: str, now: datetime) -> Person | None:
    """Use a link up, and return whose it is; None where it cannot be used: of two at once, one is given the person."""
    mine = (LinkRow.secret_hash == hash_of(secret)) & LinkRow.used_at.is_(None) & (LinkRow.until > now)
    person_id = session.scalar(update(LinkRow).where(mine).values(used_at=now).returning(LinkRow.person_id))
    return None if person_id is None else session.get_one(Person, person_id)


def remove(session: Session, person: Person) -> None:
    """Take away all that somebody signs in with, and every place where they are signed in."""
    for table in (PasswordRow, LinkRow, SignInRow):
        session.execute(delete(table).where(table.person_id == person.id))


def _no_password(person: Person) -> UsageError:
    if person.anonymised_at is not None:
        return UsageError(Text(fr=f"{person.ref} est oublié.", en=f"{person.ref} is forgotten."))
    return UsageError(
        Text(
            fr=f"« {person.handle} » n’est que candidat : un candidat n’a pas de mot de passe.",
            en=f'"{person.handle}" is a candidate only: candidates have no password.',
        ),
        Text(
            fr=f"S’il s’exerce aussi : « breakfix people change {person.handle} --role trainee ».",
            en=f"If they practise as well: 'breakfix people change {person.handle} --role trainee'.",
        ),
    )
