"""What in ``/var``, and where everybody may write, gives somebody rights: the provider ``open places``.

Files there come and go by themselves, so the provider ``files`` leaves them out. But that everybody may write what a
service keeps, or that a program runs with root's rights from ``/tmp``, is no data of anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, FileState, HostRef, StateChange
from orchestrator.sound_state.provider import Objects, Thought

NAME: Final = "open places"
HEAD: Final = "all"
"""The object that is told wherever it was looked."""
_SERVICES: Final = "/var/lib"
_OTHERS: Final = ("/var/backups", "/var/log", "/var/mail", "/var/opt", "/var/spool", "/var/vmail")
_PACKAGES: Final = frozenset({"apt", "dpkg"})
"""Below ``/var/lib``: thousands of files that no repair is about."""
_EVERYBODYS: Final = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108 - nothing is written
_OTHERS_WRITE, _STICKY, _SET_ID = 0o002, 0o1000, 0o6000


class OpenPlacesProvider:
    """Thinks about what gives somebody rights."""

    name = NAME

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: what nobody gains any more is no harm."""
        path = change.object
        if change.now is None:
            return Thought("harmless", Text(fr=f"{path} n'ouvre plus rien.", en=f"{path} opens nothing any more."))
        if change.field == "writable":
            return Thought(
                "forbidden", Text(fr=f"Tout le monde peut modifier {path}.", en=f"Everybody may change {path}.")
            )
        said = Text(
            fr=f"{path} s'exécute avec les droits de son propriétaire ou de son groupe.",
            en=f"{path} runs with the rights of its owner or group.",
        )
        return Thought("forbidden", said)


def open_places(fabric: Fabric, target: HostRef) -> Objects:
    """Return what of a host's data everybody may write, and which programs there run with another's rights.

    Args:
        fabric: reaches the host.
        target: the host.

    Raises:
        LabError: it cannot be looked at.
    """
    ((_, services),) = fabric.looks(target, [_SERVICES], "entries")
    places = [*(f"{_SERVICES}/{name}" for name in services if name not in _PACKAGES), *_OTHERS]
    written = fabric.looks(target, places, "writable")
    found = {HEAD: {"looked at": "yes"}}
    for place, (state, rows) in zip(places, written, strict=True):
        found |= {path: {"writable": "others"} for path in _all_may_write(place, state, rows)}
    for place in _EVERYBODYS:
        _, blob = fabric.look(target, place, "tree")
        entries = (FileState(**row) for row in json.loads(blob or b"[]"))
        found |= {f"{place}/{one.path}": {"set-id": f"{one.mode:04o}"} for one in entries if _runs_as_another(one)}
    return found


def _all_may_write(place: str, state: FileState, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what of a place everybody may write."""
    if state.exists and _is_open(state):
        yield place
    yield from (f"{place}/{one.path}" for one in (FileState(**row) for row in rows) if _is_open(one))


def _is_open(state: FileState) -> bool:
    """Return whether a mode is everybody's; a socket keeps nothing, and a sticky folder keeps what is another's."""
    if not state.mode & _OTHERS_WRITE:
        return False
    return state.kind == "file" or (state.kind == "directory" and not state.mode & _STICKY)


def _runs_as_another(state: FileState) -> bool:
    return state.kind == "file" and bool(state.mode & _SET_ID)
