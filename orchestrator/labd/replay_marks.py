"""The marks of a replay: where checks turned, where a change to explain was found, where a hint was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from grader.report import Outcome, Report
from orchestrator.core.text import Text, same
from orchestrator.labd.lab_contract import ChangeView
from orchestrator.labd.privacy_contract import MarkKind, MarkLine
from orchestrator.labd.trainee_view import grading_view, iso

_KINDS: Final[Mapping[Outcome, MarkKind]] = {"pass": "green", "fail": "red", "error": "unsure"}
_NOTHING: Final = same("")


def marks_of(
    gradings: Iterable[tuple[datetime, Report]], hints: Iterable[tuple[datetime, int]]
) -> tuple[MarkLine, ...]:
    """Return what turned, in time; the first grading shows what each check was found to be at first.

    A trainee is told no more than the lab page told: sentences, and changes once every check is green. What must keep
    working was green from the beginning: one of these is told of once it has been red.

    Args:
        gradings: the gradings in their order, each with its time.
        hints: when each hint was read, with its number.
    """
    marks = [(at, MarkLine(iso(at), "hint", _NOTHING, number)) for at, number in hints]
    known: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for at, report in gradings:
        view = grading_view(report, {}, at)
        for check in view.checks:
            silent = check.role == "guard" and check.outcome == "pass" and check.id not in known
            if known.get(check.id) != check.outcome and not silent:
                marks.append((at, MarkLine(view.at, _KINDS[check.outcome], check.sentence)))
                known[check.id] = check.outcome
        for change in view.changes:
            if (change.host, change.sentence.en) not in told:
                told.add((change.host, change.sentence.en))
                marks.append((at, MarkLine(view.at, "change", _placed(change))))
    return tuple(mark for _, mark in sorted(marks, key=lambda one: one[0]))


def _placed(change: ChangeView) -> Text:
    """Return what has changed, with where."""
    return change.sentence.map(lambda text: f"{change.host}: {text}" if change.host else text)
