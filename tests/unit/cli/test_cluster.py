"""``cluster``, and ``prove --cluster``: the nodes' own program works, on machines in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import pytest

from orchestrator.cluster import cluster, cluster_job, node_work
from orchestrator.cluster.cluster import Cluster
from orchestrator.cluster.node_lines import lines_of
from orchestrator.cluster.node_mark import set_mark
from orchestrator.cluster.task_program import NO_MARK, SLOT
from orchestrator.core.errors import MachineError
from orchestrator.core.paths import state_folder
from orchestrator.core.text import same
from orchestrator.engine.swarm_interface import SwarmJob, SwarmNode
from tests.fakes.swarm import FakeSwarm, TaskFailsError

from .conftest import PLAN, Cli, FakeApp
from .test_mutants import Player
from .test_prove import BAD, NAMES, Prover

PROGRAM = "1.0 abc"


class Nodes:
    """Plays tasks by the nodes' program, with what a test says of the machines."""

    def __init__(self) -> None:
        self.unmarked: set[str] = set()
        self.broken: set[str] = set()

    def play(self, job: SwarmJob, slot: int, node: SwarmNode) -> Iterator[bytes]:
        arguments = list(job.command[job.command.index("-c") + 2 :])
        if node.name in self.unmarked:
            raise TaskFailsError(NO_MARK)
        if arguments == ["report"]:
            yield _told({"program": PROGRAM, "missing": [], "labs": 4})
            return
        if node.name in self.broken:
            raise TaskFailsError("nsenter: no such file")
        printed, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(printed), redirect_stderr(errors):
            status = node_work.main(["--task", f"t{slot}", *(str(slot) if a == SLOT else a for a in arguments)])
        yield printed.getvalue().encode()
        if status:
            raise TaskFailsError(errors.getvalue())


def _told(report: object) -> bytes:
    return "".join(line + "\n" for line in lines_of({"kind": "report", "of": report})).encode()


@pytest.fixture
def nodes(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    made = Nodes()
    swarm = FakeSwarm("node1", "node2", play=made.play)
    app.cluster = Cluster(swarm, app.engine, lambda: "sha256:helper", lambda: PROGRAM, state_folder() / "jobs")
    monkeypatch.setattr(node_work, "App", lambda **_: app)
    monkeypatch.setattr(app.labs.plans, "plan", lambda name, seed: replace(PLAN, scenario=name, seed=seed))

    def at_once(condition, *, within: float, every: float | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        return next(value for value in iter(condition, None) if value)

    monkeypatch.setattr(cluster, "wait_until", at_once)
    monkeypatch.setattr(cluster_job, "wait_until", at_once)
    return made


@pytest.fixture
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    made = Prover()
    monkeypatch.setattr(node_work, "prove", made.prove)
    return made


def test_the_nodes_are_shown_with_what_to_do(cli: Cli, nodes: Nodes) -> None:
    nodes.unmarked = {"node2"}
    shown = cli("cluster", "nodes").stdout
    assert [line.split()[0::6] for line in shown.splitlines() if line.startswith("node1 ")] == [["node1", "ready"]]
    assert "node2: It joined by Docker: 'docker swarm leave', then 'cluster join' there." in shown
    assert "node2\N{NO-BREAK SPACE}: Il a rejoint par Docker" in cli("cluster", "nodes", lang="fr").stdout
    told = json.loads(cli("cluster", "nodes", "--json").stdout)["nodes"]
    assert [(one["name"], one["state"]) for one in told] == [("node1", "fit"), ("node2", "unmarked")]
    assert told[0]["report"] == {"program": PROGRAM, "missing": [], "labs": 4}


@pytest.mark.usefixtures("nodes")
def test_the_command_to_join_is_one_line_to_copy(cli: Cli) -> None:
    shown = cli("cluster", "nodes", "--token").stdout
    assert "  ./breakfix cluster join 192.0.2.1 --token SWMTKN-1-fake\n" in shown
    told = json.loads(cli("cluster", "nodes", "--token", "--json").stdout)
    assert told["command"] in shown


@pytest.mark.usefixtures("nodes")
def test_a_node_is_drained_and_the_manager_stays(cli: Cli, app: FakeApp) -> None:
    assert "✔ node2 gets no work any more." in cli("cluster", "drain", "node2").stdout
    assert "drained" in cli("cluster", "nodes").stdout
    assert "✔ node2 gets work again." in cli("cluster", "drain", "--back", "node2").stdout
    done = cli("cluster", "leave")
    assert (done.exit_code, "It was not Breakfix" in done.stderr) == (2, True)
    set_mark(app.engine)
    done = cli("cluster", "leave")
    assert (done.exit_code, "Still there: node2" in done.stderr) == (2, True)
    assert cli("cluster", "create").exit_code == 2


def test_proofs_of_the_nodes_are_kept_here(cli: Cli, app: FakeApp, nodes: Nodes, prover: Prover) -> None:
    done = cli("prove", *NAMES[:1], "--cluster", "--jobs", "3")
    assert done.exit_code == 0, done.stderr
    assert "Cluster: node1, node2" in done.stderr
    assert f"{NAMES[0]}: on node1" in done.stderr
    assert f"1/6 ✔ {NAMES[0]} --seed 1 · healthy (1.5 s)" in done.stderr
    assert f"✔ {NAMES[0]} is proven (seed 1) in 12 s." in done.stdout
    assert prover.jobs == 3
    assert app.proofs.status(NAMES[0]).state == "here"
    prover.stage = BAD
    assert cli("prove", NAMES[0], "--cluster").exit_code == 1
    nodes.broken = {"node1", "node2"}
    done = cli("prove", NAMES[0], "--cluster")
    assert (done.exit_code, f"No node could prove: {NAMES[0]}" in done.stderr) == (MachineError.exit_code, True)
    assert "nsenter: no such file" in done.stderr
    assert done.stderr.count("to begin again") == 2
    assert done.stderr.count("given up") == 1


def test_a_refusal_of_a_node_is_told(cli: Cli, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    del nodes

    def refuse(*_: object, **__: object) -> None:
        raise MachineError(same("No memory is left"))

    monkeypatch.setattr(node_work, "prove", refuse)
    done = cli("prove", NAMES[0], "--cluster")
    assert (done.exit_code, "No memory is left" in done.stderr) == (MachineError.exit_code, True)


def test_mutants_of_the_nodes_are_kept_here(
    cli: Cli, app: FakeApp, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    del nodes
    player = Player()
    monkeypatch.setattr(node_work, "play_mutants", player.play)
    monkeypatch.setattr("orchestrator.mutation.mutant_work.repairs_of_other_cases", lambda *_: ())
    monkeypatch.setattr("orchestrator.mutation.mutant_work.verdicts_of", lambda *_: player.verdicts)
    monkeypatch.setattr(app.proofs, "require", lambda *_: None)
    done = cli("prove", NAMES[0], "--mutate", "7", "--seed", "3", "--jobs", "2", "--cluster")
    assert (done.exit_code, player.asked) == (0, [(7, 3, 2)]), done.stderr
    assert f"{NAMES[0]}: on node1" in done.stderr
    assert "2 ? two · flagged (2.0 s)" in done.stderr
    assert "2 mutants in 1 min 05 s: 1 refused, 1 flagged, 0 accepted" in " ".join(done.stdout.split())
    assert cli("prove", NAMES[0], "--mutate", "7", "--seed", "3", "--cluster").exit_code == 0
    assert player.known == [set(), {"one", "two"}]
