"""``validate``: read content and list every problem, without starting anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from orchestrator.cli import completing, failures
from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ContentError, ExitCode, Problem
from orchestrator.faults.discovery import require_sound


@command(
    "validate",
    help=tr(
        "Relire des scénarios (tous par défaut, avec les labs et les images) et montrer chaque erreur : fichier, "
        "ligne, raison. Rien n'est démarré.",
        "Read scenarios (by default all, with labs and images) and show each error: file, line, reason. "
        "Nothing is started.",
    ),
)
@click.argument("scenarios", nargs=-1, metavar=tr("[SCÉNARIO]…", "[SCENARIO]…"), shell_complete=completing.scenarios)
@pass_session
def validate_command(session: Session, scenarios: tuple[str, ...]) -> int:
    """Validate content."""
    problems: dict[Problem, None] = {}
    for read in _readings(session, scenarios):
        try:
            read()
        except ContentError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        found = ContentError(tuple(problems))
        if session.json:
            session.output.document({"valid": False, "error": failures.document(found)})
        else:
            failures.print_problems(session, found)
        return ExitCode.CONTENT
    if session.json:
        session.output.document({"valid": True})
    else:
        session.output.print(plain(tr("✔ Aucune erreur.", "✔ No errors."), "ok"))
    return ExitCode.DONE


def _readings(session: Session, scenarios: tuple[str, ...]) -> list[Callable[[], object]]:
    """Return what is to be read, each by a call of its own."""
    content = session.app.content
    faults = partial(require_sound, content.roots)
    if scenarios:
        return [faults, *(partial(session.scenario, name) for name in scenarios)]
    return [
        faults,
        *(partial(content.image, name) for name in content.images()),
        *(partial(content.lab, name) for name in content.labs()),
        *(partial(session.scenario, name) for name in content.scenarios()),
    ]
