"""The measurements themselves. Each one takes our sample and the peers' in turn, so that noise hits both."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.job import Factory, GradeRequest
from grader.report import Report
from grader.runner import forget
from orchestrator.bench.memory import settled
from orchestrator.core import interrupts
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text, same
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.container import SOCKET
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.instances.lifecycle import Instances
from orchestrator.model.plan import Plan
from tests.bench import statements
from tests.bench.commands import docker_command, run_command
from tests.bench.compose import ComposeProject
from tests.bench.footprints import Footprint, footprints
from tests.bench.samples import Comparison, Series, Target
from tests.bench.sdk import SdkExec

if TYPE_CHECKING:
    from orchestrator.engine.engine_interface import Engine

Grading = Callable[[GradeRequest], Report]
Advance = Callable[[int], None]
"""Is told the number of the round that begins, from 1."""

OURS: Final = same("Breakfix")
_COMPOSE: Final = same("docker-compose")
_CHECKS: Final = Path(__file__).with_name("checks")
_COMMANDS_A_ROUND: Final = 10
_RUNNING: Final = ("systemctl", "is-system-running", "--quiet")
_RESTART_LIMIT: Final = 60.0
_CHECK_LIMIT: Final = 300.0
_MB: Final = 1_000_000


@dataclass(frozen=True)
class Bench:
    """What all measurements need."""

    instances: Instances
    engine: Engine
    fabric: Fabric
    plan: Plan
    around: StartContext
    peer: ComposeProject
    runs: int


def clock(work: Callable[[], object]) -> float:
    """Return how many seconds some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def ready_and_stop(bench: Bench, advance: Advance) -> tuple[Comparison, Comparison]:
    """Start and stop the whole lab in turn: ours, Compose's, ours, ..."""
    up_ours, up_peer, down_ours, down_peer = [], [], [], []
    for number in range(1, bench.runs + 1):
        advance(number)
        begun = time.perf_counter()
        instance = bench.instances.start(bench.plan, bench.around, Silent())
        try:
            up_ours.append(time.perf_counter() - begun)
        finally:
            with interrupts.shielded():
                down_ours.append(clock(partial(bench.instances.remove, instance.name)))
        up_peer.append(clock(bench.peer.up))
        down_peer.append(clock(bench.peer.down))
    hosts, segments = len(bench.plan.hosts), len(bench.plan.segments)
    return (
        Comparison(
            name="ready",
            told=Text(
                fr=f"{hosts} machines systemd sur {segments} segments, toutes prêtes",
                en=f"{hosts} systemd hosts on {segments} segments, all ready",
            ),
            unit="s",
            ours=Series("breakfix", OURS, tuple(up_ours)),
            peers=(Series("compose", same("docker-compose up -d --wait"), tuple(up_peer)),),
            target=Target(ratio=1 / 2),
        ),
        Comparison(
            name="stop",
            told=Text(fr="les mêmes arrêtées et supprimées", en="the same stopped and removed"),
            unit="s",
            ours=Series("breakfix", OURS, tuple(down_ours)),
            peers=(Series("compose", same("docker-compose down -t 0"), tuple(down_peer)),),
            target=Target(ratio=1 / 2),
        ),
    )


