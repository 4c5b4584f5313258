"""The truths of the scenarios that measure a month, worked out once more: from minutes of service, and from answers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import fmean
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

FRIDAY, SATURDAY = 4, 5
WEEK = timedelta(days=7)
HOLIDAY = date(2026, 7, 14)
ENDS = datetime(2026, 8, 1, tzinfo=UTC)
"""Hours are Paris time, and which zone they are in is no matter here."""
SOLVE = {"P1": 4, "P2": 8, "P3": 24, "P4": 72}
SURVEYED_BESIDES = 1
"""Requests of September that the import has solved in October, beside those that the variant draws."""
JUNE = 1
"""Requests of June that were still to be solved at the end of July."""


@cache
def scenario(name: str) -> Scenario:
    return Content([built_in_root()]).scenario(name)


def values_of(name: str, seed: int) -> dict[str, Any]:
    return {**draw_variant(scenario(name), seed).values, **base_values(scenario(name).lab, seed)}


def place_of(file: Path, _: object) -> Place:
    return Place.of(file)


def moment_of(text: str) -> datetime:
    return datetime.strptime(f"2026 {text}", "%Y %d/%m %H:%M").replace(tzinfo=UTC)


def truths(name: str, values: dict[str, Any], *questions: str) -> list[float]:
    file = scenario(name).folder / "scenario.yaml"
    rendered = render_questions(scenario(name).document, Renderer(values, place_of), file)
    return [float(str(rendered[question].truth)) for question in questions]


def of_july(values: dict[str, Any]) -> list[float]:
    return truths("july-in-figures", values, "received", "answered", "solved", "backlog")


def minutes_of(first: datetime, values: dict[str, Any]) -> Callable[[datetime, datetime], int]:
    """Return what counts the minutes of service between two moments of sixty days."""
    served = [
        day + timedelta(minutes=minute)
        for day in (first.replace(hour=values["opens"]) + timedelta(days=number) for number in range(60))
        if day.weekday() < SATURDAY and day.date() != HOLIDAY
        for minute in range(60 * (values["closes"] - values["opens"]))
    ]
    return lambda begin, end: bisect_left(served, end) - bisect_left(served, begin)


def counted(values: dict[str, Any]) -> list[float]:
    """Return July's figures as a list of the minutes of service gives them."""
    minutes = minutes_of(datetime(2026, 7, 1, tzinfo=UTC), values)
    received = answered = solved = backlog = 0
    for line in "".join(values[f"week{number}"] for number in range(1, 6)).splitlines():
        head, _, told = line.partition(": ")
        level = head.split()[1]
        if level == "--":
            continue
        events = [(one[0], moment_of(one[2:])) for one in told.split(", ")]
        came = events[0][1]
        received += 1
        answer = next((moment for kind, moment in events if kind == "a"), None)
        promised = 60 if level in {"P1", "P2"} else 60 * values["patience"]
        answered += answer is not None and minutes(came, answer) <= promised
        done = next((moment for kind, moment in events if kind == "s"), None)
        stops = [moment for kind, moment in events if kind == "w"]
        ends = [min(moment for kind, moment in events if moment > since and kind in "os") for since in stops if done]
        held = sum(map(minutes, stops, ends))
        solved += done is not None and minutes(came, done) - held <= 60 * SOLVE[level]
        backlog += done is None or done >= ENDS
    return [received, round(100 * answered / received, 1), round(100 * solved / received, 1), backlog + JUNE]


def of_bad_week(values: dict[str, Any]) -> list[float]:
    """Return the mean time in hours, and how many requests were late, with the bad week's four working days later."""
    minutes = minutes_of(datetime(2026, 9, 1, tzinfo=UTC), values)
    spent, late = [], 0
    for line in "".join(values[f"week{number}"] for number in range(1, 5)).splitlines():
        head, _, told = line.partition(": ")
        _, level, letter = head.split()
        came, *_, done = (moment_of(one[2:]) for one in told.split(", "))
        in_week = moment_of(f"{values['week']}/09 00:00") <= came < moment_of(f"{values['week']}/09 00:00") + WEEK
        for _ in range(4 if in_week and values["category"].startswith(letter) else 0):
            done += timedelta(days=1 if done.weekday() < FRIDAY else 3)
        spent.append(minutes(came, done))
        late += spent[-1] > 60 * SOLVE[level]
    return [round(sum(spent) / len(spent) / 60, 1), late]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 2**31 - 1])
def test_july_is_what_the_minutes_come_to(seed: int) -> None:
    values = values_of("july-in-figures", seed)
    assert of_july(values) == counted(values)


def test_answers_differ_by_seed_and_no_figure_is_trivial() -> None:
    found = [of_july(values_of("july-in-figures", seed)) for seed in range(12)]
    assert len({tuple(one) for one in found}) > 9
    assert all(50 <= share <= 95 for _, answered, solved, _ in found for share in (answered, solved))


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 2**31 - 1])
def test_september_hides_one_box_alone(seed: int) -> None:
    """Its average is good, and all that is late is what the variant has drawn."""
    values = values_of("september-looks-fine", seed)
    average, late = truths("september-looks-fine", values, "average", "late")
    assert [average, late] == of_bad_week(values)
    assert average < SOLVE["P3"] / 1.5
    assert late > 1


def of_survey(values: dict[str, Any]) -> tuple[int, dict[str, list[int]]]:
    """Return how many requests were surveyed, and the scores that count, by category's letter."""
    surveyed: int = SURVEYED_BESIDES + values["carried"]
    scores: dict[str, list[int]] = {}
    for line in "".join(values[f"week{number}"] for number in range(1, 5)).splitlines():
        head, _, told = line.partition(": ")
        letter = head.split()[1]
        events, _, answers = told.partition(" | ")
        kind, solved = events.split(", ")[-1][0], moment_of(events.split(", ")[-1][2:])
        if kind != "s":
            continue
        surveyed += 1
        given = {moment_of(one[2:]): int(one[0]) for one in answers.split(", ") if one[0].isdecimal()}
        in_time = [moment for moment in given if moment - solved <= timedelta(days=int(values["days"]))]
        if in_time:
            low = 3 if values["category"].startswith(letter) else 0
            scores.setdefault(letter, []).append(max(1, given[max(in_time)] - low))
    return surveyed, scores


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6, 7, 8, 2**31 - 1])
def test_october_is_what_its_answers_come_to(seed: int) -> None:
    """The category that lags is the drawn one, by a margin; a smaller one is lower, and may not be published."""
    values = values_of("october-replies", seed)
    surveyed, scores = of_survey(values)
    counted = [score for those in scores.values() for score in those]
    found = [surveyed, round(100 * len(counted) / surveyed, 1), round(fmean(counted), 2)]
    assert truths("october-replies", values, "surveyed", "rate", "mean") == found
    means = {letter: fmean(those) for letter, those in scores.items()}
    first, second, *_ = sorted(mean for letter, mean in means.items() if len(scores[letter]) >= values["least"])
    assert means[values["category"][0]] == first < second - 1
    assert min(means.values()) < first


def test_october_differs_by_seed() -> None:
    variants = [values_of("october-replies", seed) for seed in range(12)]
    drawn = ("category", "grievance")
    found = {(*truths("october-replies", one, "rate", "mean"), *(one[name] for name in drawn)) for one in variants}
    assert len(found) > 9
