"""``session plan``, ``list``, ``draw`` and ``redraw``: what comes before a session."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.assessment.drawing import Drawing
from orchestrator.assessment.office import Desk
from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain, table
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ExitCode

F = TypeVar("F", bound=Callable[..., Any])

session_option = click.option(
    "--session",
    "name",
    metavar=tr("NOM", "NAME"),
    help=tr("La session ; inutile quand il n'y en a qu'une.", "The session; not needed while there is only one."),
)
phase_argument = click.argument("phase", metavar=tr("PHASE", "PHASE"))
candidate_argument = click.argument("candidate", metavar=tr("CANDIDAT", "CANDIDATE"))


def desk_of(session: Session, name: str | None) -> Desk:
    """Return the desk of the session that a command is about."""
    return session.app.office.desk(name)


def account() -> str:
    """Return the account of whoever calls the command."""
    return getpass.getuser()


def done(command_line: Session, fr: str, en: str, **document: object) -> None:
    """Tell that something is done, or write it as JSON."""
    if command_line.json:
        command_line.output.document(document)
    else:
        command_line.output.print(plain(f"✔ {tr(fr, en)}", "ok"))


@command(
    "plan",
    short_help=tr("Créer une session d'après son plan.", "Make a session of its plan."),
    help=tr(
        "Lire le plan d'une session, le vérifier et créer la session.\n\n--rehearsal raccourcit les minutes : une "
        "répétition, pas une épreuve.",
        "Read a session's plan, check it and make the session.\n\n--rehearsal makes minutes shorter: a rehearsal, no "
        "assessment.",
    ),
)
@click.argument("file", metavar=tr("FICHIER", "FILE"), type=click.Path(path_type=Path))
@click.option(
    "--rehearsal",
    type=click.IntRange(1, 59),
    metavar="S",
    help=tr("Une minute dure S secondes.", "A minute lasts S seconds."),
)
@pass_session
def plan(session: Session, file: Path, rehearsal: int | None) -> None:
    """Make a session."""
    minute = {} if rehearsal is None else {"minute": rehearsal}
    desk = session.app.office.create(file, account(), **minute)
    state = desk.state()
    who = len(state.plan.candidates)
    done(
        session,
        f"Session {desk.session} planifiée. Candidats : {who} ; phases : {len(state.plan.phases)}.",
        f"Session {desk.session} is planned. Candidates: {who}; phases: {len(state.plan.phases)}.",
        session=desk.session,
        candidates=[candidate.number for candidate in state.plan.candidates],
    )
    if not session.json:
        nexts = " ; ".join(f"breakfix session open {phase.name}" for phase in state.plan.phases)
        session.output.print(plain(f"→ {nexts}", "quiet"))


@command("list", help=tr("La liste des sessions.", "List the sessions."))
@pass_session
def list_(session: Session) -> None:
    """List the sessions."""
    states = session.app.office.sessions()
    if session.json:
        found = [{"session": s.id, "title": s.plan.title, "date": s.plan.date, "closed": s.closed} for s in states]
        session.output.document(found)
        return
    rows = table(tr("Session", "Session"), tr("Date", "Date"), tr("Titre", "Title"), tr("État", "State"))
    for state in states:
        word = tr("close", "closed") if state.closed else tr("ouverte", "open")
        word += tr(" – répétition", " – rehearsal") if state.rehearsal else ""
        rows.add_row(plain(state.id), plain(state.plan.date), plain(state.plan.title), plain(word))
    session.output.print(rows)


@command(
    "draw",
    short_help=tr("Tirer au sort les sujets d'une phase.", "Draw the scenarios of a phase."),
    help=tr(
        "Tirer au sort les sujets d'une phase. « open » le fait aussi, s'il le faut.",
        "Draw the scenarios of a phase. 'open' does so too, where it is needed.",
    ),
)
@phase_argument
@click.option("--seed", metavar="HEX", help=tr("Une graine donnée par un témoin.", "A seed given by a witness."))
@session_option
@pass_session
def draw(session: Session, phase: str, seed: str | None, name: str | None) -> None:
    """Draw."""
    _show(session, desk_of(session, name).draw(phase, account(), seed))


@command(
    "redraw",
    short_help=tr("Refaire le tirage devant un témoin.", "Draw again in front of a witness."),
    help=tr(
        "Refaire le tirage devant un témoin : code de sortie 1 s'il diffère.",
        "Draw again in front of a witness: exit status 1 where it differs.",
    ),
)
@phase_argument
@session_option
@pass_session
def redraw(session: Session, phase: str, name: str | None) -> int:
    """Draw again."""
    drawing, same = desk_of(session, name).redraw(phase)
    _show(session, drawing)
    if not session.json:
        sentence = tr("Le tirage refait est le même.", "Drawing again gives the same.")
        other = tr("Le tirage refait diffère !", "Drawing again gives something else!")
        session.output.print(plain(f"✔ {sentence}", "ok") if same else plain(f"✘ {other}", "bad"))
    return ExitCode.DONE if same else ExitCode.NOT_REPAIRED


def _show(session: Session, drawing: Drawing) -> None:
    if session.json:
        session.output.document(drawing.to_document())
        return
    rows = table(tr("Candidat", "Candidate"), tr("Sujets", "Scenarios"))
    for candidate, scenarios in drawing.drawn.items():
        rows.add_row(plain(candidate), plain(", ".join(scenarios)))
    session.output.print(rows, plain(tr(f"Graine : {drawing.seed}", f"Seed: {drawing.seed}"), "quiet"))


commands = {"plan": plan, "list": list_, "draw": draw, "redraw": redraw}
