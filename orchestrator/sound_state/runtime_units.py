"""Units of systemd that live until the next boot only: the provider ``runtime units``.

``systemd-run`` makes timers, services and paths that no file below ``/etc`` tells of, and that have no process before
their time comes; ``systemctl edit --runtime`` changes a unit in the same way. A repair that rests on one is gone after
a boot, and whoever meets one cannot tell where it comes from.
"""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef, StateChange
from orchestrator.sound_state.provider import Objects, Thought

NAME: Final = "runtime units"
HEAD: Final = "all"
"""The object that is told wherever it was looked."""
_PLACES: Final = ("/run/systemd/transient", "/run/systemd/system")
_TOLD: Final = re.compile(r"(?!run-|session-|user[@-]).+\.(?:automount|path|service|socket|timer)(?:\.d)?")
"""Units that somebody named, and what was added to some; a login makes others, and a command that ``systemd-run`` waits
for is gone when it has ended."""


class RuntimeUnitsProvider:
    """Thinks about units that live until the next boot only."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: what is gone is gone after the next boot anyway."""
        unit = change.object
        if change.now is None:
            return Thought("harmless", Text(fr=f"{unit} n'est plus là.", en=f"{unit} is gone."))
        said = Text(
            fr=f"{unit} ne vaut que jusqu'au prochain démarrage de la machine.",
            en=f"{unit} holds until the host's next boot only.",
        )
        return Thought("unexplained", said)


def runtime_units(fabric: Fabric, target: HostRef) -> Objects:
    """Return the units of a host that live until its next boot only.

    Args:
        fabric: reaches the host.
        target: the host.

    Raises:
        LabError: it cannot be looked at.
    """
    seen = fabric.looks(target, _PLACES, "entries")
    named = {name: place for place, (_, names) in zip(_PLACES, seen, strict=True) for name in names}
    return {HEAD: {"looked at": "yes"}} | {
        name: {"place": place} for name, place in sorted(named.items()) if _TOLD.fullmatch(name)
    }
