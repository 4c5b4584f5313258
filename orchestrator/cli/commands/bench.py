"""``bench``: how long images and labs take to be ready on this machine, and their memory."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.click_classes import command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.progress_view import steps
from orchestrator.core.text import Text


@command(
    "bench",
    help=Text(
        fr="Mesurer combien de temps chaque image et chaque lab mettent à être prêts sur cette machine, et la mémoire "
        "qu'ils prennent ensuite.\n\n"
        "Les images sont démarrées une à une, les labs en entier ; tout est retiré à la fin.",
        en="Measure how long each image and each lab take to be ready on this machine, and what memory they then "
        "take.\n\n"
        "The images are started one by one, the labs whole; all of it is removed in the end.",
    ),
)
@option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    metavar="N",
    help=Text(fr="Combien de mesures de chaque (par défaut 5).", en="How many measurements of each (by default 5)."),
)
@option(
    "--output",
    metavar=Text(fr="FICHIER", en="FILE"),
    type=click.Path(path_type=Path, dir_okay=False),
    help=Text(fr="Écrire le rapport en JSON dans un fichier.", en="Write the report to a file, as JSON."),
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
