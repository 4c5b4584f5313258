"""``status``: which labs run, and whether they are whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.cli import phrases
from orchestrator.cli.click_classes import command, lab_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.instances.instance import PAUSED, RUNNING, HostState, Instance
from orchestrator.labs import LabState, Running
from orchestrator.model.seeds import shown_seed

if TYPE_CHECKING:
    from orchestrator.labd.command_contract import WaitingLab

_STATES: Mapping[str, Text | str] = {
    "running": Text(fr="en marche", en="running"),
    "created": Text(fr="créée, pas démarrée", en="created, not started"),
    "exited": Text(fr="arrêtée", en="stopped"),
    "paused": Text(fr="en pause", en="paused"),
    "restarting": Text(fr="redémarre", en="restarting"),
    "dead": Text(fr="morte", en="dead"),
}
"""Docker's words for the states of a container."""

_POOLED = Text(
    fr="en pause, prêt pour qui le démarrera dans le portail", en="frozen, ready for whoever starts one in the portal"
)
_BEING_POOLED = Text(fr="en préparation pour le portail", en="being made ready for the portal")


@dataclass(frozen=True)
class _Seen:
    """What is known of a lab.

    Attributes:
        instance: as the engine has it.
        running: with its plan; None where its content is gone or invalid.
        state: how far its start or its stop is.
        unready: the hosts that run and are not wired or have not booted, each with why; nobody asks while it starts.
        pooled: whether it is nobody's yet, but kept ready by the portal.
    """

    instance: Instance
    running: Running | None
    state: LabState
    unready: Mapping[str, Text]
    pooled: bool

    @property
    def whole(self) -> bool:
        """Return whether it can be worked with; one that is frozen goes on by the next command."""
        hosts = self.instance.hosts
        alive = len(hosts) == self.instance.expected and all(host.state in {RUNNING, PAUSED} for host in hosts)
        return alive and self.state == "started" and not self.unready

    @property
    def in_work(self) -> bool:
        return self.state in {"starting", "stopping"}


@command(
    "status",
    help=Text(
        fr="Les labs en marche et l'état de leurs machines ; ceux que le portail a mis en pause, et ceux qui y "
        "attendent leur tour.",
        en="The running labs and their hosts' states; those that the portal has frozen, and those that wait in it.",
    ),
)
@lab_option
@pass_invocation
def status_command(invocation: Invocation, lab: str | None) -> None:
    """Show the running labs, or one of them."""
    labs = invocation.app.labs
    found = labs.running.all() if lab is None else (labs.running.find(lab),)
    pooled = labs.running.pooled() if found else frozenset[str]()
    seen = [_seen(invocation, instance, pooled=instance.name in pooled) for instance in found]
    waiting = invocation.labd.waiting() if lab is None else ()
    if invocation.json:
        documents = [_document(invocation, one) for one in seen]
        invocation.output.document({"labs": documents, "waiting": [_waiting_document(one) for one in waiting]})
        return
    if not seen and not waiting:
        start = f"{phrases.program()} start"
        invocation.output.print(Text(fr="Aucun lab n'est en marche.", en="No lab is running."))
        invocation.output.quiet(
            Text(fr=f"→ « {start} SCÉNARIO » en démarre un.", en=f"→ '{start} SCENARIO' starts one.")
        )
    for one in seen:
        if one.pooled and lab is None:
            _show_pooled(invocation, one)
        else:
            _show(invocation, one)
    for queued in waiting:
        _show_waiting(invocation, queued)


def _seen(invocation: Invocation, instance: Instance, *, pooled: bool) -> _Seen:
    labs = invocation.app.labs
    state = labs.running.state_of(instance)
    waiting = {} if state in {"starting", "stopping", "saved"} else labs.running.unready(instance)
    return _Seen(instance, _running(invocation, instance), state, waiting, pooled)


def _running(invocation: Invocation, instance: Instance) -> Running | None:
    """Return an instance with its plan, or None where its content is gone or invalid."""
    try:
        return invocation.app.labs.running.planned(instance.name)
    except BreakfixError:
        return None


def _stale(invocation: Invocation, running: Running | None) -> bool:
    return running is not None and invocation.app.labs.running.stale(running)


