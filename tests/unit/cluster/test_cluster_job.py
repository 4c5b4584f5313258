"""A job on several machines: what its tasks tell comes once, whatever happens to the machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from orchestrator.cluster.cluster import FIT, HELD, JOB, Cluster
from orchestrator.cluster.cluster_job import run_job
from orchestrator.cluster.node_lines import lines_of
from orchestrator.core.errors import MachineError
from orchestrator.core.held_folder import held
from orchestrator.core.paths import state_folder
from orchestrator.engine.swarm_interface import SwarmJob, SwarmNode
from tests.fakes.engine import FakeEngine
from tests.fakes.swarm import FakeSwarm, TaskFailsError

PROGRAM = "1.0 abc"
pytestmark = pytest.mark.usefixtures("hasty")


@dataclass
class Heard:
    """All that a watch was told, in order."""

    lines: list[str] = field(default_factory=list)
    then: Callable[[str], None] = lambda _: None

    def begins(self, slot: int, node: str) -> None:
        self._note(f"{slot} begins {node}")

    def tells(self, slot: int, node: str, kind: str, of: object) -> None:
        self._note(f"{slot} {kind} {node} {of}")

    def fails(self, slot: int, node: str, why: str, *, last: bool) -> None:
        self._note(f"{slot} fails {node} {why} {last}")

    def _note(self, line: str) -> None:
        self.lines.append(line)
        self.then(line)


def told(document: object) -> bytes:
    return "".join(line + "\n" for line in lines_of({"kind": "said", "of": document})).encode()


def work(_: SwarmJob, slot: int, node: SwarmNode) -> Iterator[bytes]:
    """Play a task that tells two things, the second one in halves."""
    yield told(f"{slot}a {node.name}")
    second = told(f"{slot}b {node.name}")
    yield second[:7]
    yield second[7:]


def cluster_of(*names: str, play: Callable[[SwarmJob, int, SwarmNode], Iterator[bytes]]) -> tuple[Cluster, FakeSwarm]:
    swarm = FakeSwarm(*names, play=play)
    for node in swarm.nodes():
        swarm.note(node.id, {FIT: PROGRAM})
    return Cluster(swarm, FakeEngine(), lambda: "sha256:helper", lambda: PROGRAM, state_folder() / "jobs"), swarm


def test_each_task_runs_once_on_a_machine_that_has_room() -> None:
    cluster, swarm = cluster_of("one", "two", play=work)
    heard = Heard()
    run_job(cluster, "work", ("do", "it"), times=5, watch=heard)
    said = [line.split()[2:] for line in heard.lines if line.split()[1] == "said"]
    assert Counter(told for _, told, _ in said) == Counter(f"{slot}{part}" for slot in range(1, 6) for part in "ab")
    assert {node for node, _, _ in said} == {"one", "two"}
    assert all(node == teller for node, _, teller in said)
    (job,) = swarm.jobs
    assert (job.image, job.command[-2:], job.times) == ("sha256:helper", ("do", "it"), 5)
    assert job.constraints == (f"node.labels.{FIT}=={PROGRAM}",)
    assert swarm.services({}) == {}


def test_a_machine_that_is_not_fit_gets_nothing() -> None:
    cluster, swarm = cluster_of("one", "two", play=work)
    swarm.note("id-two", {FIT: ""})
    heard = Heard()
    run_job(cluster, "work", (), times=3, watch=heard)
    assert [line for line in heard.lines if "two" in line] == []


def test_the_task_of_a_machine_that_falls_silent_begins_again_elsewhere() -> None:
    cluster, swarm = cluster_of("one", "two", play=work)

    def fall_silent(line: str) -> None:
        if line == "1 said one 1a one":
            swarm.change("one", answers=False)

    heard = Heard(then=fall_silent)
    run_job(cluster, "work", (), times=2, watch=heard)
    assert [line for line in heard.lines if line.startswith("1 ")] == [
        "1 begins one",
        "1 said one 1a one",
        "1 begins two",
        "1 said two 1a two",
        "1 said two 1b two",
    ]


def test_a_task_that_fails_is_tried_again_and_given_up_at_last() -> None:
    tries: Counter[int] = Counter()

    def failing(job: SwarmJob, slot: int, node: SwarmNode) -> Iterator[bytes]:
        tries[slot] += 1
        if slot == 2 or (slot == 1 and tries[1] == 1):
            yield told("trying")
            raise TaskFailsError(f"a line\nno room on {node.name}")
        yield from work(job, slot, node)

    cluster, swarm = cluster_of("one", play=failing)
    heard = Heard()
    run_job(cluster, "work", (), times=3, watch=heard)
    fails = [line for line in heard.lines if " fails " in line]
    assert [line for line in fails if line[0] == "1"] == ["1 fails one a line\nno room on one False"]
    assert [line.rpartition(" ")[2] for line in fails if line[0] == "2"] == ["False", "False", "True"]
    assert tries[2] == 3
    assert "3 said one 3b one" in heard.lines
    assert swarm.services({}) == {}


def test_a_job_without_a_machine_is_given_up() -> None:
    cluster, swarm = cluster_of("one", play=work)
    swarm.change("one", answers=False)
    with pytest.raises(MachineError, match="No node can work any more") as refused:
        run_job(cluster, "work", (), times=1, watch=Heard())
    assert refused.value.evidence == "no suitable node"
    assert swarm.services({}) == {}


def test_a_machine_that_babbles_is_named() -> None:
    def babbling(_job: SwarmJob, _slot: int, _node: SwarmNode) -> Iterator[bytes]:
        yield b"Welcome to one!\n"

    cluster, swarm = cluster_of("one", play=babbling)
    with pytest.raises(MachineError, match="one answers what nobody understands") as refused:
        run_job(cluster, "work", (), times=1, watch=Heard())
    assert "Welcome to one!" in refused.value.evidence
    assert swarm.services({}) == {}


def test_a_job_whose_command_was_killed_is_ended_by_the_next_one() -> None:
    cluster, swarm = cluster_of("one", play=work)
    killed = SwarmJob("killed", {JOB: "work", HELD: str(state_folder() / "jobs/killed")}, "sha256:helper", (), times=1)
    swarm.submit(killed)
    with held(state_folder() / "jobs/lives"):
        lives = swarm.submit(replace(killed, labels={JOB: "work", HELD: str(state_folder() / "jobs/lives")}))
        run_job(cluster, "work", (), times=1, watch=Heard())
        assert [*swarm.services({})] == [lives]
    assert [one.name for one in (state_folder() / "jobs").iterdir()] == ["lives"]


def test_an_interrupt_ends_the_job() -> None:
    cluster, swarm = cluster_of("one", play=work)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(cluster, "work", (), times=1, watch=Heard(then=interrupt))
    assert swarm.services({}) == {}
