"""``session incident``, ``watch``, and what a candidate does: ``seat``, ``cable``, ``hand-in``, ``hint``."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from typing import BinaryIO

import click

from orchestrator.access import terminal
from orchestrator.assessment.candidate import CandidateSeat
from orchestrator.assessment.selectors import sitting_of
from orchestrator.assessment.state import SessionLab
from orchestrator.assessment.terminal_gate import SeatTap, beside
from orchestrator.assessment.terminal_watch import RESET, Watching
from orchestrator.cli.click_classes import FILE, WORDS, argument, command, option
from orchestrator.cli.commands.answer import show_answers
from orchestrator.cli.commands.cable import act_on_cable, action_argument, place_argument, show_cable
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    done,
    jury_session_of,
    phase_argument,
    session_option,
)
from orchestrator.cli.commands.shell import console, over_ssh
from orchestrator.cli.commands.talk import menu_option, show_option, talk_with, words_argument
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain
from orchestrator.cli.phrases import ticket_panel
from orchestrator.cli.places import cable_of
from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.model.persona import PlannedPersona
from orchestrator.model.plan import Plan
from orchestrator.model.turns import Turn

_LOOK = 2.0
"""Seconds between two looks at whether a candidate's evidence is sealed."""

scenario_option = option(
    "--scenario",
    metavar=Text(fr="SUJET", en="SCENARIO"),
    help=Text(fr="Le sujet, quand il y en a plusieurs.", en="The scenario, where there are several."),
)


@command("incident", help=Text(fr="Consigner un incident.", en="Write down an incident."))
@argument("text", metavar=WORDS)
@option("--candidate", default="", metavar="N", help=Text(fr="D'un seul candidat.", en="Of one candidate only."))
@session_option
@pass_invocation
def incident(invocation: Invocation, text: str, candidate: str, name: str | None) -> None:
    """Write down an incident."""
    jury_session_of(invocation, name).incident(account(), text, candidate)
    done(invocation, Text(fr="Incident consigné.", en="The incident is written down."), incident=text)


@command(
    "seat",
    short_help=Text(fr="Le poste d'un candidat.", en="A candidate's workstation."),
    help=Text(
        fr="Le poste d'un candidat : ses tickets ; avec une machine, un terminal, enregistré, ouvert jusqu'à sa fin.",
        en="A candidate's workstation: their tickets; with a host, a terminal, recorded, open until their end.",
    ),
)
@phase_argument
@candidate_argument
@argument("host", metavar=Text(fr="[MACHINE]", en="[HOST]"), default="")
@scenario_option
@session_option
@pass_invocation
def seat(invocation: Invocation, phase: str, candidate: str, host: str, scenario: str | None, name: str | None) -> None:
    """Sit at a workstation."""
    place = CandidateSeat(jury_session_of(invocation, name), invocation.app.labs, phase, candidate)
    if not host:
        for lab, plan, handed_in in place.subjects():
            _subject(invocation, lab, plan, handed_in)
        return
    running, lab = place.place(host, scenario)
    rows, columns = terminal.size()
    target = HostRef(lab.instance, host)
    device = running.images[running.plan.host(host).image].device
    with ExitStack() as stack:
        recorder = stack.enter_context(closing(place.recorder(lab, host, rows, columns)))
        if device is None:
            remote: terminal.Remote = console(invocation, target)
        else:
            remote = stack.enter_context(over_ssh(invocation, target, device.user, device.password))
        hidden = remote.hidden if isinstance(remote, terminal.MasterRemote) else _never
        terminal.attach(remote, tap=SeatTap(place.gate, recorder, hidden, beside(invocation.language)))


def _subject(invocation: Invocation, lab: SessionLab, plan: Plan, handed_in: HandIn) -> None:
    """Show a candidate what is to be done, and what is to be handed in."""
    hosts = ", ".join(lab.hosts)
    invocation.output.print(plain(lab.scenario, "title"), ticket_panel(plan, invocation.language))
    invocation.output.quiet(Text(fr=f"Machines : {hosts}", en=f"Hosts: {hosts}"))
    if plan.questions:
        invocation.output.print(Text(fr="Réponses à rendre :", en="Answers to hand in:"), style="key")
        show_answers(invocation, handed_in)
    if plan.report:
        invocation.output.print(
            Text(fr="Un rapport d'intervention est à rendre.", en="An intervention report is to be handed in."),
            style="key",
        )
    invocation.output.print("")


def _never() -> bool:
    return False


@command(
    "cable",
    short_help=Text(fr="Un câble d'un candidat.", en="A candidate's cable."),
    help=Text(
        fr="Brancher, débrancher, remplacer ou déplacer un câble d'un candidat, comme « breakfix cable ».\n\n"
        "Le journal le note : comme le geste du candidat, permis tant que son temps court ; avec --reason, comme une "
        "intervention de l'organisation.",
        en="Plug, unplug, replace or move a candidate's cable, as 'breakfix cable' does.\n\n"
        "The journal notes it: as what the candidate did, who may as long as their time runs; with --reason, as an "
        "intervention by the organisers.",
    ),
)
@phase_argument
@candidate_argument
@place_argument
@action_argument
@scenario_option
@option(
    "--reason", metavar=WORDS, help=Text(fr="C'est l'organisation qui agit ; pourquoi.", en="The organisers act; why.")
)
@session_option
@pass_invocation
def cable(  # noqa: PLR0913 - one for each option and argument
    invocation: Invocation,
    phase: str,
    candidate: str,
    place: str,
    action: str | None,
    scenario: str | None,
    name: str | None,
    *,
    reason: str | None,
) -> None:
    """Act on a candidate's cable."""
    jury_session = jury_session_of(invocation, name)
    seat = CandidateSeat(jury_session, invocation.app.labs, phase, candidate)
    running, lab = seat.place(cable_of(place)[0], scenario)
    act = f"cable {place} {action}"

    def note() -> None:
        if reason is None:
            seat.note_cable(lab, act)
        else:
            jury_session.intervene(account(), seat.gate.sitting, lab.scenario, act, reason)

    show_cable(invocation, act_on_cable(invocation.app.labs, running.instance, place, action, note), action)


