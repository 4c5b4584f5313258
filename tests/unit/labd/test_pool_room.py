"""What is wanted of the warm pool, and what it may take: decided, before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.labd.jury_room import KeptRoom
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.machine_room import MachineLoad
from orchestrator.labd.pool_room import PoolRoom, Sized, given_up
from orchestrator.labd.pool_wishes import NO_POOL, PoolWishes, wanted

PLENTY = MachineLoad(None, busy=False)


@pytest.mark.parametrize(
    ("wishes", "use", "counts"),
    [
        (NO_POOL, {"a": 3}, {}),
        (PoolWishes({"a": 2, "b": 0}), {"b": 3}, {"a": 2}),
        (PoolWishes(by_use=3), {}, {}),
        (PoolWishes(by_use=1), {"a": 1, "b": 2}, {"b": 1}),
        (PoolWishes(by_use=3), {"a": 1, "b": 4, "c": 2}, {"b": 2, "c": 1}),
        (PoolWishes({"a": 1}, by_use=2), {"a": 5, "b": 4}, {"a": 2, "b": 1}),
        (PoolWishes(labs={"office": 3}), {}, {"c": 2, "d": 1}),
        (PoolWishes(labs={"office": 3, "none": 2, "shop": 0}), {"c": 9, "d": 2, "e": 50}, {"c": 3}),
        (PoolWishes({"c": 1}, {"office": 1}, 1), {"c": 9, "e": 50}, {"c": 2, "e": 1}),
    ],
)
def test_use_decides_where_nobody_has_said(wishes: PoolWishes, use: Mapping[str, int], counts: dict[str, int]) -> None:
    assert wanted(wishes, use, {"office": ["d", "c"], "shop": ["e"]}) == counts
    assert wishes.any is bool(wishes.by_use or counts)
    assert wishes.counts_use is bool(wishes.by_use or wishes.labs)


@pytest.mark.parametrize(
    ("taken", "load", "limits", "fits"),
    [
        (TakenRoom({}, 100), PLENTY, LabLimits(), True),
        (TakenRoom({"a": 60}, 100), PLENTY, LabLimits(), True),
        (TakenRoom({"a": 71}, 100), PLENTY, LabLimits(), False),
        (TakenRoom({"a": 40}, 100, pooled={"b": 31}), PLENTY, LabLimits(), False),
        (TakenRoom({"a": 40}, 100, kept=KeptRoom(1, 31)), PLENTY, LabLimits(), False),
        (TakenRoom({}, 100, starting=1), PLENTY, LabLimits(), False),
        (TakenRoom({}, 100), MachineLoad(29, busy=False), LabLimits(), False),
        (TakenRoom({}, 100), MachineLoad(30, busy=False), LabLimits(), True),
        (TakenRoom({}, 100), MachineLoad(None, busy=True), LabLimits(), False),
        (TakenRoom({"a": 1}, 100, pooled={"b": 1}), PLENTY, LabLimits(labs=2), False),
        (TakenRoom({"a": 1}, 100, pooled={"b": 1}), PLENTY, LabLimits(labs=3), True),
    ],
)
def test_only_what_nobody_needs_is_filled(
    taken: TakenRoom,
    load: MachineLoad,
    limits: LabLimits,
    fits: bool,
) -> None:
    assert PoolRoom(limits, 20, lambda: load).has_room(taken, 10) is fits


def test_an_eighth_stays_free_where_nobody_has_said_how_much() -> None:
    room = PoolRoom(LabLimits(), load=lambda: PLENTY)
    assert room.has_room(TakenRoom({"a": 77}, 100), 10)
    assert not room.has_room(TakenRoom({"a": 79}, 100), 10)


@pytest.mark.parametrize(
    ("taken", "load", "limits", "found"),
    [
        (TakenRoom({"a": 50}, 100, pooled={"b": 50}), PLENTY, LabLimits(), (0, 0)),
        (TakenRoom({"a": 55}, 100, pooled={"b": 50}), PLENTY, LabLimits(), (5, 0)),
        (TakenRoom({"a": 10}, 100, kept=KeptRoom(2, 80), pooled={"b": 30}), PLENTY, LabLimits(labs=3), (20, 1)),
        (TakenRoom({}, 100, pooled={"b": 30}), MachineLoad(10, busy=False), LabLimits(), (0, 0)),
        (TakenRoom({}, 100, pooled={"b": 30}), MachineLoad(7, busy=True), LabLimits(), (3, 0)),
    ],
)
def test_what_others_need_is_given_up(
    taken: TakenRoom, load: MachineLoad, limits: LabLimits, found: tuple[int, int]
) -> None:
    assert PoolRoom(limits, 20, lambda: load).too_much(taken) == found


@pytest.mark.parametrize(
    ("memory", "labs", "names"), [(0, 0, ""), (1, 0, "a"), (11, 0, "ab"), (0, 2, "ab"), (99, 0, "abc")]
)
def test_as_many_are_given_up_as_are_needed(memory: int, labs: int, names: str) -> None:
    assert given_up([Sized(name, 10) for name in "abc"], memory, labs) == tuple(names)
