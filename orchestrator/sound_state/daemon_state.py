"""With which arguments daemons were started: the provider ``daemons``, told from outside by the kernel's process list.

A service may have been started with other settings than its unit and its files have by now: by a unit below ``/run``,
or by files that were put back; or somebody runs it a second time. Whether it runs at all, and who listens, others tell.
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
    """Thinks about the arguments with which daemons were started."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: a daemon that has come or gone is told elsewhere."""
        before, now = (set(filter(None, (value or "").split("\n"))) for value in (change.before, change.now))
        new = "; ".join(sorted(now - before))
        if not before or not new:
            return Thought("harmless", Text(fr="Un démon a démarré ou fini.", en="A daemon has started or ended."))
        gone = "; ".join(sorted(before - now))
        said = Text(fr=f"Un {change.object} de plus tourne : {new}.", en=f"One more {change.object} runs: {new}.")
        if gone:
            said = Text(
                fr=f"{change.object} a été démarré autrement : {new} (avant : {gone}).",
                en=f"{change.object} was started otherwise: {new} (before: {gone}).",
            )
        return Thought("unexplained", said)


def daemons(processes: Iterable[ProcessState]) -> Objects:
    """Return the daemons that run, each with its services and its arguments; nothing where there is none.

    One that somebody has started beside its service is told with it; one that runs in a terminal is not: it may be
    there for a moment, to test its settings.

    Args:
        processes: all of a host.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for one in processes:
        if one.ppid == 1 and one.executable in _TOLD:
            found[one.executable].add(f"{one.unit or '-'}: {' '.join(_BUSY.sub('', one.args).split())}")
    objects = {program: {"commands": "\n".join(sorted(some))} for program, some in found.items()}
    return {HEAD: {"looked at": "yes"}, **objects} if objects else {}
