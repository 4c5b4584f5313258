"""``session open`` to ``announce``: running a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Group as Lines
from rich.live import Live
from rich.text import Text as Styled

from orchestrator.assessment.jury_session import MOST_GRANTED, JurySession
from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.roster import RosterRow, rows_of
from orchestrator.assessment.state import SessionState
from orchestrator.cli import phrases
from orchestrator.cli.click_classes import WORDS, argument, command, option
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    done,
    jury_session_of,
    phase_argument,
    session_option,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

somebody_argument = argument("candidate", metavar=Text(fr="[CANDIDAT]", en="[CANDIDATE]"), default="")
reason_option = option("--reason", required=True, metavar=WORDS, help=Text(fr="Pourquoi.", en="Why."))


@command(
    "open",
    short_help=Text(fr="Préparer tous les labs d'une phase.", en="Prepare all the labs of a phase."),
    help=Text(
        fr="Préparer tous les labs d'une phase, avant que quiconque s'assoie ; un lab qui échoue est remplacé par une "
        "autre variante. Relancée, la commande continue.",
        en="Prepare all the labs of a phase, before anyone sits down; a lab that fails is replaced by another variant. "
        "Called again, the command goes on.",
    ),
)
@phase_argument
@session_option
@pass_invocation
def open_(invocation: Invocation, phase: str, name: str | None) -> int:
    """Open a phase."""
    from orchestrator.assessment.opening import CandidatePlace, Opening

    def tell(place: CandidatePlace) -> None:
        invocation.output.note(f"✔ {place.candidate} {place.scenario}", style="ok")

    jury_session = jury_session_of(invocation, name)
    opened = Opening(jury_session, invocation.app.labs, invocation.app.proofs.require).open(phase, account(), tell)
    if invocation.json:
        failed = [
            {"candidate": p.candidate, "scenario": p.scenario, "why": both(why)} for p, why in opened.failed.items()
        ]
        relied = {name: reliance.to_document() for name, reliance in opened.relied.items()}
        invocation.output.document({"ready": len(opened.ready), "failed": failed, "proofs": relied})
    else:
        for scenario, reliance in opened.relied.items():
            invocation.output.print(Styled.assemble(f"{scenario}: ", phrases.proof_line(reliance.status)))
        for place, why in opened.failed.items():
            invocation.output.bad(f"✘ {place.candidate} {place.scenario}: {localized(why)}")
        invocation.output.ok(Text(fr=f"Labs prêts : {len(opened.ready)}.", en=f"Labs ready: {len(opened.ready)}."))
    return ExitCode.BROKEN if opened.failed else ExitCode.DONE


@command(
    "start",
    help=Text(fr="Commencer une phase : tous à la fois, ou un candidat.", en="Begin a phase: all, or one candidate."),
)
@phase_argument
@somebody_argument
@session_option
@pass_invocation
def start(invocation: Invocation, phase: str, candidate: str, name: str | None) -> None:
    """Begin a phase."""
    jury_session = jury_session_of(invocation, name)
    state = jury_session.start(phase, account(), candidate)
    _show(invocation, state, _rows(invocation, state, jury_session.clock(state).now()))
    if not invocation.json:
        invocation.output.quiet(Text(fr="→ breakfix session run : surveiller", en="→ breakfix session run: supervise"))


@command("show", help=Text(fr="Où en est chaque candidat.", en="Where each candidate is."))
@option("--watch", is_flag=True, help=Text(fr="Rester et suivre, jusqu'à Ctrl-C.", en="Stay and follow, until Ctrl-C."))
@session_option
@pass_invocation
def show(invocation: Invocation, name: str | None, *, watch: bool) -> None:
    """Show the session."""
    jury_session = jury_session_of(invocation, name)

    def now() -> tuple[SessionState, Sequence[RosterRow]]:
        state = jury_session.state()
        return state, _rows(invocation, state, jury_session.clock(state).now())

    if not watch:
        _show(invocation, *now())
        return
    with Live(console=invocation.output.console, auto_refresh=False) as live:

        def draw() -> None:
            live.update(_table(invocation, *now(), supervised=jury_session.folder.is_supervised()), refresh=True)

        while not wait_until(draw, within=3600, every=1):
            continue


@command(
    "run",
    short_help=Text(fr="Surveiller jusqu'aux preuves scellées.", en="Supervise until the evidence is sealed."),
    help=Text(
        fr="Surveiller : prévenir à 15 et 5 minutes, puis, à l'heure de fin de chacun, couper, redémarrer, contrôler, "
        "figer et sceller. Interrompue ou tuée, la commande reprend où elle en était.",
        en="Supervise: warn at 15 and 5 minutes, then, at each candidate's end, cut, reboot, grade, freeze and seal. "
        "Interrupted or killed, the command goes on where it was.",
    ),
)
@session_option
@pass_invocation
def run(invocation: Invocation, name: str | None) -> None:
    """Supervise."""
    from orchestrator.assessment.closing import Closing
    from orchestrator.assessment.supervision import Supervisor

    jury_session = jury_session_of(invocation, name)
    closing = Closing(jury_session, invocation.app.labs)
    Supervisor(jury_session, closing, invocation.output.note).run()
    done(invocation, Text(fr="Toutes les preuves sont scellées.", en="All the evidence is sealed."), sealed=True)


def _noting(name: str, help_: Text, note: Callable[[JurySession, str, str, str], None], said: Text) -> click.Command:
    """Return a command that notes something about a candidate in a phase; ``{}`` in the sentences is their number."""

    @command(name, help=help_)
    @phase_argument
    @candidate_argument
    @session_option
    @pass_invocation
    def noting(invocation: Invocation, phase: str, candidate: str, name: str | None) -> None:
        note(jury_session_of(invocation, name), phase, candidate, account())
        done(invocation, said.map(lambda sentence: sentence.format(candidate)), noted=True)

    made: click.Command = noting
    return made


arrive = _noting(
    "arrive",
    Text(fr="Noter un retardataire : sa fin ne change pas.", en="Note a latecomer: their end stays."),
    JurySession.arrive,
    Text(fr="{} est là ; l'heure de fin ne change pas.", en="{} is here; the end stays."),
)
absent = _noting(
    "absent",
    Text(fr="Noter une absence.", en="Note that a candidate has not come."),
    JurySession.absent,
    Text(fr="Absence de {} notée.", en="{} is noted as absent."),
)
finish = _noting(
    "finish",
    Text(fr="Noter qu'un candidat rend avant la fin.", en="Note that a candidate hands in early."),
    JurySession.finish,
    Text(fr="{} a rendu.", en="{} has handed in."),
)


@command(
    "pause",
    help=Text(fr="Arrêter le temps de tous, ou d'un candidat.", en="Stop the time of all, or of one candidate."),
)
@somebody_argument
@reason_option
@session_option
@pass_invocation
def pause(invocation: Invocation, candidate: str, reason: str, name: str | None) -> None:
    """Stop time."""
    jury_session_of(invocation, name).pause(account(), reason, candidate)
    done(invocation, Text(fr="Le temps est arrêté.", en="Time stands still."), paused=True)


@command("resume", help=Text(fr="Reprendre le temps.", en="Let time go on."))
@somebody_argument
@session_option
@pass_invocation
def resume(invocation: Invocation, candidate: str, name: str | None) -> None:
    """Let time go on."""
    jury_session_of(invocation, name).resume(account(), candidate)
    done(invocation, Text(fr="Le temps reprend.", en="Time goes on."), paused=False)


@command(
    "extend",
    short_help=Text(fr="Ajouter des minutes, par décision.", en="Add minutes, by decision."),
    help=Text(
        fr="Ajouter des minutes au temps d'un candidat, par décision : le procès-verbal la reprend, avec son motif.",
        en="Add minutes to a candidate's time, by decision: the record of proceedings has it, with its reason.",
    ),
)
@phase_argument
@candidate_argument
@argument("minutes", metavar="MINUTES", type=click.IntRange(1, MOST_GRANTED))
@reason_option
@session_option
@pass_invocation
def extend(invocation: Invocation, phase: str, candidate: str, minutes: int, reason: str, name: str | None) -> None:
    """Add minutes to a candidate's time."""
    jury_session_of(invocation, name).extend(phase, candidate, minutes, account(), reason)
    said = Text(fr=f"{candidate} a {minutes} min de plus.", en=f"{candidate} has {minutes} min more.")
    done(invocation, said, minutes=minutes)


