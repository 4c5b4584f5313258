"""The append-only journal: whatever a result depends on, each entry bound to all before it by its hash.

An entry's hash is SHA-256 of the canonical JSON of its sequence number, moment, actor, kind, subject, content hash,
payload hash and the hash of the entry before. The payload itself is committed to by a salted hash, so that what it says
of a person can be erased later (``erase``) without breaking the chain, and without being found again by guessing.

Appending locks the one row of ``journal_head``: PostgreSQL by ``SELECT … FOR UPDATE``, SQLite because each transaction
that writes has the database for itself. Entries are therefore numbered without a gap, and two programs cannot both
follow the same entry.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from orchestrator.records.columns import canonical
from orchestrator.records.models import JournalHead, JournalRow

GENESIS = "0" * 64
"""What the first entry follows."""
PROGRAM = "breakfix"
"""The actor of what the program does by itself."""
ERASED = "journal.erased"
"""The kind of the entry that says which payloads were erased, and why."""


@dataclass(frozen=True)
class JournalEvent:
    """Something to be written into the journal.

    Attributes:
        actor: who did it: a person's ``ref``, or ``PROGRAM``; never a name.
        kind: what happened, as ``session.started``.
        subject: what it is about, as ``session:7`` or a person's ``ref``; never a name.
        content_hash: SHA-256 (hexadecimal) of the content that it rests on: a report, a scenario; or empty.
        payload: what else is to be said, as JSON; may hold what a person wrote, and can be erased.
    """

    actor: str
    kind: str
    subject: str
    content_hash: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JournalEntry:
    """An event as it stands in the journal.

    Attributes:
        seq: its number, from 1.
        at: when it was written (UTC).
        event: what was written; its payload is empty where it was erased.
        erased: whether its payload was erased.
        hash: what binds it to all before it.
    """

    seq: int
    at: datetime
    event: JournalEvent
    erased: bool
    hash: str


@dataclass(frozen=True)
class ChainHead:
    """The journal's last entry: whoever keeps this outside can tell later that nothing up to it was touched."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """Return it as commands take it: ``12:9f86d0…``."""
        return f"{self.seq}:{self.hash}"


def now() -> datetime:
    """Return the moment that an entry is given."""
    return datetime.now(UTC)


def append(session: Session, event: JournalEvent) -> JournalEntry:
    """Write an event at the journal's end, in the transaction of what it tells about.

    Args:
        session: a transaction that may write (``Database.write``).
        event: what happened.

    Returns:
        The entry; it counts when the transaction is kept.
    """
    last = session.execute(select(JournalHead).with_for_update()).scalar_one()
    session.refresh(last)
    payload, salt = canonical(event.payload), secrets.token_hex(16)
    row = JournalRow(
        seq=last.seq + 1,
        at=now(),
        actor=event.actor,
        kind=event.kind,
        subject=event.subject,
        content_hash=event.content_hash,
        payload=payload,
        salt=salt,
        payload_hash=payload_hash(salt, payload),
        previous=last.hash,
    )
    row.hash = hash_of(row)
    session.add(row)
    last.seq, last.hash = row.seq, row.hash
    session.flush()
    return entry_of(row)


def head(session: Session) -> ChainHead:
    """Return the journal's last entry; number 0 where nothing was written yet."""
    last = session.execute(select(JournalHead)).scalar_one()
    return ChainHead(last.seq, last.hash)


def entries(session: Session, *, subject: str | None = None, kind: str | None = None) -> tuple[JournalEntry, ...]:
    """Return entries in their order: all, those about a subject, those of a kind."""
    wanted = select(JournalRow).order_by(JournalRow.seq)
    if subject is not None:
        wanted = wanted.where(JournalRow.subject == subject)
    if kind is not None:
        wanted = wanted.where(JournalRow.kind == kind)
    return tuple(entry_of(row) for row in session.scalars(wanted))


def entries_since(session: Session, seq: int, *, subject: str) -> tuple[JournalEntry, ...]:
    """Return the entry of a number, where it is about a subject, the later ones about it, and any later erasures."""
    wanted = select(JournalRow).order_by(JournalRow.seq).where(JournalRow.seq >= seq)
    about = or_(JournalRow.subject == subject, JournalRow.kind == ERASED)
    return tuple(entry_of(row) for row in session.scalars(wanted.where(about)))


def erase(session: Session, seqs: Iterable[int], *, actor: str, reason: str) -> JournalEntry:
    """Take payloads away for good; the chain holds, and one more entry says which ones are gone.

    Args:
        session: a transaction that may write.
        seqs: the numbers of the entries.
        actor: who erases them.
        reason: why, in a word that names nobody: ``forgotten``, ``retention``.

    Returns:
        The entry that says so.
    """
    numbers = sorted(set(seqs))
    gone = update(JournalRow).where(JournalRow.seq.in_(numbers)).values(payload=None, salt=None)
    session.execute(gone, execution_options={"synchronize_session": "fetch"})
    return append(session, JournalEvent(actor, ERASED, "journal", payload={"entries": numbers, "reason": reason}))


def payload_hash(salt: str, payload: str) -> str:
    """Return the hash that commits to a payload."""
    return sha256(canonical([salt, payload]))


def hash_of(row: JournalRow) -> str:
    """Return what a row's hash must be."""
    parts = [
        row.seq,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.actor,
        row.kind,
        row.subject,
        row.content_hash,
        row.payload_hash,
        row.previous,
    ]
    return sha256(canonical(parts))


def entry_of(row: JournalRow) -> JournalEntry:
    """Return a stored row as an entry."""
    payload = {} if row.payload is None else json.loads(row.payload)
    event = JournalEvent(row.actor, row.kind, row.subject, row.content_hash, payload)
    return JournalEntry(row.seq, row.at, event, row.payload is None, row.hash)


def sha256(written: str) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(written.encode("ascii")).hexdigest()
