"""What this command line tells labd where one serves the same state folder, so that both work on labs side by side.

Commands act in this process whether labd runs or not. It is told, so that it freezes no lab in which somebody works,
and its pages show at once what was done here. Nothing is told while a lab's lock is held: labd may want it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar

from orchestrator.core.paths import state_folder
from orchestrator.labd.command_door import door_of

if TYPE_CHECKING:
    from orchestrator.labd.command_client import CommandClient
    from orchestrator.labd.command_contract import WaitingLab

R = TypeVar("R")

Act = Literal["works", "start", "check", "hint", "answer", "report", "cable", "reset", "stop"]
"""See ``command_contract.CommandAct``."""


class LabdNotices:
    """Speaks to labd for one command; without one it does nothing, and imports nothing."""

    def __init__(self, warn: Callable[[], None]) -> None:
        """Take what is called, once, where labd does not understand this program."""
        self._warn = warn
        self._warned = False

    def told(self, act: Act, *labs: str) -> None:
        """Tell what was done with labs."""
        for lab in labs:
            self._tell(lab, act, warn=True)

    def works(self, lab: str, *, warn: bool = True) -> None:
        """Tell that somebody works in a lab; ``warn``: whether the user may be told something now."""
        self._tell(lab, "works", warn=warn)

    def _tell(self, lab: str, act: Act, *, warn: bool) -> None:
        self._ask(lambda client: client.acted(lab, act), warn=warn)

    def waiting(self) -> tuple[WaitingLab, ...]:
        """Return the labs that wait for their start in the portal, in order; none where no labd answers."""
        return self._ask(lambda client: client.waiting(), warn=True) or ()

    def _ask(self, ask: Callable[[CommandClient], R], *, warn: bool) -> R | None:
        if door_of(state_folder()) is None:
            return None
        from orchestrator.labd.command_client import OtherVersionError

        try:
            return ask(self._client)
        except OtherVersionError:
            if warn and not self._warned:
                self._warned = True
                self._warn()
            return None

    @cached_property
    def _client(self) -> CommandClient:
        from orchestrator.labd.command_client import CommandClient

        return CommandClient(state_folder())
