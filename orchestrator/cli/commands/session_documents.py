"""``session export``, ``clear`` and ``forget``: what leaves a session, and what becomes of the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.assessment.documents import Dossier, csv_of, document_of, minutes_page, sheet_page
from orchestrator.assessment.jury_room import JuryRoom
from orchestrator.assessment.lookup import require_candidate
from orchestrator.cli.base import Group, command
from orchestrator.cli.commands.session_plan import account, candidate_argument, desk_of, done, session_option
from orchestrator.cli.language import tr
from orchestrator.cli.session import Session, pass_session
from orchestrator.instance_records import unwritable

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar=tr("FICHIER", "FILE"),
    help=tr("Où l'écrire ; sinon, un nom d'après la session.", "Where to write it; else a name after the session."),
)
html_option = click.option("--html", is_flag=True, help=tr("En HTML plutôt qu'en PDF.", "As HTML rather than PDF."))

export = Group(
    "export",
    help=tr("Le procès-verbal, les fiches, les tableaux.", "The record of proceedings, the sheets, the tables."),
)


@export.command("pv", help=tr("Le procès-verbal, en français.", "The record of proceedings, in French."))
@html_option
@output_option
@session_option
@pass_session
def pv(session: Session, output: Path | None, name: str | None, *, html: bool) -> None:
    """Export the record."""
    dossier, now = _dossier(session, name)
    _page(session, minutes_page(dossier, now), output, f"pv-{dossier.state.id}", html=html)


@export.command("sheet", help=tr("La fiche d'un candidat, en français.", "A candidate's sheet, in French."))
@candidate_argument
@html_option
@output_option
@session_option
@pass_session
def sheet(session: Session, candidate: str, output: Path | None, name: str | None, *, html: bool) -> None:
    """Export a sheet."""
    dossier, now = _dossier(session, name)
    require_candidate(dossier.state, candidate)
    _page(session, sheet_page(dossier, candidate, now), output, f"{dossier.state.id}-{candidate}", html=html)


@export.command("csv", help=tr("Les décisions, pour un tableur.", "The decisions, for a spreadsheet."))
@output_option
@session_option
@pass_session
def csv(session: Session, output: Path | None, name: str | None) -> None:
    """Export a table."""
    dossier, _ = _dossier(session, name)
    _write(session, csv_of(dossier).encode(), output or Path(f"{dossier.state.id}.csv"))


@export.command("json", help=tr("Tout, pour un programme.", "Everything, for a program."))
@output_option
@session_option
@pass_session
def json_(session: Session, output: Path | None, name: str | None) -> None:
    """Export a document."""
    dossier, _ = _dossier(session, name)
    text = json.dumps(document_of(dossier), ensure_ascii=False, indent=2) + "\n"
    _write(session, text.encode(), output or Path(f"{dossier.state.id}.json"))


def _dossier(session: Session, name: str | None) -> tuple[Dossier, int]:
    office = session.app.office
    desk, known = office.desk(name), office.known()
    state = desk.state()
    room = JuryRoom(desk, known)
    sheets = {candidate.number: room.sheet(candidate.number) for candidate in state.plan.candidates}
    head = session.app.journal_log.head()
    return Dossier(state, known.referential, sheets, head, known.scenarios), desk.clock(state).now()


def _page(session: Session, page: str, output: Path | None, stem: str, *, html: bool) -> None:
    from orchestrator.assessment.pdf import pdf_of

    path = output or Path(f"{stem}.{'html' if html else 'pdf'}")
    _write(session, page.encode() if html else pdf_of(page), path)


def _write(session: Session, content: bytes, path: Path) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise unwritable(path, error) from error
    done(session, f"Écrit : {path}", f"Written: {path}", path=str(path))


@command(
    "clear",
    short_help=tr("Retirer les labs gardés.", "Remove the kept labs."),
    help=tr(
        "Retirer les labs gardés, une fois le procès-verbal clos ; les preuves restent.",
        "Remove the kept labs, once the record is closed; the evidence stays.",
    ),
)
@click.option("--early", is_flag=True, help=tr("Avant la clôture.", "Before the closing."))
@session_option
@pass_session
def clear(session: Session, name: str | None, *, early: bool) -> None:
    """Remove the kept labs."""
    from orchestrator.assessment import keeping

    removed = keeping.clear(desk_of(session, name), session.app.labs, account(), early=early)
    done(session, f"Labs retirés : {len(removed)}.", f"Labs removed: {len(removed)}.", removed=list(removed))


@command(
    "forget",
    short_help=tr("Oublier des noms.", "Forget names."),
    help=tr(
        "Oublier les noms d'une session dont la durée de conservation est passée, ou ceux des candidats nommés ; "
        "numéros, décisions et preuves restent.",
        "Forget the names of a session whose retention is over, or those of the candidates named; numbers, decisions "
        "and evidence stay.",
    ),
)
@click.argument("candidates", nargs=-1, metavar=tr("[CANDIDAT]…", "[CANDIDATE]…"))
@session_option
@pass_session
def forget(session: Session, candidates: tuple[str, ...], name: str | None) -> None:
    """Forget names."""
    from orchestrator.assessment import keeping

    desk = desk_of(session, name)
    state = desk.state()
    for candidate in candidates:
        require_candidate(state, candidate)
    count = keeping.forget(session.app.journal_log, state, datetime.now(UTC).date(), candidates)
    done(session, f"Noms oubliés : {count}.", f"Names forgotten: {count}.", forgotten=count)


commands = {"export": export, "clear": clear, "forget": forget}