def memory(bench: Bench, instance: Instance, helpers: Sequence[str]) -> Comparison:
    """Weigh both labs' idle hosts at the same time: the more shims there are, the less each has of their program.

    Args:
        bench: what is measured; Compose's lab must run.
        instance: our running lab.
        helpers: the containers of our fabric, of which each of our hosts bears its share.
    """
    own, foreign = [host.container for host in instance.hosts], list(bench.peer.containers().values())
    weights = weigh([*own, *foreign, *helpers])
    ours, peers, fabric = weights[: len(own)], weights[len(own) : -len(helpers)], weights[-len(helpers) :]
    share = sum(f.total for f in fabric) / len(own)
    median = sorted(ours, key=lambda f: f.total)[len(ours) // 2]
    return Comparison(
        name="memory",
        told=Text(
            fr="mémoire d'une machine au repos (cgroup, containerd-shim, part du fabric)",
            en="memory of an idle host (cgroup, containerd-shim, its share of the fabric)",
        ),
        unit="MB",
        ours=Series("breakfix", OURS, tuple((f.total + share) / _MB for f in ours)),
        peers=(Series("compose", _COMPOSE, tuple(f.total / _MB for f in peers)),),
        target=Target(limit=14.0),
        parts={"cgroup": median.cgroup / _MB, "shim": median.shim / _MB, "fabric": share / _MB},
    )


def weigh(containers: Sequence[str]) -> list[Footprint]:
    """Return the containers' footprints once two readings in a row agree."""
    return settled(lambda: list(footprints(containers).values()), lambda found: sum(f.total for f in found))


def checks(bench: Bench, instance: Instance, grading: Grading, advance: Advance) -> Comparison:
    """Run the twenty checks in turn by our grader and by pytest with ``docker://``.

    Ours is measured as commands have it (what a grading imports was prepared while they looked for the lab) and, beside
    it, with nothing prepared.
    """
    request = GradeRequest.of(
        bench.plan,
        instance.name,
        files=[_CHECKS / "ours.py"],
        fabric=Factory("orchestrator.fabric.client:FabricClient", {"socket_path": str(SOCKET)}),
    )
    command, environment = _stock_command(instance)
    ours, cold, stock = [], [], []
    for number in range(1, bench.runs + 1):
        advance(number)
        forget()
        cold.append(clock(lambda: _require_passes(grading(request))))
        ours.append(clock(lambda: _require_passes(grading(request))))
        stock.append(clock(lambda: run_command(command, timeout=_CHECK_LIMIT, environment=environment)))
    return Comparison(
        name="checks",
        told=Text(
            fr=f"{statements.COUNT} contrôles testinfra sur {len(statements.HOSTS)} machines, de la demande au rapport",
            en=f"{statements.COUNT} testinfra checks over {len(statements.HOSTS)} hosts, from request to report",
        ),
        unit="s",
        ours=Series("breakfix", OURS, tuple(ours)),
        peers=(
            Series("stock", same("pytest --hosts=docker://…"), tuple(stock)),
            Series("breakfix-cold", Text(fr="Breakfix, rien de préparé", en="Breakfix, nothing prepared"), tuple(cold)),
        ),
        target=Target(ratio=1 / 15),
    )


def _stock_command(instance: Instance) -> tuple[list[str], Mapping[str, str]]:
    """Return pytest's command line for testinfra's own backend on our hosts, with the environment it adds."""
    names = {host.name: host.container for host in instance.hosts}
    hosts = ",".join(f"docker://{names[name]}" for name in statements.HOSTS)
    file = _CHECKS / "stock.py"
    root = str(Path(__file__).resolve().parents[2])
    options = ["-q", "--config-file=/dev/null", f"--rootdir={_CHECKS}", "-p", "no:cacheprovider"]
    environment = {
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "",
    }
    return [sys.executable, "-m", "pytest", *options, f"--hosts={hosts}", str(file)], environment


def _require_passes(report: Report) -> None:
    wrong = [result for result in report.results if result.outcome != "pass"]
    if wrong or len(report.results) != statements.COUNT:
        told = f"{len(report.results)}/{statements.COUNT}"
        raise LabError(
            Text(fr=f"Les contrôles mesurés ne passent pas ({told}).", en=f"The measured checks don't pass ({told})."),
            evidence="\n".join(f"{r.id}: {r.evidence.en if r.evidence else r.outcome}" for r in wrong),
        )


def commands(bench: Bench, instance: Instance, advance: Advance) -> tuple[Comparison, ...]:
    """Run two commands in one of our hosts by turns: over the fabric, by Docker's SDK and by its command line."""
    host = instance.hosts[0]
    target, docker = HostRef(instance.name, host.name), docker_command()
    compared = []
    with bench.fabric.another_connection() as fabric, SdkExec() as sdk:
        for name, argv in (("true", ["true"]), ("is-active", ["systemctl", "is-active", "--quiet", "ssh"])):
            ways: dict[str, Callable[[], int]] = {
                "breakfix": partial(_ours, fabric, target, argv),
                "sdk": partial(sdk.run, host.container, argv),
                "cli": partial(_cli, docker, host.container, argv),
                "new": partial(_ours_anew, bench.fabric, target, argv),
            }
            samples = _by_turns(ways, bench.runs, advance)
            compared.append(
                Comparison(
                    name=f"exec-{name}",
                    told=Text(fr=f"une commande sur une machine : {' '.join(argv)}", en=f"a command: {' '.join(argv)}"),
                    unit="ms",
                    ours=Series("breakfix", OURS, samples["breakfix"]),
                    peers=(
                        Series("sdk", Text(fr="SDK Docker, exec", en="Docker SDK, exec"), samples["sdk"]),
                        Series("cli", same("docker exec"), samples["cli"]),
                        Series(
                            "breakfix-new-session",
                            Text(fr="Breakfix, première de sa session", en="Breakfix, first of its session"),
                            samples["new"],
                        ),
                    ),
                )
            )
    return tuple(compared)


def _by_turns(ways: Mapping[str, Callable[[], int]], runs: int, advance: Advance) -> dict[str, tuple[float, ...]]:
    """Return milliseconds for each way of running a command, which must succeed."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # what is made once (a connection, an agent) is not what is asked
    for number in range(1, runs + 1):
        advance(number)
        for _ in range(_COMMANDS_A_ROUND):
            for name, way in ways.items():
                begun = time.perf_counter()
                status = way()
                samples[name].append((time.perf_counter() - begun) * 1000)
                if status:
                    raise LabError(same(f"{name}: status {status}"))
    return {name: tuple(values) for name, values in samples.items()}


def _cli(docker: str, container: str, argv: Sequence[str]) -> int:
    run_command([docker, "exec", container, *argv], timeout=30)
    return 0


def _ours(fabric: Fabric, target: HostRef, argv: Sequence[str]) -> int:
    return fabric.run(target, argv).status


def _ours_anew(fabric: Fabric, target: HostRef, argv: Sequence[str]) -> int:
    with fabric.another_connection() as connection:
        return _ours(connection, target, argv)


def restarts(bench: Bench, instance: Instance, advance: Advance) -> Comparison:
    """Restart one host of ours and one of Compose's in turn, until its systemd has booted again."""
    name = bench.plan.hosts[0].name
    ours = next(host.container for host in instance.hosts if host.name == name)
    peer = bench.peer.containers()[name]
    target = HostRef(instance.name, name)
    taken, peers = [], []
    with bench.fabric.another_connection() as fabric, SdkExec() as sdk:

        def we_run() -> bool:
            try:
                return fabric.run(target, _RUNNING, timeout=5).status == 0
            except LabError:  # it is between two lives
                return False

        for number in range(1, bench.runs + 1):
            advance(number)
            taken.append(clock(lambda: _restart(bench.engine, ours, we_run)))
            peers.append(clock(lambda: _restart(bench.engine, peer, lambda: sdk.run(peer, _RUNNING) == 0)))
        _require_cables(fabric, target, len(bench.plan.host(name).interfaces))
    return Comparison(
        name="restart",
        told=Text(
            fr="docker restart d'une machine jusqu'à ce qu'elle soit recâblée et prête",
            en="docker restart of a host until it is wired and ready again",
        ),
        unit="s",
        ours=Series("breakfix", OURS, tuple(taken)),
        peers=(Series("compose", _COMPOSE, tuple(peers)),),
    )


def _restart(engine: Engine, container: str, booted: Callable[[], bool]) -> None:
    engine.restart(container, grace=0)
    if not wait_until(booted, within=_RESTART_LIMIT, every=0.01):
        raise LabError(
            Text(
                fr=f"{container[:12]} ne revient pas après un redémarrage.",
                en=f"{container[:12]} does not come back after a restart.",
            )
        )


def _require_cables(fabric: Fabric, target: HostRef, count: int) -> None:
    """Make sure that a restarted host is wired, not only booted."""
    shown = fabric.run(target, ["ip", "-4", "-oneline", "address", "show", "scope", "global"])
    if len(shown.stdout.splitlines()) != count:
        raise LabError(
            Text(
                fr=f"{target} a démarré sans son réseau.",
                en=f"{target} has booted without its network.",
            ),
            evidence=shown.stdout.decode(errors="replace"),
        )
