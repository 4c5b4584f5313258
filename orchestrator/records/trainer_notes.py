"""What trainers write to an attempt of a trainee's: hints while it runs, comments at any time. Plain text, journaled.

The journal has who wrote, changed or withdrew and to which attempt, not the words: they may speak of a person, and go
with the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from orchestrator.records import journal
from orchestrator.records.columns import UtcTime
from orchestrator.records.models import Attempt, AttemptEvent, Base, Person

NoteKind = Literal["hint", "comment"]
LONGEST_NOTE: Final = 2000
"""Characters of a hint or a comment."""
TYPED: Final = "typed"
"""The kind of the event that a trainer was let type in a terminal."""


class TrainerNoteRow(Base):
    """A hint or a comment on an attempt.

    Attributes:
        kind: ``hint`` or ``comment``.
        by_id: who wrote it.
        text: what they wrote.
        seen_at: when the attempt's trainee was shown it, as it is now; None: not yet.
        changed_at: when its words were last changed; None: never.
        withdrawn_at: when it was withdrawn, and its words taken away; None: it was not.
    """

    __tablename__ = "trainer_notes"
    __table_args__ = (CheckConstraint("kind IN ('hint', 'comment')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)

    by: Mapped[Person] = relationship(lazy="joined")


@dataclass(frozen=True)
class KeptNote:
    """A hint or a comment as it is read.

    Attributes:
        id: its number.
        kind: what it is.
        by: the name of who wrote it.
        by_ref: their reference.
        at: when.
        text: the words; empty where it was withdrawn.
        seen: whether its trainee was shown it, as it is now.
        changed: when the words were last changed; None: never.
        withdrawn: when it was withdrawn; None: it was not.
    """

    id: int
    kind: NoteKind
    by: str
    by_ref: str
    at: datetime
    text: str
    seen: bool
    changed: datetime | None
    withdrawn: datetime | None


def write(session: Session, attempt: Attempt, kind: NoteKind, text: str, *, by: Person) -> None:
    """Write something to an attempt.

    Args:
        session: a transaction that may write.
        attempt: the attempt.
        kind: what it is.
        text: the words, at most ``LONGEST_NOTE`` characters.
        by: who writes.
    """
    note = TrainerNoteRow(attempt_id=attempt.id, by=by, at=journal.now(), kind=kind, text=text)
    session.add(note)
    session.flush()
    _tell(session, note, {"hint": "attempt.hint-given", "comment": "attempt.commented"}[kind], by)


def comment_of(session: Session, attempt: Attempt, number: int) -> TrainerNoteRow | None:
    """Return a comment of an attempt's by its number; None where it has none of it."""
    note = session.get(TrainerNoteRow, number)
    return note if note is not None and (note.attempt_id, note.kind) == (attempt.id, "comment") else None


def change(session: Session, note: TrainerNoteRow, text: str, *, by: Person) -> bool:
    """Give a comment other words, which its trainee has not seen yet; return False where they are the same."""
    if note.text == text:
        return False
    note.text, note.changed_at, note.seen_at = text, journal.now(), None
    _tell(session, note, "attempt.comment-changed", by)
    return True


def withdraw(session: Session, note: TrainerNoteRow, *, by: Person) -> bool:
    """Take a comment's words away for good; return False where they are."""
    if note.withdrawn_at is not None:
        return False
    note.text, note.withdrawn_at = "", journal.now()
    _tell(session, note, "attempt.comment-withdrawn", by)
    return True


def _tell(session: Session, note: TrainerNoteRow, what: str, by: Person) -> None:
    session.flush()
    event = journal.JournalEvent(by.ref, what, f"attempt:{note.attempt_id}", payload={"note": note.id})
    journal.append(session, event)


def of_attempts(session: Session, attempts: Collection[int]) -> Mapping[int, tuple[KeptNote, ...]]:
    """Return what was written to attempts, by their number, the oldest first; one without notes has an empty tuple."""
    found: defaultdict[int, tuple[KeptNote, ...]] = defaultdict(tuple)
    wanted = select(TrainerNoteRow).where(TrainerNoteRow.attempt_id.in_(attempts)).order_by(TrainerNoteRow.id)
    for note in session.scalars(wanted):
        found[note.attempt_id] += (_kept(note),)
    return found


def unseen(session: Session, person: Person) -> tuple[tuple[KeptNote, Attempt], ...]:
    """Return the comments that a trainee was not shown yet, the newest first, each with its attempt."""
    wanted = (
        select(TrainerNoteRow, Attempt)
        .join(Attempt, Attempt.id == TrainerNoteRow.attempt_id)
        .where(Attempt.person_id == person.id, TrainerNoteRow.kind == "comment")
        .where(TrainerNoteRow.seen_at.is_(None), TrainerNoteRow.withdrawn_at.is_(None))
        .order_by(TrainerNoteRow.id.desc())
    )
    return tuple((_kept(note), attempt) for note, attempt in session.execute(wanted))


def mark_seen(session: Session, notes: Collection[int]) -> None:
    """Note that a trainee was shown notes, by their numbers."""
    mine = TrainerNoteRow.id.in_(notes) & TrainerNoteRow.seen_at.is_(None)
    session.execute(update(TrainerNoteRow).where(mine).values(seen_at=journal.now()))


def let_type(session: Session, attempt: Attempt, by: Person) -> None:
    """Note that the trainee of an attempt let a trainer type in a terminal."""
    session.add(AttemptEvent(attempt_id=attempt.id, at=journal.now(), kind=TYPED, detail={"by": by.ref}))
    journal.append(session, journal.JournalEvent(by.ref, "attempt.typing-allowed", f"attempt:{attempt.id}"))


def typed_in(session: Session, attempts: Collection[int]) -> frozenset[int]:
    """Return the attempts, by their numbers, in which a trainer was let type."""
    wanted = select(AttemptEvent.attempt_id).where(AttemptEvent.attempt_id.in_(attempts), AttemptEvent.kind == TYPED)
    return frozenset(session.scalars(wanted))


def typing_allowed(session: Session, attempt: int) -> tuple[datetime, ...]:
    """Return when the trainee of an attempt, by its number, let a trainer type."""
    wanted = select(AttemptEvent.at).where(AttemptEvent.attempt_id == attempt, AttemptEvent.kind == TYPED)
    return tuple(session.scalars(wanted.order_by(AttemptEvent.id)))


def remove(session: Session, person: Person) -> None:
    """Take away what was written to a person's attempts: it speaks of them."""
    theirs = select(Attempt.id).where(Attempt.person_id == person.id)
    session.execute(delete(TrainerNoteRow).where(TrainerNoteRow.attempt_id.in_(theirs)))


def _kept(row: TrainerNoteRow) -> KeptNote:
    kind: NoteKind = "hint" if row.kind == "hint" else "comment"
    return KeptNote(
        row.id,
        kind,
        row.by.name or row.by.handle,
        row.by.ref,
        row.at,
        row.text,
        row.seen_at is not None,
        row.changed_at,
        row.withdrawn_at,
    )
