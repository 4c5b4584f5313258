"""``cable``: plug, unplug or replace a cable, or move it to another switch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orchestrator.access.lab_places import require_cable
from orchestrator.cli import completing
from orchestrator.cli.click_classes import argument, command, lab_option
from orchestrator.cli.interventions import intervention_options, note_intervention
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.places import cable_of, host_of
from orchestrator.cli.presence import wake
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef, PortState
from orchestrator.instances.instance import Instance
from orchestrator.labs import Labs

_PLUG, _UNPLUG, _REPLACE = "plug", "unplug", "replace"

place_argument = argument(
    "place", metavar=Text(fr="MACHINE:INTERFACE", en="HOST:INTERFACE"), shell_complete=completing.hosts
)
action_argument = argument("action", metavar="[plug|unplug|replace|SEGMENT]", required=False)


@command(
    "cable",
    help=Text(
        fr="Brancher (plug), débrancher (unplug) ou remplacer (replace) un câble, ou le déplacer vers le commutateur "
        "d'un autre segment.\n\n"
        "« replace » met un câble neuf, dans une autre prise du même commutateur. Sans action, montrer où il est.",
        en="Plug, unplug or replace a cable, or move it to another segment's switch.\n\n"
        "'replace' puts in a new cable, into another socket of the same switch. Without an action, show where it is.",
    ),
)
@place_argument
@action_argument
@lab_option
@intervention_options
@pass_invocation
def cable_command(
    invocation: Invocation, place: str, action: str | None, lab: str | None, reason: str, *, intervene: bool
) -> None:
    """Act on a cable, or look at it."""
    host, _ = cable_of(place)
    instance, _ = host_of(invocation, lab, host)
    if action is None and not intervene:
        _require_in_sight(invocation.app.labs, instance, host)
    words = f"cable {place} {action}"
    note = partial(note_intervention, invocation, instance, words, reason, intervene=intervene)
    if action is not None:
        wake(invocation, instance)
    show_cable(invocation, act_on_cable(invocation.app.labs, instance, place, action, note), action)
    if action is not None:
        invocation.labd.told("cable", instance.name)


def _require_in_sight(labs: Labs, instance: Instance, host: str) -> None:
    """Refuse to tell how a cable is that the trainee cannot see: somebody sits there who can be asked.

    Raises:
        UsageError: it is out of reach.
    """
    if host in labs.running.planned(instance.name).plan.out_of_reach:
        raise UsageError(
            Text(
                fr=f"Personne ne peut aller voir le câble de {host} : il se trouve hors de portée.",
                en=f"Nobody can go and look at {host}'s cable: it is out of reach.",
            ),
            Text(fr="Demandez à qui s'y trouve : « breakfix talk ».", en="Ask whoever is there: 'breakfix talk'."),
        )


def act_on_cable(labs: Labs, instance: Instance, place: str, action: str | None, note: Callable[[], None]) -> PortState:
    """Do what is asked with a cable, and return how it is then.

    Args:
        labs: the labs.
        instance: the lab.
        place: ``HOST:INTERFACE``.
        action: ``plug``, ``unplug``, ``replace`` or a segment's name; None: nothing.
        note: called before anything is done, and may refuse it.

    Raises:
        UsageError: there is no such host, interface or segment.
    """
    host, interface = cable_of(place)
    target = HostRef(instance.name, host)
    cables = labs.running.cables(instance)
    require_cable(cables, target, interface)
    if action is not None:
        if action not in {_PLUG, _UNPLUG, _REPLACE}:
            _require_segment(cables, action)
        note()
        _act(labs, target, interface, action)
    return require_cable(labs.running.cables(instance), target, interface)


def _act(labs: Labs, target: HostRef, interface: str, action: str) -> None:
    if action == _REPLACE:
        labs.running.replace_cable(target, interface)
    elif action in {_PLUG, _UNPLUG}:
        labs.running.move_cable(target, interface, plugged=action == _PLUG)
    else:
        labs.running.move_cable(target, interface, plugged=True, segment=action)


def _require_segment(ports: tuple[PortState, ...], name: str) -> None:
    known = sorted({port.segment for port in ports})
    if name not in known:
        text = Text(
            fr=f"« {name} » n'est ni plug, ni unplug, ni replace, ni un segment de ce lab",
            en=f'"{name}" is neither plug, unplug, replace nor a segment of this lab',
        )
        raise UsageError(with_suggestion(text, name, [*known, _PLUG, _UNPLUG, _REPLACE]))


def show_cable(invocation: Invocation, port: PortState, action: str | None) -> None:
    """Show how a cable is, after an action or without one."""
    replaced = action == _REPLACE
    place, segment = f"{port.host}:{port.interface}", port.segment
    document = {"host": port.host, "interface": port.interface, "segment": segment, "plugged": port.plugged}
    if replaced:
        text = Text(
            fr=f"✔ {place} a un câble neuf, branché (segment : {segment}).",
            en=f"✔ {place} has a new cable, plugged into segment {segment}.",
        )
    elif port.plugged:
        text = Text(
            fr=f"✔ {place} est branché (segment : {segment}).", en=f"✔ {place} is plugged into segment {segment}."
        )
    else:
        text = Text(
            fr=f"○ {place} est débranché (il pend près du segment {segment}).",
            en=f"○ {place} is unplugged (it hangs beside segment {segment}).",
        )
    style = "ok" if replaced or port.plugged else "warn"
    invocation.output.emit(document, lambda: invocation.output.print(text, style=style))
