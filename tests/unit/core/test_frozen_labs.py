"""A frozen lab goes on by whatever needs its hosts; what only reads it, and a jury session's, are left as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from grader.job import GradeRequest
from grader.report import CheckResult, Report
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.engine import refusals
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.freezing import freeze, thaw
from orchestrator.labs import Running, lab_grading
from orchestrator.model.seeds import SECRET

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

pytestmark = pytest.mark.slow


def freeze_all(world: World, name: str) -> None:
    for host in world.instances.find(name).hosts:
        freeze(world.engine, host.container)
    assert world.instances.find(name).frozen


def states(world: World, name: str) -> set[str]:
    return {host.state for host in world.instances.find(name).hosts}


@pytest.fixture
def running(world: World, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A frozen lab; who grades it looks at the states of its hosts, and is green."""

    def grade(request: GradeRequest, **_: object) -> Report:
        assert states(world, request.facts.instance) == {"running"}, "it is graded while its hosts run"
        result = CheckResult("test_x.py::web", "symptom", 1, None, same("web"), "pass")
        facts = (request.facts.instance, request.scenario, request.seed, request.digest)
        return Report(*facts, "", 0.0, (result,))

    monkeypatch.setattr(lab_grading, "grade", grade)
    made = world.labs().lifecycle.start(world.plan(), world.progress)
    freeze_all(world, made.instance.name)
    return made


def solve(world: World, running: Running) -> None:
    world.labs().solutions.apply(running, running.plan.solutions[0], lambda _: None)


def replace_cable(world: World, running: Running) -> None:
    world.labs().running.replace_cable(HostRef(running.instance.name, "pc1"), "eth0")


def unplug(world: World, running: Running) -> None:
    world.labs().running.move_cable(HostRef(running.instance.name, "pc1"), "eth0", plugged=False)


def two_thaw_at_once(world: World, running: Running) -> None:
    """Somebody else is quicker with one of the hosts, and another host is gone meanwhile."""
    first, second, *_ = running.instance.hosts
    seen = world.instances.find(running.instance.name)
    world.engine.unpause(first.container)
    world.engine.remove(second.container)
    thaw(world.engine, seen)


@pytest.mark.parametrize(
    "act",
    [
        lambda world, running: world.labs().grading.check(running),
        lambda world, running: world.labs().grading.check(running, giving_way=True),
        lambda world, running: world.labs().grading.health(running),
        lambda world, running: world.labs().lifecycle.revert(running),
        lambda world, running: world.labs().lifecycle.thaw(running.instance.name),
        solve,
        replace_cable,
        unplug,
        two_thaw_at_once,
    ],
)
def test_what_needs_the_hosts_thaws_them(world: World, running: Running, act: Callable[[World, Running], None]) -> None:
    act(world, running)
    assert states(world, running.instance.name) == {"running"}


@pytest.mark.parametrize(
    "act",
    [
        lambda world, running: world.labs().solutions.hint(running),
        lambda world, running: world.labs().running.cables(running.instance),
        lambda world, running: world.labs().running.planned(running.instance.name),
    ],
)
def test_what_reads_leaves_it_frozen(world: World, running: Running, act: Callable[[World, Running], None]) -> None:
    act(world, running)
    assert states(world, running.instance.name) == {"paused"}


def test_a_frozen_lab_is_stopped(world: World, running: Running) -> None:
    world.labs().lifecycle.stop(running.instance.name)
    assert world.instances.all() == ()


def test_what_a_session_has_frozen_stays_so(world: World) -> None:
    """Its deadline's cut is evidence."""
    made = world.labs().lifecycle.start(world.plan(SECRET + 7), world.progress)
    freeze_all(world, made.instance.name)
    world.labs().lifecycle.thaw(made.instance.name)
    unplug(world, made)
    assert states(world, made.instance.name) == {"paused"}


def test_a_host_that_does_not_go_on_is_told(world: World, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(container: str) -> None:
        raise refusals.refusal(500, "cannot thaw", container)

    monkeypatch.setattr(world.engine, "unpause", refuse)
    with pytest.raises(LabError, match="cannot thaw"):
        world.labs().grading.check(running)
