"""Answers and the report, from a solution's step or a trainee's hand to the grading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.job import GradeRequest, Selection
from grader.report import CheckResult, Report, WrittenReport
from orchestrator.core.errors import ContentError, UsageError
from orchestrator.core.text import same
from orchestrator.deliverables.answers_file import AnswersError
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.labs import Running, lab_grading

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

FOLDER = "scenarios/1.3-network-connection/moved-desks"
ASKED = """\
deliverables:
  report: true
  answers:
    address: {kind: address, question: {fr: Où ?, en: Where?}, truth: "{{ old }}", points: 2}
    who: {kind: host, question: {fr: Qui ?, en: Who?}, truth: pc1}
"""
ANSWERED = """\
steps:
  - {tell: {fr: Je réponds, en: I answer}, answers: {address: "{{ old }}", who: pc1.pair.example}}
  - tell: {fr: Rapport, en: Report}
    report:
      symptom: {fr: s, en: s}
      cause: {fr: c, en: c}
      action: {fr: a, en: a}
      test: {fr: t, en: t}
      minutes: 12
"""


@pytest.fixture
def running(world: World) -> Running:
    world.edit(f"{FOLDER}/scenario.yaml", "hints:\n", ASKED + "hints:\n")
    world.edit(f"{FOLDER}/solutions/reference.yaml", "steps:\n", ANSWERED)
    return world.labs().lifecycle.start(world.plan(), world.progress)


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks' own grading: one that passes."""

    def grade(request: GradeRequest, *, on_result: Any = None, **_: object) -> Report:  # noqa: ANN401
        result = CheckResult("test_x.py::a", "symptom", 1, None, same("a"), "pass")
        only = request.selection.only
        chosen = (result,) if only is None or result.id in only else ()
        assert only is None or set(only) <= {result.id}, "the grading process knows no answers"
        if on_result is not None:
            on_result(result)
        facts = request.facts
        report = Report(facts.instance, request.scenario, request.seed, request.digest, "", 0.0, chosen)
        return replace(report, whole=bool(chosen))

    monkeypatch.setattr(lab_grading, "grade", grade)


def outcomes(report: Report) -> list[str]:
    return [result.outcome for result in report.results]


def test_nothing_handed_in_is_red(world: World, running: Running) -> None:
    seen: list[CheckResult] = []
    report = world.labs().grading.check(running, on_result=seen.append)
    assert outcomes(report) == ["pass", "fail", "fail"]
    assert seen == [*report.results]
    assert (report.verdict, report.points, report.points_total) == ("not_repaired", 1, 4)
    assert report.written == WrittenReport(("symptom", "cause", "action", "test", "minutes"))


def test_answers_are_chosen_as_checks_are(world: World, running: Running) -> None:
    """An answer is graded where it is named, and a grading without one is no whole one."""
    labs, (check, who, address) = world.labs(), (r.id for r in world.labs().grading.check(running).results)
    labs.solutions.apply(running, running.plan.solutions[0], lambda _: None)
    chosen = {
        names: labs.grading.check(running, selection=Selection(only=names))
        for names in [(check,), (who,), (check, who, address)]
    }
    assert [[r.id for r in report.results] for report in chosen.values()] == [list(names) for names in chosen]
    assert [report.verdict for report in chosen.values()] == ["not_valid", "not_valid", "repaired"]
    assert [report.whole for report in chosen.values()] == [False, False, True]


def test_answers_are_read_after_a_red_as_well(world: World, running: Running) -> None:
    report = world.labs().grading.check(running, selection=Selection(until_red=True))
    assert (outcomes(report), report.whole) == (["pass", "fail", "fail"], True)


def test_the_reference_solution_hands_in_what_is_right(world: World, running: Running) -> None:
    labs = world.labs()
    typed = labs.solutions.apply(running, running.plan.solutions[0], lambda _: None)
    assert [t.status for t in typed[:2]] == [0, 0]
    report = labs.grading.check(running)
    assert (outcomes(report), report.points) == (["pass"] * 3, 4)
    assert report.written is not None
    assert (report.written.empty, report.written.minutes) == ((), 12)
    assert Report.from_json(report.to_json()) == report
    labs.hand_in(running).take_back()
    assert outcomes(labs.grading.check(running)) == ["pass", "fail", "fail"]


def test_the_health_of_a_lab_asks_nothing(world: World, running: Running) -> None:
    report = world.labs().grading.health(running)
    assert outcomes(report) == ["pass"]
    assert report.written is None


def test_answers_are_given_one_by_one_and_taken_back(world: World, running: Running) -> None:
    handed_in = world.labs().hand_in(running)
    path = handed_in.answer({"who": "pc1"}, "en")
    handed_in.answer({"address": "10.0.0.1"}, "fr")
    assert handed_in.answers().given == {"who": "pc1", "address": "10.0.0.1"}
    assert "# Où ?" in path.read_text(encoding="utf-8")
    assert outcomes(world.labs().grading.check(running)) == ["pass", "fail", "pass"]
    handed_in.answer({"who": ""}, "fr")
    assert handed_in.answers().given == {"address": "10.0.0.1"}
    with pytest.raises(AnswersError):
        handed_in.answer({"address": "10.0.0.2", "who": "pc9"}, "fr")
    assert handed_in.answers().given == {"address": "10.0.0.1"}


