"""``session export``, ``clear`` and ``forget``: what leaves a session, and what becomes of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.assessment.decision_table import SEPARATORS
from orchestrator.assessment.printed_documents import Dossier, csv_of, minutes_page, sheet_page
from orchestrator.assessment.selectors import require_candidate
from orchestrator.assessment.session_documents import documents_of, dossier_of, json_document, printed_page
from orchestrator.cli.click_classes import FILE, FOLDER, CommandGroup, argument, command, option
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    done,
    jury_session_of,
    session_option,
    verified_session_of,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.core.text import Text
from orchestrator.instances.instance_records import unwritable

output_option = option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar=FILE,
    help=Text(
        fr="Où l'écrire ; sinon, un nom d'après la session.", en="Where to write it; else a name after the session."
    ),
)
html_option = option("--html", is_flag=True, help=Text(fr="En HTML plutôt qu'en PDF.", en="As HTML rather than PDF."))

export = CommandGroup(
    "export",
    help=Text(
        fr="Le procès-verbal, les fiches, les tableaux.", en="The record of proceedings, the sheets, the tables."
    ),
)


@export.command("pv", help=Text(fr="Le procès-verbal, en français.", en="The record of proceedings, in French."))
@html_option
@output_option
@session_option
@pass_invocation
def pv(invocation: Invocation, output: Path | None, name: str | None, *, html: bool) -> None:
    """Export the record."""
    dossier, now = _dossier(invocation, name)
    _page(invocation, minutes_page(dossier, now), output, f"pv-{dossier.state.id}", html=html)


@export.command("sheet", help=Text(fr="La fiche d'un candidat, en français.", en="A candidate's sheet, in French."))
@candidate_argument
@html_option
@output_option
@session_option
@pass_invocation
def sheet(invocation: Invocation, candidate: str, output: Path | None, name: str | None, *, html: bool) -> None:
    """Export a sheet."""
    dossier, now = _dossier(invocation, name)
    require_candidate(dossier.state, candidate)
    _page(invocation, sheet_page(dossier, candidate, now), output, f"{dossier.state.id}-{candidate}", html=html)


separator_option = option(
    "--separator",
    type=click.Choice(SEPARATORS),
    default=SEPARATORS[0],
    help=Text(
        fr="Ce qui sépare les cellules d'un CSV ; un tableur français attend « ; ».",
        en="What separates the cells of a CSV; a French spreadsheet expects ';'.",
    ),
)


@export.command("csv", help=Text(fr="Les décisions, pour un tableur.", en="The decisions, for a spreadsheet."))
@separator_option
@output_option
@session_option
@pass_invocation
def csv(invocation: Invocation, separator: str, output: Path | None, name: str | None) -> None:
    """Export a table."""
    dossier, _ = _dossier(invocation, name)
    _write(invocation, csv_of(dossier, separator).encode("utf-8-sig"), output or Path(f"{dossier.state.id}.csv"))


@export.command(
    "all",
    short_help=Text(fr="Tout cela, dans un dossier.", en="All of these, into a folder."),
    help=Text(
        fr="Le procès-verbal, la fiche de chaque candidat, le CSV et le JSON, dans un dossier.",
        en="The record of proceedings, each candidate's sheet, the CSV and the JSON, into a folder.",
    ),
)
@argument("folder", metavar=FOLDER, type=click.Path(path_type=Path, file_okay=False))
@html_option
@separator_option
@session_option
@pass_invocation
def all_(invocation: Invocation, folder: Path, separator: str, name: str | None, *, html: bool) -> None:
    """Export everything."""
    files = documents_of(*_dossier(invocation, name), html=html, separator=separator)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    except OSError as error:
        raise unwritable(folder, error) from error
    count = len(files)
    done(
        invocation,
        Text(fr=f"Fichiers écrits dans {folder} : {count}.", en=f"Files written to {folder}: {count}."),
        folder=str(folder),
        files=sorted(files),
    )


@export.command("json", help=Text(fr="Tout, pour un programme.", en="Everything, for a program."))
@output_option
@session_option
@pass_invocation
def json_(invocation: Invocation, output: Path | None, name: str | None) -> None:
    """Export a document."""
    dossier, _ = _dossier(invocation, name)
    _write(invocation, json_document(dossier), output or Path(f"{dossier.state.id}.json"))


def _dossier(invocation: Invocation, name: str | None) -> tuple[Dossier, int]:
    jury_session, context = verified_session_of(invocation, name), invocation.app.registry.plan_context()
    return dossier_of(jury_session, context, invocation.app.journal_log.head())


def _page(invocation: Invocation, page: str, output: Path | None, stem: str, *, html: bool) -> None:
    path = output or Path(f"{stem}.{'html' if html else 'pdf'}")
    _write(invocation, printed_page(page, html=html), path)


def _write(invocation: Invocation, content: bytes, path: Path) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise unwritable(path, error) from error
    done(invocation, Text(fr=f"Écrit : {path}", en=f"Written: {path}"), path=str(path))


@command(
    "clear",
    short_help=Text(fr="Retirer les labs gardés.", en="Remove the kept labs."),
    help=Text(
        fr="Retirer les labs gardés, une fois le procès-verbal clos ; les preuves restent.",
        en="Remove the kept labs, once the record is closed; the evidence stays.",
    ),
)
@option("--early", is_flag=True, help=Text(fr="Avant la clôture.", en="Before the closing."))
@session_option
@pass_invocation
def clear(invocation: Invocation, name: str | None, *, early: bool) -> None:
    """Remove the kept labs."""
    from orchestrator.assessment import session_retention

    removed = session_retention.clear(jury_session_of(invocation, name), invocation.app.labs, account(), early=early)
    done(
        invocation,
        Text(fr=f"Labs retirés : {len(removed)}.", en=f"Labs removed: {len(removed)}."),
        removed=list(removed),
    )


@command(
    "forget",
    short_help=Text(fr="Oublier des noms.", en="Forget names."),
    help=Text(
        fr="Oublier les noms d'une session dont la durée de conservation est passée, ou ceux des candidats nommés ; "
        "numéros, décisions et preuves restent.",
        en="Forget the names of a session whose retention is over, or those of the candidates named; numbers, "
        "decisions and evidence stay.",
    ),
)
@argument("candidates", nargs=-1, metavar=Text(fr="[CANDIDAT]…", en="[CANDIDATE]…"))
@session_option
@pass_invocation
def forget(invocation: Invocation, candidates: tuple[str, ...], name: str | None) -> None:
    """Forget names."""
    from orchestrator.assessment import session_retention

    jury_session = jury_session_of(invocation, name)
    state = jury_session.state()
    for candidate in candidates:
        require_candidate(state, candidate)
    count = session_retention.forget(invocation.app.journal_log, state, datetime.now(UTC).date(), candidates)
    done(invocation, Text(fr=f"Noms oubliés : {count}.", en=f"Names forgotten: {count}."), forgotten=count)


commands = {"export": export, "clear": clear, "forget": forget}
