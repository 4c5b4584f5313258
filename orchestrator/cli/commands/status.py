"""``status``: which labs run, and whether they are whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.cli import phrases
from orchestrator.cli.click_classes import command, lab_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.instances.instance import RUNNING, HostState, Instance
from orchestrator.labs import Phase, Running
from orchestrator.model.seeds import shown_seed


@dataclass(frozen=True)
class _Seen:
    """What is known of a lab.

    Attributes:
        instance: as the engine has it.
        running: with its plan; None where its content is gone or invalid.
        phase: how far its start or its stop is.
        unready: the hosts that run and are not wired or have not booted, each with why; nobody asks while it starts.
    """

    instance: Instance
    running: Running | None
    phase: Phase
    unready: Mapping[str, Text]

    @property
    def whole(self) -> bool:
        return self.instance.whole and self.phase == "started" and not self.unready

    @property
    def in_work(self) -> bool:
        return self.phase in {"starting", "stopping"}


@command(
    "status",
    help=Text(fr="Les labs en marche et l'état de leurs machines.", en="The running labs and their hosts' states."),
)
@lab_option
@pass_invocation
def status_command(invocation: Invocation, lab: str | None) -> None:
    """Show the running labs, or one of them."""
    labs = invocation.app.labs
    found = labs.all() if lab is None else (labs.find(lab),)
    seen = [_seen(invocation, instance) for instance in found]
    if invocation.json:
        invocation.output.document({"labs": [_document(invocation, one) for one in seen]})
        return
    if not seen:
        start = f"{phrases.program()} start {localized(Text(fr='SCÉNARIO', en='SCENARIO'))}"
        invocation.output.print(
            plain(Text(fr="Aucun lab n'est en marche.", en="No lab is running.")),
            plain(Text(fr=f"→ « {start} » en démarre un.", en=f"→ '{start}' starts one."), "quiet"),
        )
    for one in seen:
        _show(invocation, one)


def _seen(invocation: Invocation, instance: Instance) -> _Seen:
    labs = invocation.app.labs
    phase = labs.phase(instance)
    waiting = {} if phase in {"starting", "stopping"} else labs.unready(instance)
    return _Seen(instance, _running(invocation, instance), phase, waiting)


def _running(invocation: Invocation, instance: Instance) -> Running | None:
    """Return an instance with its plan, or None where its content is gone or invalid."""
    try:
        return invocation.app.labs.running(instance.name)
    except BreakfixError:
        return None


def _stale(invocation: Invocation, running: Running | None) -> bool:
    return running is not None and invocation.app.labs.stale(running)


def _document(invocation: Invocation, seen: _Seen) -> dict[str, Any]:
    instance, running = seen.instance, seen.running
    return {
        "name": instance.name,
        "scenario": instance.scenario or None,
        "lab": instance.lab,
        "seed": shown_seed(instance.seed),
        "owner": instance.owner,
        "phase": seen.phase.replace(" ", "_"),
        "whole": seen.whole,
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
    head = plain("● ", "ok" if seen.whole else "warn" if seen.in_work else "bad")
    head.append(instance.name, style="key")
    head.append(f"  {instance.scenario or instance.lab}", style="bold")
    head.append(
        localized(
            Text(
                fr=f"  variante {shown_seed(instance.seed)}, démarré par {instance.owner}",
                en=f"  variant {shown_seed(instance.seed)}, started by {instance.owner}",
            )
        ),
        style="quiet",
    )
    out.print(head)
    rows = table(
        "  " + localized(Text(fr="Machine", en="Host")),
        Text(fr="État", en="State"),
        Text(fr="Segments", en="Segments"),
        Text(fr="Rôle", en="Role"),
    )
    for host in instance.hosts:
        rows.add_row(
            plain(f"  {host.name}"),
            plain(_state(host.state), _style(seen, host)),
            *_planned(invocation, running, host.name),
        )
    out.print(rows)
    _remarks(invocation, seen)
    out.print("")


def _style(seen: _Seen, host: HostState) -> str:
    if host.state == RUNNING and host.name not in seen.unready:
        return "ok"
    return "warn" if seen.in_work else "bad"


def _planned(invocation: Invocation, running: Running | None, host: str) -> tuple[str, str]:
    planned = next((h for h in running.plan.hosts if h.name == host), None) if running else None
    if planned is None:
        return "", ""
    return ", ".join(dict.fromkeys(i.segment for i in planned.interfaces)), planned.title.in_(invocation.language)


def _state(word: str) -> str:
    """Return Docker's word for a state in the language."""
    return {
        "running": localized(Text(fr="en marche", en="running")),
        "created": localized(Text(fr="créée, pas démarrée", en="created, not started")),
        "exited": localized(Text(fr="arrêtée", en="stopped")),
        "paused": localized(Text(fr="en pause", en="paused")),
        "restarting": localized(Text(fr="redémarre", en="restarting")),
        "dead": localized(Text(fr="morte", en="dead")),
    }.get(word, word)


