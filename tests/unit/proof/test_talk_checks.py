"""Checks of what was said: nobody has spoken where nothing is broken, and no lab shows it."""

from __future__ import annotations

from grader.report import CheckResult, Report
from orchestrator.core.text import same
from orchestrator.proof import judging


def report(*results: tuple[str, str, str]) -> Report:
    made = (CheckResult(name, role, 1, None, same(name), outcome, same("why")) for name, role, outcome in results)  # type: ignore[arg-type]
    return Report("lab", "scenario", 1, "d", "", 0.0, tuple(made))


def test_nobody_has_spoken_where_nothing_is_broken() -> None:
    seen = report(("test_x.py::up", "symptom", "pass"), ("test_talk.py::asked", "objective", "fail"))
    assert judging.healthy(None, seen).verdicts == ()
    assert judging.restored(None, seen).verdicts == ()


def test_it_is_asked_for_once_something_is_broken() -> None:
    silent = report(("test_x.py::up", "symptom", "fail"), ("test_talk.py::asked", "objective", "fail"))
    assert judging.broken(silent, task=False).verdicts == ()
    spoken = report(("test_x.py::up", "symptom", "fail"), ("test_talk.py::asked", "objective", "pass"))
    assert [verdict.kind for verdict in judging.broken(spoken, task=False).verdicts] == ["blind"]
    forgotten = report(("test_x.py::up", "symptom", "pass"), ("test_talk.py::asked", "objective", "fail"))
    assert [one.kind for one in judging.repaired(forgotten, "s", learning=False).verdicts] == ["not-repaired"]


def test_no_lab_shows_what_was_said() -> None:
    none = report(("test_x.py::up", "symptom", "error"), ("test_talk.py::polite", "guard", "pass"))
    assert judging.nowhere(none).verdicts == ()
