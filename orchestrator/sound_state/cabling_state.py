"""What is thought of a cable that is not as the lab's plan has it: the provider ``cables``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import ObjectChange, PortState, StateChange
from orchestrator.model.plan import Plan
from orchestrator.sound_state.provider import Thought

NAME: Final = "cables"
_FRAME: Final = 1500
"""Bytes that a frame of a sound cable carries."""


class CablesProvider:
    """Thinks about a host's cables."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        fr, en = {
            "plugged": ("est débranché", "is unplugged"),
            "segment": (
                f"mène à {change.now}, et non à {change.before}",
                f"leads to {change.now}, not {change.before}",
            ),
            "quality": (f"transmet mal ({change.now})", f"carries badly ({change.now})"),
        }[change.field]
        return Thought(
            "unexplained",
            Text(
                fr=f"Le câble de {change.host}:{change.object} {fr}.",
                en=f"The cable of {change.host}:{change.object} {en}.",
            ),
        )


def cabling_changes(plan: Plan, ports: Collection[PortState]) -> Iterator[ObjectChange]:
    """Yield the cables that are not as a plan has them; where one leads to counts for as long as it is in.

    Args:
        plan: the instance's.
        ports: the cables of the hosts that run, as they are.
    """
    planned = {(host.name, one.name): one.segment for host in plan.hosts for one in host.interfaces}
    for port in ports:
        sound = {"plugged": "yes", "segment": planned[port.host, port.interface], "quality": ""}
        now = {
            "plugged": "yes" if port.plugged else "no",
            "segment": port.segment if port.plugged else sound["segment"],
            "quality": _quality(port),
        }
        if sound != now:
            yield ObjectChange(port.host, NAME, port.interface, sound, now)


def _quality(port: PortState) -> str:
    """Return what is wrong with a cable, in a technician's signs; empty where nothing is."""
    said = (
        f"{port.rate / 1e6:g} Mbit/s" if port.rate is not None else "",
        f"{port.loss} %" if port.loss else "",
        f"MTU {port.mtu}" if port.mtu < _FRAME else "",
    )
    return ", ".join(filter(None, said))
