"""The board of a class: who is stuck, and one look for several who look."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text, same
from orchestrator.labd.class_board import STUCK, ClassBoards, is_stuck
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.practice.looks import HostLook, LabLook
from orchestrator.practice.standings import Check, Standing

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
LONG, SHORT = NOW - STUCK, NOW - STUCK + timedelta(seconds=1)


@pytest.fixture
def logs(tmp_path: Path) -> EventLogs:
    """Logs of no labs."""
    return EventLogs(tmp_path)


def standing(*, started: datetime = LONG, green: datetime | None = None, look: LabLook | None) -> Standing:
    return Standing("P-1", "lea", "", "s", "lab-1", "7", "running", started_at=started, green_at=green, look=look)


def looked(typed: datetime | None = None, changed: datetime | None = None) -> LabLook:
    return LabLook(NOW, (HostLook("pc1", "up", typed), HostLook("pc2", "up", changed_at=changed)))


@pytest.mark.parametrize(
    ("one", "stuck"),
    [
        (standing(look=looked()), True),
        (standing(look=looked(LONG, LONG), green=LONG), True),
        (standing(look=looked(), started=SHORT), False),
        (standing(look=looked(), green=SHORT), False),
        (standing(look=looked(typed=SHORT)), False),
        (standing(look=looked(changed=SHORT)), False),
        (standing(look=None), False),
        (standing(look=LabLook()), False),
        (standing(look=LabLook(NOW, gone=True)), False),
        (Standing("P-1", "lea", "", state="solved", started_at=LONG, look=looked()), False),
    ],
)
def test_stuck_is_who_neither_types_nor_changes_nor_finds_anything(one: Standing, *, stuck: bool) -> None:
    assert is_stuck(one) is stuck


class Known(ClassDesk):
    """A class for which ``moved-desks`` was launched."""

    def __init__(self) -> None:
        pass

    def last_launch(self, name: str) -> tuple[int, str]:  # noqa: ARG002
        return 1, "moved-desks"

    def title_of(self, scenario: str) -> Text:
        return same(scenario)


class Looks:
    """Looks that are counted."""

    def __init__(self, *standings: Standing) -> None:
        self.standings = standings
        self.names: list[str] = []

    def __call__(self, name: str) -> tuple[Standing, ...]:
        self.names.append(name)
        return self.standings


def boards(looks: Looks, clock: Sequence[float], logs: EventLogs) -> ClassBoards:
    times = iter(clock)
    return ClassBoards(Known(), looks, logs, lambda _lab: "", WorkThreads(1, "board"), lambda: next(times))


def test_several_who_look_cost_one_look(logs: EventLogs) -> None:
    looks = Looks()

    async def play() -> None:
        made = boards(looks, [100.0, 101.9, 101.9, 102.0, 102.0, 102.1], logs)
        await asyncio.gather(*(made.board("tssr", lambda: 0) for _ in range(3)))
        assert looks.names == ["tssr"]
        await made.board("tssr", lambda: 0)
        assert looks.names == ["tssr"] * 2, "two seconds later"
        made.forget("tssr")
        await made.board("tssr", lambda: 0)
        assert looks.names == ["tssr"] * 3

    asyncio.run(play())


def test_columns_are_those_of_the_newest_grading_and_each_row_has_its_outcomes(logs: EventLogs) -> None:
    def graded(handle: str, at: datetime, *outcomes: tuple[str, str], scenario: str = "moved-desks") -> Standing:
        checks = tuple(Check(name, outcome, same(f"{name} of {handle}")) for name, outcome in outcomes)
        return Standing("P-1", handle, "", scenario, state="running", graded_at=at, checks=checks)

    looks = Looks(
        graded("lea", LONG, ("a", "pass"), ("c", "error")),
        graded("tom", NOW, ("a", "fail"), ("b", "pass")),
        graded("zoe", NOW, ("a", "fail"), scenario="another"),
        Standing("P-2", "max", "", trouble=LabError(same("the host pc1 is down"))),
    )
    board = asyncio.run(boards(looks, [0.0], logs).board("tssr", lambda: 3))
    assert [(check.id, check.sentence.en) for check in board.checks] == [
        ("a", "a of tom"),
        ("b", "b of tom"),
        ("c", "c of lea"),
    ]
    assert {row.handle: row.colours for row in board.rows} == {
        "lea": ("pass", "", "error"),
        "tom": ("fail", "pass", ""),
        "zoe": ("", "", ""),
        "max": ("", "", ""),
    }
    assert [row.trouble for row in board.rows] == [None, None, None, same("the host pc1 is down")]
    assert board.launching == 3