@command(
    "replace",
    short_help=Text(fr="Une autre variante pour un lab hors service.", en="Another variant for a lab that has failed."),
    help=Text(
        fr="Préparer une autre variante d'un sujet dont le lab est hors service ; avant le début, ou pendant que le "
        "temps du candidat est arrêté. Le lab d'avant est retiré, le rapport suit le candidat.",
        en="Prepare another variant of a scenario whose lab has failed; before the start, or while the candidate's "
        "time stands still. The former lab is removed, the report goes with the candidate.",
    ),
)
@phase_argument
@candidate_argument
@argument("scenario", metavar=Text(fr="SUJET", en="SCENARIO"))
@reason_option
@session_option
@pass_invocation
def replace(invocation: Invocation, phase: str, candidate: str, scenario: str, reason: str, name: str | None) -> None:
    """Give a candidate another variant."""
    from orchestrator.assessment.opening import Opening

    opening = Opening(jury_session_of(invocation, name), invocation.app.labs, invocation.app.proofs.require)
    opening.replace(phase, candidate, scenario, account(), reason)
    done(
        invocation,
        Text(fr=f"Une autre variante de {scenario} est prête.", en=f"Another variant of {scenario} is ready."),
        scenario=scenario,
    )


@command("announce", help=Text(fr="Annoncer quelque chose aux candidats.", en="Tell the candidates something."))
@argument("text", metavar=WORDS)
@option("--candidate", default="", metavar="N", help=Text(fr="À un seul candidat.", en="To one candidate only."))
@session_option
@pass_invocation
def announce(invocation: Invocation, text: str, candidate: str, name: str | None) -> None:
    """Announce."""
    jury_session_of(invocation, name).announce(account(), text, candidate)
    done(invocation, Text(fr="Annoncé.", en="Announced."), announced=text)


