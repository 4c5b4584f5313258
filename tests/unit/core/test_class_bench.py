"""A class that is measured: each lab of its own variant, all of them gone in the end, whatever happens."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from orchestrator.bench import class_bench
from orchestrator.bench.capacity import Room
from orchestrator.bench.class_bench import ClassTimes, measure_class, require_room
from orchestrator.bench.lab_figures import LabFigure
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.labs.lab_grading import LabGrading

from .conftest import World

if TYPE_CHECKING:
    from orchestrator.app import App

MIB = 1 << 20


@dataclass(frozen=True)
class Verdict:
    verdict: str = "not_repaired"


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grade nothing, and note the variants that would have been."""
    seeds: list[int] = []

    def check(_grading: object, running: object) -> Verdict:
        seeds.append(cast("SimpleNamespace", running).plan.seed)
        return Verdict()

    monkeypatch.setattr(LabGrading, "check", check)
    monkeypatch.setattr(class_bench, "container_memory", lambda _container: 10_000_000)
    return seeds


def app_of(world: World) -> App:
    return cast("App", SimpleNamespace(labs=world.labs()))


def test_each_lab_is_another_variant_and_nothing_is_left(world: World, graded: list[int], tmp_path: Path) -> None:
    report = measure_class(app_of(world), "moved-desks", 3, output=tmp_path / "class.json", progress=world.progress)
    assert sorted(graded) == [1, 2, 3]
    found = {one.name: one.value for one in report.figures}
    assert (found["memory"], found["memory-each"]) == (90, 30)
    assert found["ready-first"] <= found["ready-half"] <= found["ready-all"]  # type: ignore[operator]
    assert "3 labs of moved-desks, of 3 hosts" in report.to_text("en")
    assert {"3 labs ready of 3", "3 labs graded of 3"} <= set(world.progress.steps)
    assert json.loads((tmp_path / "class.json").read_text()) == report.to_document()
    assert world.left == ([], [])


def test_nothing_is_left_of_a_class_that_fails(
    world: World, graded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    del graded
    monkeypatch.setattr(LabGrading, "check", lambda *_: Verdict("repaired"))
    with pytest.raises(LabError, match="nothing was repaired"):
        measure_class(app_of(world), "moved-desks", 2, progress=Silent())
    assert world.left == ([], [])


def test_the_figures_are_told_beside_each_other() -> None:
    times = ClassTimes((2.0, 3.0, 7.0), 60_000_000, (0.01, 0.02, 0.09), (1.0, 4.0), 2.5)
    assert {one.name: one.value for one in times.figures()} == {
        "ready-first": 2.0, "ready-half": 3.0, "ready-all": 7.0, "memory": 60.0, "memory-each": 20.0, "answer": 20.0,
        "answer-p99": 90.0, "verdict-first": 1.0, "verdict-all": 4.0, "removed": 2.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "figures", "refused"),
    [
        (2, {}, None),
        (3, {}, "2 at most.*capacity pair --measure"),
        (9, {"pair": 40 * MIB}, None),
        (40, {"pair": 40 * MIB}, r"14 at most\.Give a smaller number\.$"),
    ],
)
def test_a_class_that_the_machine_does_not_bear_is_refused(
    world: World, count: int, figures: dict[str, int], refused: str | None
) -> None:
    healthy = world.bare()
    known = {lab: LabFigure(healthy.digest, 3, memory, 2.0, "") for lab, memory in figures.items()}
    most = sum(host.memory or 0 for host in healthy.hosts)
    room = Room(2 * most + MIB, None, 2, None)
    if refused is None:
        require_room(world.plan(), count, healthy, known, room)
        return
    with pytest.raises(UsageError) as found:
        require_room(world.plan(), count, healthy, known, room)
    assert found.value.hint is not None
    assert re.search(refused, found.value.text.en + found.value.hint.en)
