"""``check``: has the trainee repaired it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.report import Report
from grader.report_formats import render_junit, render_text
from grader.runner import OnResult, OnRunning, prepare
from grader.told import report_for_trainee
from orchestrator.cli.click_classes import FILE, command, lab_option, option
from orchestrator.cli.grading_view import exit_code, show_grading
from orchestrator.cli.interventions import refuse_assessed
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.store_access import record
from orchestrator.core.control_characters import visible
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.labs import Labs, Running


@command(
    "check",
    help=Text(
        fr="Évaluer la réparation : chaque phrase devient verte ou rouge.\n\n"
        "Code de sortie : 0 réparé, même avec des changements à expliquer ; 1 pas encore ; 5 évaluation impossible.",
        en="Grade the repair: each sentence turns green or red.\n\n"
        "Exit status: 0 repaired, also with changes to explain; 1 not yet; 5 the grading is not valid.",
    ),
)
@lab_option
@option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "junit")),
    help=Text(fr="La forme du rapport (text).", en="The report's form (text)."),
)
@option(
    "--output",
    "path",
    metavar=FILE,
    type=click.Path(path_type=Path, dir_okay=False),
    help=Text(fr="Écrire le rapport dans un fichier.", en="Write the report to a file."),
)
@option(
    "--evidence",
    is_flag=True,
    help=Text(
        fr="Pour les formateurs : ce qui était attendu, ce qui a été vu, et comment.",
        en="For trainers: what was expected, what was seen, and how.",
    ),
)
@pass_invocation
def check_command(
    invocation: Invocation, lab: str | None, form: str | None, path: Path | None, *, evidence: bool
) -> int:
    """Grade a lab."""
    prepare()  # while we look for the lab
    graded: list[Running] = []

    def grade(on_result: OnResult | None = None, on_running: OnRunning | None = None) -> Report:
        labs = invocation.app.labs  # takes a moment to import: the terminal shows by now that something is done
        graded.append(_lab_to_grade(labs, lab))
        invocation.labd.works(graded[0].instance.name)
        return labs.grading.check(graded[0], on_result=on_result, on_running=on_running)

    shape = form or ("json" if invocation.json else "text")
    if shape == "text" and path is None:
        report = show_grading(invocation, grade, evidence=evidence)
    else:
        report = grade()
        _write(invocation, _rendered(invocation, report, shape, evidence=evidence), path)
    (running,) = graded
    _warn_of_stale_content(invocation, running)
    record(invocation, lambda practice: practice.checked(running, report))
    invocation.labd.told("check", running.instance.name)
    return exit_code(report)


def _lab_to_grade(labs: Labs, name: str | None) -> Running:
    running = labs.running.planned(name)
    refuse_assessed(
        running.instance,
        Text(
            fr="« session run » l'évalue à l'heure de fin ; après un recours, « session reopen-evidence ».",
            en="'session run' grades it at its end; after an appeal, 'session reopen-evidence'.",
        ),
    )
    return running


def _rendered(invocation: Invocation, report: Report, form: str, *, evidence: bool) -> str:
    shown = report if evidence else report_for_trainee(report)
    if form == "json":
        return shown.to_json() + "\n"
    return render_junit(shown) if form == "junit" else render_text(shown, invocation.language, commands=evidence)


def _write(invocation: Invocation, text: str, path: Path | None) -> None:
    if path is None:
        click.echo(visible(text), nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineError(
            Text(fr=f"Impossible d'écrire {path} : {reason}", en=f"Cannot write {path}: {reason}")
        ) from error
    invocation.output.note(Text(fr=f"Rapport écrit dans {path}.", en=f"Report written to {path}."))


def _warn_of_stale_content(invocation: Invocation, running: Running) -> None:
    if invocation.app.labs.running.stale(running):
        text = Text(
            fr="! Le contenu a changé depuis le démarrage : « breakfix reset » recommence avec le nouveau.",
            en="! The content has changed since the start: 'breakfix reset' begins again with the new one.",
        )
        invocation.output.note(text, style="warn")
