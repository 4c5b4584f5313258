"""Whose turn it is, and how long it takes: the order of starts that wait, and the estimate of their waiting."""

from __future__ import annotations

import pytest

from orchestrator.labd.fair_turns import FairTurns
from orchestrator.labd.start_lengths import StartLengths


def turns(*asked: str) -> FairTurns[str]:
    """Return what waits: ``a1`` is asked for by ``a``."""
    made = FairTurns[str]()
    for one in asked:
        made.add(one[0], one)
    return made


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("", ""),
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 a2 a3 b1", "a1 b1 a2 a3"),
        ("a1 b1 b2 c1 a2 c2 c3", "a1 b1 c1 a2 b2 c2 c3"),
    ],
)
def test_those_who_ask_take_turns(asked: str, order: str) -> None:
    waiting = turns(*asked.split())
    assert (waiting.order(), len(waiting)) == (tuple(order.split()), len(order.split()))


def test_a_class_of_thirty_starves_nobody() -> None:
    waiting = turns(*(f"c{number:02}" for number in range(30)))
    for number in range(3):
        waiting.serve(waiting.order()[0])
        waiting.add("z", f"z{number}")
        assert waiting.order()[1] == f"z{number}", "whoever comes alone is the next but one"
        waiting.serve(waiting.order()[0])
        assert waiting.order()[0] == f"z{number}"
        waiting.serve(f"z{number}")
    assert len(waiting.of("c")) == 24


def test_served_in_order_is_the_order_that_was_told() -> None:
    waiting = turns(*["a1", "a2", "a3", "b1", "b2", "c1", "c2", "c3"])
    told, served = waiting.order(), []
    while len(waiting):
        served.append(waiting.order()[0])
        waiting.serve(served[-1])
    assert tuple(served) == told


def test_what_is_taken_back_costs_its_asker_no_turn() -> None:
    waiting = turns(*["a1", "a2", "b1", "c1"])
    waiting.take_back("a1")
    assert waiting.order() == ("a2", "b1", "c1")
    waiting.take_back("b1")
    assert (waiting.order(), waiting.of("b"), waiting.of("a")) == (("a2", "c1"), (), ("a2",))


@pytest.mark.parametrize(
    ("measured", "place", "at_once", "running", "wait"),
    [
        ([], 1, 2, [], None),
        ([40], 1, 2, [], 0),
        ([40], 1, 2, [10, 30], 10),
        ([40], 2, 2, [10, 30], 30),
        ([40], 3, 2, [10, 30], 50),
        ([40], 1, 1, [90], 0),
        ([40], 3, 1, [40], 80),
        ([1800, 40, 42], 2, 1, [42], 42),  # the first one built images
        ([40], 5, 4, [], 40),
    ],
)
def test_how_long_a_start_waits(
    measured: list[float], place: int, at_once: int, running: list[float], wait: float | None
) -> None:
    lengths = StartLengths()
    for one in measured:
        lengths.add(one)
    assert lengths.wait(place, at_once, running) == wait


def test_a_start_that_failed_is_not_measured() -> None:
    moments = iter([0.0, 30.0, 40.0])
    lengths = StartLengths(lambda: next(moments))
    with lengths.measured():
        pass
    with pytest.raises(ZeroDivisionError), lengths.measured():
        raise ZeroDivisionError
    assert lengths.usual() == 30.0
