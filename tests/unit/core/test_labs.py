"""What the command line asks of labs: plans, instances found again, passing looks, starts and stops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.core import kept_reads
from orchestrator.core.errors import LabError, MachineError, UsageError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import HostActivity, HostRef
from orchestrator.instances.instance_records import InstanceRecord
from orchestrator.instances.lifecycle import Instances
from orchestrator.labs import Running
from orchestrator.loader.content import Content
from orchestrator.loader.scenario_folder import ValidateFault
from orchestrator.model.scenario import Scenario

if TYPE_CHECKING:
    from tests.unit.core.conftest import Machines, World

SCENARIO = "scenarios/1.3-network-connection/moved-desks/scenario.yaml"


def test_a_plan_is_of_its_seed_and_starts_nothing(world: World) -> None:
    labs = world.labs()
    assert labs.plans.plan("moved-desks", 7) == labs.plans.plan("moved-desks", 7)
    assert labs.plans.plan("moved-desks", 7).values["old"] != labs.plans.plan("moved-desks", 8).values["old"]
    assert world.left == ([], [])
    assert world.built == []


def test_a_scenario_is_read_once_for_all_that_is_asked_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_reads, "_YOUNG_NS", -1)
    read, real = [], Content.scenario

    def counted(self: Content, name: str, *, validate_fault: ValidateFault | None = None) -> Scenario:
        read.append(name)
        return real(self, name, validate_fault=validate_fault)

    monkeypatch.setattr(Content, "scenario", counted)
    content = Content((world.root,))
    plans = world.labs(content).plans
    assert plans.scenario("moved-desks").id == "moved-desks"
    for seed in (7, 8):
        plans.printed(content, plans.plan("moved-desks", seed), ())
    assert read == ["moved-desks"]


def test_only_the_images_of_the_lab_are_built(world: World, running: Running) -> None:
    assert world.built == [("host", "router")]
    assert running.instance.whole
    assert set(running.images) == {"host", "router"}


def test_a_running_instance_gives_its_plan_back(world: World, running: Running) -> None:
    again = world.labs().running.planned(None)
    assert again == running
    assert again.plan.seed == 7
    assert not world.labs().running.stale(again)


def test_a_bare_lab_is_found_too(world: World) -> None:
    labs = world.labs()
    started = labs.lifecycle.start(labs.plans.of_lab("pair"), world.progress)
    assert world.labs().running.planned(started.instance.name) == started
    assert started.plan.scenario is None
    assert not [line for line in world.fabric.done if line.startswith("cable")]


@pytest.mark.parametrize("name", [SCENARIO, "labs/pair/lab.yaml"])
def test_an_instance_whose_content_changed_is_stale(world: World, name: str) -> None:
    world.edit(name, "contract: 1", "contract: 1 #")
    running = world.labs().lifecycle.start(world.plan(), world.progress)
    assert not world.labs().running.stale(world.labs().running.planned(None))
    world.edit(name, "contract: 1 #", "contract: 1")
    seen = world.labs().running.planned(None)
    assert world.labs().running.stale(seen)
    assert seen.instance == running.instance


def test_content_is_found_where_the_instance_was_started_from(world: World, running: Running, tmp_path: Path) -> None:
    """``--content`` need not be given again to each command."""
    elsewhere = tmp_path / "elsewhere"
    for folder in ("labs", "scenarios", "images"):
        (elsewhere / folder).mkdir(parents=True)
    labs = world.labs(Content((elsewhere,)))
    assert labs.running.planned(None).plan == running.plan
    world.records.put(InstanceRecord(running.instance.name, roots=(str(tmp_path / "gone"),)))
    with pytest.raises(UsageError, match="moved-desks"):
        labs.running.planned(None)


def test_a_reset_keeps_the_seed_and_breaks_anew(world: World, running: Running) -> None:
    labs = world.labs()
    labs.solutions.apply(running, running.plan.solutions[0], lambda _: None)
    labs.solutions.hint(running)
    healthy = dict(world.fabric.cables)
    reset = labs.lifecycle.reset(running, world.progress)
    assert reset.plan == running.plan
    assert reset.instance.seed == 7
    assert reset.instance.name == running.instance.name
    assert reset.instance.identity != running.instance.identity
    assert [i.name for i in world.instances.all()] == [reset.instance.name], "the old one is gone"
    assert world.fabric.cables != healthy
    assert labs.solutions.hint(reset)[0] == 1
    assert len(world.records.get(running.instance.name).faults) == len(running.plan.faults), "those of the old one"


def test_a_reset_for_which_something_is_lacking_leaves_the_lab_as_it_is(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image was removed and there is no network: what a trainee has done so far must not be lost for nothing."""
    before = world.left, world.records.get(running.instance.name)

    def refuse(*_: object) -> dict[str, str]:
        raise MachineError(same("no registry answers"))

    with monkeypatch.context() as patch:
        patch.setattr(world, "build", refuse)
        labs = world.labs()
        with pytest.raises(MachineError, match="registry"):
            labs.lifecycle.reset(running, world.progress)
    with monkeypatch.context() as patch:
        patch.setattr(Instances, "prepare", refuse)
        with pytest.raises(MachineError, match="registry"):
            world.labs().lifecycle.reset(running, world.progress)
    assert (world.left, world.records.get(running.instance.name)) == before
    assert world.instances.find(None) == running.instance
    assert not world.labs().running.cut_off(running.instance)


def test_stopping_leaves_nothing(world: World, running: Running) -> None:
    world.labs().lifecycle.discard(running.instance)
    assert world.left == ([], [])


def test_a_passing_look_asks_of_the_hosts_that_run(world: World, running: Running) -> None:
    world.fabric.on("activity", host="pc2", stdout='{"typed": 5.0}')
    world.engine.stop(next(h.container for h in running.instance.hosts if h.name == "r1"), grace=0)
    name = running.instance.name
    found = world.labs().running.activity(world.labs().running.all())
    assert found == {
        HostRef(name, "pc1"): HostActivity(runs=True, booted=True),
        HostRef(name, "pc2"): HostActivity(runs=True, booted=True, typed=5.0),
    }
    assert [call.command for call in world.fabric.calls][-2:] == ["activity", "activity"]


def test_a_passing_look_starts_no_helper(world: World, running: Running) -> None:
    def silent() -> Machines:
        raise MachineError(same("the helper does not answer"))

    opened: list[Machines] = []

    def helper() -> Machines:
        opened.append(world.fabric)
        return world.fabric

    instances = Instances(world.engine, silent, world.records, world.locks, "alice", helper=helper)
    instances.close()
    for _ in range(2):
        assert {ref.host for ref in instances.activity([running.instance])} == {"pc1", "pc2", "r1"}
    assert len(opened) == 1, "one connection, over which the helper knows the hosts"
    instances.close()
    assert world.fabric.closed


def test_a_start_that_fails_while_resetting_leaves_nothing(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LabError(same("no"))

    monkeypatch.setattr(world.fabric, "wait_ready", refuse)
    with pytest.raises(LabError):
        world.labs().lifecycle.reset(running, world.progress)
    assert world.left == ([], [])
