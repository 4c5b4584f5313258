"""Saving a lab and resuming it: what stays, what order hosts boot in, and what is left of either that is cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.instances.instance import Instance
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.labs import Labs, Running
from orchestrator.model.seeds import is_secret
from tests.unit.core.conftest import World

pytestmark = pytest.mark.slow


class KilledError(BaseException):
    """The program was killed just now: whatever it would clean up, it does not."""


@pytest.fixture
def labs(world: World) -> Labs:
    return world.labs()


@pytest.fixture
def running(world: World, labs: Labs) -> Running:
    return labs.running.planned(world.start().name)


def states(world: World) -> set[str]:
    return {container.state for container in world.engine.containers({})}


def by_themselves(world: World) -> set[bool]:
    return {world.engine.by_itself(container.id) for container in world.engine.containers({})}


def marks(world: World) -> tuple[str, ...]:
    return world.engine.volumes({"breakfix.kind": "saved"})


def now(labs: Labs, running: Running) -> Instance:
    return labs.running.find(running.instance.name)


def test_a_saved_lab_is_off_and_keeps_its_containers(world: World, labs: Labs, running: Running) -> None:
    cables, record = dict(world.fabric.cables), world.records.get(running.instance.name)
    labs.lifecycle.save(running.instance)
    saved = now(labs, running)
    assert (states(world), by_themselves(world)) == ({"exited"}, {False})
    assert (labs.running.state_of(saved), saved.identity) == ("saved", running.instance.identity)
    assert labs.running.planned(saved.name).plan == running.plan
    labs.lifecycle.save(saved)  # once more is no error
    again = labs.lifecycle.resume(labs.running.planned(saved.name), Silent())
    assert (labs.running.state_of(again.instance), again.instance.whole) == ("started", True)
    assert (states(world), by_themselves(world), marks(world)) == ({"running"}, {True}, ())
    assert world.fabric.cables == cables
    assert world.records.get(saved.name) == record, "how its faults are reverted is known"


def test_hosts_that_ask_for_an_address_boot_last(world: World, labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance)
    world.engine.steps.clear()
    world.fabric.done.clear()
    labs.lifecycle.resume(running, Silent())
    assert [step for step in world.engine.steps if step[1] == "r1"] == [("start", "r1")]
    assert world.engine.steps[0] == ("start", "r1")
    assert world.fabric.done[0] == "ready r1"
    assert world.fabric.done.index("r1: systemctl is-active named") < world.fabric.done.index("ready pc1 pc2")


def test_what_the_fault_has_broken_is_not_waited_for(
    world: World, labs: Labs, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.instances.saving._SETTLES", 0)
    labs.lifecycle.save(running.instance)
    world.fabric.on("systemctl is-active *", status=3)
    assert labs.lifecycle.resume(running, Silent()).instance.whole


def test_a_frozen_lab_is_saved_too(world: World, labs: Labs, running: Running) -> None:
    for host in running.instance.hosts:
        world.engine.pause(host.container)
    labs.lifecycle.save(now(labs, running))
    assert (states(world), labs.running.state_of(now(labs, running))) == ({"exited"}, "saved")


def test_one_that_runs_is_left_as_it_is_by_resuming(world: World, labs: Labs, running: Running) -> None:
    world.engine.steps.clear()
    assert labs.lifecycle.resume(running, Silent()) == running
    assert world.engine.steps == []


def test_checks_say_how_to_go_on(labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance)
    with pytest.raises(LabError, match="is saved") as refused:
        labs.grading.check(labs.running.planned(running.instance.name))
    assert refused.value.hint is not None
    assert f"breakfix resume --lab {running.instance.name}" in refused.value.hint.en


@pytest.mark.parametrize("end", ["stop", "reset", "remove_all"])
def test_a_saved_lab_comes_to_its_end_as_any_other(world: World, labs: Labs, running: Running, end: str) -> None:
    labs.lifecycle.save(running.instance)
    if end == "stop":
        labs.lifecycle.stop(running.instance.name)
    elif end == "reset":
        again = labs.lifecycle.reset(labs.running.planned(running.instance.name), Silent())
        assert labs.running.state_of(again.instance) == "started"
        assert states(world) == {"running"}
    else:
        labs.lifecycle.stop_all(lambda _one: False)
    assert marks(world) == ()


def test_a_mark_whose_lab_somebody_removed_is_swept(world: World, labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance)
    for host in running.instance.hosts:
        world.engine.remove(host.container)
    world.start()
    assert marks(world) == ()


def test_it_stays_saved_over_a_restart_of_the_machine(world: World, labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance)
    world.engine.begin_again()
    assert (states(world), labs.running.state_of(now(labs, running))) == ({"exited"}, "saved")
    world.engine.begin_again()
    labs.lifecycle.resume(running, Silent())
    world.engine.begin_again()
    assert (states(world), labs.running.state_of(now(labs, running))) == ({"running"}, "started")


def test_another_user_sees_and_resumes_it(world: World, labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance)
    other = world.of_another_user().labs()
    assert other.running.state_of(other.running.find(running.instance.name)) == "saved"


def test_jury_sessions_labs_are_never_saved(world: World, labs: Labs) -> None:
    seed = next(seed for seed in (1 << bits for bits in range(20, 128)) if is_secret(seed))
    instance = world.start(world.plan(seed))
    with pytest.raises(UsageError, match="candidate"):
        labs.lifecycle.save(instance)
    assert states(world) == {"running"}


def test_one_that_another_program_works_on_is_not_touched(
    world: World, labs: Labs, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_locks: object, name: str) -> None:
        raise BusyError(name, Holder(4321))

    monkeypatch.setattr("orchestrator.instances.locks.Locks.exclusive", busy)
    with pytest.raises(BusyError):
        labs.lifecycle.save(running.instance)
    assert (states(world), marks(world)) == ({"running"}, ())


def test_the_rest_of_a_saving_is_done_only_where_one_was_begun(world: World, labs: Labs, running: Running) -> None:
    labs.lifecycle.save(running.instance, rest_only=True)
    assert states(world) == {"running"}
    labs.lifecycle.save(running.instance)
    world.engine.start(running.instance.hosts[0].container)
    labs.lifecycle.save(now(labs, running), rest_only=True)
    assert states(world) == {"exited"}


# What is cut off ----------------------------------------------------------------------------------------------


def dying(world: World, call: str, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the program be killed within a call to the engine: neither that one nor any later one is done."""
    real = {name: getattr(world.engine, name) for name in ("stop", "start", "start_by_itself", "remove_volume")}
    counts = {"left": after, "dead": 0}

    def make(name: str) -> Callable[..., None]:
        def act(*args: object, **named: object) -> None:
            if name == call:
                counts["left"] -= 1
            if counts["left"] < 0:
                counts["dead"] = 1
            if counts["dead"]:
                raise KilledError
            real[name](*args, **named)

        return act

    for name in real:
        monkeypatch.setattr(world.engine, name, make(name))
    monkeypatch.setattr("orchestrator.instances.saving._THREADS", 1)  # in order, so that the count says where


