"""``lab``: the page of a lab, with what a trainee has to know of the place: hosts, accounts, where to look."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli import completing
from orchestrator.cli.base import command, lab_option
from orchestrator.cli.language import LANGUAGES, tr
from orchestrator.cli.output import both, plain
from orchestrator.cli.session import Session, pass_session
from orchestrator.loader.files import read_text
from orchestrator.model.lab import Lab


@command(
    "lab",
    help=tr(
        "La page d'un lab : ses machines, ses comptes, où regarder.\n\n"
        "Sans nom, celle du lab en marche ; le nom d'un scénario montre celle de son lab.",
        "Show a lab's page: its hosts, its accounts, where to look.\n\n"
        "Without a name, that of the running lab; a scenario's name shows that of its lab.",
    ),
)
@click.argument("name", metavar=tr("[LAB]", "[LAB]"), required=False, shell_complete=completing.content_labs)
@lab_option
@pass_session
def lab_command(session: Session, name: str | None, lab: str | None) -> None:
    """Print a lab's page, or its summary where it has none."""
    shown = _wanted(session, name, lab)
    pages = _pages(shown.folder)
    if session.json:
        document = shown.document
        session.output.document(
            {"lab": shown.name, "title": both(document.title), "summary": both(document.summary), "page": pages or None}
        )
        return
    from rich.markdown import Markdown

    page = pages.get(session.language) or next(iter(pages.values()), None)
    if page is not None:
        session.output.print(Markdown(page))
        return
    language = session.language
    session.output.print(
        plain(shown.document.title.in_(language), "bold"), "", plain(shown.document.summary.in_(language))
    )


def _wanted(session: Session, name: str | None, running: str | None) -> Lab:
    """Return the lab of that name, of the scenario of that name, or of what runs.

    Raises:
        UsageError: there is no such lab, or nothing runs.
    """
    content = session.app.content
    if name is None:
        labs = session.app.labs
        return labs.lab_of(session.app.instances.find(running))
    if name in content.scenarios() and name not in content.labs():
        return content.lab(content.scenario_document(name).lab)
    return content.lab(name)


def _pages(folder: Path) -> dict[str, str]:
    """Return the lab's page in each language that it has."""
    files = {language: folder / f"README.{language}.md" for language in LANGUAGES}
    return {language: read_text(file, within=folder) for language, file in files.items() if file.is_file()}
