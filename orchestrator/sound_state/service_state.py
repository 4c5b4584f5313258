"""What is thought of a service that is not as it was: the provider ``services``, of which the fabric's helper tells."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Thought

NAME: Final = "services"
_COMES_AND_GOES = re.compile(
    r".*\.(?:scope|slice|mount|swap|socket)|(?:user|user-runtime-dir|getty|serial-getty)@.*|dbus\.service"
    r"|systemd-(?:hostnamed|localed|logind|timedated)\.service|polkit\.service"
    r"|(?:bureau|screen)\.service"
)
"""Units that systemd makes and removes with those who log in, that it starts when somebody asks them, and desktops:
one is open on a screen, or is not. A socket has a process for a moment only: while it is set up or taken down, as those
of whoever logs in are (Debian's ``ssh-agent.socket``); who listens is looked at by itself."""
_WORDS: Final = {
    "wanted-by": (
        Text(fr="ne démarre plus avec la machine.", en="no longer starts with the host."),
        Text(fr="démarre désormais avec la machine.", en="starts with the host now."),
    ),
    "masked": (
        Text(fr="n'est plus masqué.", en="is no longer masked."),
        Text(fr="est masqué (mask).", en="is masked."),
    ),
    "runs": (Text(fr="ne tourne plus.", en="no longer runs."), Text(fr="tourne désormais.", en="runs now.")),
}
"""What is said of a unit whose field is lost, and of one that has gained it."""
_OTHERWISE: Final = Text(fr="démarre autrement avec la machine.", en="starts otherwise with the host.")


class ServicesProvider:
    """The services of a host."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """Return what is thought of a service's change: what started, or ran, has to start and run still."""
        unit = change.object
        if change.field == "runs" and _COMES_AND_GOES.fullmatch(unit):
            return Thought("harmless", Text(fr=f"{unit} va et vient.", en=f"{unit} comes and goes."))
        lost, gained = _WORDS[change.field]
        if change.field == "wanted-by" and change.before and change.now:
            lost = gained = _OTHERWISE
        said = lost if change.now is None else gained
        forbidden = (change.now is None) != (change.field == "masked") and said is not _OTHERWISE
        return Thought("forbidden" if forbidden else "unexplained", said.map(lambda words: f"{unit} {words}"))