CUTS = [(call, after) for call in ("stop", "start_by_itself") for after in range(3)]


@pytest.mark.parametrize(("call", "after"), CUTS)
@pytest.mark.parametrize("restarts", [False, True])
def test_saving_that_is_cut_off_leaves_a_lab_that_runs_or_is_saved(
    world: World, labs: Labs, running: Running, monkeypatch: pytest.MonkeyPatch, call: str, after: int, restarts: bool
) -> None:
    with monkeypatch.context() as until_killed:
        dying(world, call, after, until_killed)
        with pytest.raises(KilledError):
            labs.lifecycle.save(running.instance)
    if restarts:
        world.engine.begin_again()
    found = now(labs, running)
    assert labs.running.state_of(found) == ("started" if found.whole else "saved")
    if not found.whole:
        labs.lifecycle.save(found, rest_only=True)
        assert (states(world), by_themselves(world)) == ({"exited"}, {False})
        labs.lifecycle.resume(running, Silent())
    assert (states(world), by_themselves(world)) == ({"running"}, {True})


@pytest.mark.parametrize(
    ("call", "after"),
    [("start_by_itself", 0), ("start_by_itself", 2), ("start", 0), ("start", 1), ("start", 2), ("remove_volume", 0)],
)
@pytest.mark.parametrize("restarts", [False, True])
def test_resuming_that_is_cut_off_can_be_done_again(
    world: World, labs: Labs, running: Running, monkeypatch: pytest.MonkeyPatch, call: str, after: int, restarts: bool
) -> None:
    labs.lifecycle.save(running.instance)
    with monkeypatch.context() as until_killed:
        dying(world, call, after, until_killed)
        with pytest.raises(KilledError):
            labs.lifecycle.resume(running, Silent())
    if restarts:
        world.engine.begin_again()
    found = now(labs, running)
    assert labs.running.state_of(found) == ("started" if found.whole else "saved")
    assert labs.lifecycle.resume(labs.running.planned(found.name), Silent()).instance.whole
    assert states(world) == {"running"}


def test_a_host_that_does_not_boot_leaves_it_saved(
    world: World, labs: Labs, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_instance: str, hosts: list[str], *, timeout: float) -> None:  # noqa: ARG001 - the fabric's
        if "pc1" in hosts:
            raise LabError(same("pc1 did not boot"))

    labs.lifecycle.save(running.instance)
    with monkeypatch.context() as broken:
        broken.setattr(world.fabric, "wait_ready", never)
        with pytest.raises(LabError, match="pc1 did not boot"):
            labs.lifecycle.resume(running, Silent())
    assert (states(world), labs.running.state_of(now(labs, running))) == ({"exited"}, "saved")
    assert labs.lifecycle.resume(running, Silent()).instance.whole
