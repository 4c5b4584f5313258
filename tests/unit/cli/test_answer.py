"""``answer`` and ``report``: handing in on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import pytest
from pydantic import TypeAdapter

from grader.report import CheckResult, WrittenReport
from orchestrator.cli import editing
from orchestrator.cli.card import card_document
from orchestrator.cli.invocation import Invocation
from orchestrator.core.text import Text
from orchestrator.model.deliverables import Question
from orchestrator.model.drawn_person import DrawnPerson

from .conftest import GREEN, LAB, PLAN, Cli, FakeApp, report

if TYPE_CHECKING:
    from grader.report import Report

QUESTIONS: dict[str, Question] = TypeAdapter(dict[str, Question]).validate_json(
    json.dumps(
        {
            "count": {"kind": "integer", "question": {"fr": "Combien ?", "en": "How many?"}, "truth": "4217"},
            "hosts": {
                "kind": "list",
                "of": "host",
                "question": {"fr": "Lesquelles ?", "en": "Which?"},
                "truth": ["pc1", "web1"],
            },
        }
    )
)
WRONG = CheckResult(
    "answers.yaml::count", "objective", 2, "1.3", Text(fr="Réponse juste : Combien ?", en="Right answer: How many?"),
    "fail", Text(fr="« 7 » est faux.", en='"7" is wrong.'),
)  # fmt: skip


@pytest.fixture(autouse=True)
def asking(app: FakeApp) -> None:
    """The running lab asks two questions and a report."""
    app.labs.variant = replace(PLAN, questions=QUESTIONS, report=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "breakfix" / "deliverables" / LAB


def flat(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


# Answers ------------------------------------------------------------------------------------------------------


def test_answers_are_set_and_shown(cli: Cli, path: Path) -> None:
    done = cli("answer", "--set", "count=12", "--set", "hosts=pc1, web1", lang="fr")
    assert done.exit_code == 0, done.stderr
    assert "Combien ? (un nombre entier)" in flat(done.stdout)
    assert "pc1, web1" in flat(done.stdout)
    assert (path / "answers.yaml").read_text(encoding="utf-8").endswith("hosts:\n  - pc1\n  - web1\n")
    assert cli("answer", "--set", "count=").exit_code == 0
    shown = flat(cli("answer", "--show").stdout)
    assert "to be given" in shown
    assert "4217" not in shown


def test_answers_as_json_hold_no_truth(cli: Cli) -> None:
    cli("answer", "--set", "hosts=pc1")
    done = cli("answer", "--json")
    document = json.loads(done.stdout)
    assert [(q["name"], q["kind"], q["answer"]) for q in document["questions"]] == [
        ("count", "integer", None),
        ("hosts", "list", ["pc1"]),
    ]
    assert document["questions"][0]["question"] == {"fr": "Combien ?", "en": "How many?"}
    assert "4217" not in done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "cuont=1"), 'no question "cuont"; did you mean "count"?'),
        (("--set", "count=many"), '"many" is no whole number'),
        (("--set", "hosts=pc1,pc9"), 'no host "pc9"'),
        (("--set", "count"), "--set count=ANSWER"),
    ],
)
def test_what_is_no_answer_is_refused(cli: Cli, path: Path, words: tuple[str, str], reason: str) -> None:
    done = cli("answer", *words)
    assert done.exit_code == 2
    assert reason in flat(done.stderr)
    assert not path.exists()


def test_answers_come_from_a_file(cli: Cli, path: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("count: 5\nhosts: [web1, web2]\n", encoding="utf-8")
    done = cli("answer", "--file", str(mine))
    assert done.exit_code == 2
    assert f'{mine}:2:8: the lab has no host "web2"; did you mean "web1"?' in flat(done.stderr).replace("\n", "")
    assert not path.exists()
    mine.write_text("count: 5\n", encoding="utf-8")
    assert cli("answer", "--file", str(mine)).exit_code == 0
    assert cli("answer", "--file", "-", stdin="count: 6\n").exit_code == 0
    assert "count: 6\n" in (path / "answers.yaml").read_text(encoding="utf-8")


def edits(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> list[str]:
    """Have the editor replace a text; the list gets what it was given."""
    given: list[str] = []

    def edit(*, filename: str) -> None:
        given.append(Path(filename).read_text(encoding="utf-8"))
        Path(filename).write_text(given[-1].replace(old, new), encoding="utf-8")

    monkeypatch.setattr(click, "edit", edit)
    monkeypatch.setattr(editing, "has_terminal", lambda: True)
    return given


def test_the_editor_gets_the_questions_in_the_users_language(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    given = edits(monkeypatch, "count:\n", "count: 12\n")
    done = cli("answer", lang="fr")
    assert done.exit_code == 0, done.stderr
    assert "# Combien ?\n#   (un nombre entier)\ncount:\n" in given[0]
    assert "12" in done.stdout


def test_a_mistake_in_the_editor_is_told_and_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    edits(monkeypatch, "count:\n", "count: a dozen\n")
    done = cli("answer")
    assert done.exit_code == 2
    assert 'answers.yaml:5:8:"adozen"isnowholenumber' in "".join(done.stderr.split()), "wherever the line is broken"
    assert "a dozen" in (path / "answers.yaml").read_text(encoding="utf-8")
    assert "unreadable" in flat(done.stdout)


@pytest.mark.parametrize(("command", "options"), [("answer", "--set or --file"), ("report", "--file")])
def test_without_a_terminal_there_is_no_editor(cli: Cli, command: str, options: str) -> None:
    done = cli(command)
    assert done.exit_code == 2
    assert f"Give it with {options} (see --help)" in flat(done.stderr)


@pytest.mark.parametrize("command", ["answer", "report"])
def test_a_lab_that_asks_nothing(cli: Cli, app: FakeApp, command: str) -> None:
    app.labs.variant = PLAN
    assert cli(command, "--show").exit_code == 2


# The report -----------------------------------------------------------------------------------------------------


def test_the_report_is_written_in_the_editor(cli: Cli, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    given = edits(monkeypatch, "## Cause\n", "## Cause\n\nLe câble.\n")
    done = cli("report", lang="fr")
    assert done.exit_code == 0, done.stderr
    assert "# Rapport d'intervention" in given[0]
    assert "à compléter : symptôme, action, test avec l'utilisateur, temps passé" in flat(done.stdout)
    assert "Le câble." in (path / "report.md").read_text(encoding="utf-8")
    assert "Le câble." in cli("report", "--show").stdout


def test_a_report_from_a_file_as_json(cli: Cli) -> None:
    text = "---\nminutes: 5\n---\n## Symptom\na\n## Cause\nb\n## Action\nc\n## Test\nd\n"
    document = json.loads(cli("report", "--file", "-", "--json", stdin=text).stdout)
    assert document["report"]["empty"] == []
    assert document["report"]["minutes"] == 5
    assert document["text"] == text


# Where else it shows ----------------------------------------------------------------------------------------------


@pytest.fixture
def graded(app: FakeApp) -> Report:
    made = replace(report(*GREEN.results, WRONG), written=WrittenReport(("cause",), 5, "0" * 64))
    app.labs.reports = [made]
    return made


@pytest.mark.usefixtures("graded")
def test_check_says_that_an_answer_is_wrong_to_everybody(cli: Cli) -> None:
    shown = flat(cli("check").stdout)
    assert '✘ Right answer: How many? "7" is wrong.' in shown
    assert "Intervention report: to be completed: cause" in shown
    assert "4217" not in shown


@pytest.mark.parametrize(("outcome", "verdict"), [("pass", "✔ Done. 2/2"), ("fail", "✘ Not done yet: 1 thing")])
def test_a_task_is_done_not_repaired(cli: Cli, app: FakeApp, outcome: str, verdict: str, tmp_path: Path) -> None:
    made = report(replace(WRONG, outcome=outcome))  # type: ignore[arg-type]
    app.labs.reports = [made, made]
    assert verdict in flat(cli("check").stdout)
    cli("check", "--output", str(tmp_path / "out"))
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert ("Done: 2/2 points" if outcome == "pass" else "Not done yet: 0/2 points") in text


@pytest.mark.parametrize("form", ["json", "junit", "text"])
def test_every_form_has_the_answers_and_the_report(cli: Cli, graded: Report, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    cli("check", "--format", form, "--output", str(out))
    text = out.read_text(encoding="utf-8")
    assert "is wrong." in text
    if form == "json":
        assert graded.written is not None
        assert json.loads(text)["written_report"] == graded.written.to_document()
    elif form == "junit":
        suite = ET.fromstring(text).find("testsuite")
        assert suite is not None
        (case,) = [case for case in suite.iter("testcase") if case.get("classname") == "answers.yaml"]
        assert case.get("name") == "count"
        properties = {p.get("name"): p.get("value") for p in suite.findall("properties/property")}
        assert properties["written_report"] == "Intervention report: to be completed: cause"
    else:
        assert "Intervention report: to be completed: cause" in text


def test_start_says_what_is_to_be_handed_in(cli: Cli) -> None:
    shown = cli("start", "cable-out").stdout
    assert " answer " in shown
    assert " report " in shown


def test_stop_says_what_stays(cli: Cli, path: Path) -> None:
    cli("answer", "--set", "count=12")
    done = cli("stop")
    assert str(path / "answers.yaml") in flat(done.stdout).replace(" ", "")
    assert (path / "answers.yaml").is_file()


@pytest.mark.parametrize("solution", [False, True])
def test_the_card_tells_the_truth_to_trainers_only(app: FakeApp, solution: bool) -> None:
    user = DrawnPerson("Zoé", "Lefèvre", "zlefevre", feminine=True)
    plan = replace(PLAN, questions=QUESTIONS, report=True, values={"user": user, "desk": 7, "seed": 3, "domain": "x"})
    scenario = app.content.scenario("no-network-after-move")
    invocation = Invocation(make=lambda *_: app)  # type: ignore[arg-type]
    document = card_document(invocation, scenario, plan, solution=solution)
    assert document["questions"]["count"] == {"fr": "Combien ?", "en": "How many?"}
    assert document["report"] is True
    assert ("4217" in json.dumps(document)) is solution
    if solution:
        assert document["truths"] == {"count": "4217", "hosts": ("pc1", "web1")}
        assert document["values"] == {
            "user": {"full": "Zoé Lefèvre", "login": "zlefevre", "feminine": True},
            "desk": 7,
        }
