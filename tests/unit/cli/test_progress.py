"""Steps on a terminal and elsewhere; the tests command's arithmetic; words for sizes and times."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestrator.cli import language_choice
from orchestrator.cli.commands.test import combined
from orchestrator.cli.progress_view import Steps, duration, megabytes
from orchestrator.core.errors import LabError

from .conftest import text


@pytest.mark.parametrize("terminal", [True, False])
def test_steps_and_builds(terminal: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=80)
    steps = Steps(console, "en", tell_cached=True)
    with steps.shown():
        steps.cached("base")
        for name in ("host", "web"):
            steps.started(name)
            steps.line(name, f"Step of {name}")
        steps.finished("host", 12.3, 150_000_000)
        steps.failed("web", LabError(text("broke")))
        steps.step(text("starting"))
        steps.detail(text("pc1"))
    shown = stream.getvalue()
    for part in ("base", "150 MB", "12 s", "web: failed", "starting (en)", "pc1 (en)"):
        assert part in shown


@pytest.mark.parametrize(
    ("first", "second", "status"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (5, 0, 0), (0, 5, 0), (5, 5, 5), (2, 1, 2)]
)
def test_the_exit_status_of_two_parts(first: int, second: int, status: int) -> None:
    assert combined(first, second) == status


def test_sizes_and_times_in_both_languages() -> None:
    assert (duration(2.34), duration(75), megabytes(1_500_000_000)) == ("2.3 s", "1 min 15 s", "1.5 GB")
    language_choice.choose(["--lang", "fr"])
    try:
        assert (duration(2.34), megabytes(1_500_000_000)) == ("2,3 s", "1,5 Go")
        assert (megabytes(30_187), megabytes(30_187_000)) == ("30 ko", "30 Mo")
    finally:
        language_choice.choose([], {})
