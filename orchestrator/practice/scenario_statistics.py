"""How a scenario goes: how often each check is red at first, how long until it is green, how often hints are read.

Each person counts once, by their first attempt. Nobody may learn from the numbers how one person did whom they do not
train, not even by comparing what stands there today with what stood there yesterday:

- people of one's own classes count always: their attempts can be read one by one anyway;
- all others count in groups of ``GROUP``, in the order in which their attempts came to an end, and only once theirs
  has: what comes in at once is never about one of them alone;
- a check that fewer of the others were graded for leaves all of them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

from orchestrator.core.text import Text
from orchestrator.records.first_attempts import FirstAttempt
from orchestrator.records.models import Attempt

GROUP: Final = 5
"""People outside one's own classes who count together."""
MOST: Final = 200
"""Of each kind the newest attempts that count; a multiple of ``GROUP``. A scenario may have changed since older ones,
and reading many takes long."""


@dataclass(frozen=True)
class CheckStatistic:
    """One check over many people.

    Attributes:
        id: the check's.
        sentence: what it says, of one of the variants.
        people: for how many it was judged at their first grading.
        red: how many found it red then.
        green: how many of these saw it green later.
        seconds: the median time from the start until it was green, of these; None: of none.
    """

    id: str
    sentence: Text
    people: int
    red: int
    green: int
    seconds: int | None


@dataclass(frozen=True)
class ScenarioStatistics:
    """A scenario over many people.

    Attributes:
        people: how many count.
        own: how many of them are of one's own classes.
        hinted: how many read a hint.
        hints: how many hints they read in all.
        solved: how many solved it.
        waiting: whether others have tried it who do not count yet.
        checks: each check that was ever judged at a first grading.
    """

    people: int
    own: int
    hinted: int
    hints: int
    solved: int
    waiting: bool
    checks: tuple[CheckStatistic, ...]


@dataclass(frozen=True)
class Counted:
    """Whose attempts count, by their numbers, and whether somebody is left out."""

    own: tuple[int, ...]
    others: tuple[int, ...]
    waiting: bool


@dataclass(frozen=True)
class _First:
    """One check in one attempt: its sentence, whether it was red at first, and the seconds until it was green."""

    sentence: Text
    red: bool
    green: int | None


def counted(attempts: Sequence[FirstAttempt], own: Collection[str], reader: str) -> Counted:
    """Return whose attempts count.

    Args:
        attempts: the first attempt of each person.
        own: the references of the people in the reader's own classes.
        reader: the reader's reference; their own attempt is a trial, and does not count.
    """
    mine = tuple(one.id for one in attempts if one.person in own and one.person != reader)
    rest = [one for one in attempts if one.person not in own and one.person != reader]
    over = sorted((one.over_at, one.id) for one in rest if one.over_at is not None)
    others = tuple(number for _, number in over[: len(over) // GROUP * GROUP])
    return Counted(mine[-MOST:], others[-MOST:], len(others) < len(rest))


def statistics_of(attempts: Iterable[Attempt], which: Counted) -> ScenarioStatistics:
    """Return what attempts come to; their reports are read."""
    own, known = frozenset(which.own), [*attempts]
    firsts: dict[str, list[tuple[bool, _First]]] = defaultdict(list)
    for attempt in known:
        for check, first in _firsts(attempt).items():
            firsts[check].append((attempt.id in own, first))
    checks = (_check(check, found) for check, found in firsts.items())
    return ScenarioStatistics(
        people=len(known),
        own=sum(attempt.id in own for attempt in known),
        hinted=sum(attempt.hints > 0 for attempt in known),
        hints=sum(attempt.hints for attempt in known),
        solved=sum(attempt.solved_at is not None for attempt in known),
        waiting=which.waiting,
        checks=tuple(one for one in checks if one is not None),
    )


def _check(check: str, found: Sequence[tuple[bool, _First]]) -> CheckStatistic | None:
    """Return one check's numbers; None where nobody counts for it."""
    too_few = sum(not own for own, _ in found) < GROUP
    counting = [first for own, first in found if own or not too_few]
    if not counting:
        return None
    red = [first for first in counting if first.red]
    greens = [first.green for first in red if first.green is not None]
    seconds = round(median(greens)) if greens else None
    return CheckStatistic(check, counting[-1].sentence, len(counting), len(red), len(greens), seconds)


def _firsts(attempt: Attempt) -> dict[str, _First]:
    """Return each check of an attempt's first grading that judged it."""
    firsts: dict[str, _First] = {}
    gradings = [(kept.at, kept.report) for kept in attempt.reports if kept.valid]
    for result in gradings[0][1]["results"] if gradings else ():
        if result["outcome"] in {"pass", "fail"}:
            red = result["outcome"] == "fail"
            green = _green_after(result["id"], gradings[1:], attempt.started_at) if red else None
            firsts[result["id"]] = _First(Text(**result["sentence"]), red, green)
    return firsts


def _green_after(check: str, gradings: Sequence[tuple[datetime, Mapping[str, Any]]], began: datetime) -> int | None:
    """Return the seconds from the start to the first grading that found a check green; None: none did."""
    for at, report in gradings:
        if any(one["id"] == check and one["outcome"] == "pass" for one in report["results"]):
            return max(0, round((at - began).total_seconds()))
    return None
