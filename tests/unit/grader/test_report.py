"""The report: verdict, points, JSON, text and JUnit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from grader.report import CheckResult, CommandRecord, Outcome, Report
from grader.report_formats import render_junit, render_text
from orchestrator.core.text import Text

Grade = Callable[..., Report]

COMMANDS = (CommandRecord("ws1", "ping -n 192.168.10.1", 1, "no answer\nfrom \x1b[31mit", 0.2, 3),)


def result(outcome: Outcome, points: int = 2, name: str = "test_a") -> CheckResult:
    evidence = None if outcome == "pass" else Text(fr="Aucune <réponse>\nvue \x00", en="No <answer>\nseen \x00")
    sentence = Text(fr="La passerelle répond.", en="The gateway answers.")
    commands = () if outcome == "pass" else COMMANDS
    return CheckResult(
        f"test_x.py::{name}", "symptom", points, "1.3", sentence, outcome, evidence, commands, 0.5, "ws1"
    )


def report(*results: CheckResult) -> Report:
    return Report("demo", "no-network", 7, "ab" * 32, "2026-01-02T03:04:05.678Z", 1.5, results)


@pytest.mark.parametrize(
    ("outcomes", "verdict", "points"),
    [
        (("pass", "pass"), "repaired", 4),
        (("pass", "fail"), "not_repaired", 2),
        (("fail", "fail"), "not_repaired", 0),
        (("pass", "error"), "error", None),
        (("fail", "error"), "error", None),
        ((), "error", None),
    ],
)
def test_verdict_and_points(outcomes: tuple[Outcome, ...], verdict: str, points: int | None) -> None:
    graded = report(*(result(o) for o in outcomes))
    assert (graded.verdict, graded.points, graded.points_total) == (verdict, points, 2 * len(outcomes))


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (("pass", "pass"), "error"),
        (("pass", "fail"), "not_repaired"),
        (("fail", "error"), "error"),
    ],
)
def test_a_report_of_some_checks_is_no_pass_and_earns_nothing(outcomes: tuple[Outcome, ...], verdict: str) -> None:
    graded = replace(report(*(result(o) for o in outcomes)), whole=False)
    assert (graded.verdict, graded.points) == (verdict, None)
    assert "Repaired" not in render_text(graded, "en")
    assert Report.from_json(graded.to_json()) == graded
    assert json.loads(graded.to_json())["whole"] is False


def test_a_report_of_some_checks_does_not_say_that_only_answers_are_left() -> None:
    graded = report(result("pass"), replace(result("fail"), id="answers.yaml::who"))
    assert graded.answers_left == 1
    assert replace(graded, whole=False).answers_left == 0


def test_a_report_from_before_checks_could_be_left_out_is_whole() -> None:
    document = json.loads(report(result("pass")).to_json())
    del document["whole"]
    assert Report.from_json(json.dumps(document)) == report(result("pass"))


def test_json_goes_both_ways() -> None:
    graded = report(result("pass"), result("fail"), dataclasses.replace(result("error"), role=None, host=None))
    assert Report.from_json(graded.to_json()) == graded
    document = json.loads(graded.to_json())
    assert (document["schema"], document["verdict"], document["points"]) == (1, "error", None)
    assert document["results"][1]["evidence"]["en"].startswith("No <answer>")


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema": 2}', '{"schema": 1}', "x"])
def test_json_that_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"report|Expecting"):
        Report.from_json(text)


def test_json_with_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="not a whole report: Invalid enum value 'skip'"):
        Report.from_json(report(result("fail")).to_json().replace('"outcome": "fail"', '"outcome": "skip"'))


def test_text_in_both_languages() -> None:
    graded = report(result("pass"), result("fail"))
    assert render_text(graded, "fr").splitlines() == [
        "OK      La passerelle répond. [symptôme, 2 pt]",
        "ÉCHEC   La passerelle répond. [symptôme, 2 pt]",
        "        Aucune <réponse>",
        "        vue \x00",
        "",
        "Pas encore réparé : 2/4 points",
    ]
    english = render_text(graded, "en", commands=True)
    assert "FAIL    The gateway answers. [symptom, 2 pt]" in english
    assert "ws1 $ ping -n 192.168.10.1 -> 1 (x3)" in english
    assert english.endswith("Not repaired yet: 2/4 points\n")


def test_a_repair_without_its_answers_is_called_a_repair() -> None:
    asked = replace(result("fail"), id="answers.yaml::machine")
    graded = report(result("pass"), asked)
    assert (graded.verdict, graded.answers_left) == ("not_repaired", 1)
    assert render_text(graded, "en").endswith("Repaired, but answers are missing or wrong: 2/4 points\n")
    assert report(result("fail", name="test_b"), asked).answers_left == 0
    assert report(asked).answers_left == 0


def test_text_of_an_invalid_grade_counts_no_points() -> None:
    text = render_text(report(result("pass"), result("error")), "fr")
    assert text.endswith("ERREUR : cette évaluation n'est pas valable, aucun point n'est compté\n")


def test_junit_is_valid_and_tells_errors_from_failures() -> None:
    graded = report(result("pass", name="test_a"), result("fail", name="test_b"), result("error", name="test_c"))
    text = render_junit(graded)
    root = ET.fromstring(text)
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    counts = {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "3", "failures": "1", "errors": "1", "skipped": "0"}
    cases = suite.findall("testcase")
    tags = [[child.tag for child in case] for case in cases]
    assert tags == [
        ["properties"],
        ["properties", "failure", "system-out"],
        ["properties", "error", "system-out"],
    ]
    failure = cases[1].find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("No <answer>", "No <answer>\nseen \ufffd")
    properties = {p.get("name"): p.get("value") for p in cases[1].iter("property")}
    assert (properties["role"], properties["points"], properties["competence"]) == ("symptom", "2", "1.3")
    assert {(c.get("classname"), c.get("name")) for c in cases} == {("test_x.py", f"test_{n}") for n in "abc"}


def test_a_grading_keeps_what_was_observed(grading: Grade) -> None:
    graded = grading(
        """
        @check("symptom", points=3, competence="2.1", host="ws1",
               fr="Le nom {{ site }} se résout.", en="The name {{ site }} resolves.")
        def test_name(lab):
            assert lab.client("ws1").resolve("intranet." + lab.domain).records == (lab.address("web"),), "wrong address"
            unreached = lab.host("ws1").run("/bin/true")

        @check("guard", fr="f", en="e", host="ws1")
        def test_after(lab):
            lab.wait(lambda: lab.host("ws1").run("/bin/true").rc == 1, within=0.05, every=0.001, what="no end")

        @check("guard", fr="f", en="e", host="web")
        def test_dies(lab):
            lab.host("web").run("/bin/true")
            os._exit(1)
        """,
        [{"command": "dig *", "status": 9, "stdout": ";; no servers could be reached\n"}],
    )
    name, after, dies = graded.results
    assert (name.outcome, name.role, name.points, name.competence, name.host) == ("fail", "symptom", 3, "2.1", "ws1")
    assert name.sentence == Text(fr="Le nom Lyon se résout.", en="The name Lyon resolves.")
    assert name.evidence is not None
    assert name.evidence.en.startswith("wrong address\nassert () == ('192.168.20.3',)")
    (command,) = name.commands
    assert (command.where, command.status, command.output) == ("ws1", 9, ";; no servers could be reached")
    assert command.command.endswith("-q intranet.lan.test")
    (repeated,) = after.commands
    assert repeated.times > 1
    assert after.evidence is not None
    assert after.evidence.en.startswith("no end (waited 0.")
    assert after.evidence.fr.startswith("no end (attendu 0,")
    assert [c.command for c in dies.commands] == ["/bin/true"]
    assert (graded.instance, graded.scenario, graded.seed) == ("demo", "dns-zone-broken", 7)
    assert graded.started_at.endswith("Z")
    assert Report.from_json(graded.to_json()) == graded
