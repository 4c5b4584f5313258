"""``bench``: Breakfix beside docker-compose and testinfra's own backend."""

from __future__ import annotations

import json
from pathlib import Path

import click

from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.progress import steps
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ExitCode


@command(
    "bench",
    help=tr(
        "Mesurer Breakfix à côté de docker-compose, à tour de rôle, avec les mêmes images et les mêmes machines.",
        "Measure Breakfix beside docker-compose, by turns, with the same images and the same hosts.",
    ),
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    metavar="N",
    help=tr("Combien de mesures de chaque (par défaut 5).", "How many measurements of each (by default 5)."),
)
@click.option(
    "--cycles",
    type=click.IntRange(min=1),
    metavar="N",
    help=tr(
        "À la place : N cycles démarrer, casser, réparer, arrêter, et ce qui a grossi (code de sortie 1).",
        "Instead: N cycles of start, break, repair, stop, and what has grown (exit status 1).",
    ),
)
@click.option(
    "--output",
    metavar=tr("FICHIER", "FILE"),
    type=click.Path(path_type=Path, dir_okay=False),
    help=tr("Écrire le rapport en JSON dans un fichier.", "Write the report to a file, as JSON."),
)
@pass_session
def bench_command(session: Session, runs: int, cycles: int | None, output: Path | None) -> int:
    """Run the benchmark, or the long run."""
    if cycles is not None:
        return _long_run(session, cycles, output)
    from orchestrator.bench.runner import run

    with steps(session) as shown:
        report = run(session.app, runs=runs, output=output, progress=shown)
    if session.json:
        session.output.document(report.to_document())
    else:
        click.echo(report.to_text(session.language), nl=False)
    return ExitCode.DONE


def _long_run(session: Session, cycles: int, output: Path | None) -> int:
    from orchestrator.bench.cycles import run_cycles

    with steps(session) as shown:
        found = run_cycles(session.app, cycles=cycles, progress=shown)
    document = found.to_document()
    if output is not None:
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if session.json:
        session.output.document(document)
    else:
        click.echo(found.to_text(session.language), nl=False)
    return ExitCode.NOT_REPAIRED if found.grown else ExitCode.DONE
