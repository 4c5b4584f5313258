"""A group's results as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from grader.report import Report
from orchestrator.core.spreadsheet import harmless
from orchestrator.records.attempts import seconds_spent
from orchestrator.records.models import Attempt

HEADER = (
    *("launch", "scenario", "competences", "person", "name", "seed", "started_at", "solved_at", "ended_at", "solved"),
    *(
        "seconds",
        "minutes_planned",
        "hints",
        "hints_offered",
        "gradings",
        "points",
        "points_possible",
        "green",
        "checks",
        "verdict",
        "changes_to_explain",
        "forbidden_changes",
        "points_count",
    ),
)


def to_csv(attempts: Iterable[Attempt], *, anonymous: bool, separator: str = ",") -> str:
    """Return one line for each attempt, times in UTC (ISO 8601); what was found is that of the last valid grading.

    Args:
        attempts: the attempts, with their reports and people.
        anonymous: whether people are named by their reference only.
        separator: what is between two cells.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", delimiter=separator)
    writer.writerow(HEADER)
    for attempt in attempts:
        cells = (harmless(value, separator) for value in _row(attempt, anonymous=anonymous))
        writer.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def _row(attempt: Attempt, *, anonymous: bool) -> tuple[object, ...]:
    person = attempt.person
    last = next((report for report in reversed(attempt.reports) if report.valid), None)
    report = Report.from_document(last.report) if last else None
    outcomes = [result.outcome for result in report.results] if report else []
    return (
        attempt.launch_id,
        attempt.scenario,
        " ".join(attempt.competences),
        person.ref if anonymous else person.handle,
        "" if anonymous else person.name,
        attempt.seed,
        _moment(attempt.started_at),
        _moment(attempt.solved_at),
        _moment(attempt.ended_at),
        "yes" if attempt.solved_at else "no",
        seconds_spent(attempt),
        attempt.minutes,
        attempt.hints,
        attempt.hints_offered,
        len(attempt.reports),
        last and last.points,
        last and last.points_possible,
        outcomes.count("pass"),
        len(outcomes),
        report.verdict if report else "not_valid" if attempt.reports else None,
        report and len(report.unexplained),
        report and len(report.forbidden),
        report and ("yes" if report.points_count else "no"),
    )


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
