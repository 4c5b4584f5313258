"""Hints and solutions: hints come one by one, steps are carried out as a trainee would."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import Text
from orchestrator.labs import Running, carry_out
from orchestrator.model.scenario import CableStep, DeviceStep, FileStep, RebootStep, ScriptStep, Step

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

TELL = Text(fr="Faire", en="Do")


def test_hints_come_one_by_one_and_the_last_one_again(world: World, running: Running) -> None:
    user, old = running.plan.values["user"], running.plan.values["old"]
    seen = [world.labs().solutions.hint(world.labs().running.planned(None)) for _ in range(3)]
    assert [(number, total) for number, total, _ in seen] == [(1, 2), (2, 2), (2, 2)]
    assert seen[0][2] == Text(fr=f"Demandez à {user.full}", en=f"Ask {user.full}")
    assert seen[1][2] == seen[2][2] == Text(fr=f"L'ancienne adresse : {old}", en=f"The old address: {old}")
    record = world.records.get(running.instance.name)
    assert record.hints_shown == 2
    assert len(record.faults) == 3, "what is known of the faults is kept"


def test_each_instance_counts_its_own_hints(world: World, running: Running) -> None:
    labs = world.labs()
    labs.solutions.hint(running)
    other = labs.lifecycle.start(world.plan(), world.progress)
    assert labs.solutions.hint(other)[0] == 1
    assert labs.solutions.hint(running)[0] == 2


def test_a_reset_begins_without_the_hints_that_were_read(world: World, running: Running) -> None:
    labs = world.labs()
    labs.solutions.hint(running)
    again = labs.lifecycle.reset(running, world.progress)
    assert world.records.get(again.instance.name).hints_shown == 0


def test_hints_go_on_without_a_record(world: World, running: Running) -> None:
    world.records.remove(running.instance.name)
    assert [world.labs().solutions.hint(running)[0] for _ in range(2)] == [1, 2]


def test_a_bare_lab_has_no_hints(world: World) -> None:
    labs = world.labs()
    running = labs.lifecycle.start(labs.plans.of_lab("pair"), world.progress)
    with pytest.raises(UsageError, match="no hints"):
        labs.solutions.hint(running)


def test_what_was_broken_is_told_fault_by_fault(world: World, running: Running) -> None:
    told = world.labs().plans.explain_faults(running.instance, running.plan)
    assert [text.en for text in told] == [
        "The cable of pc1 led to the segment 'servers'.",
        "The cable of pc2 led to the segment 'servers'.",
        "The network cable of pc2 (eth0) was unplugged.",
    ]


def test_what_several_faults_say_alike_is_told_once(world: World, running: Running) -> None:
    twice = dataclasses.replace(running.plan, faults=(*running.plan.faults, running.plan.faults[0]))
    plans = world.labs().plans
    assert plans.explain_faults(running.instance, twice) == plans.explain_faults(running.instance, running.plan)


def test_a_solution_is_done_step_by_step(world: World, running: Running) -> None:
    world.fabric.on("/bin/bash -s", stdout="eth0: rebinding\n")
    world.fabric.done.clear()
    told: list[tuple[str, int]] = []
    done = world.labs().solutions.apply(
        running, running.plan.solutions[0], lambda step: told.append((step.tell.en, len(world.fabric.done)))
    )
    assert world.fabric.done == [
        "cable pc1 eth0 segment=office",
        "cable pc2 eth0 plugged=True segment=office",
        "pc1: /bin/bash -s",
    ]
    assert told == [("Cable 1", 0), ("Cable 2", 1), ("Renew", 2)], "each step is told before it is done"
    assert [(t.status, t.output) for t in done] == [(0, ""), (0, ""), (0, "eth0: rebinding\n")]
    assert [t.step for t in done] == list(running.plan.solutions[0].steps)


def test_a_step_that_fails_does_not_stop_the_rest(world: World, running: Running) -> None:
    world.fabric.on("/bin/bash -s", status=2, stdout="out", stderr="err")
    solution = running.plan.solutions[0]
    failing = dataclasses.replace(solution, steps=(solution.steps[2], solution.steps[0]))
    done = world.labs().solutions.apply(running, failing, lambda _: None)
    assert [(t.status, t.output) for t in done] == [(2, "outerr"), (0, "")]
    assert world.fabric.done[-1] == "cable pc1 eth0 segment=office"


def step(**action: Any) -> Step:  # noqa: ANN401 - one of a step's actions
    return Step(tell=TELL, **action)


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        (step(cable=CableStep(host="pc1", interface="eth0", plug=False)), ["cable pc1 eth0 plugged=False"]),
        (step(cable=CableStep(host="pc1", interface="eth0", segment="office")), ["cable pc1 eth0 segment=office"]),
        (
            step(cable=CableStep(host="pc1", interface="eth0", replace=True)),
            ["cable pc1 eth0 plugged=False", "cable pc1 eth0 plugged=True mtu=1500 rate=0 loss=0"],
        ),
        (step(shell=ScriptStep(host="pc2", script="id\n")), ["pc2: /bin/bash -s"]),
        (
            step(file=FileStep(host="r1", path="/etc/x", content="é\n", mode="0600")),
            ["r1: dd of=/etc/x status=none", "r1: chmod 0600 -- /etc/x"],
        ),
        (step(reboot=RebootStep(host="r1")), ["ready r1"]),
    ],
    ids=["unplug", "move", "replace", "shell", "file", "reboot"],
)
def test_each_kind_of_step_is_carried_out(driver: LabDriver, world: World, typed: Step, done: list[str]) -> None:
    world.fabric.on("/bin/bash -s")
    world.fabric.on("chmod *")
    outcome = carry_out(driver, typed)
    assert world.fabric.done == done
    assert (outcome.step, outcome.status, outcome.output) == (typed, 0, "")
    if typed.shell:
        assert world.fabric.typed == [("pc2", b"id\n")]
    if typed.file:
        assert world.fabric.files["r1", "/etc/x"] == "é\n".encode()
    if typed.reboot:
        assert world.engine.steps[-1] == ("restart", "r1")


def test_a_devices_dialogue_is_the_steps_output(driver: LabDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[tuple[tuple[str, ...], bool]] = []

    class Session:
        def configure(self, lines: Sequence[str], *, save: bool) -> str:
            entered.append((tuple(lines), save))
            return "r1(config)# no shutdown"

    @contextmanager
    def open_device(*_: object) -> Iterator[Session]:
        yield Session()

    monkeypatch.setattr("orchestrator.access.network_device.open_device", open_device)
    lines = ("interface eth0", "no shutdown")
    assert carry_out(driver, step(device=DeviceStep(host="r1", lines=lines))).output == "r1(config)# no shutdown"
    carry_out(driver, step(device=DeviceStep(host="r1", lines=lines, save=False)))
    assert entered == [(lines, True), (lines, False)]


def test_a_step_on_a_host_that_is_not_there_is_an_error(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="pc9"):
        carry_out(driver, step(reboot=RebootStep(host="pc9")))
    with pytest.raises(LabError, match="eth9"):
        carry_out(driver, step(cable=CableStep(host="pc1", interface="eth9", plug=True)))
