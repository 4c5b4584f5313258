"""How gradings of a class follow each other: half a processor at most, whatever they use, on a clock of the test's."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.practice.pace import Pace


class Machine:
    """A clock that only work and rests move, and the processor that work used."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.processor = 0.0
        self.known = True
        self.rests: list[float] = []

    def used(self) -> float:
        if not self.known:
            raise LabError(same("no processor cgroup found"))
        return self.processor

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds

    def work(self, seconds: float, processor: float) -> None:
        self.now += seconds
        self.processor += processor


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def pace(machine: Machine) -> Pace:
    return Pace(machine.used, clock=lambda: machine.now, rest=machine.rest)


def turns(machine: Machine, pace: Pace, *work: tuple[float, float]) -> list[float]:
    """Return when each turn began, in seconds after the first."""
    begun = []
    for seconds, processor in work:
        with pace.turn():
            begun.append(machine.now - 1000.0)
            machine.work(seconds, processor)
    return begun


def test_the_next_turn_waits_for_twice_what_the_last_one_used(machine: Machine, pace: Pace) -> None:
    assert turns(machine, pace, (3, 4), (3, 4), (1, 0)) == [0, 8, 16]
    assert machine.rests == [5, 5]
    assert machine.processor / 16 <= 0.5


def test_a_turn_that_mostly_waits_is_followed_at_once(machine: Machine, pace: Pace) -> None:
    assert turns(machine, pace, (8, 3), (8, 4), (8, 0)) == [0, 8, 16]
    assert machine.rests == []


def test_time_that_passed_between_turns_counts(machine: Machine, pace: Pace) -> None:
    turns(machine, pace, (3, 4))
    machine.now += 60
    assert turns(machine, pace, (3, 4), (1, 0)) == [63, 71]


def test_a_turn_that_fails_counts_as_well(machine: Machine, pace: Pace) -> None:
    def work() -> None:
        machine.work(1, 2)
        raise KeyError

    with pytest.raises(KeyError), pace.turn():
        work()
    assert turns(machine, pace, (1, 0)) == [4]


def test_where_nobody_can_tell_a_turn_counts_as_one_processor(machine: Machine, pace: Pace) -> None:
    machine.known = False
    assert turns(machine, pace, (3, 9), (1, 0)) == [0, 6]


def test_a_helper_that_was_started_anew_counts_from_nothing(machine: Machine, pace: Pace) -> None:
    machine.processor = 50.0
    assert turns(machine, pace, (3, -49), (1, 0)) == [0, 6]


def test_the_rest_is_repeated_until_the_time_has_come(machine: Machine) -> None:
    """Whoever sleeps may wake early."""
    pace = Pace(machine.used, clock=lambda: machine.now, rest=lambda seconds: machine.rest(max(seconds / 2, 0.5)))
    assert turns(machine, pace, (0, 4), (1, 0))[1] >= 8


def test_it_sleeps_by_itself() -> None:
    used = iter((0.0, 0.001, 0.001, 0.001))
    pace = Pace(lambda: next(used))
    for _ in range(2):
        with pace.turn():
            pass
