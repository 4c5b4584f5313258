"""A cluster of two machines, each with a Docker Engine of its own: joined, asked, one of them lost, left."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from orchestrator.app import App
from orchestrator.cluster.task_program import MARK
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HELPER_IMAGE
from tests.docker_machines import DockerMachine, docker_machines

pytestmark = [pytest.mark.live, pytest.mark.core, pytest.mark.skipif(os.geteuid() != 0, reason="makes machines")]
LOST_S = 120.0


@pytest.fixture(scope="module")
def machines(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DockerMachine, ...]]:
    """Two machines that have the fabric's image, and no other."""
    tag = app.build([])[HELPER_IMAGE]
    image = subprocess.run(["docker", "save", tag], check=True, capture_output=True).stdout
    names = tuple(f"bf{os.getpid()}{letter}" for letter in "ab")
    with docker_machines(tmp_path_factory.mktemp("machines"), names) as made:
        for machine in made:
            machine.docker("load", data=image)
        yield made


def states(manager: DockerMachine) -> dict[str, str]:
    done = manager.breakfix("--json", "cluster", "nodes")
    assert done.returncode == 0, done.stderr
    return {one["name"]: one["state"] for one in json.loads(done.stdout)["nodes"]}


def left(machine: DockerMachine) -> list[str]:
    return [*machine.docker("ps", "--all", "--quiet").split(), *machine.docker("volume", "ls", "--quiet").split()]


def test_machines_join_work_are_lost_and_leave(machines: tuple[DockerMachine, ...]) -> None:
    first, second = machines
    created = first.breakfix("--json", "cluster", "create", "--address", first.address)
    assert created.returncode == 0, created.stderr
    told = json.loads(created.stdout)
    wrong = second.breakfix("cluster", "join", first.address, "--token", told["token"][:-1] + "x")
    assert wrong.returncode == 2, wrong.stderr
    joined = second.breakfix("cluster", "join", told["manager"], "--token", told["token"])
    assert joined.returncode == 0, joined.stderr

    asked = first.breakfix("--json", "cluster", "nodes")
    found = {one["name"]: one for one in json.loads(asked.stdout)["nodes"]}
    assert {name: one["state"] for name, one in found.items()} == {first.name: "images", second.name: "images"}
    for one in found.values():  # each machine's own program has said so, and was let in for it
        assert one["report"]["labs"] == 0
        assert "host" in one["report"]["missing"]
    assert "it does not manage it" in second.breakfix("cluster", "nodes").stderr
    assert [machine.docker("service", "ls", "--quiet") for machine in machines[:1]] == [""]
    assert [left(machine) for machine in machines] == [[MARK], [MARK]]
    refused = first.breakfix("prove", "no-network-after-move", "--cluster")
    assert (refused.returncode, "No node of the cluster can work" in refused.stderr) == (2, True)

    def is_seen(state: str) -> bool:
        return state in first.docker("node", "ls", "--filter", f"name={second.name}", "--format", "{{.Status}}")

    second.switch_off()
    assert wait_until(lambda: is_seen("Down"), within=LOST_S)
    assert states(first)[second.name] == "silent"
    second.switch_on()
    assert wait_until(lambda: is_seen("Ready"), within=LOST_S)
    assert states(first) == {first.name: "images", second.name: "images"}

    assert "Still there" in first.breakfix("cluster", "leave").stderr
    assert second.breakfix("cluster", "leave").returncode == 0
    assert wait_until(lambda: is_seen("Down"), within=LOST_S)
    assert first.breakfix("cluster", "drain", "--forget", second.name).returncode == 0
    assert first.breakfix("cluster", "leave").returncode == 0
    assert [left(machine) for machine in machines] == [[], []]
    for machine in machines:
        assert sorted(machine.docker("network", "ls", "--format", "{{.Name}}").split()) == ["bridge", "host", "none"]
