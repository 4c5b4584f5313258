"""Where each member of a group is: their lab, the last grading, the time spent, the hints read, and a passing look.

The board grades nothing by itself: it shows the last grading that somebody asked for, and what can be seen of each lab
from outside without anybody's being logged in. A whole grading follows a trainer's wish, one lab after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from grader.report import Report
from orchestrator.core.errors import BreakfixError, MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.instances.locks import BusyError
from orchestrator.instances.saving import SavedLabError
from orchestrator.labs import Labs
from orchestrator.practice.looks import LabLook, LabLooks
from orchestrator.practice.pace import Pace
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records.attempts import seconds_spent
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.journal import now
from orchestrator.records.models import Attempt, CheckReport, Person
from orchestrator.records.people import People

State = Literal["none", "running", "broken", "solved", "ended"]


@dataclass(frozen=True)
class Check:
    """One check as a table shows it: its sentence and its colour, without what was expected."""

    id: str
    outcome: str
    sentence: Text


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
        to_explain: how many changes the last grading found that are to be explained.
        forbidden: how many that are forbidden.
        graded_at: when that grading was made; None where none was.
        green_at: when a check that was not green before last became so; None: none ever did.
        look: what a passing look found of the lab; None where there is no lab, or nobody looked. Of changes in its
            hosts it holds those since the attempt began: what the start wrote is nobody's work.
        trouble: what is wrong: no grading could be made now, the lab could not be looked at, or hosts are down.
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
    to_explain: int = 0
    forbidden: int = 0
    graded_at: datetime | None = None
    green_at: datetime | None = None
    look: LabLook | None = None
    trouble: BreakfixError | None = None

    @property
    def green(self) -> int:
        """Return how many checks are green."""
        return sum(check.outcome == "pass" for check in self.checks)


@dataclass(frozen=True)
class _Graded:
    """A grading that the board asked for; the store has it too, where it said something new."""

    at: datetime
    report: Report


class Standings:
    """LabLooks at a group's members."""

    def __init__(self, database: Database, labs: Callable[[], Labs], recorder: PracticeRecorder, pace: Pace) -> None:
        """Take the parts.

        Args:
            database: the store.
            labs: returns the labs of this machine, where labs have to be looked at.
            recorder: keeps a grading that says something new.
            pace: bounds the processor that gradings of many labs use.
        """
        self._database = database
        self._labs = labs
        self._recorder = recorder
        self._pace = pace
        self._looks = LabLooks(labs)
        self._graded: dict[str, _Graded] = {}

    def known(self, group: str, people: Sequence[str] = ()) -> tuple[Standing, ...]:
        """Return what the store knows of each member, by name; no lab is looked at.

        Args:
            group: the group's name.
            people: the members who are meant; none: all.

        Raises:
            UsageError: there is no such group or person, or a person is no trainee of the group.
        """
        with self._database.read() as reading:
            groups = Groups(reading)
            found = groups.find(group)
            members = groups.members(found)
            meant = {People(reading).find(word).id: word for word in people}
            if strangers := meant.keys() - {member.id for member in members}:
                raise _no_member(group, sorted(meant[person] for person in strangers))
            last = {attempt.person_id: attempt for attempt in groups.attempts(found)}
            shown = [member for member in members if not meant or member.id in meant]
            return tuple(_standing(member, last.get(member.id)) for member in shown)

    def board(self, group: str, people: Sequence[str] = ()) -> tuple[Standing, ...]:
        """Return where each member is, with a passing look at all their labs; nothing is graded.

        Where the engine or the helper does not answer, each standing says so, and shows what else is known. Takes and
        raises what ``known`` does.
        """
        return self._seen(self.known(group, people))

    def check(self, group: str, people: Sequence[str] = ()) -> Iterator[Standing]:
        """Grade each member's lab as it is now, one after another, and yield where they are.

        Nobody is kept from a lab: who begins to act on one, as a trainee does by ``check``, ends this grading of it,
        and the standing says so. A grading is recorded where it finds other colours or changes than the last one, so
        that what is exported later is what was seen here. Takes and raises what ``known`` does.
        """
        for standing in self.known(group, people):
            if not _has_lab(standing):
                yield standing
                continue
            with self._pace.turn():
                trouble, broken = self._grade(standing)
            (known,) = self._seen(self.known(group, [standing.handle]))
            yield known if trouble is None else _with_trouble(known, trouble, broken=broken)

    def _grade(self, standing: Standing) -> tuple[BreakfixError | None, bool]:
        """Grade a member's lab, remember what was found, and record it where it is new.

        Returns:
            What went wrong, and whether the lab is of no use: one that is busy or saved is not broken.
        """
        labs = self._labs()
        try:
            running = labs.running.planned(standing.instance)
            report = labs.grading.check(running, giving_way=True)
        except BreakfixError as error:
            return error, not isinstance(error, BusyError | MachineError | SavedLabError)
        self._graded[standing.instance] = _Graded(now(), report)
        if report.verdict != "not_valid" and _found(standing, report) != standing:
            return self._recorder.checked(running, report), False
        return None, False

    def _seen(self, standings: Sequence[Standing]) -> tuple[Standing, ...]:
        """Return standings with what this program has graded and what a look at all labs finds."""
        looks = self._looks.at([standing.instance for standing in standings if _has_lab(standing)])
        return tuple(self._with_news(one, looks[one.instance]) if _has_lab(one) else one for one in standings)

    def _with_news(self, standing: Standing, look: LabLook) -> Standing:
        graded = self._graded.get(standing.instance)
        since = standing.graded_at or standing.started_at  # an earlier lab may have had the name
        if graded is not None and (since is None or since < graded.at):
            standing = _with_report(standing, graded)
        standing = replace(standing, look=_since(look, standing.started_at))
        return standing if look.trouble is None else _with_trouble(standing, look.trouble, broken=look.gone)


