"""Attempts: a person's work on a variant, with each report of its grading, journaled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from orchestrator.records import audit, journal
from orchestrator.records.models import Attempt, AttemptEvent, CheckReport, Person

End = Literal["stopped", "reset", "gone"]
Happening = Literal["answer", "report", "talk"]


@dataclass(frozen=True)
class NewAttempt:
    """What is known of an attempt when it begins; the columns are ``Attempt``'s."""

    scenario: str
    lab: str
    seed: str
    instance: str
    digest: str
    competences: tuple[str, ...]
    difficulty: int
    minutes: int
    hints_offered: int


@dataclass(frozen=True)
class Graded:
    """A grading as it is kept.

    Attributes:
        document: the report as JSON's types.
        valid: whether there is a judgement.
        repaired: whether it counts as repaired, with changes to explain or without.
        points: the points earned; 0 where the grading is invalid.
        possible: the points that could be earned.
    """

    document: Mapping[str, Any]
    valid: bool
    repaired: bool
    points: int
    possible: int


def begin(session: Session, person: Person, new: NewAttempt, *, by: Person, launch: int | None = None) -> Attempt:
    """Begin an attempt; another one on a lab of that name has come to its end, seen or not.

    Args:
        session: a transaction that may write.
        person: whose work it is.
        new: what it is about.
        by: who started the lab.
        launch: the number of the group's launch that it is part of.
    """
    before = current(session, new.instance)
    if before is not None:
        end(session, before, "gone", by=by)
    attempt = Attempt(
        person_id=person.id,
        launch_id=launch,
        scenario=new.scenario,
        lab=new.lab,
        seed=new.seed,
        instance=new.instance,
        digest=new.digest,
        competences=list(new.competences),
        difficulty=new.difficulty,
        minutes=new.minutes,
        hints_offered=new.hints_offered,
        started_at=journal.now(),
    )
    session.add(attempt)
    session.flush()
    payload = {"person": person.ref, "scenario": new.scenario, "seed": new.seed, "instance": new.instance}
    _tell(session, attempt, "started", by, content_hash=new.digest, payload=payload)
    return attempt


def current(session: Session, instance: str) -> Attempt | None:
    """Return the attempt that runs on a lab; None where there is none."""
    running = select(Attempt).where(Attempt.instance == instance, Attempt.ended_at.is_(None))
    return session.scalars(running.order_by(Attempt.id.desc())).first()


def latest(session: Session, instance: str) -> Attempt | None:
    """Return the last attempt on labs of a name, whoever's it was; None where there was none."""
    return session.scalars(select(Attempt).where(Attempt.instance == instance).order_by(Attempt.id.desc())).first()


def open_of(session: Session, scenario: str, people: Collection[int]) -> tuple[Attempt, ...]:
    """Return the attempts at a scenario that run, of people by their numbers, in the order in which they began."""
    wanted = select(Attempt).where(
        Attempt.scenario == scenario, Attempt.person_id.in_(people), Attempt.ended_at.is_(None)
    )
    return tuple(session.scalars(wanted.order_by(Attempt.id)))


def instances_of(session: Session, people: Collection[str]) -> tuple[str, ...]:
    """Return the labs of the attempts that run, of people by their ``ref``, in the order in which they began."""
    wanted = select(Attempt.instance).join(Person, Person.id == Attempt.person_id)
    mine = wanted.where(Person.ref.in_(people), Attempt.ended_at.is_(None))
    return tuple(session.scalars(mine.order_by(Attempt.started_at, Attempt.id)))


def chosen_since(session: Session, since: datetime) -> dict[str, int]:
    """Return how often each scenario was begun since then by people who chose it: launches for groups do not count."""
    begun = select(Attempt.scenario, func.count()).where(Attempt.started_at >= since, Attempt.launch_id.is_(None))
    rows: Iterable[tuple[str, int]] = session.execute(begun.group_by(Attempt.scenario)).all()
    return dict(rows)


def keep_report(session: Session, attempt: Attempt, graded: Graded, *, by: Person) -> CheckReport:
    """Keep what a grading found; the journal vouches for it by its hash."""
    report = CheckReport(
        attempt_id=attempt.id,
        at=journal.now(),
        valid=graded.valid,
        repaired=graded.repaired,
        points=graded.points,
        points_possible=graded.possible,
        report=dict(graded.document),
        content_hash=audit.content_hash(graded.document),
    )
    session.add(report)
    session.flush()
    if graded.repaired and attempt.solved_at is None:
        attempt.solved_at = report.at
    event = journal.JournalEvent(
        by.ref,
        audit.REPORT_KEPT,
        audit.report_subject(report.id),
        report.content_hash,
        {"attempt": attempt.id, "repaired": graded.repaired, "valid": graded.valid},
    )
    journal.append(session, event)
    return report


def hint(session: Session, attempt: Attempt, number: int, *, by: Person) -> None:
    """Note that a hint was read; reading the last one again counts once."""
    if number > attempt.hints:
        attempt.hints = number
        _tell(session, attempt, "hinted", by, payload={"hint": number})


def note(session: Session, attempt: Attempt, kind: Happening, detail: Mapping[str, Any], *, by: Person) -> None:
    """Note that answers or a report were handed in."""
    session.add(AttemptEvent(attempt_id=attempt.id, at=journal.now(), kind=kind, detail=dict(detail)))
    _tell(session, attempt, f"handed-in-{kind}", by)


def end(session: Session, attempt: Attempt, how: End, *, by: Person) -> None:
    """End an attempt."""
    attempt.ended_at, attempt.end = journal.now(), how
    _tell(session, attempt, "ended", by, payload={"how": how})


def of_person(session: Session, person: Person) -> tuple[Attempt, ...]:
    """Return a person's attempts with their reports, in the order in which they began."""
    wanted = select(Attempt).where(Attempt.person_id == person.id).order_by(Attempt.started_at, Attempt.id)
    return tuple(session.scalars(wanted.options(selectinload(Attempt.reports))))


def last_activity(attempt: Attempt) -> datetime:
    """Return when the last is known of an attempt: it was solved, graded, ended, or has only begun."""
    graded = [report.at for report in attempt.reports]
    known = [attempt.started_at, *graded, *(at for at in (attempt.solved_at, attempt.ended_at) if at is not None)]
    return max(known)


def seconds_spent(attempt: Attempt) -> int:
    """Return how long an attempt took: until it was first solved, else until the last that is known of it."""
    until = attempt.solved_at or last_activity(attempt)
    return max(0, round((until - attempt.started_at).total_seconds()))


def _tell(
    session: Session,
    attempt: Attempt,
    what: str,
    by: Person,
    *,
    content_hash: str = "",
    payload: Mapping[str, Any] | None = None,
) -> None:
    event = journal.JournalEvent(by.ref, f"attempt.{what}", f"attempt:{attempt.id}", content_hash, payload or {})
    journal.append(session, event)
