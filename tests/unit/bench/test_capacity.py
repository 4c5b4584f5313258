"""How many of each lab fit on a machine: what was measured, what counts at most, what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from orchestrator.bench import boots
from orchestrator.bench.capacity import Room, capacity, room_of
from orchestrator.bench.lab_figures import LabFigure, keep_figures, kept_figures
from orchestrator.core.progress import Silent
from orchestrator.model.plan import Plan
from orchestrator.model.serve_settings import Limits, usual_memory

if TYPE_CHECKING:
    from tests.unit.bench.conftest import Program

MIB = 1 << 20


@dataclass(frozen=True)
class Host:
    memory: int | None


@dataclass(frozen=True)
class TwoHosts:
    """A plan, as far as it counts."""

    hosts: tuple[Host, ...] = (Host(160 * MIB), Host(96 * MIB))
    digest: str = "d"


PLANS = {"two": cast("Plan", TwoHosts())}


def figure(digest: str = "d", memory: int = 24 * MIB) -> LabFigure:
    return LabFigure(digest, 2, memory, 3.5, "2026-12-02T10:00:00+00:00")


@pytest.mark.parametrize(
    ("figures", "room", "found"),
    [
        ({}, Room(1024 * MIB, None, 2, None), (None, None, 4)),
        ({"two": figure()}, Room(1024 * MIB, None, 2, None), (24 * MIB, 32, 4)),
        ({"two": figure()}, Room(1024 * MIB, 3, 2, 10), (24 * MIB, 5, 3)),
        ({"two": figure()}, Room(100 * MIB, None, 2, 10), (24 * MIB, 3, 0)),
        ({"two": figure("another")}, Room(1024 * MIB, None, 2, 4), (None, None, 2)),
    ],
)
def test_what_was_measured_and_what_counts(
    figures: dict[str, LabFigure], room: Room, found: tuple[int | None, int | None, int]
) -> None:
    report = capacity(PLANS, figures, room)
    (one,) = report.labs
    assert (one.memory, one.fit, one.admitted) == found
    assert one.by_hosts is (one.fit == 5)
    assert report.unmeasured == (() if one.memory else ("two",))
    assert (one.hosts, one.most) == (2, 256 * MIB)
    assert report.to_document()["labs"][0]["lab"] == "two"


def test_the_room_is_what_the_portal_leaves(tmp_path: Path) -> None:
    kernel = tmp_path / "max_user_instances"
    assert room_of(Limits(), 16 << 30, kernel) == Room(usual_memory(16 << 30), None, 2, None)
    kernel.write_text("128\n")
    assert room_of(Limits(memory="4G", labs=9, starts_at_once=3), 16 << 30, kernel) == Room(4 << 30, 9, 3, 32)


def test_figures_are_kept_beside_those_of_others(tmp_path: Path) -> None:
    file = tmp_path / "data" / "lab-figures.json"
    assert kept_figures(file) == {}
    keep_figures({"a": figure("x")}, file)
    keep_figures({"b": figure("y")}, file)
    keep_figures({"b": figure("z", 30)}, file)
    assert kept_figures(file) == {"a": figure("x"), "b": figure("z", 30)}
    file.write_text("[]")
    assert kept_figures(file) == {}
    keep_figures({}, Path("/proc/none/lab-figures.json"))  # nothing can be written there: nothing is kept


@pytest.mark.slow
def test_labs_are_measured_once_and_kept(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "figures.json"
    monkeypatch.setattr(boots, "figures_file", lambda: file)
    plan = program.app.labs.plans.of_lab("eight")
    (boot,) = boots.measure_labs(program.app, {"eight": plan}, progress=Silent())
    assert (boot.name, boot.hosts, boot.memory) == ("eight", 8, 48_000_000)
    assert kept_figures(file)["eight"].digest == plan.digest
    assert not program.engine.containers({"breakfix.kind": "host"})
