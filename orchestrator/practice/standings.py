"""Where each member of a group is: their lab, which checks are green, the time spent, the hints read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from grader.report import Report
from orchestrator.core.errors import BreakfixError
from orchestrator.labs import Labs
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records.attempts import seconds_spent
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.journal import now
from orchestrator.records.models import Attempt, Person

State = Literal["none", "running", "broken", "solved", "ended"]


@dataclass(frozen=True)
class Check:
    """One check as a table shows it: its sentence's colour, without what was expected."""

    id: str
    outcome: str


@dataclass(frozen=True)
class Standing:
    """Where one member is, by their last attempt in the group.

    Attributes:
        ref: their reference.
        handle: their short name.
        name: their name.
        scenario: what they work on; empty where nothing was launched for them.
        instance: their lab.
        seed: their variant.
        state: ``none`` was launched; the lab is ``running``, or ``broken`` (gone, or not whole); ``solved``; ``ended``
            without a solution.
        started_at: when the attempt began.
        solved_at: when it was first found repaired.
        seconds: how long it took, or takes so far.
        minutes: the time that the scenario allows.
        hints: the hints read.
        gradings: how often it was graded and kept.
        points: the points of the last valid grading, or None.
        points_possible: the points that could be earned, or None.
        checks: the last grading's checks.
        trouble: why no grading could be made now.
    """

    ref: str
    handle: str
    name: str
    scenario: str = ""
    instance: str = ""
    seed: str = ""
    state: State = "none"
    started_at: datetime | None = None
    solved_at: datetime | None = None
    seconds: int = 0
    minutes: int = 0
    hints: int = 0
    gradings: int = 0
    points: int | None = None
    points_possible: int | None = None
    checks: tuple[Check, ...] = ()
    trouble: BreakfixError | None = None

    @property
    def green(self) -> int:
        """Return how many checks are green."""
        return sum(check.outcome == "pass" for check in self.checks)


class Standings:
    """Looks at a group's members."""

    def __init__(self, database: Database, labs: Callable[[], Labs], recorder: PracticeRecorder) -> None:
        """Take the parts.

        Args:
            database: the store.
            labs: returns the labs of this machine, where labs have to be looked at.
            recorder: keeps a grading that says something new.
        """
        self._database = database
        self._labs = labs
        self._recorder = recorder

    def known(self, group: str) -> tuple[Standing, ...]:
        """Return what the store knows of each member, by name; no lab is looked at.

        Raises:
            UsageError: there is no such group.
        """
        with self._database.read() as reading:
            groups = Groups(reading)
            found = groups.find(group)
            last = {attempt.person_id: attempt for attempt in groups.attempts(found)}
            return tuple(_standing(member, last.get(member.id)) for member in groups.members(found))

    def look(self, group: str) -> Iterator[Standing]:
        """Grade each member's lab as it is now, and yield where they are, one after another.

        A trainee sees nothing of it. A grading is kept where it finds other colours than the last one, so that what is
        exported later is what was seen here.
        """
        for standing in self.known(group):
            yield self._graded(standing) if standing.instance and standing.state in {"running", "solved"} else standing

    def _graded(self, standing: Standing) -> Standing:
        labs = self._labs()
        try:
            running = labs.running(standing.instance)
            report = labs.check(running)
        except BreakfixError as error:
            return replace(standing, state="broken" if standing.solved_at is None else standing.state, trouble=error)
        trouble = None
        if report.verdict != "not_valid" and _checks_of(report) != standing.checks:
            trouble = self._recorder.checked(running, report)
        return _with_report(standing, report, trouble)


def _standing(member: Person, attempt: Attempt | None) -> Standing:
    standing = Standing(member.ref, member.handle, member.name)
    if attempt is None:
        return standing
    state: State = "solved" if attempt.solved_at else "running" if attempt.ended_at is None else "ended"
    spent = seconds_spent(attempt)
    if state == "running":
        spent = max(spent, round((now() - attempt.started_at).total_seconds()))
    standing = replace(
        standing,
        scenario=attempt.scenario,
        instance=attempt.instance if attempt.ended_at is None else "",
        seed=attempt.seed,
        state=state,
        started_at=attempt.started_at,
        solved_at=attempt.solved_at,
        seconds=spent,
        minutes=attempt.minutes,
        hints=attempt.hints,
        gradings=len(attempt.reports),
    )
    if not attempt.reports:
        return standing
    last = attempt.reports[-1]
    checks = tuple(Check(result["id"], result["outcome"]) for result in last.report["results"])
    if not last.valid:
        return replace(standing, checks=checks)
    return replace(standing, points=last.points, points_possible=last.points_possible, checks=checks)


def _with_report(standing: Standing, report: Report, trouble: BreakfixError | None) -> Standing:
    solved = standing.solved_at or (now() if report.counts_as_repaired else None)
    return replace(
        standing,
        state="solved" if solved else "running",
        solved_at=solved,
        points=report.points,
        points_possible=report.points_total,
        checks=_checks_of(report),
        trouble=trouble,
    )


def _checks_of(report: Report) -> tuple[Check, ...]:
    return tuple(Check(result.id, result.outcome) for result in report.results)
