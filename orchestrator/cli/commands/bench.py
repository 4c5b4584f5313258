"""``bench``: how long images and labs take to be ready on this machine, and their memory."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.click_classes import command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import tr
from orchestrator.cli.progress_view import steps


@command(
    "bench",
    help=tr(
        "Mesurer combien de temps chaque image et chaque lab mettent à être prêts sur cette machine, et la mémoire "
        "qu'ils prennent ensuite.\n\n"
        "Les images sont démarrées une à une, les labs en entier ; tout est retiré à la fin.",
        "Measure how long each image and each lab take to be ready on this machine, and what memory they then take.\n\n"
        "The images are started one by one, the labs whole; all of it is removed in the end.",
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
    "--output",
    metavar=tr("FICHIER", "FILE"),
    type=click.Path(path_type=Path, dir_okay=False),
    help=tr("Écrire le rapport en JSON dans un fichier.", "Write the report to a file, as JSON."),
)
@pass_invocation
def bench_command(invocation: Invocation, runs: int, output: Path | None) -> None:
    """Measure the starts."""
    from orchestrator.bench.boots import measure

    with steps(invocation) as shown:
        report = measure(invocation.app, runs=runs, output=output, progress=shown)
    if invocation.json:
        invocation.output.document(report.to_document())
    else:
        click.echo(report.to_text(invocation.language), nl=False)
