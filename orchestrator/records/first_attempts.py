"""The first attempt of each person at a scenario: what tells how it goes for somebody who meets it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from orchestrator.records.models import Attempt, Membership, Person


@dataclass(frozen=True)
class FirstAttempt:
    """Somebody's first attempt at a scenario; ``over_at``: when it was solved, else ended; None: it goes on."""

    id: int
    person: str
    over_at: datetime | None


def first_attempts(session: Session, scenario: str) -> tuple[FirstAttempt, ...]:
    """Return the first attempt of each person at a scenario, in the order in which they began."""
    first = select(func.min(Attempt.id)).where(Attempt.scenario == scenario).group_by(Attempt.person_id)
    wanted = (
        select(Attempt.id, Person.ref, Attempt.solved_at, Attempt.ended_at)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.id.in_(first))
        .order_by(Attempt.id)
    )
    return tuple(FirstAttempt(row[0], row[1], row[2] or row[3]) for row in session.execute(wanted))


def with_reports(session: Session, numbers: Collection[int]) -> tuple[Attempt, ...]:
    """Return attempts by their numbers, each with its reports."""
    wanted = select(Attempt).where(Attempt.id.in_(numbers)).order_by(Attempt.id)
    return tuple(session.scalars(wanted.options(selectinload(Attempt.reports))))


def trained_by(session: Session, ref: str) -> frozenset[str]:
    """Return the references of the trainees of every class in which a person, by their reference, is a trainer."""
    classes = select(Membership.group_id).join(Person).where(Person.ref == ref, Membership.role == "trainer")
    wanted = select(Person.ref).join(Membership, Membership.person_id == Person.id)
    mine = wanted.where(Membership.role == "trainee", Membership.group_id.in_(classes))
    return frozenset(session.scalars(mine))


def in_a_class(session: Session) -> frozenset[str]:
    """Return the references of the trainees of all classes."""
    wanted = select(Person.ref).join(Membership, Membership.person_id == Person.id)
    return frozenset(session.scalars(wanted.where(Membership.role == "trainee")))
