"""What the store knows of the attempt that runs on a lab: whose it is, and what its gradings found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grader.report import Report
from orchestrator.instances.instance import Instance
from orchestrator.records import attempts, trainer_notes
from orchestrator.records.database import Database, Transaction
from orchestrator.records.models import Attempt
from orchestrator.records.trainer_notes import KeptNote


@dataclass(frozen=True)
class Mark:
    """What a check was found to be, and since when it has been that (UTC)."""

    outcome: str
    since: datetime


@dataclass(frozen=True)
class AttemptLook:
    """An attempt as the lab page shows it.

    Attributes:
        since: when it began (UTC).
        minutes: the time that its scenario allows.
        solved_at: when a grading first found it repaired (UTC); None: none did.
        graded: the last grading, and when it was; None: there was none.
        marks: check -> what it was found to be, in all gradings.
        number: the attempt's number.
        notes: what trainers wrote to it, the oldest first.
    """

    since: datetime
    minutes: int
    solved_at: datetime | None
    graded: tuple[datetime, Report] | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)
    number: int = 0
    notes: tuple[KeptNote, ...] = ()

    @property
    def solved(self) -> bool:
        """Return whether a grading found it repaired once."""
        return self.solved_at is not None


def owner_of(database: Database, instance: Instance) -> str | None:
    """Return the reference of whose attempt runs on a lab; None where the store knows of none."""
    with database.read() as reading:
        attempt = _current(reading, instance)
        return None if attempt is None else attempt.person.ref


def look_at(database: Database, instance: Instance) -> AttemptLook | None:
    """Return the attempt that runs on a lab; None where the store knows of none."""
    with database.read() as reading:
        attempt = _current(reading, instance)
        if attempt is None:
            return None
        reports = [(kept.at, Report.from_document(kept.report)) for kept in attempt.reports]
        return AttemptLook(
            attempt.started_at,
            attempt.minutes,
            attempt.solved_at,
            reports[-1] if reports else None,
            marks_of(reports),
            attempt.id,
            trainer_notes.of_attempts(reading, [attempt.id])[attempt.id],
        )


def marks_of(reports: Iterable[tuple[datetime, Report]]) -> dict[str, Mark]:
    """Return what each check was found to be, and since when: gradings in their order, each with its time."""
    marks: dict[str, Mark] = {}
    for at, report in reports:
        for result in report.results:
            before = marks.get(result.id)
            if before is None or before.outcome != result.outcome:
                marks[result.id] = Mark(result.outcome, at)
    return marks


def _current(reading: Transaction, instance: Instance) -> Attempt | None:
    """Return the attempt on a lab, unless it was about an earlier lab of that name."""
    attempt = attempts.current(reading, instance.name)
    if attempt is None or (attempt.scenario, attempt.seed) != (instance.scenario, str(instance.seed)):
        return None
    return attempt
