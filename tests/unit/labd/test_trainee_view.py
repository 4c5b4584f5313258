"""What a trainee may see of a grading: sentences and colours, since when, and changes only once all is green."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grader.report import CheckResult, Outcome, Report
from grader.told import KEPT
from orchestrator.core.text import Text, same
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.labd.attempt_look import marks_of
from orchestrator.labd.trainee_view import check_view, grading_view, iso, questions_of, report_view
from orchestrator.model.deliverables import ChoiceQuestion
from tests.unit.differences import EVERY
from tests.unit.practice.conftest import PLAN

TEN = datetime(2026, 11, 29, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def result(outcome: Outcome, identity: str = "test_x.py::a") -> CheckResult:
    return CheckResult(identity, "symptom", 2, "1.3", same("It works."), outcome, same("saw \x1b[31m"), seconds=1.0)


def report(*results: CheckResult) -> Report:
    return Report("lab-1", "s", 3, "d", "", 0.1, results)


def test_a_colour_is_as_old_as_its_first_grading_in_a_row() -> None:
    outcomes: list[Outcome] = ["fail", "pass", "fail", "fail", "error"]
    gradings = [(TEN + number * MINUTE, report(result(outcome))) for number, outcome in enumerate(outcomes)]
    assert marks_of(gradings[:4])["test_x.py::a"].since == TEN + 2 * MINUTE
    marks = marks_of(gradings)
    now = TEN + 9 * MINUTE
    assert check_view(result("error"), marks, now).since == iso(TEN + 4 * MINUTE)
    assert check_view(result("pass"), marks, now).since == iso(now)
    assert iso(now) == "2026-11-29T10:09:00Z"


def test_the_line_of_all_guards_is_as_old_as_the_last_of_them() -> None:
    def guarded(*outcomes: Outcome) -> Report:
        guards = [replace(result(outcome, f"g{n}"), role="guard") for n, outcome in enumerate(outcomes)]
        return report(result("fail"), *guards)

    gradings = [(TEN, guarded("pass", "fail")), (TEN + MINUTE, guarded("pass", "pass"))]
    now = TEN + 9 * MINUTE
    later = grading_view(guarded("pass", "pass"), marks_of(gradings), now)
    assert [(one.id, one.since) for one in later.checks[1:]] == [(KEPT, iso(TEN + MINUTE))]
    first = grading_view(guarded("pass", "pass"), {}, now)
    assert [(one.id, one.since) for one in first.checks[1:]] == [(KEPT, iso(now))]


def test_a_grading_tells_a_task_and_answers_that_alone_are_left() -> None:
    wrong = replace(result("fail", "answers.yaml::mask"), role="objective")
    repair = grading_view(report(result("pass"), wrong), {}, TEN)
    assert (repair.task, repair.answers_left) == (False, 1)
    task = grading_view(report(replace(result("fail"), role="objective"), wrong), {}, TEN)
    assert (task.task, task.answers_left) == (True, 0)


def test_evidence_is_of_errors_and_answers_only() -> None:
    seen = Text(fr="saw \\u001b[31m", en="saw \\u001b[31m")
    assert check_view(result("fail"), {}, TEN).evidence is None
    assert check_view(result("error"), {}, TEN).evidence == seen
    assert check_view(result("fail", "answers.yaml::mask"), {}, TEN).evidence == seen


def test_changes_are_told_once_every_check_is_green() -> None:
    red = grading_view(replace(report(result("fail")), differences=EVERY), {}, TEN)
    assert red.changes == ()
    green = grading_view(replace(report(result("pass")), differences=EVERY), {}, TEN)
    assert {change.standing for change in green.changes} == {"forbidden", "unexplained"}
    assert green.verdict == "not_repaired", "what is forbidden counts in either case"


def test_what_is_asked_and_what_was_handed_in() -> None:
    choice = ChoiceQuestion(kind="choice", question=same("Which?"), choices={"a": same("A"), "b": same("B")}, truth="a")
    (view,) = questions_of(replace(PLAN, questions={"which": choice}), {"which": "b"})
    assert (view.name, view.kind, set(view.choices), view.answer) == ("which", "choice", {"a", "b"}, "b")
    assert "a" not in str(view.answer)
    assert report_view(ReportParts("s", "c", "a", "t", 5)).minutes == 5
