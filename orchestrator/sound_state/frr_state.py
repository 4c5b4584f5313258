"""What an FRR router does that its saved configuration does not say, and the reverse.

Who changes both is seen by the file. Who changes only what runs is seen in the routes, or not at all: a neighbour that
need not prove itself any more, a filter that is gone. So what runs is compared with what the next boot will make of it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.meaning_network import frr
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_CONFIGURATION: Final = "configuration"
_SCRIPT: Final = r"""
vtysh -c 'show running-config' 2>/dev/null || printf '\0'
printf '\0'
cat /etc/frr/frr.conf 2>/dev/null
true
"""
_HEAD: Final = re.compile(
    r"Building configuration\.*|Current configuration:|frr defaults .*|hostname .*|log .*"
    r"|(?:no )?service .*|no ipv6 forwarding|(?:.* )?description .*"
)
"""What FRR writes by itself, and what changes nothing of where packets go."""


class FrrState:
    """The provider of an FRR router's state."""

    name = "frr"
    program = "/usr/bin/vtysh"
    always = _CONFIGURATION

    def look(self, run: RunInHost) -> Objects:
        """Return the commands that run and are not saved, and those that are saved and do not run.

        Raises:
            LabError: the host cannot be asked.
        """
        running, _, saved = run(("sh", "-c", _SCRIPT), b"").partition("\0")
        if saved.startswith("\0"):  # nothing answers: whether the service runs is told elsewhere
            return {_CONFIGURATION: {"answers": "no"}}
        does, will = _commands(running), _commands(saved)
        return {
            _CONFIGURATION: {
                "answers": "yes",
                "not saved": "\n".join(sorted((does - will).elements())),
                "not running": "\n".join(sorted((will - does).elements())),
            }
        }

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: what was not saved in the sound state, or did not run then, may be now."""
        new = Counter((change.now or "").split("\n")) - Counter((change.before or "").split("\n"))
        shown = "; ".join(filter(None, new.elements()))
        if change.field == "answers" and change.now != "yes":
            said = Text(
                fr="FRR ne répond plus : personne ne sait comment il est configuré.",
                en="FRR does not answer any more: nobody knows how it is configured.",
            )
        elif change.field == "not saved" and shown:
            said = Text(
                fr=f"FRR applique ce qui n'est pas enregistré, et qu'un redémarrage perdra : {shown}.",
                en=f"FRR does what is not saved, and what a reboot will lose: {shown}.",
            )
        elif change.field == "not running" and shown:
            said = Text(
                fr=f"FRR n'applique pas ce qui est enregistré, et qu'un redémarrage rétablira : {shown}.",
                en=f"FRR does not do what is saved, and what a reboot will bring back: {shown}.",
            )
        else:
            return Thought("harmless", Text(fr="La configuration est enregistrée.", en="The configuration is saved."))
        return Thought("unexplained", said)


def _commands(text: str) -> Counter[str]:
    """Return a configuration's commands, each behind the block that it is in; none where it is not understood."""
    return Counter(one for one in frr(text) if not _HEAD.fullmatch(one))
