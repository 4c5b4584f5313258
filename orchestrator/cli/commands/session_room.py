"""``session incident``, ``seat``, ``watch``, ``hand-in`` and ``hint``: the room, and a candidate's workstation."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from typing import BinaryIO

import click

from orchestrator import terminal
from orchestrator.assessment.candidate import Seat
from orchestrator.assessment.lookup import sitting_of
from orchestrator.assessment.seat import SeatTap, beside
from orchestrator.assessment.state import SessionLab
from orchestrator.assessment.watching import RESET, Watching
from orchestrator.cli.base import command
from orchestrator.cli.commands.answer import show_answers
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    desk_of,
    done,
    phase_argument,
    session_option,
)
from orchestrator.cli.commands.shell import console, over_ssh
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.session import Session, pass_session
from orchestrator.cli.wording import ticket_panel
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.fabric.base import HostRef
from orchestrator.model.plan import Plan
from orchestrator.waiting import wait_until

scenario_option = click.option(
    "--scenario",
    metavar=tr("SUJET", "SCENARIO"),
    help=tr("Le sujet, quand il y en a plusieurs.", "The scenario, where there are several."),
)


@command("incident", help=tr("Consigner un incident.", "Write down an incident."))
@click.argument("text", metavar=tr("TEXTE", "TEXT"))
@click.option("--candidate", default="", metavar="N", help=tr("D'un seul candidat.", "Of one candidate only."))
@session_option
@pass_session
def incident(session: Session, text: str, candidate: str, name: str | None) -> None:
    """Write down an incident."""
    desk_of(session, name).incident(account(), text, candidate)
    done(session, "Incident consigné.", "The incident is written down.", incident=text)


@command(
    "seat",
    short_help=tr("Le poste d'un candidat.", "A candidate's workstation."),
    help=tr(
        "Le poste d'un candidat : ses tickets ; avec une machine, un terminal, enregistré, ouvert jusqu'à sa fin.",
        "A candidate's workstation: their tickets; with a host, a terminal, recorded, open until their end.",
    ),
)
@phase_argument
@candidate_argument
@click.argument("host", metavar=tr("[MACHINE]", "[HOST]"), default="")
@scenario_option
@session_option
@pass_session
def seat(session: Session, phase: str, candidate: str, host: str, scenario: str | None, name: str | None) -> None:
    """Sit at a workstation."""
    place = Seat(desk_of(session, name), session.app.labs, phase, candidate)
    if not host:
        for lab, plan, handed_in in place.subjects():
            _subject(session, lab, plan, handed_in)
        return
    running, lab = place.place(host, scenario)
    rows, columns = terminal.size()
    target = HostRef(lab.instance, host)
    device = running.images[running.plan.host(host).image].device
    with ExitStack() as stack:
        recorder = stack.enter_context(closing(place.recorder(lab, host, rows, columns)))
        if device is None:
            remote: terminal.Remote = console(session, target)
        else:
            remote = stack.enter_context(over_ssh(session, target, device.user, device.password))
        hidden = remote.hidden if isinstance(remote, terminal.MasterRemote) else _never
        terminal.attach(remote, tap=SeatTap(place.gate, recorder, hidden, beside(session.language)))


def _subject(session: Session, lab: SessionLab, plan: Plan, handed_in: HandIn) -> None:
    """Show a candidate what is to be done, and what is to be handed in."""
    hosts = ", ".join(lab.hosts)
    session.output.print(plain(lab.scenario, "title"), ticket_panel(plan, session.language))
    session.output.print(plain(tr(f"Machines : {hosts}", f"Hosts: {hosts}"), "quiet"))
    if plan.questions:
        session.output.print(plain(tr("Réponses à rendre :", "Answers to hand in:"), "key"))
        show_answers(session, handed_in)
    if plan.report:
        session.output.print(
            plain(tr("Un rapport d'intervention est à rendre.", "An intervention report is to be handed in."), "key")
        )
    session.output.print("")


def _never() -> bool:
    return False


@command(
    "watch",
    short_help=tr("Regarder les terminaux d'un candidat.", "Look at a candidate's terminals."),
    help=tr(
        "Regarder les terminaux d'un candidat, sans pouvoir y écrire, jusqu'à Ctrl-C.",
        "Look at a candidate's terminals, without being able to write there, until Ctrl-C.",
    ),
)
@phase_argument
@candidate_argument
@session_option
@pass_session
def watch(session: Session, phase: str, candidate: str, name: str | None) -> None:
    """Follow a candidate's recordings."""
    desk = desk_of(session, name)
    sitting_of(desk.state(), phase, candidate)
    watching = Watching(desk.folder.sitting(phase, candidate) / "recordings")
    last = ""

    def follow() -> None:
        nonlocal last
        for terminal_, drawn in watching.news():
            if terminal_ != last:
                sys.stdout.write(f"{RESET}\r\n— {terminal_} —\r\n")
                last = terminal_
            sys.stdout.write(drawn)
        sys.stdout.flush()

    try:
        while not wait_until(follow, within=3600, every=0.2):
            continue
    finally:
        sys.stdout.write(RESET)


@command(
    "hand-in",
    short_help=tr("Rendre des réponses (.yaml) ou un rapport.", "Hand in answers (.yaml) or a report."),
    help=tr(
        "Rendre des réponses (un fichier .yaml, une ligne « nom: réponse » pour chacune) ou un rapport (tout autre "
        "fichier). « - » lit l'entrée standard, un rapport, sauf avec --answers.",
        "Hand in answers (a .yaml file, a line 'name: answer' for each) or a report (any other file). '-' reads "
        "standard input, a report, except with --answers.",
    ),
)
@phase_argument
@candidate_argument
@click.argument("file", metavar=tr("FICHIER", "FILE"), type=click.File("rb"))
@click.option("--answers", is_flag=True, help=tr("Ce sont des réponses.", "These are answers."))
@scenario_option
@session_option
@pass_session
def hand_in(
    session: Session,
    phase: str,
    candidate: str,
    file: BinaryIO,
    scenario: str | None,
    name: str | None,
    *,
    answers: bool,
) -> None:
    """Hand in."""
    place = Seat(desk_of(session, name), session.app.labs, phase, candidate)
    answers = answers or file.name.endswith(".yaml")
    path = place.hand_in(file.read(), file.name, session.language, scenario, answers=answers)
    done(session, f"Rendu : {path.name}", f"Handed in: {path.name}", path=str(path))


@command("hint", help=tr("L'indice suivant, si la phase en prévoit.", "The next hint, where the phase has some."))
@phase_argument
@candidate_argument
@scenario_option
@session_option
@pass_session
def hint(session: Session, phase: str, candidate: str, scenario: str | None, name: str | None) -> None:
    """Show a hint."""
    text = Seat(desk_of(session, name), session.app.labs, phase, candidate).hint(scenario)
    session.output.print(plain(text.in_(session.language)))


commands = {"incident": incident, "seat": seat, "watch": watch, "hand-in": hand_in, "hint": hint}
