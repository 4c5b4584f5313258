"""``python -m tests.bench``: which measurement is made, what goes out, and what the exit status says."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from tests.bench import __main__ as command
from tests.bench import benchmark

if TYPE_CHECKING:
    from orchestrator.app import App

pytestmark = pytest.mark.slow

APP = cast("App", SimpleNamespace(close=lambda: None))


@dataclass(frozen=True)
class Found:
    """A report with all that the command asks of one."""

    grown: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        return {"grown": list(self.grown), "changes": list(self.changes)}

    def to_text(self, language: str) -> str:
        return f"report ({language})\n"


@dataclass
class Measured:
    """What the measurements find; ``asked`` notes what was asked of them."""

    found: Found
    asked: list[dict[str, Any]]

    def __call__(self, app: App, *, progress: object, **asked: Any) -> Found:  # noqa: ANN401
        assert (app, progress is not None) == (APP, True)
        self.asked.append(asked)
        return self.found


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    made = Measured(Found(), [])
    monkeypatch.setattr(benchmark, "run", made)
    monkeypatch.setattr(command, "run_cycles", made)
    monkeypatch.setattr(command, "run_gradings", made)
    monkeypatch.setattr(command, "run_shares", made)
    return made


def run(*words: str, lang: str = "en") -> int:
    return command.main(("--lang", lang, *words), Invocation(make=lambda _content, _database: APP))


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["compare"], {"runs": 5}),
        (["compare", "--runs", "2"], {"runs": 2}),
        (["cycles", "7"], {"cycles": 7}),
        (["grading", "18"], {"gradings": 18}),
        (["comparison", "--runs", "3"], {"runs": 3}),
    ],
    ids=" ".join,
)
def test_each_measurement_is_asked_for_by_its_name(
    measured: Measured, capsys: pytest.CaptureFixture[str], words: list[str], asked: dict[str, int]
) -> None:
    assert run(*words, lang="fr") == 0
    assert measured.asked == [asked]
    assert capsys.readouterr().out == "report (fr)\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [(["cycles", "1"], Found(grown=("links",))), (["grading", "18"], Found(changes=("a check",)))],
    ids=["cycles", "grading"],
)
def test_what_has_grown_or_changed_is_the_exit_status(measured: Measured, words: list[str], found: Found) -> None:
    measured.found = found
    assert run(*words) == 1
    measured.found = replace(found, grown=(), changes=())
    assert run(*words) == 0


@pytest.mark.parametrize("words", [["compare"], ["cycles", "1"], ["grading", "18"]], ids=lambda words: str(words[0]))
def test_the_report_goes_to_a_file_and_out_as_json(
    measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    measured.found = Found(grown=("links",), changes=("a check",))
    run(*words, "--output", str(tmp_path / "report.json"), "--json")
    expected = measured.found.to_document()
    assert json.loads((tmp_path / "report.json").read_text()) == expected
    assert json.loads(capsys.readouterr().out) == expected


@pytest.mark.parametrize("words", [["compare"], ["cycles", "1"], ["grading", "18"]], ids=lambda words: str(words[0]))
def test_nothing_is_measured_for_a_report_that_cannot_be_written(
    measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(*words, "--output", str(tmp_path / "none" / "report.json")) == 2
    assert "there is no such folder" in " ".join(capsys.readouterr().err.split())
    assert measured.asked == []


def test_an_error_is_told_as_the_program_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise LabError(Text(fr="Rien ne démarre.", en="Nothing starts."), evidence="no space left")

    monkeypatch.setattr(benchmark, "run", fails)
    assert run("compare") == LabError.exit_code
    told = capsys.readouterr().err
    assert "✘ Nothing starts." in told
    assert "│ no space left" in told


@pytest.mark.parametrize("words", [["cycles"], ["cycles", "0"], ["grading", "17"], ["compare", "--cycles", "3"], ["x"]])
def test_wrong_words_are_refused(measured: Measured, words: list[str]) -> None:
    assert run(*words) == 2
    assert measured.asked == []


def test_the_help_names_the_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("compare", "cycles", "grading"))