def test_the_truth_is_in_no_file_of_the_trainee(world: World, running: Running) -> None:
    handed_in = world.labs().hand_in(running)
    handed_in.answers_file("fr")
    handed_in.report_file("fr")
    old = str(running.plan.values["old"])
    written = [path.read_text(encoding="utf-8") for path in world.state.parent.glob("*/*") if path.is_file()]
    written += [path.read_text(encoding="utf-8") for path in (world.state.parent / "deliverables").glob("*/*")]
    assert len(written) == 4, "the record, how the lab is handed over, the answers and the report"
    assert not [text for text in written if old in text]


def test_a_broken_file_is_red_not_an_error(world: World, running: Running) -> None:
    handed_in = world.labs().hand_in(running)
    handed_in.answers_file("fr").write_text("who: [pc1\n", encoding="utf-8")
    report = world.labs().grading.check(running)
    assert outcomes(report) == ["pass", "fail", "fail"]
    assert report.results[1].evidence is not None
    assert "Unreadable answer" in report.results[1].evidence.en


def test_files_are_taken_whole_or_not_at_all(world: World, running: Running) -> None:
    handed_in = world.labs().hand_in(running)
    handed_in.take_answers(b"who: pc2\n", "mine.yaml", "fr")
    with pytest.raises(AnswersError, match=r"mine.yaml:2:10"):
        handed_in.take_answers(b"who: pc1\naddress: here\n", "mine.yaml", "fr")
    assert handed_in.answers().given == {"who": "pc2"}
    path = handed_in.take_report("## Cause\nx\n")
    assert handed_in.report_file("fr") == path, "a report that is there is not begun again"
    written = handed_in.written()
    assert written is not None
    assert "cause" not in written.empty


def test_what_was_handed_in_is_of_this_instance(world: World, running: Running) -> None:
    labs = world.labs()
    labs.hand_in(running).answer({"who": "pc1"}, "fr")
    assert [path.name for path in labs.kept(running.instance)] == ["answers.yaml"]
    again = labs.lifecycle.reset(running, world.progress)
    assert labs.hand_in(again).answers().given == {}
    assert labs.kept(again.instance) == ()
    kept = DeliverablesStore(world.state.parent / "deliverables")
    aside = kept.path(f"{again.instance.name}.1", "answers.yaml")
    assert aside.is_file(), "what was handed in before the reset stays"
    labs.hand_in(again).answer({"who": "pc2"}, "fr")
    labs.lifecycle.reset(again, world.progress)
    assert len({aside.read_text(), kept.path(f"{again.instance.name}.2", "answers.yaml").read_text()}) == 2
    labs.lifecycle.discard(again.instance)
    assert aside.is_file()
    kept.forget(again.instance.name)
    assert not [*aside.parents[1].iterdir()]


def test_a_lab_that_asks_nothing_says_so(world: World) -> None:
    running = world.labs().lifecycle.start(world.plan(), world.progress)
    handed_in = world.labs().hand_in(running)
    for ask in (handed_in.answers_file, handed_in.report_file):
        with pytest.raises(UsageError):
            ask("fr")
    with pytest.raises(UsageError):
        handed_in.answer({"a": "b"}, "fr")
    with pytest.raises(UsageError):
        handed_in.take_report("x")
    assert world.labs().grading.check(running).written is None
    assert world.labs().kept(running.instance) == ()


PRINTED = """\
steps:
  - {tell: {fr: Je compte, en: I count}, shell: {host: pc1, script: count, answers: [address, who]}}
"""


@pytest.mark.parametrize(
    ("printed", "outcome", "status"),
    [
        ("who: pc2\nSeen: 3\naddress: {old}\nwho: pc1\n", ["pass", "pass", "pass"], 0),
        ("address: {old}\n", ["pass", "fail", "fail"], 1),
        ("address: nowhere\nwho: pc1\n", ["pass", "fail", "fail"], 1),
    ],
    ids=["whole", "one-missing", "unreadable"],
)
def test_what_a_solution_prints_is_handed_in(world: World, printed: str, outcome: list[str], status: int) -> None:
    """The last line of a name counts; where one is missing or no answer, nothing is handed in and the step fails."""
    world.edit(f"{FOLDER}/scenario.yaml", "hints:\n", ASKED + "hints:\n")
    world.edit(f"{FOLDER}/solutions/reference.yaml", "steps:\n", PRINTED)
    running = world.labs().lifecycle.start(world.plan(), world.progress)
    world.fabric.on("/bin/bash -s", stdout=printed.format(old=running.plan.values["old"]))
    done = world.labs().solutions.apply(running, running.plan.solutions[0], lambda _: None)
    assert done[0].status == status
    assert outcomes(world.labs().grading.check(running)) == outcome


def test_a_solution_prints_answers_to_questions_that_are_asked(world: World) -> None:
    world.edit(f"{FOLDER}/scenario.yaml", "hints:\n", ASKED + "hints:\n")
    world.edit(f"{FOLDER}/solutions/reference.yaml", "steps:\n", PRINTED.replace("address", "adress"))
    with pytest.raises(ContentError, match=r'asks no question "adress"; did you mean "address"'):
        world.plan()
