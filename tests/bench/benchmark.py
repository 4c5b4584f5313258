"""Runs the benchmark from beginning to end, and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from grader.runner import grade
from orchestrator.core import interrupts, labels
from orchestrator.core.errors import UsageError
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance, StartContext
from tests.bench import phases
from tests.bench.bench_labs import IMAGE, bench_plan
from tests.bench.bench_report import BenchReport
from tests.bench.commands import compose_command, docker_command
from tests.bench.compose import ComposeProject, remove_project
from tests.bench.machine_facts import machine_facts
from tests.bench.samples import Comparison

if TYPE_CHECKING:
    from orchestrator.app import App

__all__ = ["LEAST_RUNS", "BenchReport", "run"]

LEAST_RUNS: Final = 1
"""A figure to be quoted needs 5; fewer are for trying the benchmark itself."""


def run(
    app: App,
    *,
    runs: int = 5,
    grading: phases.Grading = grade,
    progress: Progress | None = None,
) -> BenchReport:
    """Measure our labs beside their peers, by turns.

    Whatever interrupts it, both sides' containers and networks are removed again; what a run that was killed left of
    the peer's is removed first, so only one run at a time can be made on a machine.

    Args:
        app: the program.
        runs: how many times each thing is measured.
        grading: grades a request; another one is for tests.
        progress: is told each step.

    Raises:
        UsageError: there are too few runs.
        MachineError: docker-compose or the docker command is missing, or an image cannot be built.
        LabError: a lab, on either side, did not come up, or a measured check does not pass.
    """
    if runs < LEAST_RUNS:
        raise UsageError(
            Text(fr=f"Il faut au moins {LEAST_RUNS} mesure.", en=f"At least {LEAST_RUNS} measurement is needed.")
        )
    docker_command()
    compose_command()
    remove_project(app.engine)
    tell: Progress = progress or Silent()
    started_at, begun = datetime.now(UTC), time.monotonic()
    images = {IMAGE: app.content.image(IMAGE)}
    plan = bench_plan(images)
    around = StartContext(images, app.build([IMAGE]), ())
    app.fabric.ping()  # a helper that has to be started first is not what is measured
    with ComposeProject(plan, images, around.references, app.engine) as peer:
        machine = machine_facts(app.engine.info(), peer.version())
        bench = phases.Bench(app.instances, app.engine, app.fabric, plan, around, peer, runs)
        comparisons = _measure(bench, grading, tell)
    return BenchReport(
        started_at=started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(time.monotonic() - begun, 1),
        runs=runs,
        machine=machine,
        peer_privileges=peer.needs.told,
        comparisons=comparisons,
    )


def _measure(bench: phases.Bench, grading: phases.Grading, tell: Progress) -> tuple[Comparison, ...]:
    tell.step(Text(fr="Démarrages et arrêts, à tour de rôle", en="Starts and stops, by turns"))
    ready, stop = phases.ready_and_stop(bench, _rounds(bench, tell))
    tell.step(Text(fr="Mémoire des deux labs côte à côte", en="Memory of both labs side by side"))
    with _running(bench) as instance:
        bench.peer.up()
        memory = phases.memory(bench, instance, _helpers(bench))
        bench.peer.down()  # an older engine goes on probing its hosts, which would slow down all that follows
        tell.step(Text(fr="Contrôles", en="Checks"))
        checks = phases.checks(bench, instance, grading, _rounds(bench, tell))
        tell.step(Text(fr="Commandes", en="Commands"))
        commands = phases.commands(bench, instance, _rounds(bench, tell))
        tell.step(Text(fr="Redémarrages", en="Restarts"))
        bench.peer.up()
        restarts = phases.restarts(bench, instance, _rounds(bench, tell))
        tell.step(Text(fr="Nettoyage", en="Cleaning up"))
        bench.peer.down()
    return (ready, stop, checks, *commands, memory, restarts)


@contextmanager
def _running(bench: phases.Bench) -> Iterator[Instance]:
    """Have our lab run within the block."""
    instance = bench.instances.start(bench.plan, bench.around, Silent())
    try:
        yield instance
    finally:
        with interrupts.shielded():
            bench.instances.remove(instance.name)


def _rounds(bench: phases.Bench, tell: Progress) -> phases.Advance:
    return lambda number: tell.detail(
        Text(fr=f"mesure {number} sur {bench.runs}", en=f"measurement {number} of {bench.runs}")
    )


def _helpers(bench: phases.Bench) -> tuple[str, ...]:
    """Return the containers of the fabric, whose memory all hosts share."""
    kinds = ("fabric", "pause")
    return tuple(c.id for kind in kinds for c in bench.engine.containers({labels.KIND: kind}) if c.running)
