"""The cluster: who belongs to it, and which of its machines can work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.cluster.cluster import FIT, Cluster
from orchestrator.cluster.node_lines import documents_in, lines_of
from orchestrator.cluster.node_mark import set_mark
from orchestrator.cluster.task_program import MARK, NO_MARK
from orchestrator.core.errors import UsageError
from orchestrator.core.paths import state_folder
from orchestrator.engine.swarm_interface import SwarmJob, SwarmNode
from tests.fakes.engine import FakeEngine
from tests.fakes.swarm import FakeSwarm, TaskFailsError

PROGRAM = "1.0 abc"


def told(kind: str, document: object) -> bytes:
    return "".join(line + "\n" for line in lines_of({"kind": kind, "of": document})).encode()


def reporting(job: SwarmJob, slot: int, node: SwarmNode) -> Iterator[bytes]:
    """Play what machines of these names say of themselves."""
    assert (job.command[-1], job.times, slot) == ("report", None, 0)
    yield b""
    if node.name == "joined-by-docker":
        raise TaskFailsError(NO_MARK)
    if node.name == "imageless":
        raise TaskFailsError("No such image: sha256:0123")
    if node.name == "broken":
        raise TaskFailsError("Traceback\nPermissionError: /var/run/docker.sock")
    if node.name == "busy":
        while True:
            yield b""
    program = "0.9 def" if node.name == "old" else PROGRAM
    missing = ["samba"] if node.name == "half" else []
    yield told("report", {"program": program, "missing": missing, "labs": 3})


def cluster_of(*names: str, member: bool = True) -> tuple[Cluster, FakeSwarm, FakeEngine]:
    swarm, engine = FakeSwarm(*names, play=reporting, member=member), FakeEngine()
    return Cluster(swarm, engine, lambda: "sha256:helper", lambda: PROGRAM, state_folder() / "jobs"), swarm, engine


def test_a_machine_creates_a_cluster_and_leaves_it() -> None:
    cluster, swarm, engine = cluster_of("one", member=False)
    assert cluster.create("192.0.2.1") == swarm.join_token()
    assert cluster.address() == "192.0.2.1"
    assert MARK in engine.volumes({})
    with pytest.raises(UsageError, match="belongs to a cluster already"):
        cluster.create("")
    cluster.leave(force=False)
    assert engine.volumes({}) == ()
    with pytest.raises(UsageError, match="belongs to no cluster"):
        cluster.address()
    with pytest.raises(UsageError, match="belongs to no cluster"):
        cluster.leave(force=False)


def test_an_address_that_is_not_this_machines_is_refused() -> None:
    cluster, _, engine = cluster_of("one", member=False)
    with pytest.raises(UsageError, match=r"cannot be reached by 198\.51\.100\.1") as refused:
        cluster.create("198.51.100.1")
    assert refused.value.evidence == "no such address"
    assert engine.volumes({}) == ()


def test_a_machine_joins_with_the_token_and_speaks_for_nobody() -> None:
    cluster, swarm, engine = cluster_of("one", "two", member=False)
    with pytest.raises(UsageError, match="was not joined"):
        cluster.join("192.0.2.9", "SWMTKN-1-other", "")
    assert engine.volumes({}) == ()
    cluster.join("192.0.2.9", swarm.join_token(), "")
    assert MARK in engine.volumes({})
    for asked in (cluster.look, lambda: cluster.drain("two", wanted=True)):
        with pytest.raises(UsageError, match="it does not manage it"):
            asked()
    cluster.leave(force=False)


def test_a_manager_does_not_leave_the_others_behind_unasked() -> None:
    cluster, _, engine = cluster_of("one", "two", "three")
    with pytest.raises(UsageError, match="It was not Breakfix"):
        cluster.leave(force=False)
    set_mark(engine)
    with pytest.raises(UsageError, match="Still there: two, three"):
        cluster.leave(force=False)
    cluster.leave(force=True)


def test_a_node_is_drained_by_its_name_and_comes_back() -> None:
    cluster, swarm, _ = cluster_of("one", "two")
    assert cluster.drain("two", wanted=True).name == "two"
    assert [one.drained for one in swarm.nodes()] == [False, True]
    cluster.drain("id-two", wanted=False)
    assert [one.drained for one in swarm.nodes()] == [False, False]
    with pytest.raises(UsageError, match='No node is named "tow"') as refused:
        cluster.drain("tow", wanted=True)
    assert refused.value.hint is not None
    assert "two" in refused.value.hint.en


def test_a_node_that_does_not_come_back_is_forgotten() -> None:
    cluster, swarm, _ = cluster_of("one", "two")
    with pytest.raises(UsageError, match="two answers"):
        cluster.forget("two")
    swarm.change("two", answers=False)
    cluster.forget("two")
    assert [one.name for one in swarm.nodes()] == ["one"]


@pytest.mark.usefixtures("hasty")
def test_each_machine_says_what_it_is_and_only_the_fit_ones_get_work() -> None:
    names = ("one", "joined-by-docker", "imageless", "broken", "busy", "old", "half", "away", "drained")
    cluster, swarm, _ = cluster_of(*names)
    swarm.change("away", answers=False)
    swarm.drain("id-drained", wanted=True)
    swarm.note("id-old", {FIT: PROGRAM})
    found = {one.node.name: one for one in cluster.look()}
    assert {name: one.fitness for name, one in found.items()} == {
        "one": "fit",
        "joined-by-docker": "unmarked",
        "imageless": "images",
        "broken": "failed",
        "busy": "no-answer",
        "old": "program",
        "half": "images",
        "away": "silent",
        "drained": "drained",
    }
    assert found["broken"].said.endswith("PermissionError: /var/run/docker.sock")
    assert {one.name: one.labels.get(FIT, "") for one in swarm.nodes()} == {**dict.fromkeys(names, ""), "one": PROGRAM}
    assert swarm.services({}) == {}
    assert [one.node.name for one in cluster.ready()] == ["one"]


def test_a_cluster_without_a_fit_machine_says_why() -> None:
    cluster, _, _ = cluster_of("old", "half")
    with pytest.raises(UsageError, match="No node of the cluster can work") as refused:
        cluster.ready()
    assert refused.value.evidence.splitlines() == ["old: program", "half: images"]


def test_documents_come_back_from_lines_once_they_are_whole() -> None:
    documents = [{"kind": "stage", "of": "é" * 30_000}, {"kind": "proof", "of": [1, None]}]
    lines = [line + "\n" for one in documents for line in lines_of(one)]
    assert max(map(len, lines)) < 16_384
    assert documents_in("".join(lines).encode()) == tuple(documents)
    assert documents_in("".join(lines[:-1]).encode() + lines[-1][:-1].encode()) == (documents[0],)
    with pytest.raises(ValueError, match="hello"):
        documents_in(b"hello\n")
