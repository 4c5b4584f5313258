"""``session plan``, ``list``, ``draw`` and ``redraw``: what comes before a session."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.assessment.lottery import Drawing
from orchestrator.assessment.session_registry import JurySession
from orchestrator.cli.click_classes import command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import tr
from orchestrator.cli.output import plain, table
from orchestrator.core.errors import ExitCode

F = TypeVar("F", bound=Callable[..., Any])

session_option = click.option(
    "--session",
    "name",
    metavar=tr("NOM", "NAME"),
    help=tr("La session ; inutile quand il n'y en a qu'une.", "The session; not needed while there is only one."),
)
phase_argument = click.argument("phase", metavar=tr("PHASE", "PHASE"))
candidate_argument = click.argument("candidate", metavar=tr("CANDIDAT", "CANDIDATE"))


def jury_session_of(invocation: Invocation, name: str | None) -> JurySession:
    """Return the session that a command acts on."""
    return invocation.app.registry.jury_session(name)


def account() -> str:
    """Return the account of whoever calls the command."""
    return getpass.getuser()


def done(invocation: Invocation, fr: str, en: str, **document: object) -> None:
    """Tell that something is done, or write it as JSON."""
    if invocation.json:
        invocation.output.document(document)
    else:
        invocation.output.print(plain(f"✔ {tr(fr, en)}", "ok"))


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
@pass_invocation
def plan(invocation: Invocation, file: Path, rehearsal: int | None) -> None:
    """Make a session."""
    minute = {} if rehearsal is None else {"minute": rehearsal}
    jury_session = invocation.app.registry.create(file, account(), **minute)
    state = jury_session.state()
    who = len(state.plan.candidates)
    done(
        invocation,
        f"Session {jury_session.session} planifiée. Candidats : {who} ; phases : {len(state.plan.phases)}.",
        f"Session {jury_session.session} is planned. Candidates: {who}; phases: {len(state.plan.phases)}.",
        session=jury_session.session,
        candidates=[candidate.number for candidate in state.plan.candidates],
    )
    if not invocation.json:
        nexts = " ; ".join(f"breakfix session open {phase.name}" for phase in state.plan.phases)
        invocation.output.print(plain(f"→ {nexts}", "quiet"))


@command("list", help=tr("La liste des sessions.", "List the sessions."))
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the sessions."""
    states = invocation.app.registry.sessions()
    if invocation.json:
        found = [{"session": s.id, "title": s.plan.title, "date": s.plan.date, "closed": s.closed} for s in states]
        invocation.output.document(found)
        return
    rows = table(tr("Session", "Session"), tr("Date", "Date"), tr("Titre", "Title"), tr("État", "State"))
    for state in states:
        word = tr("close", "closed") if state.closed else tr("ouverte", "open")
        word += tr(" – répétition", " – rehearsal") if state.rehearsal else ""
        rows.add_row(plain(state.id), plain(state.plan.date), plain(state.plan.title), plain(word))
    invocation.output.print(rows)


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
@pass_invocation
def draw(invocation: Invocation, phase: str, seed: str | None, name: str | None) -> None:
    """Draw."""
    _show(invocation, jury_session_of(invocation, name).draw(phase, account(), seed))


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
@pass_invocation
def redraw(invocation: Invocation, phase: str, name: str | None) -> int:
    """Draw again."""
    drawing, same = jury_session_of(invocation, name).redraw(phase)
    _show(invocation, drawing)
    if not invocation.json:
        sentence = tr("Le tirage refait est le même.", "Drawing again gives the same.")
        other = tr("Le tirage refait diffère !", "Drawing again gives something else!")
        invocation.output.print(plain(f"✔ {sentence}", "ok") if same else plain(f"✘ {other}", "bad"))
    return ExitCode.DONE if same else ExitCode.NOT_REPAIRED


def _show(invocation: Invocation, drawing: Drawing) -> None:
    if invocation.json:
        invocation.output.document(drawing.to_document())
        return
    rows = table(tr("Candidat", "Candidate"), tr("Sujets", "Scenarios"))
    for candidate, scenarios in drawing.drawn.items():
        rows.add_row(plain(candidate), plain(", ".join(scenarios)))
    invocation.output.print(rows, plain(tr(f"Graine : {drawing.seed}", f"Seed: {drawing.seed}"), "quiet"))


commands = {"plan": plan, "list": list_, "draw": draw, "redraw": redraw}
