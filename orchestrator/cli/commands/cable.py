"""``cable``: plug, unplug, or move a cable to another switch."""

from __future__ import annotations

import click

from orchestrator.cli import completing
from orchestrator.cli.base import command, lab_option
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.places import cable_of, host_of, require_cable
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import UsageError
from orchestrator.fabric.base import PortState
from orchestrator.suggest import with_suggestion
from orchestrator.text import Text

_PLUG, _UNPLUG = "plug", "unplug"


@command(
    "cable",
    help=tr(
        "Brancher (plug) ou débrancher (unplug) un câble, ou le déplacer vers le commutateur d'un autre segment.\n\n"
        "Sans action, montrer où il est.",
        "Plug or unplug a cable, or move it to another segment's switch.\n\nWithout an action, show where it is.",
    ),
)
@click.argument("place", metavar=tr("MACHINE:INTERFACE", "HOST:INTERFACE"), shell_complete=completing.hosts)
@click.argument("action", metavar="[plug|unplug|SEGMENT]", required=False)
@lab_option
@pass_session
def cable_command(session: Session, place: str, action: str | None, lab: str | None) -> None:
    """Act on a cable, or look at it."""
    host, interface = cable_of(place)
    instance, target = host_of(session, lab, host)
    fabric = session.app.fabric
    ports = fabric.ports(instance.name)
    require_cable(ports, target, interface)
    if action is not None:
        plug, segment = action != _UNPLUG, None if action in {_PLUG, _UNPLUG} else action
        if segment is not None:
            _require_segment(ports, segment)
        with session.app.instances.alone(instance.name):
            fabric.set_port(target, interface, plugged=plug, segment=segment)
    _show(session, require_cable(fabric.ports(instance.name), target, interface))


def _require_segment(ports: tuple[PortState, ...], name: str) -> None:
    known = sorted({port.segment for port in ports})
    if name not in known:
        text = Text(
            fr=f"« {name} » n'est ni plug, ni unplug, ni un segment de ce lab",
            en=f'"{name}" is neither plug, unplug nor a segment of this lab',
        )
        raise UsageError(with_suggestion(text, name, [*known, _PLUG, _UNPLUG]))


def _show(session: Session, port: PortState) -> None:
    if session.json:
        session.output.document(
            {"host": port.host, "interface": port.interface, "segment": port.segment, "plugged": port.plugged}
        )
        return
    name = f"{port.host}:{port.interface}"
    if port.plugged:
        session.output.print(
            plain(
                tr(
                    f"✔ {name} est branché sur le segment {port.segment}.",
                    f"✔ {name} is plugged into segment {port.segment}.",
                ),
                "ok",
            )
        )
    else:
        text = tr(
            f"○ {name} est débranché (il pend près du segment {port.segment}).",
            f"○ {name} is unplugged (it hangs beside segment {port.segment}).",
        )
        session.output.print(plain(text, "warn"))
