"""What in ``/var``, and where everybody may write, gives somebody rights: the provider ``open places``.

Files there come and go by themselves, so the provider ``files`` leaves them out. But that everybody may write what a
service keeps, or that a program runs with root's rights from ``/tmp``, is no data of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, FileState, HostRef, StateChange
from orchestrator.sound_state.file_state import capabilities_given
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
        if change.field == "capabilities":
            return Thought("forbidden", capabilities_given(path, change.now))
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
    found = {HEAD: {"looked at": "yes"}}
    everywhere = [*places, *_EVERYBODYS]
    for place, (state, rows) in zip(everywhere, fabric.looks(target, everywhere, "rights"), strict=True):
        entries = {f"{place}/{one.path}": one for one in (FileState(**row) for row in rows)}
        for path, entry in ({place: state} | entries if state.exists else entries).items():
            if given := dict(_given(entry, is_everybodys=place in _EVERYBODYS)):
                found[path] = given
    return found


def _given(state: FileState, *, is_everybodys: bool) -> Iterator[tuple[str, str]]:
    """Yield the rights that an entry gives: who may write it, and with whose rights it runs."""
    if _is_open(state) and not is_everybodys:
        yield "writable", "others"
    if state.kind == "file" and state.mode & _SET_ID:
        yield "set-id", f"{state.mode:04o}"
    if state.capabilities:
        yield "capabilities", state.capabilities


def _is_open(state: FileState) -> bool:
    """Return whether a mode is everybody's; a socket keeps nothing, and a sticky folder keeps what is another's."""
    if not state.mode & _OTHERS_WRITE:
        return False
    return state.kind == "file" or (state.kind == "directory" and not state.mode & _STICKY)
