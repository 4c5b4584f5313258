"""Practice is recorded by the commands that a trainee uses, and no trouble with that stops them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

from .conftest import LAB, PLAN, Cli, FakeApp
from .test_answer import QUESTIONS

STORE_GONE = MachineError(
    Text(fr="La base est pleine", en="The database is full"), Text(fr="Faites de la place", en="Make room")
)


@pytest.mark.parametrize(
    ("words", "recorded"),
    [
        (["start", "cable-out"], [("started", "cable-out-9f9f")]),
        (["check"], [("checked", LAB, "not_repaired")]),
        (["check", "--format", "json"], [("checked", LAB, "not_repaired")]),
        (["hint"], [("hinted", LAB, "1")]),
        (["reset"], [("reset", LAB, LAB)]),
        (["stop"], [("stopped", LAB)]),
        (["status"], []),
        (["lab"], []),
    ],
    ids=lambda words: " ".join(words) if words and isinstance(words[0], str) else "",
)
def test_what_a_trainee_does_is_recorded(
    cli: Cli, app: FakeApp, words: list[str], recorded: list[tuple[str, ...]]
) -> None:
    cli(*words)
    assert app.practice.recorded == recorded


@pytest.mark.parametrize("words", [["start", "cable-out"], ["check"], ["hint"], ["stop"]], ids=" ".join)
def test_trouble_with_recording_is_a_warning(cli: Cli, app: FakeApp, words: list[str]) -> None:
    app.practice.trouble = STORE_GONE
    result = cli(*words, "--json")
    assert result.exit_code == (1 if words == ["check"] else 0)
    assert json.loads(result.stdout), "the command's own result is as ever"
    assert result.stderr.splitlines()[-2:] == ["! Not recorded: The database is full", "  → Make room"]


@pytest.mark.parametrize("words", [["--set", "count=7"], ["--show"]], ids=" ".join)
def test_answers_are_recorded_when_they_are_given(cli: Cli, app: FakeApp, words: list[str]) -> None:
    app.labs.variant = replace(PLAN, questions=QUESTIONS, report=True)
    cli("answer", *words)
    assert app.practice.recorded == ([("handed_in", LAB, "answer")] if words[0] == "--set" else [])


def test_a_report_is_recorded_when_it_is_handed_in(cli: Cli, app: FakeApp) -> None:
    app.labs.variant = replace(PLAN, report=True)
    cli("report", "--file", "-", stdin="# Report")
    cli("report", "--show")
    assert app.practice.recorded == [("handed_in", LAB, "report")]
