"""``bench``: Breakfix beside docker-compose and testinfra's own backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.click_classes import command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.progress_view import steps
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.bench.cycles import LongRun
    from orchestrator.bench.flips import Flips


@command(
    "bench",
    help=Text(
        fr="Mesurer Breakfix à côté de docker-compose, à tour de rôle, avec les mêmes images et les mêmes machines.\n\n"
        "Avec --boots : combien de temps chaque image et chaque lab mettent à être prêts, et leur mémoire. "
        "Avec --grading : les évaluations disent-elles toujours la même chose ?",
        en="Measure Breakfix beside docker-compose, by turns, with the same images and the same hosts.\n\n"
        "With --boots: how long each image and each lab take to be ready, and their memory. "
        "With --grading: do gradings always say the same?",
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
    "--cycles",
    type=click.IntRange(min=1),
    metavar="N",
    help=Text(
        fr="À la place : N cycles démarrer, casser, réparer, arrêter, et ce qui a grossi (code de sortie 1).",
        en="Instead: N cycles of start, break, repair, stop, and what has grown (exit status 1).",
    ),
)
@option(
    "--grading",
    "gradings",
    type=click.IntRange(min=18),
    metavar="N",
    help=Text(
        fr="À la place : évaluer N fois des machines que personne ne change, au repos puis sous charge, "
        "et dire ce qui a changé (code de sortie 1).",
        en="Instead: grade N times what nobody changes, on an idle and on a loaded machine, "
        "and say what changed (exit status 1).",
    ),
)
@option(
    "--output",
    metavar=Text(fr="FICHIER", en="FILE"),
    type=click.Path(path_type=Path, dir_okay=False),
    help=Text(fr="Écrire le rapport en JSON dans un fichier.", en="Write the report to a file, as JSON."),
)
@option(
    "--boots",
    is_flag=True,
    help=Text(fr="Mesurer les démarrages, image par image.", en="Measure the starts, image by image."),
)
@pass_invocation
def bench_command(
    invocation: Invocation, runs: int, cycles: int | None, gradings: int | None, output: Path | None, *, boots: bool
) -> int:
    """Run a benchmark, the long run, or the gradings that should agree."""
    if sum((cycles is not None, gradings is not None, boots)) > 1:
        raise UsageError(
            Text(
                fr="--cycles, --grading et --boots sont trois mesures : une à la fois.",
                en="--cycles, --grading and --boots are three measurements: one at a time.",
            )
        )
    if cycles is not None:
        return _long_run(invocation, cycles, output)
    if gradings is not None:
        return _gradings(invocation, gradings, output)
    from orchestrator.bench import benchmark
    from orchestrator.bench import boots as starts

    measure = starts.run if boots else benchmark.run
    with steps(invocation) as shown:
        report = measure(invocation.app, runs=runs, output=output, progress=shown)
    if invocation.json:
        invocation.output.document(report.to_document())
    else:
        click.echo(report.to_text(invocation.language), nl=False)
    return ExitCode.DONE


def _long_run(invocation: Invocation, cycles: int, output: Path | None) -> int:
    from orchestrator.bench.cycles import run_cycles

    with steps(invocation) as shown:
        found = run_cycles(invocation.app, cycles=cycles, progress=shown)
    _show(invocation, found, output)
    return ExitCode.NOT_REPAIRED if found.grown else ExitCode.DONE


def _gradings(invocation: Invocation, gradings: int, output: Path | None) -> int:
    from orchestrator.bench.benchmark import require_folder
    from orchestrator.bench.flips import run_gradings

    require_folder(output)
    with steps(invocation) as shown:
        found = run_gradings(invocation.app, gradings=gradings, progress=shown)
    _show(invocation, found, output)
    return ExitCode.NOT_REPAIRED if found.changes else ExitCode.DONE


def _show(invocation: Invocation, found: LongRun | Flips, output: Path | None) -> None:
    """Print what was found, and write it to a file."""
    document = found.to_document()
    if output is not None:
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if invocation.json:
        invocation.output.document(document)
    else:
        click.echo(found.to_text(invocation.language), nl=False)
