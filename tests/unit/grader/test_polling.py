"""Waiting ends when the condition holds, when its time is over, and as soon as it is known that it will not hold."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from grader.bilingual import reason, text_of
from grader.polling import eventually
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from tests.unit.grader.conftest import Clock

REFUSED = reason(fr="le serveur a refusé", en="the server refused")
NO_LEASE = reason(fr="pas encore de bail", en="no lease yet")


def test_what_is_impossible_ends_the_wait_when_it_is_so_a_second_later(clock: Clock) -> None:
    began = clock.now
    with pytest.raises(AssertionError) as failure:
        eventually(lambda: None, unless=lambda: REFUSED, within=60, every=0.3, what=NO_LEASE)
    assert clock.now - began == pytest.approx(1.0)
    assert text_of(str(failure.value)) == Text(
        fr="pas encore de bail : le serveur a refusé (abandonné après 1,0 s)",
        en="no lease yet: the server refused (given up after 1.0 s)",
    )


def test_what_was_impossible_for_a_moment_ends_no_wait(clock: Clock) -> None:
    began = clock.now

    def unless() -> str:
        return "" if 0.8 <= clock.now - began < 0.9 or clock.now - began > 1.7 else REFUSED

    assert eventually(lambda: clock.now - began > 4, unless=unless, within=5, every=0.1)


def test_what_ends_the_wait_is_not_asked_where_the_condition_holds(clock: Clock) -> None:
    asked: list[float] = []

    def unless() -> str:
        asked.append(clock.now)
        return REFUSED

    began = clock.now
    assert eventually(lambda: clock.now > began, unless=unless, within=5, every=0.5)
    assert asked == [began]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the early question be asked at once: no test waits for it."""
    monkeypatch.setattr("grader.polling._NOT_AT_ONCE", 0.01)


class Slow:
    """A condition whose answer comes once somebody has asked what speaks against it, and some seconds later."""

    def __init__(self, clock: Clock, seconds: float, *, holds: bool = False) -> None:
        self.clock, self.seconds, self.holds = clock, seconds, holds
        self.times = 0
        self.asked = threading.Event()

    def until(self) -> bool:
        self.times += 1
        assert self.asked.wait(60), "nobody asks while the answer is waited for"
        self.clock.now += self.seconds
        return self.holds

    def unless(self) -> str:
        self.asked.set()
        return REFUSED


@pytest.mark.usefixtures("eager")
def test_what_speaks_against_it_is_asked_while_the_first_answer_is_waited_for(clock: Clock) -> None:
    slow = Slow(clock, 1.5)
    with pytest.raises(AssertionError, match=r"given up after 1\.5 s"):
        eventually(slow.until, unless=slow.unless, within=60)
    assert slow.times == 1


@pytest.mark.usefixtures("eager")
def test_a_slow_answer_within_a_second_is_asked_for_again(clock: Clock) -> None:
    slow = Slow(clock, 0.6)
    with pytest.raises(AssertionError, match=r"given up after 2\.0 s"):
        eventually(slow.until, unless=slow.unless, within=60, every=0.1)
    assert slow.times == 3


@pytest.mark.usefixtures("eager")
def test_a_slow_answer_that_is_right_wins(clock: Clock) -> None:
    slow = Slow(clock, 1.5, holds=True)
    assert eventually(slow.until, unless=slow.unless, within=60)


@pytest.mark.usefixtures("eager")
def test_what_spoke_against_it_and_does_not_any_more_ends_no_wait(clock: Clock) -> None:
    slow = Slow(clock, 1.5)
    said = iter([REFUSED])

    def unless() -> str:
        slow.asked.set()
        return next(said, "")

    with pytest.raises(AssertionError, match="waited"):
        eventually(slow.until, unless=unless, within=5)


@pytest.mark.usefixtures("eager")
def test_trouble_of_an_early_question_is_told_when_it_is_asked_again(clock: Clock) -> None:
    slow = Slow(clock, 1.5)

    def unless() -> str:
        slow.asked.set()
        raise LookupError(slow.times)

    with pytest.raises(LookupError):
        eventually(slow.until, unless=unless, within=60)


def test_a_condition_that_becomes_true_in_that_second_wins(clock: Clock) -> None:
    began = clock.now
    assert eventually(lambda: clock.now - began >= 1, unless=lambda: REFUSED, within=5, every=0.3)


def test_the_last_assertion_is_told_in_both_languages_with_the_time_waited(clock: Clock) -> None:
    def condition() -> None:
        raise AssertionError(f"{NO_LEASE}\nassert () == (1,)")

    began = clock.now
    with pytest.raises(AssertionError) as failure:
        eventually(condition, unless=lambda: "", within=5, what="not this one")
    assert clock.now - began == pytest.approx(5.0)
    assert text_of(str(failure.value)) == Text(
        fr="pas encore de bail (attendu 5,0 s)", en="no lease yet (waited 5.0 s)"
    )


def test_a_wait_of_which_nobody_said_anything_has_words_as_well(clock: Clock) -> None:
    with pytest.raises(AssertionError) as failure:
        eventually(lambda: clock.now < 0, within=0)
    assert text_of(str(failure.value)) == Text(
        fr="ce qui est attendu n'est pas là (attendu 0,0 s)", en="what is waited for is not there (waited 0.0 s)"
    )