def _remarks(invocation: Invocation, seen: _Seen) -> None:
    instance, running = seen.instance, seen.running
    stop = f"{phrases.program()} stop --lab {instance.name}"
    if seen.in_work:
        _remark(invocation, _at_work(seen), localized(Text(fr="Attendez qu'il ait fini.", en="Wait until it is done.")))
        return
    if what := _unfit(seen):
        _remark(
            invocation,
            what,
            localized(
                Text(
                    fr=f"« {stop} » le retire ; puis démarrez-en un autre.",
                    en=f"'{stop}' removes it; then start another.",
                )
            ),
        )
    for host, why in seen.unready.items():
        reset = f"{phrases.program()} reset --lab {instance.name}"
        _remark(
            invocation,
            localized(Text(fr=f"{host} : {why.fr}", en=f"{host}: {why.en}")),
            localized(
                Text(
                    fr=f"Si cela dure, « {reset} » recommence le lab.",
                    en=f"If it lasts, '{reset}' begins the lab anew.",
                )
            ),
        )
    if running is None:
        _remark(
            invocation,
            localized(
                Text(
                    fr="Le contenu de ce lab est introuvable ou invalide.",
                    en="This lab's content is missing or invalid.",
                )
            ),
            localized(
                Text(
                    fr="Redonnez son dossier avec --content, ou arrêtez-le.",
                    en="Give its folder again with --content, or stop it.",
                )
            ),
        )
    elif _stale(invocation, running):
        reset = f"{phrases.program()} reset --lab {instance.name}"
        _remark(
            invocation,
            localized(
                Text(fr="Le contenu a changé depuis le démarrage.", en="The content has changed since the start.")
            ),
            localized(
                Text(fr=f"« {reset} » recommence avec le nouveau.", en=f"'{reset}' begins anew with the new one.")
            ),
        )


def _at_work(seen: _Seen) -> str:
    there, expected = len(seen.instance.hosts), seen.instance.expected
    if seen.phase == "stopping":
        return localized(
            Text(fr=f"En cours d'arrêt (machines restantes : {there}).", en=f"Stopping (hosts left: {there}).")
        )
    return localized(
        Text(
            fr=f"En cours de démarrage (machines créées : {there} sur {expected}).",
            en=f"Starting (hosts made: {there} of {expected}).",
        )
    )


def _unfit(seen: _Seen) -> str:
    """Return why a lab cannot be worked with; nothing where it can, as far as its containers tell."""
    instance = seen.instance
    there, expected = len(instance.hosts), instance.expected
    if there < expected:  # nobody is at work on it
        return localized(
            Text(
                fr=f"Lab incomplet ({there} machines sur {expected}) : son démarrage ou son arrêt a été coupé.",
                en=f"This lab is not whole ({there} of {expected} hosts): its start or its stop was cut off.",
            )
        )
    if seen.phase == "cut off":
        return localized(
            Text(
                fr="Son démarrage ou son arrêt a été coupé avant la fin : la panne n'est peut-être pas en place.",
                en="Its start or its stop was cut off before the end: the fault may not be in place.",
            )
        )
    return "" if instance.whole else localized(Text(fr="Des machines ne tournent pas.", en="Some hosts do not run."))


def _remark(invocation: Invocation, what: str, next_step: str) -> None:
    invocation.output.print(plain(f"  ! {what}", "warn"), plain(f"    → {next_step}"))
