"""Applications that no image has to state: a host has them where their program lies.

Which databases and directories a host holds, its image states. These here tell only what should be as it was in any
lab, and a host that has them is compared whatever its image says of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from orchestrator.fabric.fabric_interface import Fabric, HostRef, ObjectChange
from orchestrator.sound_state.frr_state import FrrState
from orchestrator.sound_state.mail_state import MailState
from orchestrator.sound_state.provider import ApplicationProvider


class FoundApplication(ApplicationProvider, Protocol):
    """Tells of an application that is found by its program."""

    @property
    def program(self) -> str:
        """Return the path of the program that is there where the application is."""

    @property
    def always(self) -> str:
        """Return the object that is told wherever the application was looked at."""


_FOUND: Final[Sequence[FoundApplication]] = (FrrState(), MailState())
FOUND: Final = {one.name: one for one in _FOUND}
"""What tells of them, by name."""


def found_on(fabric: Fabric, target: HostRef) -> tuple[str, ...]:
    """Return the names of the applications that a host has.

    Args:
        fabric: reaches the host.
        target: the host.

    Raises:
        LabError: it cannot be looked at.
    """
    programs = [one.program for one in FOUND.values()]
    seen = fabric.looks(target, programs)
    return tuple(name for name, (state, _) in zip(FOUND, seen, strict=True) if state.exists)


def without_news(changes: Iterable[ObjectChange]) -> tuple[ObjectChange, ...]:
    """Return the changes of applications that were looked at in the sound state too.

    A lab that an earlier version of the program started has nothing to compare with; nor has an application that was
    installed since, of which the files tell.

    Args:
        changes: all that were found.
    """
    rows = tuple(changes)
    new = {
        (row.host, row.provider)
        for row in rows
        if row.provider in FOUND and row.object == FOUND[row.provider].always and not row.before
    }
    return tuple(row for row in rows if (row.host, row.provider) not in new)
