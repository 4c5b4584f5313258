"""``bench``: how long images, labs and verdicts take on this machine, their memory, and how fast the portal is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.click_classes import command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.progress_view import steps
from orchestrator.cli.room_for_labs import room_for_labs
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.bench.boots import BootReport
    from orchestrator.bench.figure_report import FigureReport
    from orchestrator.core.progress import Progress

_CLASS_SCENARIO = "no-network-after-move"


@command(
    "bench",
    help=Text(
        fr="Mesurer combien de temps chaque image et chaque lab mettent à être prêts sur cette machine, et la mémoire "
        "qu'ils prennent ensuite.\n\n"
        "Les images sont démarrées une à une, les labs en entier ; tout est retiré à la fin. Avec --checks : combien "
        "de temps prend le verdict de chaque scénario, en panne puis réparé. Avec --portal : la vitesse du "
        "portail et ce qu'il prend, à côté de SSH et de ttyd s'ils sont installés ; puis, avec un lab, du démarrage à "
        "la première invite. Avec --class : ce que prend une classe entière, dont tous les labs démarrent ensemble.",
        en="Measure how long each image and each lab take to be ready on this machine, and what memory they then "
        "take.\n\n"
        "The images are started one by one, the labs whole; all of it is removed in the end. With --checks: how long "
        "each scenario's verdict takes, broken and then repaired. With --portal: how fast the portal is and what it "
        "takes, beside SSH and ttyd where they are installed; then, with a lab, from start to first prompt. With "
        "--class: what a whole class takes, whose labs all start together.",
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
    "--class",
    "class_size",
    type=click.IntRange(min=1, max=200),
    metavar="N",
    help=Text(
        fr="Mesurer N labs démarrés ensemble au lieu des démarrages.",
        en="Measure N labs that start together instead of starts.",
    ),
)
@option(
    "--scenario",
    "names",
    multiple=True,
    metavar=Text(fr="SCÉNARIO", en="SCENARIO"),
    help=Text(
        fr="Avec --checks ou --class : mesurer ce scénario (répétable avec --checks).",
        en="With --checks or --class: measure this scenario (may be repeated with --checks).",
    ),
)
@pass_invocation
def bench_command(
    invocation: Invocation,
    runs: int,
    output: Path | None,
    class_size: int | None,
    names: tuple[str, ...],
    *,
    checks: bool,
    portal: bool,
) -> int:
    """Measure the starts, the verdicts, the portal, or a class."""
    from orchestrator.bench.boots import measure
    from orchestrator.bench.gradings import GradingBench, measure_gradings

    report: BootReport | GradingBench | FigureReport
    _require_one(names, checks=checks, portal=portal, of_class=class_size is not None)
    with steps(invocation) as shown:
        if class_size is not None:
            report = _of_class(invocation, *names, count=class_size, output=output, shown=shown)
        elif portal:
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


def _require_one(names: Sequence[str], *, checks: bool, portal: bool, of_class: bool) -> None:
    """Refuse two measurements at once, and scenarios where none is chosen.

    Raises:
        UsageError: it is not clear what is to be measured.
    """
    if checks + portal + of_class > 1:
        raise UsageError(
            Text(
                fr="--checks, --portal et --class ne vont pas ensemble.",
                en="--checks, --portal and --class do not go together.",
            ),
            Text(fr="Mesurez l'un, puis l'autre.", en="Measure one, then the other."),
        )
    if names and not checks and not of_class:
        raise UsageError(
            Text(
                fr="--scenario ne sert qu'avec --checks ou --class.", en="--scenario is for --checks and --class only."
            ),
            Text(fr="Ajoutez --checks ou --class.", en="Add --checks or --class."),
        )
    if of_class and len(names) > 1:
        raise UsageError(
            Text(fr="Une classe joue un seul scénario.", en="A class plays one scenario only."),
            Text(fr="Gardez un seul --scenario.", en="Keep one --scenario."),
        )


def _of_class(
    invocation: Invocation, scenario: str = _CLASS_SCENARIO, *, count: int, output: Path | None, shown: Progress
) -> FigureReport:
    from orchestrator.bench.class_bench import measure_class, require_room
    from orchestrator.bench.lab_figures import figures_file, kept_figures

    app = invocation.app
    plan = app.labs.plans.plan(scenario, 1)
    healthy = app.labs.plans.of_lab(plan.lab)
    require_room(plan, count, healthy, kept_figures(figures_file()), room_for_labs(invocation))
    return measure_class(app, scenario, count, output=output, progress=shown)
