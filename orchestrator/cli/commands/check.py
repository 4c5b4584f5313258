"""``check``: has the trainee repaired it?"""

from __future__ import annotations

from pathlib import Path

import click

from grader.render import render_junit, render_text
from grader.report import Report
from grader.runner import prepare
from orchestrator.cli.base import command, lab_option
from orchestrator.cli.grading import exit_code, show_grading, without_evidence
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.recording import record
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import MachineError
from orchestrator.service import Running
from orchestrator.text import Text
from orchestrator.visible import visible


@command(
    "check",
    help=tr(
        "Évaluer la réparation : chaque phrase devient verte ou rouge.\n\n"
        "Code de sortie : 0 réparé, 1 pas encore, 5 évaluation impossible.",
        "Grade the repair: each sentence turns green or red.\n\n"
        "Exit status: 0 repaired, 1 not yet, 5 the grading is not valid.",
    ),
)
@lab_option
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "junit")),
    help=tr("La forme du rapport (text).", "The report's form (text)."),
)
@click.option(
    "--output",
    "path",
    metavar=tr("FICHIER", "FILE"),
    type=click.Path(path_type=Path, dir_okay=False),
    help=tr("Écrire le rapport dans un fichier.", "Write the report to a file."),
)
@click.option(
    "--evidence",
    is_flag=True,
    help=tr(
        "Pour les formateurs : ce qui était attendu, ce qui a été vu, et comment.",
        "For trainers: what was expected, what was seen, and how.",
    ),
)
@pass_session
def check_command(session: Session, lab: str | None, form: str | None, path: Path | None, *, evidence: bool) -> int:
    """Grade a lab."""
    prepare()  # while we look for the lab
    labs = session.app.labs
    running = labs.running(lab)
    _warn_of_stale_content(session, running)
    shape = form or ("json" if session.json else "text")
    if shape == "text" and path is None:
        report = show_grading(session, lambda on_result: labs.check(running, on_result=on_result), evidence=evidence)
    else:
        report = labs.check(running)
        _write(session, _rendered(session, report, shape, evidence=evidence), path)
    record(session, lambda practice: practice.checked(running, report))
    return exit_code(report)


def _rendered(session: Session, report: Report, form: str, *, evidence: bool) -> str:
    shown = report if evidence else without_evidence(report)
    if form == "json":
        return shown.to_json() + "\n"
    return render_junit(shown) if form == "junit" else render_text(shown, session.language, commands=evidence)


def _write(session: Session, text: str, path: Path | None) -> None:
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
    session.output.note(plain(tr(f"Rapport écrit dans {path}.", f"Report written to {path}.")))


def _warn_of_stale_content(session: Session, running: Running) -> None:
    if session.app.labs.stale(running):
        text = tr(
            "! Le contenu a changé depuis le démarrage : « breakfix reset » recommence avec le nouveau.",
            "! The content has changed since the start: 'breakfix reset' begins anew with the new one.",
        )
        session.output.note(plain(text, "warn"))