def _has_lab(standing: Standing) -> bool:
    return bool(standing.instance) and standing.state in {"running", "solved"}


def _with_trouble(standing: Standing, trouble: BreakfixError, *, broken: bool) -> Standing:
    state: State = "broken" if broken and standing.solved_at is None else standing.state
    return replace(standing, state=state, trouble=trouble)


def _since(look: LabLook, began: datetime | None) -> LabLook:
    """Return a look without the changes that were there when an attempt began."""
    if began is None:
        return look
    hosts = (
        host if host.changed_at is None or host.changed_at > began else replace(host, changed_at=None, changed="")
        for host in look.hosts
    )
    return replace(look, hosts=tuple(hosts))


def _no_member(group: str, people: Sequence[str]) -> UsageError:
    named = ", ".join(people)
    return UsageError(
        Text(
            fr=f"Aucun stagiaire de ce nom dans le groupe « {group} » : {named}.",
            en=f'No trainee of the group "{group}": {named}.',
        ),
        Text(fr=f"« breakfix group members {group} » les montre.", en=f"'breakfix group members {group}' shows them."),
    )


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
    found = _found(standing, Report.from_document(last.report))
    standing = replace(found, graded_at=last.at, green_at=_green_at(attempt.reports))
    return replace(standing, points=last.points, points_possible=last.points_possible) if last.valid else standing


def _green_at(reports: Sequence[CheckReport]) -> datetime | None:
    """Return when a check that was not green in the grading before became so for the last time."""
    for before, kept in zip([None, *reports[:-1]][::-1], reports[::-1], strict=True):
        if _green(kept) - (_green(before) if before else set()):
            return kept.at
    return None


def _green(kept: CheckReport) -> set[str]:
    return {result["id"] for result in kept.report["results"] if result["outcome"] == "pass"}


def _with_report(standing: Standing, graded: _Graded) -> Standing:
    report = graded.report
    solved = standing.solved_at or (graded.at if report.counts_as_repaired else None)
    return replace(
        _found(standing, report),
        state="solved" if solved else "running",
        solved_at=solved,
        points=report.points,
        points_possible=report.points_total,
        graded_at=graded.at,
    )


def _found(standing: Standing, report: Report) -> Standing:
    """Return a standing with the checks and changes of a grading."""
    checks = tuple(Check(result.id, result.outcome, result.sentence) for result in report.results)
    return replace(standing, checks=checks, to_explain=len(report.unexplained), forbidden=len(report.forbidden))
