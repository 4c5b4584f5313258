"""The truth of ``july-in-figures``, worked out once more: by a list of all minutes of service."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Place
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.scenario import Scenario
from orchestrator.planning.steps import Renderer, render_questions
from orchestrator.planning.template_context import base_values
from orchestrator.planning.variant import draw_variant

pytestmark = pytest.mark.slow

SATURDAY = 5
HOLIDAY = date(2026, 7, 14)
ENDS = datetime(2026, 8, 1)
SOLVE = {"P1": 4, "P2": 8, "P3": 24, "P4": 72}
JUNE = 1
"""Requests of June that were still to be solved at the end of July."""


@cache
def scenario() -> Scenario:
    return Content([built_in_root()]).scenario("july-in-figures")


def place_of(file: Path, _: object) -> Place:
    return Place.of(file)


def truths(values: dict[str, Any]) -> list[float]:
    questions = render_questions(scenario().document, Renderer(values, place_of), scenario().folder / "scenario.yaml")
    return [float(str(questions[name].truth)) for name in ("received", "answered", "solved", "backlog")]


def counted(values: dict[str, Any]) -> list[float]:
    """Return the figures as a list of the minutes of service gives them."""
    first = datetime(2026, 7, 1, values["opens"])
    served = [
        day + timedelta(minutes=minute)
        for day in (first + timedelta(days=number) for number in range(60))
        if day.weekday() < SATURDAY and day.date() != HOLIDAY
        for minute in range(60 * (values["closes"] - values["opens"]))
    ]

    def minutes(begin: datetime, end: datetime) -> int:
        return bisect_left(served, end) - bisect_left(served, begin)

    received = answered = solved = backlog = 0
    for line in "".join(values[f"week{number}"] for number in range(1, 6)).splitlines():
        head, _, told = line.partition(": ")
        level = head.split()[1]
        if level == "--":
            continue
        events = [(one[0], datetime.strptime(f"2026 {one[2:]}", "%Y %d/%m %H:%M")) for one in told.split(", ")]
        came = events[0][1]
        received += 1
        answer = next((moment for kind, moment in events if kind == "a"), None)
        promised = 60 if level in {"P1", "P2"} else 60 * values["patience"]
        answered += answer is not None and minutes(came, answer) <= promised
        done = next((moment for kind, moment in events if kind == "s"), None)
        stops = [moment for kind, moment in events if kind == "w"]
        held = sum(minutes(since, min(m for kind, m in events if m > since and kind in "os")) for since in stops if done)
        solved += done is not None and minutes(came, done) - held <= 60 * SOLVE[level]
        backlog += done is None or done >= ENDS
    return [received, round(100 * answered / received, 1), round(100 * solved / received, 1), backlog + JUNE]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 2**31 - 1])
def test_the_truth_is_what_the_minutes_come_to(seed: int) -> None:
    values = {**draw_variant(scenario(), seed).values, **base_values(scenario().lab, seed)}
    assert truths(values) == counted(values)


def test_answers_differ_by_seed_and_no_figure_is_trivial() -> None:
    found = [
        truths({**draw_variant(scenario(), seed).values, **base_values(scenario().lab, seed)}) for seed in range(12)
    ]
    assert len({tuple(one) for one in found}) > 9
    assert all(50 <= share <= 95 for _, answered, solved, _ in found for share in (answered, solved))
