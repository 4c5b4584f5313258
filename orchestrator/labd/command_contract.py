"""The contract's calls of this machine's command line, which acts on labs in its own process and tells labd of it.

Nobody who is signed in may make them: their token is the key in labd's state folder (``command_door``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import QueueView

CommandAct = Literal["works", "start", "check", "hint", "answer", "report", "cable", "reset", "stop"]
"""What is done with a lab; ``works``: somebody is about to work in it, or does so, and needs its hosts."""


@dataclass(frozen=True)
class Acted:
    """Tell that something was done with a lab; labd looks by itself at how the lab is then."""

    lab: str
    act: CommandAct


@dataclass(frozen=True)
class WaitingLab:
    """A lab that waits for its start.

    Attributes:
        lab: its name.
        scenario: what it is of.
        owner: the name of whose it will be.
        queue: where it stands; None: it has come just now.
    """

    lab: str
    scenario: str
    owner: str
    queue: QueueView | None


ACTED = Call("acted", Acted, Nothing)
WAITING = Call("waiting", Nothing, tuple[WaitingLab, ...])

COMMAND_CALLS: tuple[Call[Any, Any], ...] = (ACTED, WAITING)
"""Every call of the command line."""
