"""Applications that no image has to state: a host has them where their program lies.

Which databases and directories a host holds, its image states. These here tell only what should be as it was in any
lab, and a host that has them is compared whatever its image says of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from orchestrator.fabric.fabric_interface import Fabric, HostRef, ObjectChange
from orchestrator.sound_state import daemon_state, open_places, runtime_units
from orchestrator.sound_state.bind_state import BindState
from orchestrator.sound_state.frr_state import FrrState
from orchestrator.sound_state.libvirt_state import LibvirtState
from orchestrator.sound_state.mail_state import MailState
from orchestrator.sound_state.provider import ApplicationProvider
from orchestrator.sound_state.request_tracker_state import RequestTrackerState
from orchestrator.sound_state.sysvol_state import SysvolState


class FoundApplication(ApplicationProvider, Protocol):
    """Tells of an application that is found by its program."""

    @property
    def program(self) -> str:
        """Return the path of the program, or of the data, that is there where the application is."""

    @property
    def always(self) -> str:
        """Return the object that is told wherever the application was looked at."""


_FOUND: Final[Sequence[FoundApplication]] = (
    BindState(),
    FrrState(),
    LibvirtState(),
    MailState(),
    RequestTrackerState(),
    SysvolState(),
)
FOUND: Final = {one.name: one for one in _FOUND}
"""What tells of them, by name."""
_HEADS: Final = {name: one.always for name, one in FOUND.items()} | {
    daemon_state.NAME: daemon_state.HEAD,
    open_places.NAME: open_places.HEAD,
    runtime_units.NAME: runtime_units.HEAD,
}
"""Provider → the object that it tells wherever it has looked; of the others every lab has been looked at."""


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
    installed since, of which the files tell. Of one that does not answer, or did not (``answers``), only that is told.

    Args:
        changes: all that were found.
    """
    rows = tuple(changes)
    heads = [row for row in rows if row.object == _HEADS.get(row.provider)]
    new = {(row.host, row.provider) for row in heads if not row.before}
    silent = {(row.host, row.provider) for row in heads if "no" in (row.before.get("answers"), row.now.get("answers"))}
    return tuple(
        row
        for row in rows
        if (row.host, row.provider) not in new and ((row.host, row.provider) not in silent or row in heads)
    )