def _document(invocation: Invocation, seen: _Seen) -> dict[str, Any]:
    instance, running = seen.instance, seen.running
    return {
        "name": instance.name,
        "scenario": instance.scenario or None,
        "lab": instance.lab,
        "seed": shown_seed(instance.seed),
        "owner": instance.owner,
        "phase": seen.state.replace(" ", "_"),
        "whole": seen.whole,
        "frozen": instance.frozen,
        "pooled": seen.pooled,
        "expected_hosts": instance.expected,
        "content": "unknown" if running is None else "stale" if _stale(invocation, running) else "current",
        "hosts": [
            {
                "name": h.name,
                "state": h.state,
                "trouble": both(seen.unready[h.name]) if h.name in seen.unready else None,
            }
            for h in instance.hosts
        ],
    }


def _show(invocation: Invocation, seen: _Seen) -> None:
    instance, running = seen.instance, seen.running
    out = invocation.output
    frozen, saved = seen.whole and instance.frozen, seen.state == "saved"
    head = plain("● ", "warn" if seen.in_work or frozen or saved else "ok" if seen.whole else "bad")
    head.append(instance.name, style="key")
    head.append(f"  {instance.scenario or instance.lab}", style="bold")
    seed, owner = shown_seed(instance.seed), instance.owner
    variant = Text(fr=f"  variante {seed}, démarré par {owner}", en=f"  variant {seed}, started by {owner}")
    head.append(plain(variant, "quiet"))
    out.print(head)
    rows = table(
        Text(fr="  Machine", en="  Host"),
        Text(fr="État", en="State"),
        Text(fr="Segments", en="Segments"),
        Text(fr="Rôle", en="Role"),
    )
    for host in instance.hosts:
        rows.add_row(
            f"  {host.name}",
            plain(_STATES.get(host.state, host.state), _style(seen, host)),
            *_planned(invocation, running, host.name),
        )
    out.print(rows)
    _remarks(invocation, seen)
    out.print("")


def _style(seen: _Seen, host: HostState) -> str:
    if host.state == RUNNING and host.name not in seen.unready:
        return "ok"
    return "warn" if seen.in_work or seen.state == "saved" or host.state == PAUSED else "bad"


def _planned(invocation: Invocation, running: Running | None, host: str) -> tuple[str, str]:
    planned = next((h for h in running.plan.hosts if h.name == host), None) if running else None
    if planned is None:
        return "", ""
    return ", ".join(dict.fromkeys(i.segment for i in planned.interfaces)), planned.title.in_(invocation.language)


def _remarks(invocation: Invocation, seen: _Seen) -> None:
    instance, running = seen.instance, seen.running
    stop, reset = (f"{phrases.program()} {word} --lab {instance.name}" for word in ("stop", "reset"))
    if seen.in_work:
        _remark(invocation, _at_work(seen), Text(fr="Attendez qu'il ait fini.", en="Wait until it is done."))
        return
    if instance.frozen and seen.whole:
        _remark_frozen(invocation, seen)
    elif seen.state == "saved":
        resume = f"{phrases.program()} resume --lab {instance.name}"
        why = Text(
            fr="Sauvegardé : ses machines sont éteintes, leurs fichiers et leurs câbles sont gardés.",
            en="Saved: its hosts are off, their files and cables are kept.",
        )
        next_step = Text(fr=f"« {resume} » le remet en marche.", en=f"'{resume}' makes it run again.")
        _remark(invocation, why, next_step)
    elif what := _unfit(seen):
        next_step = Text(
            fr=f"« {stop} » le retire ; puis démarrez-en un autre.", en=f"'{stop}' removes it; then start another."
        )
        _remark(invocation, what, next_step)
    for host, why in seen.unready.items():
        next_step = Text(
            fr=f"Si cela dure, « {reset} » recommence le lab.", en=f"If it lasts, '{reset}' begins the lab again."
        )
        _remark(invocation, Text(fr=f"{host} : {why.fr}", en=f"{host}: {why.en}"), next_step)
    if running is None:
        what = Text(
            fr="Le contenu de ce lab est introuvable ou invalide.", en="This lab's content is missing or invalid."
        )
        next_step = Text(
            fr="Redonnez son dossier avec --content, ou arrêtez-le.",
            en="Give its folder again with --content, or stop it.",
        )
        _remark(invocation, what, next_step)
    elif _stale(invocation, running):
        what = Text(fr="Le contenu a changé depuis le démarrage.", en="The content has changed since the start.")
        next_step = Text(fr=f"« {reset} » recommence avec le nouveau.", en=f"'{reset}' begins again with the new one.")
        _remark(invocation, what, next_step)


