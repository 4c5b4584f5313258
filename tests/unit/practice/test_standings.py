"""Where a group's members are: what the store knows, and what a look at each lab adds; and both as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

import pytest

from grader.report import Report
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import same
from orchestrator.labs import Labs, Running
from orchestrator.practice.export import to_csv
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.practice.standings import Standing, Standings
from orchestrator.records import attempts
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.people import NewPerson, People

from .conftest import SCENARIO, graded, lab


@dataclass
class Scripted:
    """Labs whose gradings are given; grading real ones is the live suite's."""

    reports: dict[str, Report] = field(default_factory=dict)
    busy: LabError | None = None

    def running(self, name: str) -> Running:
        if name not in self.reports:
            raise UsageError(same(f"no lab {name}"))
        return lab(name)

    def check(self, running: Running) -> Report:
        if self.busy is not None:
            raise self.busy
        return self.reports[running.instance.name]


@pytest.fixture
def labs() -> Scripted:
    return Scripted()


@pytest.fixture
def standings(store: Database, recorder: PracticeRecorder, labs: Scripted) -> Standings:
    """Léa and Yann work, Zoé does not: the group ``tssr``."""
    with store.write() as session:
        people, groups = People(session), Groups(session)
        group = groups.create("tssr", by="P-0")
        for handle in ("lea", "yann", "zoe"):
            person = people.add(NewPerson(handle, given_name=handle.title(), family_name=f"={handle}"))
            groups.add(group, person, trainer=False, by="P-0")
        launch = groups.launched(group, SCENARIO, 7, by="P-0").id
        for number, handle in enumerate(("lea", "yann"), 1):
            new = attempts.NewAttempt(
                SCENARIO, "small-office", str(number), f"lab-{number}", "d" * 64, ("1.3",), 1, 20, 2
            )
            attempts.begin(session, people.find(handle), new, by=people.find(handle), launch=launch)

    def scripted() -> Labs:
        return labs  # type: ignore[return-value]

    return Standings(store, scripted, recorder)


def states(found: tuple[Standing, ...]) -> dict[str, str]:
    return {standing.handle: standing.state for standing in found}


def test_what_the_store_knows(standings: Standings, recorder: PracticeRecorder) -> None:
    recorder.hinted(lab("lab-1"), 1)
    recorder.checked(lab("lab-1"), graded("pass", "fail", instance="lab-1"))
    lea, yann, zoe = standings.known("tssr")
    assert states((lea, yann, zoe)) == {"lea": "running", "yann": "running", "zoe": "none"}
    assert (lea.instance, lea.seed, lea.hints, lea.gradings) == ("lab-1", "1", 1, 1)
    assert (lea.points, lea.points_possible, lea.green, len(lea.checks)) == (2, 4, 1, 2)
    assert (yann.points, yann.checks, zoe.instance, zoe.started_at) == (None, (), "", None)
    with pytest.raises(UsageError, match='did you mean "tssr"'):
        standings.known("tsrs")


def test_a_look_tells_what_is_green_now(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-1": graded("pass", "pass"), "lab-2": graded("pass", "fail")}
    found = tuple(standings.look("tssr"))
    assert states(found) == {"lea": "solved", "yann": "running", "zoe": "none"}
    assert [(one.green, len(one.checks)) for one in found] == [(2, 2), (1, 2), (0, 0)]
    assert states(standings.known("tssr"))["lea"] == "solved", "that she has repaired it is kept"


def test_a_look_is_kept_only_where_it_says_something_new(standings: Standings, labs: Scripted, store: Database) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("pass", "error")}
    for _ in range(3):
        tuple(standings.look("tssr"))
    labs.reports["lab-1"] = graded("pass", "pass")
    for _ in range(3):
        tuple(standings.look("tssr"))
    with store.read() as session:
        kept = {h: attempts.of_person(session, People(session).find(h))[0].reports for h in ("lea", "yann")}
    assert [report.repaired for report in kept["lea"]] == [False, True]
    assert kept["yann"] == []


def test_what_the_board_shows_of_who_has_not_solved_it_is_exported(
    standings: Standings, labs: Scripted, store: Database
) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("fail", "fail")}
    tuple(standings.look("tssr"))
    with store.read() as session:
        groups = Groups(session)
        text = to_csv(groups.attempts(groups.find("tssr")), anonymous=False, separator=";")
    rows = {row["person"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert (rows["lea"]["points"], rows["lea"]["green"], rows["lea"]["checks"]) == ("2", "1", "2")
    assert (rows["yann"]["points"], rows["yann"]["green"], rows["yann"]["checks"]) == ("0", "0", "2")


def test_what_was_solved_stays_solved(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-1": graded("pass"), "lab-2": graded("fail")}
    tuple(standings.look("tssr"))
    labs.reports["lab-1"] = graded("fail")
    lea, *_ = standings.look("tssr")
    assert (lea.state, lea.green, len(lea.checks)) == ("solved", 0, 1)


def test_a_lab_that_is_gone_is_told(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-2": graded("fail")}
    lea, yann, _ = standings.look("tssr")
    assert (lea.state, isinstance(lea.trouble, UsageError)) == ("broken", True)
    assert yann.state == "running"

    labs.busy = LabError(same("another program is at work"))
    _, yann, _ = standings.look("tssr")
    assert str(yann.trouble) == "another program is at work"


def test_results_as_a_spreadsheet_reads_them(standings: Standings, recorder: PracticeRecorder, store: Database) -> None:
    recorder.hinted(lab("lab-1"), 2)
    recorder.checked(lab("lab-1"), graded("pass", "fail"))
    recorder.checked(lab("lab-1"), graded("pass", "error"))
    recorder.stopped(lab("lab-1").instance)
    assert states(standings.known("tssr"))["lea"] == "ended"
    with store.read() as session:
        groups = Groups(session)
        done = groups.attempts(groups.find("tssr"))
        named = list(csv.DictReader(io.StringIO(to_csv(done, anonymous=False))))
        unnamed = to_csv(done, anonymous=True)
    lea, yann = named
    assert (lea["person"], lea["name"], lea["scenario"], lea["competences"]) == ("lea", "Lea =lea", SCENARIO, "1.3")
    assert (lea["hints"], lea["gradings"], lea["solved"]) == ("2", "2", "no")
    assert (lea["points"], lea["points_possible"], lea["green"], lea["checks"]) == ("2", "4", "1", "2")
    assert lea["ended_at"].endswith("+00:00")
    assert (yann["points"], yann["ended_at"], yann["checks"]) == ("", "", "0")
    assert "lea" not in unnamed.lower()


def test_no_cell_is_a_formula(standings: Standings, store: Database) -> None:
    with store.write() as session:
        People(session).find("lea").given_name = ""
    with store.read() as session:
        groups = Groups(session)
        lea, _ = csv.DictReader(io.StringIO(to_csv(groups.attempts(groups.find("tssr")), anonymous=False)))
    assert lea["name"] == "'=lea"
    assert standings.known("tssr")[0].name == "=lea"
