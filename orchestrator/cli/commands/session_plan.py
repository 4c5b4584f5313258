"""``session plan``, ``withdraw``, ``list``, ``labs``, ``draw`` and ``redraw``: what comes before a session."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.lottery import Drawing
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.cli.click_classes import FILE, NAME, WORDS, argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import table
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text

F = TypeVar("F", bound=Callable[..., Any])

session_option = option(
    "--session",
    "name",
    metavar=NAME,
    help=Text(
        fr="La session ; inutile quand il n'y en a qu'une.", en="The session; not needed while there is only one."
    ),
)
phase_argument = argument("phase", metavar=Text(fr="PHASE", en="PHASE"))
candidate_argument = argument("candidate", metavar=Text(fr="CANDIDAT", en="CANDIDATE"))


def jury_session_of(invocation: Invocation, name: str | None) -> JurySession:
    """Return the session that a command acts on."""
    return invocation.app.registry.jury_session(name)


def verified_session_of(invocation: Invocation, name: str | None) -> JurySession:
    """Return the session that a command reads decisions from, or signs: its journal is compared with itself first.

    Raises:
        MachineError: the journal is not what was written.
    """
    invocation.app.journal_log.require_sound()
    return jury_session_of(invocation, name)


def account() -> str:
    """Return the account of whoever calls the command."""
    return getpass.getuser()


def agree(invocation: Invocation, doubts: Sequence[Text], question: Text, *, anyway: bool) -> None:
    """Show what is allowed and hardly ever meant, and go on only if somebody agrees.

    Args:
        invocation: the command line.
        doubts: the sentences; none: there is nothing to ask.
        question: what is asked.
        anyway: whether somebody has agreed already.

    Raises:
        UsageError: nobody agrees, or there is nobody to ask.
    """
    for doubt in doubts:
        invocation.output.note(doubt.map("! {}".format), style="warn")
    if not doubts or anyway:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            Text(fr="Quelqu'un doit donner son accord.", en="Somebody has to agree to that."),
            Text(fr="Si c'est voulu : --anyway.", en="If it is meant: --anyway."),
        )
    if not click.confirm(localized(question), err=True):
        raise UsageError(Text(fr="Rien n'a été fait.", en="Nothing was done."))


def done(invocation: Invocation, text: Text, **document: object) -> None:
    """Tell that something is done, or write it as JSON."""
    invocation.output.emit(document, lambda: invocation.output.ok(text.map("✔ {}".format)))


@command(
    "plan",
    short_help=Text(fr="Créer une session d'après son plan.", en="Make a session of its plan."),
    help=Text(
        fr="Lire le plan d'une session, le vérifier et créer la session.\n\n--candidates prend les candidats dans un "
        "fichier CSV. --rehearsal raccourcit les minutes : une répétition, pas une épreuve.",
        en="Read a session's plan, check it and make the session.\n\n--candidates takes the candidates from a CSV "
        "file. --rehearsal makes minutes shorter: a rehearsal, no assessment.",
    ),
)
@argument("file", metavar=FILE, type=click.Path(path_type=Path))
@option(
    "--candidates",
    type=click.Path(path_type=Path),
    metavar=FILE,
    help=Text(fr="La liste des candidats, en CSV.", en="The list of candidates, as CSV."),
)
@option(
    "--rehearsal",
    type=click.IntRange(1, 59),
    metavar="S",
    help=Text(fr="Une minute dure S secondes.", en="A minute lasts S seconds."),
)
@option("--anyway", is_flag=True, help=Text(fr="C'est voulu : ne rien demander.", en="It is meant: ask nothing."))
@pass_invocation
def plan(invocation: Invocation, file: Path, candidates: Path | None, rehearsal: int | None, *, anyway: bool) -> None:
    """Make a session."""
    written = WrittenPlan.read(file, candidates)
    doubts = () if rehearsal is not None else invocation.app.registry.doubts(written, account())
    agree(invocation, doubts, Text(fr="Planifier quand même ?", en="Plan it all the same?"), anyway=anyway)
    minute = {} if rehearsal is None else {"minute": rehearsal}
    jury_session = invocation.app.registry.create(written, account(), **minute)
    state = jury_session.state()
    who = len(state.plan.candidates)
    done(
        invocation,
        Text(
            fr=f"Session {jury_session.session} planifiée. Candidats : {who} ; phases : {len(state.plan.phases)}.",
            en=f"Session {jury_session.session} is planned. Candidates: {who}; phases: {len(state.plan.phases)}.",
        ),
        session=jury_session.session,
        candidates=[candidate.number for candidate in state.plan.candidates],
    )
    if not invocation.json:
        nexts = " ; ".join(f"breakfix session open {phase.name}" for phase in state.plan.phases)
        invocation.output.quiet(f"→ {nexts}")


@command(
    "withdraw",
    short_help=Text(fr="Retirer une session pas encore ouverte.", en="Withdraw a session that is not open yet."),
    help=Text(
        fr="Retirer une session dont aucun lab n'a été ouvert : un autre plan peut prendre son nom. Le journal garde "
        "les deux.",
        en="Withdraw a session of which no lab has been opened: another plan may take its name. The journal keeps "
        "both.",
    ),
)
@option("--reason", required=True, metavar=WORDS, help=Text(fr="Pourquoi.", en="Why."))
@session_option
@pass_invocation
def withdraw(invocation: Invocation, reason: str, name: str | None) -> None:
    """Withdraw a session."""
    jury_session = jury_session_of(invocation, name)
    jury_session.withdraw(account(), reason)
    session = jury_session.session
    done(
        invocation,
        Text(fr=f"Session {session} retirée.", en=f"Session {session} is withdrawn."),
        withdrawn=session,
    )


@command(
    "labs",
    short_help=Text(fr="Quel lab est à quel candidat.", en="Which lab is which candidate's."),
    help=Text(
        fr="Quel lab est à quel candidat ; avec un mot, seulement ceux qui le portent.",
        en="Which lab is which candidate's; with a word, only those that have it.",
    ),
)
@argument("word", metavar=Text(fr="[CANDIDAT|LAB|PHASE]", en="[CANDIDATE|LAB|PHASE]"), default="")
@session_option
@pass_invocation
def labs(invocation: Invocation, word: str, name: str | None) -> None:
    """List the labs of a session."""
    state = jury_session_of(invocation, name).state()
    found = [
        (sitting.phase, sitting.candidate, lab)
        for _, sitting in sorted(state.sittings.items())
        for lab in sitting.labs
        if word in {"", sitting.phase, sitting.candidate, lab.instance, lab.scenario}
    ]
    rows = table(
        Text(fr="Phase", en="Phase"),
        Text(fr="N°", en="No."),
        Text(fr="Sujet", en="Scenario"),
        Text(fr="Lab", en="Lab"),
        Text(fr="Machines", en="Hosts"),
    )
    for phase, candidate, lab in found:
        rows.add_row(phase, candidate, lab.scenario, lab.instance, ", ".join(lab.hosts))
    document = [
        {"phase": p, "candidate": c, "scenario": lab.scenario, "lab": lab.instance, "hosts": list(lab.hosts)}
        for p, c, lab in found
    ]
    invocation.output.emit(document, rows)


@command("list", help=Text(fr="La liste des sessions.", en="List the sessions."))
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the sessions."""
    states = invocation.app.registry.sessions()
    rows = table(
        Text(fr="Session", en="Session"),
        Text(fr="Date", en="Date"),
        Text(fr="Titre", en="Title"),
        Text(fr="État", en="State"),
    )
    for state in states:
        word = Text(fr="close", en="closed") if state.closed else Text(fr="ouverte", en="open")
        if state.rehearsal:
            word = Text(fr=f"{word.fr} – répétition", en=f"{word.en} – rehearsal")
        rows.add_row(state.id, state.plan.date, state.plan.title, word)
    document = [{"session": s.id, "title": s.plan.title, "date": s.plan.date, "closed": s.closed} for s in states]
    invocation.output.emit(document, rows)