@command(
    "watch",
    short_help=Text(fr="Regarder les terminaux d'un candidat.", en="Look at a candidate's terminals."),
    help=Text(
        fr="Regarder les terminaux d'un candidat, sans pouvoir y écrire, jusqu'à Ctrl-C.",
        en="Look at a candidate's terminals, without being able to write there, until Ctrl-C.",
    ),
)
@phase_argument
@candidate_argument
@session_option
@pass_invocation
def watch(invocation: Invocation, phase: str, candidate: str, name: str | None) -> None:
    """Follow a candidate's recordings."""
    jury_session = jury_session_of(invocation, name)
    if sitting_of(jury_session.state(), phase, candidate).sealed:
        file = jury_session.folder.sealed(phase, candidate)
        raise UsageError(
            Text(
                fr=f"Les preuves {de(candidate)} pour {phase} sont scellées : il n'y a plus rien à regarder.",
                en=f"The evidence of {candidate} for {phase} is sealed: there is nothing left to watch.",
            ),
            Text(fr=f"Les enregistrements : {file}", en=f"The recordings: {file}"),
        )
    watching = Watching(jury_session.folder.sitting(phase, candidate) / "recordings")
    last = ""

    def follow() -> bool:
        nonlocal last
        for terminal_, drawn in watching.news():
            if terminal_ != last:
                sys.stdout.write(f"{RESET}\r\n— {terminal_} —\r\n")
                last = terminal_
            sys.stdout.write(drawn)
        sys.stdout.flush()
        return False

    def over() -> bool:
        wait_until(follow, within=_LOOK, every=0.2)
        return sitting_of(jury_session.state(), phase, candidate).sealed

    try:
        while not over():
            continue
    finally:
        sys.stdout.write(RESET)
    invocation.output.note(Text(fr="Les preuves sont scellées.", en="The evidence is sealed."), style="ok")


@command(
    "hand-in",
    short_help=Text(fr="Rendre des réponses (.yaml) ou un rapport.", en="Hand in answers (.yaml) or a report."),
    help=Text(
        fr="Rendre des réponses (un fichier .yaml, une ligne « nom: réponse » pour chacune) ou un rapport (tout autre "
        "fichier). « - » lit l'entrée standard, un rapport, sauf avec --answers.",
        en="Hand in answers (a .yaml file, a line 'name: answer' for each) or a report (any other file). '-' reads "
        "standard input, a report, except with --answers.",
    ),
)
@phase_argument
@candidate_argument
@argument("file", metavar=FILE, type=click.File("rb"))
@option("--answers", is_flag=True, help=Text(fr="Ce sont des réponses.", en="These are answers."))
@scenario_option
@session_option
@pass_invocation
def hand_in(
    invocation: Invocation,
    phase: str,
    candidate: str,
    file: BinaryIO,
    scenario: str | None,
    name: str | None,
    *,
    answers: bool,
) -> None:
    """Hand in."""
    place = CandidateSeat(jury_session_of(invocation, name), invocation.app.labs, phase, candidate)
    answers = answers or file.name.endswith(".yaml")
    path = place.hand_in(file.read(), file.name, invocation.language, scenario, answers=answers)
    done(invocation, Text(fr=f"Rendu : {path.name}", en=f"Handed in: {path.name}"), path=str(path))


@command(
    "hint", help=Text(fr="L'indice suivant, si la phase en prévoit.", en="The next hint, where the phase has some.")
)
@phase_argument
@candidate_argument
@scenario_option
@session_option
@pass_invocation
def hint(invocation: Invocation, phase: str, candidate: str, scenario: str | None, name: str | None) -> None:
    """Show a hint."""
    text = CandidateSeat(jury_session_of(invocation, name), invocation.app.labs, phase, candidate).hint(scenario)
    invocation.output.print(text.in_(invocation.language))


@command(
    "talk",
    short_help=Text(fr="Parler avec les utilisateurs, du poste d'un candidat.", en="Talk with users, at a seat."),
    help=Text(
        fr="Parler avec les personnes d'un sujet, du poste d'un candidat, comme « breakfix talk », tant que son temps "
        "court. Ce qui se dit est scellé avec ses preuves.",
        en="Talk with the people of a scenario at a candidate's seat, as 'breakfix talk' does, as long as their time "
        "runs. What is said is sealed with their evidence.",
    ),
)
@phase_argument
@candidate_argument
@scenario_option
@menu_option
@show_option
@words_argument
@session_option
@pass_invocation
def talk(  # noqa: PLR0913 - one for each option and argument
    invocation: Invocation,
    phase: str,
    candidate: str,
    scenario: str | None,
    words: tuple[str, ...],
    name: str | None,
    *,
    menu: bool,
    show: bool,
) -> None:
    """Talk with somebody."""
    labs = invocation.app.labs
    place = CandidateSeat(jury_session_of(invocation, name), labs, phase, candidate)
    running = place.talking(scenario)

    def say_to(person: PlannedPersona, said: str) -> Turn:
        return place.say(running, person.name, said, invocation.language)

    talk_with(invocation, labs, running, words, say_to, menu=menu, show=show)


commands = {
    "talk": talk,
    "incident": incident,
    "seat": seat,
    "cable": cable,
    "watch": watch,
    "hand-in": hand_in,
    "hint": hint,
}
