"""Errors: a sentence, a next step, an exit status; in both languages, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.text import Text as Styled

from orchestrator.cli.output import make_console, table
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import ContentError, LabError, MachineError, Place, Problem, UsageError
from orchestrator.core.language import Language

from .conftest import Cli, FakeApp, text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError(text("wrong")), 2),
        (MachineError(text("wrong")), 3),
        (ContentError((Problem(Place("lab.yaml", 3, 1), text("wrong")),)), 4),
        (LabError(text("wrong")), 5),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_status(cli: Cli, app: FakeApp, error: BaseException, status: int) -> None:
    app.labs.trouble = error
    done = cli("check")
    assert done.exit_code == status
    assert "Traceback" not in done.output


def test_an_error_shows_sentence_hint_and_the_end_of_its_evidence(cli: Cli, app: FakeApp) -> None:
    evidence = "\n".join(f"line {n}" for n in range(100))
    app.labs.trouble = LabError(text("it broke"), text("repair it"), evidence)
    shown = cli("check", lang="fr").stderr
    assert "✘ it broke (fr)" in shown
    assert "→ repair it (fr)" in shown
    assert "line 99" in shown
    assert "line 69" not in shown


def test_all_problems_of_content_are_listed_with_their_places(cli: Cli, app: FakeApp) -> None:
    app.labs.trouble = ContentError(
        (
            Problem(Place("lab.yaml", 3, 1), text("first"), text("like this")),
            Problem(Place("scenario.yaml"), text("second")),
        )
    )
    shown = cli("check").stderr
    for part in ("2 errors", "lab.yaml:3:1", "first (en)", "→ like this (en)", "scenario.yaml", "second (en)"):
        assert part in shown


def test_an_error_as_json(cli: Cli, app: FakeApp) -> None:
    app.labs.trouble = ContentError((Problem(Place("lab.yaml", 3, 1), text("first"), text("so")),))
    done = cli("check", "--json")
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == ("content", 4)
    assert error["problems"] == [
        {
            "file": "lab.yaml",
            "line": 3,
            "column": 1,
            "message": {"fr": "first (fr)", "en": "first (en)"},
            "hint": {"fr": "so (fr)", "en": "so (en)"},
        }
    ]


def test_a_mistake_in_the_program_is_one_sentence_and_a_file(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    app.labs.trouble = ZeroDivisionError("by zero")
    done = cli("check")
    assert done.exit_code == 5
    assert "Traceback" not in done.output
    (log,) = (tmp_path / "state" / "breakfix" / "logs").glob("error-*.log")
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.name in done.stderr.replace("\n", "")


def test_a_reader_that_has_had_enough_is_no_error(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.cli.failures._reader_gone", lambda: 141)
    app.labs.trouble = BrokenPipeError()
    done = cli("check")
    assert (done.exit_code, done.output.strip()) == (141, "")


@pytest.mark.parametrize(
    ("words", "lang", "said"),
    [
        (["strat"], "en", 'no command "strat". Did you mean "start"'),
        (["strat"], "fr", "Commande inconnue"),
        (["scenario"], "fr", "scenarios"),
        (["start"], "en", "Missing argument"),
        (["start"], "fr", "Il manque l'argument"),
        (["start", "--nope"], "fr", "Option inconnue"),
        (["start", "x", "--seed", "many"], "fr", "n'est pas un nombre entier"),
        (["check", "--format", "xml"], "fr", "n'est pas l'un de"),
        (["images", "bild"], "fr", "Commande inconnue"),
        (["stop", "--lab"], "fr", "demande une valeur"),
        (["status", "too", "many"], "fr", "Arguments en trop"),
        (["exec", "pc3", "ls"], "en", 'did you mean "pc1"'),
        (["cable", "pc1:eth9", "plug"], "en", 'did you mean "eth0"'),
        (["cable", "pc1:eth0", "servrs"], "en", 'did you mean "servers"'),
        (["cable", "pc1"], "fr", "MACHINE:INTERFACE"),
        (["forward", "web1:http"], "en", "not HOST:PORT"),
        (["scenarios", "--competence", "9"], "en", "no competence"),
        (["prove"], "fr", "Nommez un scénario"),
    ],
)
def test_wrong_use_says_what_is_right(cli: Cli, words: list[str], lang: Language, said: str) -> None:
    done = cli(*words, lang=lang)
    assert done.exit_code == 2
    assert said in done.stderr.replace("\N{NO-BREAK SPACE}", " ")
    assert "→" in done.stderr or "?" in done.stderr or "did you mean" in done.stderr


def test_wrong_use_as_json(cli: Cli) -> None:
    done = cli("--json", "strat")
    assert json.loads(done.stdout)["error"]["kind"] == "wrong_use"


def test_the_program_s_parts_are_closed(cli: Cli, app: FakeApp) -> None:
    cli("status")
    assert app.closed


ESCAPES = "\x1b]0;mine\x07\x1b[2J\x9b31m\u202e\x08"
SHOWN = "\\u001b]0;mine\\u0007\\u001b[2J\\u009b31m\\u202e\\u0008"


@pytest.mark.parametrize("part", ["text", "hint", "evidence", "problem", "file"])
def test_nothing_that_is_told_acts_on_the_terminal(cli: Cli, app: FakeApp, part: str) -> None:
    errors = {
        "text": LabError(text(ESCAPES)),
        "hint": LabError(text("it broke"), text(ESCAPES)),
        "evidence": LabError(text("it broke"), evidence=ESCAPES),
        "problem": ContentError((Problem(Place("lab.yaml", 3), text(ESCAPES)),)),
        "file": ContentError((Problem(Place(f"{ESCAPES}.yaml", 3), text("wrong")),)),
    }
    app.labs.trouble = errors[part]
    shown = cli("check").stderr
    assert SHOWN in shown.replace("\n", "").replace("  │ ", "").replace("    ", "")
    assert not CONTROLS.search(shown)


def test_json_is_read_as_it_was_and_shows_nothing_raw(cli: Cli, app: FakeApp) -> None:
    app.labs.trouble = LabError(text("it broke"), evidence=f"{ESCAPES}\udcff")
    written = cli("check", "--json").stdout
    assert not CONTROLS.search(written)
    assert json.loads(written)["error"]["evidence"] == f"{ESCAPES}\udcff"


def test_a_name_does_not_look_like_another_problem(cli: Cli, app: FakeApp) -> None:
    app.labs.trouble = ContentError((Problem(Place("a\n✔ fine", 3), text("wrong\n✔ fine")),))
    assert not [line for line in cli("check").stderr.splitlines() if line.startswith("✔")]


def test_what_is_shown_without_plain_is_held_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    console = make_console(stderr=False)
    rows = table("a", title=ESCAPES)
    rows.add_row(Styled("b").append(ESCAPES))
    console.print(rows, Panel(ESCAPES))
    assert not CONTROLS.search(capsys.readouterr().out)
