"""``bench``: how long images, labs and verdicts take on this machine, their memory, and how fast the portal is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.click_classes import command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.progress_view import steps
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.bench.boots import BootReport
    from orchestrator.bench.portal_report import PortalReport


@command(
    "bench",
    help=Text(
        fr="Mesurer combien de temps chaque image et chaque lab mettent à être prêts sur cette machine, et la mémoire "
        "qu'ils prennent ensuite.\n\n"
        "Les images sont démarrées une à une, les labs en entier ; tout est retiré à la fin. Avec --checks : combien "
        "de temps prend le verdict de chaque scénario, en panne puis réparé. Avec --portal : la vitesse du "
        "portail et ce qu'il prend, à côté de SSH et de ttyd s'ils sont installés ; puis, avec un lab, du démarrage à "
        "la première invite.",
        en="Measure how long each image and each lab take to be ready on this machine, and what memory they then "
        "take.\n\n"
        "The images are started one by one, the labs whole; all of it is removed in the end. With --checks: how long "
        "each scenario's verdict takes, broken and then repaired. With --portal: how fast the portal is and what it "
        "takes, beside SSH and ttyd where they are installed; then, with a lab, from start to first prompt.",
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
@option(
    "--checks",
    is_flag=True,
    help=Text(
        fr="Mesurer les verdicts au lieu des démarrages.",
        en="Measure verdicts instead of starts.",
    ),
)
@option(
    "--portal",
    is_flag=True,
    help=Text(
        fr="Mesurer le portail au lieu des démarrages.",
        en="Measure the portal instead of starts.",
    ),
)
@option(
    "--scenario",
    "names",
    multiple=True,
    metavar=Text(fr="SCÉNARIO", en="SCENARIO"),
    help=Text(
        fr="Avec --checks : mesurer ce scénario seulement (répétable).",
        en="With --checks: measure this scenario only (may be repeated).",
    ),
)
@pass_invocation
def bench_command(
    invocation: Invocation, runs: int, output: Path | None, names: tuple[str, ...], *, checks: bool, portal: bool
) -> int:
    """Measure the starts, the verdicts, or the portal."""
    from orchestrator.bench.boots import measure
    from orchestrator.bench.gradings import GradingBench, measure_gradings

    report: BootReport | GradingBench | PortalReport
    if checks and portal:
        raise UsageError(
            Text(fr="--checks et --portal ne vont pas ensemble.", en="--checks and --portal do not go together."),
            Text(fr="Mesurez l'un, puis l'autre.", en="Measure one, then the other."),
        )
    if names and not checks:
        raise UsageError(
            Text(fr="--scenario ne sert qu'avec --checks.", en="--scenario is for --checks only."),
            Text(fr="Ajoutez --checks.", en="Add --checks."),
        )
    with steps(invocation) as shown:
        if portal:
            from orchestrator.bench.portal_bench import PortalAmounts, measure_portal

            amounts = PortalAmounts(starts=runs)
            report = measure_portal(invocation.app, output=output, progress=shown, amounts=amounts)
        elif checks:
            report = measure_gradings(invocation.app, names, runs=runs, output=output, progress=shown)
        else:
            report = measure(invocation.app, runs=runs, output=output, progress=shown)
    if invocation.json:
        invocation.output.document(report.to_document())
    else:
        click.echo(report.to_text(invocation.language), nl=False)
    return ExitCode.NOT_REPAIRED if isinstance(report, GradingBench) and report.mistaken else ExitCode.DONE
