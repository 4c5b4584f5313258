"""With which arguments daemons were started: the provider ``daemons``, told from outside by the kernel's process list.

A service may have been started with other settings than its unit and its files have by now: by a unit below ``/run``,
or by files that were put back. Whether it runs at all, and who listens, others tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import ProcessState, StateChange
from orchestrator.sound_state.provider import Objects, Thought

NAME: Final = "daemons"
HEAD: Final = "all"
"""The object that is told wherever daemons were looked at."""
_TOLD: Final = frozenset(
    {
        *("/usr/sbin/dnsmasq", "/usr/sbin/dovecot", "/usr/sbin/kea-dhcp4", "/usr/sbin/named", "/usr/sbin/nginx"),
        *("/usr/sbin/opendkim", "/usr/sbin/openvpn", "/usr/sbin/slapd", "/usr/sbin/squid", "/usr/sbin/sshd"),
        *("/usr/sbin/xrdp", "/usr/sbin/xrdp-sesman"),
    }
)
"""Daemons that take the name of their settings, or settings, as arguments, and that keep them in their title."""
_BUSY: Final = re.compile(r" \[listener\].*")
"""How many logins are under way stands in the title of ``sshd``."""


class DaemonsProvider:
    """Thinks about the arguments with which a service's daemon was started."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: a service that has come or gone is told elsewhere."""
        if change.before is None or change.now is None:
            return Thought("harmless", Text(fr="Un service a commencé ou cessé.", en="A service has begun or ended."))
        return Thought(
            "unexplained",
            Text(
                fr=f"{change.object} a été démarré autrement : {change.now} (avant : {change.before}).",
                en=f"{change.object} was started otherwise: {change.now} (before: {change.before}).",
            ),
        )


def daemons(processes: Iterable[ProcessState]) -> Objects:
    """Return the services whose daemon's arguments are told, with these; nothing where there is none.

    Args:
        processes: all of a host.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for one in processes:
        if one.ppid == 1 and one.unit.endswith(".service") and one.executable in _TOLD:
            found[one.unit].add(" ".join(_BUSY.sub("", one.args).split()))
    objects = {unit: {"command": "\n".join(sorted(some))} for unit, some in found.items()}
    return {HEAD: {"looked at": "yes"}, **objects} if objects else {}