def _remark_frozen(invocation: Invocation, seen: _Seen) -> None:
    if seen.pooled:
        what, next_step = (
            _POOLED,
            Text(
                fr="Qui démarre ce scénario dans le portail le reçoit.",
                en="Whoever starts this scenario in the portal gets it.",
            ),
        )
    elif seen.instance.assessed:
        what = Text(fr="En pause : sa session de jury le garde ainsi.", en="Frozen: its jury session keeps it so.")
        next_step = Text(fr="« breakfix session » s'en occupe.", en="'breakfix session' looks after it.")
    else:
        what = Text(
            fr="En pause : personne n'y travaillait. Rien n'est perdu.",
            en="Frozen: nobody was working in it. Nothing is lost.",
        )
        next_step = Text(
            fr="La prochaine commande qui a besoin de ses machines le fait reprendre.",
            en="The next command that needs its hosts lets it go on.",
        )
    _remark(invocation, what, next_step)


def _show_pooled(invocation: Invocation, seen: _Seen) -> None:
    """Show a lab that is nobody's yet in a line."""
    head = plain("○ ", "quiet")
    head.append(seen.instance.name, style="key")
    head.append(f"  {seen.instance.scenario or seen.instance.lab}", style="bold")
    words = _POOLED if seen.whole else _BEING_POOLED
    head.append(plain(words.map("  {}".format), "quiet"))
    invocation.output.print(head)


def _show_waiting(invocation: Invocation, waiting: WaitingLab) -> None:
    """Show a lab that waits for its start in the portal."""
    head = plain("○ ", "warn")
    head.append(waiting.lab, style="key")
    head.append(f"  {waiting.scenario}", style="bold")
    name, queue = waiting.owner, waiting.queue
    if queue is None:
        place = Text(fr="attend son tour", en="waits for its turn")
    elif queue.why == "room":
        place = Text(
            fr=f"attend que d'autres labs s'arrêtent, place {queue.place} sur {queue.waiting}",
            en=f"waits until other labs end, place {queue.place} of {queue.waiting}",
        )
    else:
        place = Text(
            fr=f"attend son tour, place {queue.place} sur {queue.waiting}",
            en=f"waits for its turn, place {queue.place} of {queue.waiting}",
        )
    whose = Text(fr=f"  pour {name}, {place.fr}", en=f"  for {name}, {place.en}") if name else place.map("  {}".format)
    head.append(plain(whose, "quiet"))
    invocation.output.print(head)


def _waiting_document(waiting: WaitingLab) -> dict[str, Any]:
    queue = waiting.queue
    return {
        "name": waiting.lab,
        "scenario": waiting.scenario,
        "for": waiting.owner or None,
        "place": queue and queue.place,
        "why": queue and queue.why,
        "seconds": queue and queue.seconds,
    }


def _at_work(seen: _Seen) -> Text:
    there, expected = len(seen.instance.hosts), seen.instance.expected
    if seen.state == "stopping":
        return Text(fr=f"En cours d'arrêt (machines restantes : {there}).", en=f"Stopping (hosts left: {there}).")
    return Text(
        fr=f"En cours de démarrage (machines créées : {there} sur {expected}).",
        en=f"Starting (hosts made: {there} of {expected}).",
    )


def _unfit(seen: _Seen) -> Text | None:
    """Return why a lab cannot be worked with; nothing where it can, as far as its containers tell."""
    instance = seen.instance
    there, expected = len(instance.hosts), instance.expected
    if there < expected:  # nobody is at work on it
        return Text(
            fr=f"Lab incomplet ({there} machines sur {expected}) : son démarrage ou son arrêt a été coupé.",
            en=f"This lab is not whole ({there} of {expected} hosts): its start or its stop was cut off.",
        )
    if seen.state == "cut off":
        return Text(
            fr="Son démarrage ou son arrêt a été coupé avant la fin : la panne n'est peut-être pas en place.",
            en="Its start or its stop was cut off before the end: the fault may not be in place.",
        )
    return None if instance.whole else Text(fr="Des machines ne tournent pas.", en="Some hosts do not run.")


def _remark(invocation: Invocation, what: Text, next_step: Text) -> None:
    invocation.output.warn(f"  ! {localized(what)}")
    invocation.output.print(next_step.map("    → {}".format))
