"""``session open`` to ``announce``: running a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Group as Lines
from rich.live import Live
from rich.text import Text as Styled

from orchestrator.assessment.live import Row, rows_of
from orchestrator.assessment.office import Desk
from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.state import SessionState
from orchestrator.cli import wording
from orchestrator.cli.base import command
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    desk_of,
    done,
    phase_argument,
    session_option,
)
from orchestrator.cli.language import tr
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ExitCode
from orchestrator.waiting import wait_until

somebody_argument = click.argument("candidate", metavar=tr("[CANDIDAT]", "[CANDIDATE]"), default="")
reason_option = click.option("--reason", required=True, metavar=tr("TEXTE", "TEXT"), help=tr("Pourquoi.", "Why."))


@command(
    "open",
    short_help=tr("Préparer tous les labs d'une phase.", "Prepare all the labs of a phase."),
    help=tr(
        "Préparer tous les labs d'une phase, avant que quiconque s'assoie ; un lab qui échoue est remplacé par une "
        "autre variante. Relancée, la commande continue.",
        "Prepare all the labs of a phase, before anyone sits down; a lab that fails is replaced by another variant. "
        "Called again, the command goes on.",
    ),
)
@phase_argument
@session_option
@pass_session
def open_(session: Session, phase: str, name: str | None) -> int:
    """Open a phase."""
    from orchestrator.assessment.opening import Opening, Place

    def tell(place: Place) -> None:
        session.output.note(plain(f"✔ {place.candidate} {place.scenario}", "ok"))

    desk = desk_of(session, name)
    opened = Opening(desk, session.app.labs, session.app.proofs.require).open(phase, account(), tell)
    if session.json:
        failed = [
            {"candidate": p.candidate, "scenario": p.scenario, "why": both(why)} for p, why in opened.failed.items()
        ]
        relied = {name: reliance.to_document() for name, reliance in opened.relied.items()}
        session.output.document({"ready": len(opened.ready), "failed": failed, "proofs": relied})
    else:
        for scenario, reliance in opened.relied.items():
            session.output.print(Styled.assemble(f"{scenario}: ", wording.proof_line(reliance.status)))
        for place, why in opened.failed.items():
            sentence = tr(why.fr, why.en)
            session.output.print(plain(f"✘ {place.candidate} {place.scenario}: {sentence}", "bad"))
        count = len(opened.ready)
        session.output.print(plain(tr(f"Labs prêts : {count}.", f"Labs ready: {count}."), "ok"))
    return ExitCode.BROKEN if opened.failed else ExitCode.DONE


@command(
    "start", help=tr("Commencer une phase : tous à la fois, ou un candidat.", "Begin a phase: all, or one candidate.")
)
@phase_argument
@somebody_argument
@session_option
@pass_session
def start(session: Session, phase: str, candidate: str, name: str | None) -> None:
    """Begin a phase."""
    desk = desk_of(session, name)
    state = desk.start(phase, account(), candidate)
    _show(session, state, _rows(session, state, desk.clock(state).now()))
    if not session.json:
        session.output.print(
            plain(tr("→ breakfix session run : surveiller", "→ breakfix session run: supervise"), "quiet")
        )


@command("show", help=tr("Où en est chaque candidat.", "Where each candidate is."))
@click.option("--watch", is_flag=True, help=tr("Rester et suivre, jusqu'à Ctrl-C.", "Stay and follow, until Ctrl-C."))
@session_option
@pass_session
def show(session: Session, name: str | None, *, watch: bool) -> None:
    """Show the session."""
    desk = desk_of(session, name)

    def now() -> tuple[SessionState, Sequence[Row]]:
        state = desk.state()
        return state, _rows(session, state, desk.clock(state).now())

    if not watch:
        _show(session, *now())
        return
    with Live(console=session.output.console, auto_refresh=False) as live:

        def draw() -> None:
            live.update(_table(session, *now()), refresh=True)

        while not wait_until(draw, within=3600, every=1):
            continue


@command(
    "run",
    short_help=tr("Surveiller jusqu'aux preuves scellées.", "Supervise until the evidence is sealed."),
    help=tr(
        "Surveiller : prévenir à 15 et 5 minutes, puis, à l'heure de fin de chacun, couper, redémarrer, contrôler, "
        "figer et sceller. Interrompue ou tuée, la commande reprend où elle en était.",
        "Supervise: warn at 15 and 5 minutes, then, at each candidate's end, cut, reboot, grade, freeze and seal. "
        "Interrupted or killed, the command goes on where it was.",
    ),
)
@session_option
@pass_session
def run(session: Session, name: str | None) -> None:
    """Supervise."""
    from orchestrator.assessment.closing import Closing
    from orchestrator.assessment.supervision import Supervisor

    desk = desk_of(session, name)
    closing = Closing(desk, session.app.labs)
    Supervisor(desk, closing, lambda text: session.output.note(plain(tr(text.fr, text.en)))).run()
    done(session, "Toutes les preuves sont scellées.", "All the evidence is sealed.", sealed=True)


def _noting(name: str, help_: str, note: Callable[[Desk, str, str, str], None], fr: str, en: str) -> click.Command:
    """Return a command that notes something about a candidate in a phase; ``{}`` in the sentences is their number."""

    @command(name, help=help_)
    @phase_argument
    @candidate_argument
    @session_option
    @pass_session
    def noting(session: Session, phase: str, candidate: str, name: str | None) -> None:
        note(desk_of(session, name), phase, candidate, account())
        done(session, fr.format(candidate), en.format(candidate), noted=True)

    made: click.Command = noting
    return made


arrive = _noting(
    "arrive",
    tr("Noter un retardataire : sa fin ne change pas.", "Note a latecomer: their end stays."),
    Desk.arrive,
    "{} est là ; l'heure de fin ne change pas.",
    "{} is here; the end stays.",
)
absent = _noting(
    "absent",
    tr("Noter une absence.", "Note that a candidate has not come."),
    Desk.absent,
    "Absence de {} notée.",
    "{} is noted as absent.",
)
finish = _noting(
    "finish",
    tr("Noter qu'un candidat rend avant la fin.", "Note that a candidate hands in early."),
    Desk.finish,
    "{} a rendu.",
    "{} has handed in.",
)


@command("pause", help=tr("Arrêter le temps de tous, ou d'un candidat.", "Stop the time of all, or of one candidate."))
@somebody_argument
@reason_option
@session_option
@pass_session
def pause(session: Session, candidate: str, reason: str, name: str | None) -> None:
    """Stop time."""
    desk_of(session, name).pause(account(), reason, candidate)
    done(session, "Le temps est arrêté.", "Time stands still.", paused=True)


@command("resume", help=tr("Reprendre le temps.", "Let time go on."))
@somebody_argument
@session_option
@pass_session
def resume(session: Session, candidate: str, name: str | None) -> None:
    """Let time go on."""
    desk_of(session, name).resume(account(), candidate)
    done(session, "Le temps reprend.", "Time goes on.", paused=False)


@command("announce", help=tr("Annoncer quelque chose aux candidats.", "Tell the candidates something."))
@click.argument("text", metavar=tr("TEXTE", "TEXT"))
@click.option("--candidate", default="", metavar="N", help=tr("À un seul candidat.", "To one candidate only."))
@session_option
@pass_session
def announce(session: Session, text: str, candidate: str, name: str | None) -> None:
    """Announce."""
    desk_of(session, name).announce(account(), text, candidate)
    done(session, "Annoncé.", "Announced.", announced=text)


def _rows(session: Session, state: SessionState, now: int) -> Sequence[Row]:
    return rows_of(state, now, session.app.instances.all())


def _show(session: Session, state: SessionState, rows: Sequence[Row]) -> None:
    if session.json:
        session.output.document({"session": state.id, "sittings": [_document(row) for row in rows]})
    else:
        session.output.print(_table(session, state, rows))


def _document(row: Row) -> dict[str, Any]:
    return {
        "phase": row.phase,
        "candidate": row.candidate,
        "state": row.state.en,
        "remaining": row.remaining.en,
        "deadline": row.deadline,
        "hosts": dict(row.hosts),
    }


def _table(session: Session, state: SessionState, rows: Sequence[Row]) -> Lines:
    shown = table(
        tr("Phase", "Phase"),
        tr("N°", "No."),
        tr("Nom", "Name"),
        tr("État", "State"),
        tr("Reste", "Left"),
        tr("Fin", "End"),
        tr("Machines", "Hosts"),
    )
    zone = zone_of(state.plan)
    for row in rows:
        end = "" if row.deadline is None else datetime.fromtimestamp(row.deadline, zone).strftime("%H:%M:%S")
        where, left, hosts = (text.in_(session.language) for text in (row.state, row.remaining, row.machines))
        shown.add_row(*map(plain, (row.phase, row.candidate, row.name, where, left, end, hosts)))
    title = f"{state.plan.title} ({state.id})"
    if state.rehearsal:
        title += tr(" – répétition", " – rehearsal")
    return Lines(plain(title, "title"), shown)


commands = {
    "open": open_,
    "start": start,
    "show": show,
    "run": run,
    "arrive": arrive,
    "absent": absent,
    "finish": finish,
    "pause": pause,
    "resume": resume,
    "announce": announce,
}
