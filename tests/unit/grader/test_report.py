"""The report: verdict, points, JSON, text and JUnit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from grader.report import CheckResult, CommandRecord, Difference, Outcome, Report
from grader.report_formats import (
    changes_to_explain,
    difference_lines,
    final_verdict,
    forbidden_changes,
    render_junit,
    render_text,
)
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from tests.unit.differences import EVERY, EXPLAINED, FORBIDDEN, HARMLESS, UNEXPLAINED

Grade = Callable[..., Report]

COMMANDS = (CommandRecord("ws1", "ping -n 192.168.10.1", 1, "no answer\nfrom \x1b[31mit", 0.2, 3),)


def result(outcome: Outcome, points: int = 2, name: str = "test_a") -> CheckResult:
    evidence = None if outcome == "pass" else Text(fr="Aucune <réponse>\nvue \x00", en="No <answer>\nseen \x00")
    sentence = Text(fr="La passerelle répond.", en="The gateway answers.")
    commands = () if outcome == "pass" else COMMANDS
    return CheckResult(
        f"test_x.py::{name}", "symptom", points, "1.3", sentence, outcome, evidence, commands, 0.5, "ws1"
    )


def report(*results: CheckResult, differences: tuple[Difference, ...] = ()) -> Report:
    made = Report("demo", "no-network", 7, "ab" * 32, "2026-01-02T03:04:05.678Z", 1.5, results)
    return replace(made, differences=differences)


def differing(before: str | None, now: str | None) -> Difference:
    return replace(HARMLESS, object="/etc/x", before=before, now=now)


@pytest.mark.parametrize(
    ("outcomes", "verdict", "points"),
    [
        (("pass", "pass"), "repaired", 4),
        (("pass", "fail"), "not_repaired", 2),
        (("fail", "fail"), "not_repaired", 0),
        (("pass", "error"), "not_valid", None),
        (("fail", "error"), "not_valid", None),
        ((), "not_valid", None),
    ],
)
def test_verdict_and_points(outcomes: tuple[Outcome, ...], verdict: str, points: int | None) -> None:
    graded = report(*(result(o) for o in outcomes))
    assert (graded.verdict, graded.points, graded.points_total) == (verdict, points, 2 * len(outcomes))


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (("pass", "pass"), "not_valid"),
        (("pass", "fail"), "not_repaired"),
        (("fail", "error"), "not_valid"),
    ],
)
def test_a_report_of_some_checks_is_no_pass_and_earns_nothing(outcomes: tuple[Outcome, ...], verdict: str) -> None:
    graded = replace(report(*(result(o) for o in outcomes)), whole=False)
    assert (graded.verdict, graded.points) == (verdict, None)
    assert "Repaired" not in render_text(graded, "en")
    assert Report.from_json(graded.to_json()) == graded
    assert json.loads(graded.to_json())["whole"] is False


@pytest.mark.parametrize(
    ("outcomes", "whole", "differences", "verdict", "points"),
    [
        (("pass",), True, (), "repaired", 2),
        (("pass",), True, (EXPLAINED, HARMLESS), "repaired", 2),
        (("pass",), True, (EXPLAINED, UNEXPLAINED), "repaired_with_changes", 2),
        (("pass",), True, EVERY, "not_repaired", 2),
        (("pass", "fail"), True, (UNEXPLAINED,), "not_repaired", 2),
        (("pass", "error"), True, EVERY, "not_valid", None),
        ((), True, EVERY, "not_valid", None),
        (("pass",), False, EVERY, "not_valid", None),
        (("pass", "fail"), False, EVERY, "not_repaired", None),
    ],
)
def test_what_is_different_has_its_part_in_the_verdict(
    outcomes: tuple[Outcome, ...],
    whole: bool,
    differences: tuple[Difference, ...],
    verdict: str,
    points: int | None,
) -> None:
    graded = replace(report(*map(result, outcomes), differences=differences), whole=whole)
    assert (graded.verdict, graded.points) == (verdict, points)
    assert graded.points_count is json.loads(graded.to_json())["points_count"]
    assert graded.points_count is (points is not None and not graded.forbidden)
    assert graded.counts_as_repaired is (verdict in {"repaired", "repaired_with_changes"})
    assert {d.standing for d in graded.unexplained} <= {"unexplained"}
    assert {d.standing for d in graded.forbidden} <= {"forbidden"}
    assert Report.from_json(graded.to_json()) == graded


def test_answers_are_left_only_where_no_change_is_to_be_undone() -> None:
    wrong = replace(result("fail"), id="answers.yaml::who")
    assert report(result("pass"), wrong, differences=(UNEXPLAINED,)).answers_left == 1
    assert report(result("pass"), wrong, differences=(FORBIDDEN,)).answers_left == 0


def test_a_report_of_some_checks_does_not_say_that_only_answers_are_left() -> None:
    graded = report(result("pass"), replace(result("fail"), id="answers.yaml::who"))
    assert graded.answers_left == 1
    assert replace(graded, whole=False).answers_left == 0


def test_a_report_from_before_checks_could_be_left_out_is_whole() -> None:
    document = json.loads(report(result("pass")).to_json())
    del document["whole"]
    assert Report.from_json(json.dumps(document)) == report(result("pass"))


def test_json_goes_both_ways() -> None:
    error = dataclasses.replace(result("error"), role=None, host=None)
    graded = report(result("pass"), result("fail"), error, differences=EVERY)
    assert Report.from_json(graded.to_json()) == graded
    document = json.loads(graded.to_json())
    assert (document["schema"], document["verdict"], document["points"]) == (2, "not_valid", None)
    assert document["results"][1]["evidence"]["en"].startswith("No <answer>")
    assert [d["standing"] for d in document["differences"]] == ["explained", "harmless", "unexplained", "forbidden"]
    assert document["differences"][0] == {
        "host": None,
        "provider": "network",
        "object": "office",
        "field": "rule",
        "before": "drop",
        "now": None,
        "standing": "explained",
        "sentence": {"fr": "La règle de la panne n'est plus là.", "en": "The fault's rule is gone."},
    }


@pytest.mark.parametrize(
    ("outcome", "then", "verdict"),
    [
        ("pass", "repaired", "repaired"),
        ("fail", "not_repaired", "not_repaired"),
        ("error", "error", "not_valid"),
    ],
)
def test_a_report_of_the_first_schema_is_read(outcome: Outcome, then: str, verdict: str) -> None:
    """As stores and sealed evidence hold it: it knew no differences, and called what is not valid an error."""
    document = json.loads(report(result(outcome)).to_json())
    del document["differences"]
    read = Report.from_document({**document, "schema": 1, "verdict": then})
    assert read == report(result(outcome))
    assert (read.verdict, read.differences) == (verdict, ())


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema": 3}', '{"schema": 2}', '{"schema": 1}', "x"])
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


def test_text_lists_what_has_a_part_in_the_verdict() -> None:
    graded = report(result("pass"), differences=EVERY)
    assert render_text(graded, "fr").splitlines() == [
        "OK      La passerelle répond. [symptôme, 2 pt]",
        "",
        "INTERDIT     Le pare-feu laisse tout passer.",
        "             r1 · /etc/nftables.conf\\u001b[2J (content)",
        "             @@ -1,3 +1,3 @@",
        "              table inet filter {",
        "             -  policy drop",
        "             +  policy accept \\u001b[31m<all>",
        "              }",
        "À EXPLIQUER  ssh ne démarre plus.",
        "             pc1 · ssh.service (enabled)",
        "             avant : enabled",
        "             maintenant : disabled",
        "",
        "Pas encore réparé : 2/2 points",
        "Ces points sont ceux des contrôles : ils ne comptent qu'une fois défait ce qui est interdit.",
    ]
    english = render_text(graded, "en").splitlines()
    assert english[2] == "FORBIDDEN    The firewall lets everything through."
    assert english[9:13] == [
        "TO EXPLAIN   ssh no longer starts.",
        "             pc1 · ssh.service (enabled)",
        "             before: enabled",
        "             now: disabled",
    ]


@pytest.mark.parametrize(
    ("count", "language", "role", "said"),
    [
        (1, "fr", "symptom", "Réparé, avec 1 changement à expliquer : 2/2 points"),
        (2, "fr", "symptom", "Réparé, avec 2 changements à expliquer : 2/2 points"),
        (1, "en", "symptom", "Repaired, with 1 change to explain: 2/2 points"),
        (2, "en", "symptom", "Repaired, with 2 changes to explain: 2/2 points"),
        (2, "fr", "objective", "Terminé, avec 2 changements à expliquer : 2/2 points"),
        (1, "en", "objective", "Done, with 1 change to explain: 2/2 points"),
    ],
)
def test_the_changes_to_explain_are_counted_in_words(count: int, language: Language, role: str, said: str) -> None:
    done = replace(result("pass"), role=role)  # type: ignore[arg-type]
    graded = report(done, differences=(UNEXPLAINED,) * count)
    assert render_text(graded, language).splitlines()[-1] == said


def test_the_verdict_on_a_repair_that_is_over() -> None:
    task = replace(result("fail"), role="objective")
    found = [
        report(result("pass")),
        report(result("pass"), differences=(UNEXPLAINED,)),
        report(result("pass"), differences=EVERY),
        report(result("error"), differences=EVERY),
        report(task),
        report(result("pass"), replace(task, id="answers.yaml::who")),
    ]
    assert [final_verdict(one).fr for one in found] == [
        "Réparé",
        "Réparé, avec 1 changement à expliquer",
        "Non réparé",
        "Évaluation non valable",
        "Non terminé",
        "Réparé, mais des réponses manquent ou sont fausses",
    ]
    assert final_verdict(found[1]).en == "Repaired, with 1 change to explain"
    assert [changes_to_explain(n).fr for n in (1, 2)] == ["1 changement à expliquer", "2 changements à expliquer"]
    assert [forbidden_changes(n).fr for n in (1, 2)] == ["1 changement interdit", "2 changements interdits"]
    assert [forbidden_changes(n).en for n in (1, 2)] == ["1 forbidden change", "2 forbidden changes"]


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        (None, "a\n", ["before: absent", "now: a"]),
        ("a\n", None, ["before: a", "now: absent"]),
        ("", "a", ["before: (empty)", "now: a"]),
        ("a\r", "a", ["before: a\\r", "now: a"]),
        ("a\nb\n", "a\nb", ["only the line ends differ"]),
        ("a\r\nb", "a\nb", ["only the line ends differ"]),
        (None, "a\nb", ["before: absent", "@@ -0,0 +1,2 @@", "+a", "+b"]),
        ("a\nb", None, ["now: absent", "@@ -1,2 +0,0 @@", "-a", "-b"]),
        ("\u202egnp.exe", "x", ["before: \\u202egnp.exe", "now: x"]),
    ],
)
def test_what_was_there_and_what_is(before: str | None, now: str | None, lines: list[str]) -> None:
    assert difference_lines(differing(before, now)).en.splitlines() == ["pc1 · /etc/x (content)", *lines]


def test_a_long_difference_is_cut() -> None:
    many = differing("x" * 500 + "\n", "".join(f"{n}\n" for n in range(40)))
    _, *lines, more = difference_lines(many).fr.splitlines()
    assert (len(lines), more) == (12, "… et 30 lignes de plus")
    assert (len(lines[1]), lines[1][-1]) == (160, "…")
    one_more = differing(None, "".join(f"{n}\n" for n in range(12)))
    assert difference_lines(one_more).en.splitlines()[-1] == "… and 1 more line"
    assert difference_lines(one_more).fr.splitlines()[-1] == "… et 1 ligne de plus"


def test_a_long_difference_tells_what_was_and_what_is() -> None:
    was, now = ("".join(f"{word} {n}\n" for n in range(30)) for word in ("was", "is"))
    _, *lines, more = difference_lines(differing(was, now)).en.splitlines()
    kept = ["@@ -1,30 +1,30 @@", *(f"-was {n}" for n in range(4)), "…", *(f"+is {n}" for n in range(6))]
    assert (lines, more) == (kept, "… and 50 more lines")
    _, *lines, more = difference_lines(differing(was, "is\n")).en.splitlines()
    assert (lines[-2:], len(lines), more) == (["…", "+is"], 12, "… and 21 more lines")


def test_a_name_with_line_ends_stays_in_a_line() -> None:
    odd = replace(EXPLAINED, object="a\nb", sentence=same("one\ntwo"), standing="unexplained")
    text = render_text(report(result("pass"), differences=(odd,)), "en")
    assert "TO EXPLAIN   one\\ntwo\n             network · a\\nb (rule)\n" in text


def test_a_repair_without_its_answers_is_called_a_repair() -> None:
    asked = replace(result("fail"), id="answers.yaml::machine")
    graded = report(result("pass"), asked)
    assert (graded.verdict, graded.answers_left) == ("not_repaired", 1)
    assert render_text(graded, "en").endswith("Repaired, but answers are missing or wrong: 2/4 points\n")
    assert report(result("fail", name="test_b"), asked).answers_left == 0
    assert report(asked).answers_left == 0


def test_a_task_without_its_answers_is_not_done() -> None:
    """Where all of it is answers, a trainee who has only just begun would else read that it is done."""
    asked = replace(result("fail"), role="objective", id="answers.yaml::machine")
    graded = report(replace(result("pass"), role="guard"), asked)
    assert (graded.of_a_task, graded.answers_left) == (True, 1)
    assert "Not done yet: answers are missing or wrong: " in render_text(graded, "en")
    assert final_verdict(graded).fr == "Non terminé : des réponses manquent ou sont fausses"


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


def test_junit_counts_changes_as_tests() -> None:
    suite = ET.fromstring(render_junit(report(result("pass"), result("fail", name="test_b"), differences=EVERY)))[0]
    counts = {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "2", "errors": "0", "skipped": "0"}
    forbidden, unexplained = (case for case in suite.iter("testcase") if case.get("classname") == "differences")
    assert forbidden.get("name") == "r1 · /etc/nftables.conf\\u001b[2J (content)"
    failure = forbidden.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert (failure.get("message"), failure.get("type")) == ("The firewall lets everything through.", "forbidden")
    assert "+  policy accept \\u001b[31m<all>" in failure.text
    assert [child.tag for child in unexplained] == ["properties", "system-out"], "it passes"
    properties = {p.get("name"): p.get("value") for p in unexplained.iter("property")}
    assert properties == {
        "standing": "unexplained",
        "host": "pc1",
        "provider": "systemd",
        "object": "ssh.service",
        "field": "enabled",
        "sentence_fr": "ssh ne démarre plus.",
        "sentence_en": "ssh no longer starts.",
    }
    assert unexplained.findtext("system-out") == "pc1 · ssh.service (enabled)\nbefore: enabled\nnow: disabled"


@pytest.mark.parametrize(
    ("differences", "verdict"), [((), "repaired"), ((UNEXPLAINED,), "repaired_with_changes"), (EVERY, "not_repaired")]
)
def test_junit_has_the_verdict(differences: tuple[Difference, ...], verdict: str) -> None:
    suite = ET.fromstring(render_junit(report(result("pass"), differences=differences)))[0]
    assert {p.get("name"): p.get("value") for p in suite.findall("properties/property")}["verdict"] == verdict


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