@command(
    "draw",
    short_help=Text(fr="Tirer au sort les sujets d'une phase.", en="Draw the scenarios of a phase."),
    help=Text(
        fr="Tirer au sort les sujets d'une phase. « open » le fait aussi, s'il le faut.",
        en="Draw the scenarios of a phase. 'open' does so too, where it is needed.",
    ),
)
@phase_argument
@option("--seed", metavar="HEX", help=Text(fr="Une graine donnée par un témoin.", en="A seed given by a witness."))
@session_option
@pass_invocation
def draw(invocation: Invocation, phase: str, seed: str | None, name: str | None) -> None:
    """Draw."""
    _show(invocation, jury_session_of(invocation, name).draw(phase, account(), seed))


@command(
    "redraw",
    short_help=Text(fr="Refaire le tirage devant un témoin.", en="Draw again in front of a witness."),
    help=Text(
        fr="Refaire le tirage devant un témoin : code de sortie 1 s'il diffère.",
        en="Draw again in front of a witness: exit status 1 where it differs.",
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
        if same:
            invocation.output.ok(Text(fr="✔ Le tirage refait est le même.", en="✔ Drawing again gives the same."))
        else:
            invocation.output.bad(Text(fr="✘ Le tirage refait diffère !", en="✘ Drawing again gives something else!"))
    return ExitCode.DONE if same else ExitCode.NOT_REPAIRED


def _show(invocation: Invocation, drawing: Drawing) -> None:
    if invocation.json:
        invocation.output.document(drawing.to_document())
        return
    rows = table(Text(fr="Candidat", en="Candidate"), Text(fr="Sujets", en="Scenarios"))
    for candidate, scenarios in drawing.drawn.items():
        rows.add_row(candidate, ", ".join(scenarios))
    invocation.output.print(rows)
    invocation.output.quiet(Text(fr=f"Graine : {drawing.seed}", en=f"Seed: {drawing.seed}"))


commands = {"plan": plan, "withdraw": withdraw, "list": list_, "labs": labs, "draw": draw, "redraw": redraw}
