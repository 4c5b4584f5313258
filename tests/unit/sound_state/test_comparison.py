"""The end of a grading: where all is green, what differs from the sound state becomes part of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.report import CheckResult, Outcome, Report
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.model.plan import Plan, PlannedHost
from orchestrator.model.scenario import MayChange
from orchestrator.sound_state.comparison import compared, words_of
from orchestrator.sound_state.explained import ExplainedChange
from orchestrator.sound_state.look import keep_sound_state
from tests.fakes.fabric import FakeFabric
from tests.unit.differences import UNEXPLAINED

FILE = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "x\n"}
CHANGE = ObjectChange("pc1", "files", "/etc/x", {}, FILE)


def host(name: str) -> PlannedHost:
    return PlannedHost(name, name, same(name), "host", "workstation", (), None, 1, 1, 1, ())


PLAN = Plan(
    scenario="x", lab="pair", domain="pair.example", seed=1, digest="", hosts=(host("pc1"), host("pc2")),
    segments=(), ready=(), values={"seed": 777, "lab": "pair", "domain": "pair.example", "user": "alice"},
    faults=(), checks=(Path("x"),), solutions=(), shortcuts=(), hints=(), ticket=same(""), debrief=same(""),
    title=same(""), health=(),
)  # fmt: skip


class Lab:
    """A lab whose sound state was kept."""

    def __init__(self) -> None:
        self.fabric = FakeFabric()
        keep_sound_state(self.fabric, "lab", {"pc1": (), "pc2": ()})
        self.fabric.changes = [CHANGE]
        self.explained: tuple[ExplainedChange, ...] = ()
        self.asked = 0

    def compared(self, report: Report, plan: Plan = PLAN, running: tuple[str, ...] = ("pc1", "pc2")) -> Report:
        def explained() -> tuple[ExplainedChange, ...]:
            self.asked += 1
            return self.explained

        return compared(report, plan, running, self.fabric, explained)


@pytest.fixture
def lab() -> Lab:
    return Lab()


def graded(*outcomes: Outcome) -> Report:
    results = (CheckResult(f"t::{n}", "symptom", 1, None, same("x"), one) for n, one in enumerate(outcomes))
    return Report("lab", "x", 1, "", "", 0.0, tuple(results))


GREEN = graded("pass")


def test_where_all_is_green_what_differs_is_told(lab: Lab) -> None:
    report = lab.compared(GREEN)
    assert report.verdict == "repaired_with_changes"
    assert [(one.host, one.object, one.standing) for one in report.differences] == [("pc1", "/etc/x", "unexplained")]
    lab.fabric.changes = []
    assert lab.compared(GREEN) == GREEN


@pytest.mark.parametrize(
    "report",
    [
        graded(),
        graded("pass", "fail"),
        graded("pass", "error"),
        replace(GREEN, whole=False),
        replace(GREEN, differences=(UNEXPLAINED,)),
    ],
)
def test_where_not_all_is_green_nothing_is_asked(lab: Lab, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(lab.fabric, "state_changes", refuse)
    assert lab.compared(report) is report
    assert lab.asked == 0


def test_a_secret_that_somebody_made_up_is_not_shown(lab: Lab) -> None:
    said = "DB_PASSWORD=hunter2\nDB_USER=alice\nOLD_PASSWORD=alice\n"
    lab.fabric.changes = [replace(CHANGE, object="/etc/default/shop", now={**FILE, "content": said})]
    shown = "file 0644 0:0\nDB_PASSWORD=(a secret)\nDB_USER=alice\nOLD_PASSWORD=alice"
    assert [one.now for one in lab.compared(GREEN).differences] == [shown], "what was drawn is no secret"
    in_a_proof = compared(GREEN, PLAN, ("pc1", "pc2"), lab.fabric, tuple, differences="always")
    assert [one.now for one in in_a_proof.differences] == [shown.replace("(a secret)", "hunter2")]


def test_a_host_that_does_not_run_is_a_forbidden_difference(lab: Lab) -> None:
    report = lab.compared(GREEN, running=("pc1",))
    assert report.verdict == "not_repaired"
    assert [(one.host, one.provider, one.standing) for one in report.differences] == [
        ("pc2", "services", "forbidden"),
        ("pc1", "files", "unexplained"),
    ]


def test_where_what_was_sound_is_not_known_there_is_no_verdict(lab: Lab) -> None:
    lab.fabric.kept.popitem()
    report = lab.compared(GREEN)
    assert (report.verdict, report.results[-1].id, report.results[-1].outcome) == ("not_valid", "sound-state", "error")
    assert report.results[:-1] == GREEN.results
    assert report.results[-1].evidence is not None
    assert "not kept of pc2" in report.results[-1].evidence.en


def test_where_the_lab_cannot_be_looked_at_there_is_no_verdict(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LabError(same("pc1 does not answer"))

    monkeypatch.setattr(lab.fabric, "state_changes", fail)
    report = lab.compared(GREEN)
    assert (report.verdict, report.results[-1].evidence) == ("not_valid", same("pc1 does not answer"))


def test_what_the_scenario_says_of_changes_is_minded(lab: Lab) -> None:
    lab.explained = (words_of(PLAN).told(lab.compared(GREEN).differences[0]),)
    assert lab.compared(GREEN).verdict == "repaired"
    lab.explained = ()
    task = replace(PLAN, may_change=(MayChange(host="pc1", path="/etc/x"),))
    assert lab.compared(GREEN, task).verdict == "repaired"
    strict = replace(PLAN, unexplained="red")
    assert lab.compared(GREEN, strict).verdict == "not_repaired"
    learning = compared(GREEN, strict, ("pc1", "pc2"), lab.fabric, tuple, differences="learning")
    assert learning.verdict == "repaired_with_changes", "a proof that learns it cannot know it yet"


def test_what_is_the_same_in_every_variant_is_no_word() -> None:
    words = words_of(PLAN)
    told = words.told(replace(UNEXPLAINED, object="777 pair pair.example alice"))
    assert told.object == "777 pair pair.example <user>"