def _rows(invocation: Invocation, state: SessionState, now: int) -> Sequence[RosterRow]:
    return rows_of(state, now, invocation.app.labs.running.all())


def _show(invocation: Invocation, state: SessionState, rows: Sequence[RosterRow]) -> None:
    supervised = invocation.app.registry.jury_session(state.id).folder.is_supervised()
    document = {"session": state.id, "supervised": supervised, "sittings": [_document(row) for row in rows]}
    invocation.output.emit(document, _table(invocation, state, rows, supervised=supervised))


def _document(row: RosterRow) -> dict[str, Any]:
    return {
        "phase": row.phase,
        "candidate": row.candidate,
        "state": row.state.en,
        "remaining": row.remaining.en,
        "deadline": row.deadline,
        "hosts": {scenario: dict(hosts) for scenario, hosts in row.hosts.items()},
    }


def _table(invocation: Invocation, state: SessionState, rows: Sequence[RosterRow], *, supervised: bool) -> Lines:
    shown = table(
        Text(fr="Phase", en="Phase"),
        Text(fr="N°", en="No."),
        Text(fr="Nom", en="Name"),
        Text(fr="État", en="State"),
        Text(fr="Reste", en="Left"),
        Text(fr="Fin", en="End"),
        Text(fr="Machines", en="Hosts"),
    )
    zone = zone_of(state.plan)
    for row in rows:
        end = "" if row.deadline is None else datetime.fromtimestamp(row.deadline, zone).strftime("%H:%M:%S")
        where, left, hosts = (text.in_(invocation.language) for text in (row.state, row.remaining, row.machines))
        shown.add_row(*map(plain, (row.phase, row.candidate, row.name, where, left, end, hosts)))
    title = f"{state.plan.title} ({state.id})"
    if state.rehearsal:
        title += localized(Text(fr=" – répétition", en=" – rehearsal"))
    unwatched = any(sitting.started is not None and not sitting.sealed for sitting in state.sittings.values())
    if supervised or not unwatched:
        return Lines(plain(title, "title"), shown)
    nobody = Text(
        fr="! Personne ne surveille : à l'heure de fin, rien ne sera scellé. « breakfix session run »",
        en="! Nobody supervises: nothing will be sealed at the end. 'breakfix session run'",
    )
    return Lines(plain(title, "title"), shown, plain(nobody, "warn"))


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
    "extend": extend,
    "replace": replace,
    "announce": announce,
}
