"""Where a group's members are: what the store knows, and what a look at each lab adds; and both as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from grader.report import Report
from orchestrator.core.errors import BreakfixError, LabError, MachineError, UsageError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import HostActivity, HostRef
from orchestrator.instances.instance import HostState, Instance
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.instances.saving import SavedLabError
from orchestrator.labs import Labs, Running
from orchestrator.practice.export import to_csv
from orchestrator.practice.pace import Pace
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.practice.standings import Standing, Standings
from orchestrator.records import attempts
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.journal import now
from orchestrator.records.people import NewPerson, People
from tests.unit.differences import EVERY, UNEXPLAINED

from .conftest import SCENARIO, graded, lab

pytestmark = pytest.mark.slow


@dataclass
class Scripted:
    """Labs whose gradings and looks are given; real ones are the live suite's."""

    reports: dict[str, Report] = field(default_factory=dict)
    trouble: dict[str, BreakfixError] = field(default_factory=dict)
    """Lab -> what keeps it from being graded."""
    gone: set[str] = field(default_factory=set)
    changed: float = 0.0
    helper: BreakfixError | None = None
    graded: list[str] = field(default_factory=list)

    running = grading = property(lambda self: self)
    """Each part is this one."""

    def planned(self, name: str) -> Running:
        if name in self.gone:
            raise UsageError(same(f"no lab {name}"))
        return lab(name)

    def check(self, running: Running, *, giving_way: bool) -> Report:
        assert giving_way, "a trainee's own check would wait"
        if running.instance.name in self.trouble:
            raise self.trouble[running.instance.name]
        self.graded.append(running.instance.name)
        return self.reports[running.instance.name]

    def all(self) -> tuple[Instance, ...]:
        hosts = (HostState("pc1", "c", "running"),)
        names = {"lab-1", "lab-2"} - self.gone
        return tuple(replace(lab(name).instance, expected=1, hosts=hosts) for name in names)

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        if self.helper is not None:
            raise self.helper
        seen = HostActivity(runs=True, booted=True, typed=5.0, changed=self.changed, path="/etc/hosts")
        return {HostRef(one.name, "pc1"): seen for one in instances}


