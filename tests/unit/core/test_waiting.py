"""Waiting: until the condition holds and no longer, never beyond the deadline."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from orchestrator.core import waiting
from orchestrator.core.waiting import wait_until


class Clock:
    """A clock that passes only while somebody sleeps, or while a condition is looked at."""

    def __init__(self) -> None:
        self.now = 500.0
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=made.monotonic, sleep=made.sleep))
    return made


def test_what_holds_at_once_costs_no_time(clock: Clock) -> None:
    assert wait_until(lambda: "value", within=10) == "value"
    assert clock.naps == []


def test_the_value_is_returned_as_soon_as_it_is_true(clock: Clock) -> None:
    answers = iter([None, 0, "", "ready"])
    assert wait_until(lambda: next(answers), within=10, every=0.5) == "ready"
    assert clock.naps == [0.5, 0.5, 0.5]


def test_what_never_holds_ends_at_the_deadline(clock: Clock) -> None:
    asked = itertools.count()
    assert wait_until(lambda: next(asked) < 0, within=1, every=0.3) is None
    assert sum(clock.naps) == pytest.approx(1.0)
    assert clock.now == pytest.approx(501.0)
    assert next(asked) == 5, "at 0, 0.3, 0.6, 0.9, and once more when the time is over"


def test_what_is_waited_for_long_is_looked_at_rarely(clock: Clock) -> None:
    """Within a second it is seen at once; after a minute it is not asked fifty times a second any more."""
    assert wait_until(lambda: clock.now >= 501.0, within=60)
    assert clock.now < 501.1, "a tenth late at most"
    clock.naps.clear()
    assert wait_until(lambda: False, within=60) is None
    assert sum(clock.naps) == pytest.approx(60)
    assert len(clock.naps) < 100
    assert max(clock.naps) > 5


@pytest.mark.parametrize("within", [0.0, -1.0])
def test_without_time_it_is_looked_at_once(clock: Clock, within: float) -> None:
    asked = itertools.count()
    assert wait_until(lambda: next(asked) == 0, within=within) is True
    assert wait_until(lambda: next(asked) < 0, within=within) is None
    assert next(asked) == 2
    assert clock.naps == []


def test_a_slow_condition_that_held_in_the_end_counts(clock: Clock) -> None:
    """A look that takes longer than the limit is followed by one more: the state after the deadline decides."""
    looks = iter([None, "late"])

    def look() -> str | None:
        clock.now += 5
        return next(looks)

    assert wait_until(look, within=3) == "late"


def test_a_condition_that_raises_ends_the_wait(clock: Clock) -> None:
    def broken() -> bool:
        raise LookupError("no such host")

    with pytest.raises(LookupError):
        wait_until(broken, within=10)
    assert clock.naps == []