class Turns(Pace):
    """A pace that waits for nothing, and counts the turns."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.taken = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.taken += 1
        yield


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def labs() -> Scripted:
    return Scripted()


@pytest.fixture
def standings(store: Database, recorder: PracticeRecorder, labs: Scripted, turns: Turns) -> Standings:
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

    return Standings(store, scripted, recorder, turns)


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


def test_a_grading_tells_what_is_green_now(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-1": graded("pass", "pass"), "lab-2": graded("pass", "fail")}
    found = tuple(standings.check("tssr"))
    assert states(found) == {"lea": "solved", "yann": "running", "zoe": "none"}
    assert [(one.green, len(one.checks)) for one in found] == [(2, 2), (1, 2), (0, 0)]
    assert states(standings.known("tssr"))["lea"] == "solved", "that she has repaired it is kept"


def test_changes_to_explain_are_solved_and_forbidden_ones_are_not(standings: Standings, labs: Scripted) -> None:
    labs.reports = {
        "lab-1": replace(graded("pass", "pass"), differences=(UNEXPLAINED,)),
        "lab-2": replace(graded("pass", "pass"), differences=EVERY),
    }
    lea, yann, _ = standings.check("tssr")
    assert states((lea, yann)) == {"lea": "solved", "yann": "running"}
    assert (lea.points, yann.points) == (4, 4)
    assert [(one.to_explain, one.forbidden) for one in (lea, yann)] == [(1, 0), (1, 1)]
    labs.reports["lab-2"] = graded("pass", "pass")
    assert states(tuple(standings.check("tssr")))["yann"] == "solved", "a change that was undone is news"
    lea, yann, zoe = standings.known("tssr")
    assert states((lea, yann, zoe)) == {"lea": "solved", "yann": "solved", "zoe": "none"}
    assert [(one.to_explain, one.forbidden) for one in (lea, yann)] == [(1, 0), (0, 0)]


def first_schema(report: Report) -> dict[str, object]:
    """Return a report as the store has held it since before there were differences."""
    document = json.loads(report.to_json())
    del document["differences"]
    words = {"not_valid": "error"}
    return {**document, "schema": 1, "verdict": words.get(document["verdict"], document["verdict"])}


def keep(store: Database, handle: str, document: dict[str, object], *, valid: bool, repaired: bool) -> None:
    with store.write() as session:
        person = People(session).find(handle)
        (attempt,) = attempts.of_person(session, person)
        attempts.keep_report(session, attempt, attempts.Graded(document, valid, repaired, 2, 4), by=person)


def test_reports_of_the_first_schema_are_read(standings: Standings, store: Database) -> None:
    keep(store, "lea", first_schema(graded("pass", "fail")), valid=True, repaired=False)
    keep(store, "yann", first_schema(graded("pass", "error")), valid=False, repaired=False)
    lea, yann, _ = standings.known("tssr")
    assert ([check.outcome for check in lea.checks], lea.points) == (["pass", "fail"], 2)
    assert ([check.outcome for check in yann.checks], yann.points) == (["pass", "error"], None)
    rows = exported(store)
    assert (rows["lea"]["verdict"], rows["lea"]["changes_to_explain"], rows["lea"]["green"]) == (
        "not_repaired",
        "0",
        "1",
    )
    assert (rows["yann"]["verdict"], rows["yann"]["changes_to_explain"]) == ("not_valid", "")


def exported(store: Database) -> dict[str, dict[str, str]]:
    with store.read() as session:
        groups = Groups(session)
        text = to_csv(groups.attempts(groups.find("tssr")), anonymous=False)
    return {row["person"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_spreadsheet_has_verdicts_and_changes(
    standings: Standings, recorder: PracticeRecorder, store: Database
) -> None:
    assert exported(store)["lea"]["verdict"] == ""
    two = (UNEXPLAINED, replace(UNEXPLAINED, object="cron.service"))
    for outcomes, differences, seen in (
        (("pass", "error"), (), ("not_valid", "", "", "no", "")),
        (("pass", "fail"), (), ("not_repaired", "0", "0", "no", "yes")),
        (("pass", "pass"), EVERY, ("not_repaired", "1", "1", "no", "no")),
        (("pass", "pass"), two, ("repaired_with_changes", "2", "0", "yes", "yes")),
        (("pass", "pass"), (), ("repaired", "0", "0", "yes", "yes")),
    ):
        recorder.checked(lab("lab-1"), replace(graded(*outcomes), differences=differences))  # type: ignore[arg-type]
        row = exported(store)["lea"]
        found = ("verdict", "changes_to_explain", "forbidden_changes", "solved", "points_count")
        assert tuple(row[name] for name in found) == seen
    assert standings.known("tssr")[0].state == "solved"


def test_a_grading_is_kept_only_where_it_says_something_new(
    standings: Standings, labs: Scripted, store: Database
) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("pass", "error")}
    for _ in range(3):
        tuple(standings.check("tssr"))
    labs.reports["lab-1"] = graded("pass", "pass")
    for _ in range(3):
        tuple(standings.check("tssr"))
    with store.read() as session:
        kept = {h: attempts.of_person(session, People(session).find(h))[0].reports for h in ("lea", "yann")}
    assert [report.repaired for report in kept["lea"]] == [False, True]
    assert kept["yann"] == []


def test_what_the_board_shows_of_who_has_not_solved_it_is_exported(
    standings: Standings, labs: Scripted, store: Database
) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("fail", "fail")}
    tuple(standings.check("tssr"))
    with store.read() as session:
        groups = Groups(session)
        text = to_csv(groups.attempts(groups.find("tssr")), anonymous=False, separator=";")
    rows = {row["person"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert (rows["lea"]["points"], rows["lea"]["green"], rows["lea"]["checks"]) == ("2", "1", "2")
    assert (rows["yann"]["points"], rows["yann"]["green"], rows["yann"]["checks"]) == ("0", "0", "2")


def test_what_was_solved_stays_solved(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-1": graded("pass"), "lab-2": graded("fail")}
    tuple(standings.check("tssr"))
    labs.reports["lab-1"] = graded("fail")
    lea, *_ = standings.check("tssr")
    assert (lea.state, lea.green, len(lea.checks)) == ("solved", 0, 1)


def test_a_lab_that_is_gone_is_told(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-2": graded("fail")}
    labs.gone.add("lab-1")
    for found in (standings.board("tssr"), tuple(standings.check("tssr"))):
        lea, yann, _ = found
        assert (lea.state, "lab-1" in str(lea.trouble)) == ("broken", True)
        assert (yann.state, yann.trouble) == ("running", None)


# The board ------------------------------------------------------------------------------------------------


def test_the_board_shows_the_last_grading_and_grades_nothing(
    standings: Standings, recorder: PracticeRecorder, labs: Scripted, turns: Turns
) -> None:
    recorder.checked(lab("lab-1"), graded("pass", "fail"))
    lea, yann, zoe = standings.board("tssr")
    assert (lea.green, len(lea.checks), lea.points, lea.points_possible) == (1, 2, 2, 4)
    assert lea.graded_at is not None
    assert lea.started_at is not None
    assert lea.started_at <= lea.graded_at <= now()
    assert (yann.graded_at, yann.checks, zoe.look) == (None, (), None)
    assert lea.look is not None
    assert [host.host for host in lea.look.hosts] == ["pc1"]
    assert (labs.graded, turns.taken, lea.gradings) == ([], 0, 1)


def test_only_what_was_changed_since_the_attempt_began_is_somebody_s_work(standings: Standings, labs: Scripted) -> None:
    lea, *_ = standings.board("tssr")
    assert lea.look is not None
    assert (lea.look.changed, lea.look.hosts[0].changed) == (None, "")
    labs.changed = now().timestamp() + 1
    lea, *_ = standings.board("tssr")
    assert lea.look is not None
    assert lea.look.changed is not None
    assert lea.look.changed.changed == "/etc/hosts"


def test_the_last_new_green_is_dated(standings: Standings, recorder: PracticeRecorder, store: Database) -> None:
    """A check that was green in the grading before is none."""
    seen = []
    for outcomes in (("fail", "fail"), ("pass", "fail"), ("fail", "fail"), ("pass", "fail"), ("pass", "error")):
        recorder.checked(lab("lab-1"), graded(*outcomes))
        seen.append(standings.known("tssr", ["lea"])[0].green_at)
    with store.read() as session:
        at = [report.at for report in attempts.of_person(session, People(session).find("lea"))[0].reports]
    assert seen == [None, at[1], at[1], at[3], at[3]]


def test_a_helper_that_is_silent_leaves_the_rest(
    standings: Standings, recorder: PracticeRecorder, labs: Scripted
) -> None:
    recorder.checked(lab("lab-1"), graded("pass", "fail"))
    labs.helper = MachineError(same("the helper does not answer"))
    lea, yann, zoe = standings.board("tssr")
    assert (lea.trouble, yann.trouble, zoe.trouble) == (labs.helper, labs.helper, None)
    assert states((lea, yann, zoe)) == {"lea": "running", "yann": "running", "zoe": "none"}
    assert lea.green == 1


def test_a_lab_that_somebody_works_on_is_left_to_them(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-2": graded("fail")}
    labs.trouble["lab-1"] = BusyError("lab-1", Holder(12, "breakfix check"))
    lea, yann, _ = standings.check("tssr")
    assert (lea.state, lea.trouble, lea.graded_at) == ("running", labs.trouble["lab-1"], None)
    assert (yann.trouble, labs.graded) == (None, ["lab-2"])
    labs.trouble["lab-1"] = LabError(same("not whole"))
    lea, *_ = standings.check("tssr")
    assert (lea.state, str(lea.trouble)) == ("broken", "not whole")


def test_a_saved_lab_is_not_broken(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-2": graded("fail")}
    labs.trouble["lab-1"] = SavedLabError("lab-1")
    lea, *_ = standings.check("tssr")
    assert (lea.state, lea.trouble) == ("running", labs.trouble["lab-1"])


def test_each_grading_is_a_turn(standings: Standings, labs: Scripted, turns: Turns) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("fail")}
    for done, _ in enumerate(standings.check("tssr"), 1):
        assert turns.taken == min(done, 2), "one after another; Zoé has no lab"


def test_members_may_be_named(standings: Standings, labs: Scripted) -> None:
    labs.reports = {"lab-2": graded("fail")}
    assert [one.handle for one in standings.check("tssr", ["yann"])] == ["yann"]
    assert labs.graded == ["lab-2"]
    assert [one.handle for one in standings.board("tssr", ["zoe", "lea"])] == ["lea", "zoe"]
    with pytest.raises(UsageError, match="nobody"):
        standings.board("tssr", ["nobody"])


def test_a_stranger_is_no_member(standings: Standings, store: Database) -> None:
    with store.write() as session:
        People(session).add(NewPerson("paul"))
    with pytest.raises(UsageError, match='No trainee of the group "tssr": paul') as raised:
        standings.board("tssr", ["lea", "paul"])
    assert raised.value.text.fr == "Aucun stagiaire de ce nom dans le groupe « tssr » : paul."


def test_what_was_just_graded_is_shown_though_it_says_nothing_new(
    standings: Standings, recorder: PracticeRecorder, labs: Scripted
) -> None:
    """Its age is that of the grading, not that of the first one with these colours."""
    recorder.checked(lab("lab-1"), graded("pass", "fail"))
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("pass", "error")}
    before, *_ = standings.board("tssr")
    graded_now, *_ = standings.check("tssr")
    lea, yann, _ = standings.board("tssr")
    assert before.graded_at is not None
    assert lea.graded_at is not None
    assert before.graded_at < lea.graded_at
    assert (graded_now.graded_at, lea.gradings) == (lea.graded_at, 1)
    assert [check.outcome for check in yann.checks] == ["pass", "error"]
    recorder.checked(lab("lab-1"), graded("fail", "fail"))
    lea, *_ = standings.board("tssr")
    assert lea.green == 0, "the trainee's own check is newer"


def test_a_grading_of_an_earlier_lab_is_not_the_new_one_s(
    standings: Standings, recorder: PracticeRecorder, labs: Scripted
) -> None:
    labs.reports = {"lab-1": graded("pass", "fail"), "lab-2": graded("fail")}
    tuple(standings.check("tssr"))
    recorder.reset(lab("lab-1"), lab("lab-1"))
    lea, *_ = standings.board("tssr")
    assert (lea.checks, lea.graded_at) == ((), None)


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
