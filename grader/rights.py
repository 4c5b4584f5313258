"""Who has gained administrator's rights on a host: the widest door is often the quickest repair.

Read from outside, as all state of a host is; only what the machine itself grants is looked at, not a directory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from grader.accounts import rows_of
from grader.bilingual import reason

if TYPE_CHECKING:
    import testinfra.host

    from grader.host_inspector import HostInspector
    from orchestrator.fabric.fabric_interface import FileState

_POWERFUL = ("adm", "disk", "docker", "root", "shadow", "sudo", "wheel")
"""Groups of Debian whose members administer the machine, or read and write what only root should."""
_NUMBERS = ("0", "6", "27", "42")
"""The numbers of root, disk, sudo and shadow, whatever name a group of theirs has (Debian's base-passwd)."""
_PLACES = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local", "/var/spool", "/var/vmail", "/var/www")
_SUDOERS = "/etc/sudoers.d"
_STATE = "/var/lib"
_PACKAGES = frozenset({"apt", "dpkg"})
"""Below ``_STATE``: thousands of files that no repair is about."""


def rights_gained(host: testinfra.host.Host, administrators: Collection[str] = ("technicien",)) -> list[str]:
    """Return what gives somebody rights that the host's image does not, each a ``reason``; empty: nothing.

    Args:
        host: the host, as ``lab.host(...)`` gives it.
        administrators: the accounts that may be in the machine's powerful groups.
    """
    inspector: HostInspector = host.backend.inspector  # type: ignore[attr-defined]  # ours, not testinfra's own
    rules, services = inspector.entries([_SUDOERS, _STATE])
    return [
        *_sudoers(inspector, rules),
        *_members(inspector, administrators),
        *_roots(inspector),
        *_open_to_all(inspector, services),
    ]


def _sudoers(inspector: HostInspector, names: Collection[str]) -> Iterator[str]:
    paths = ["/etc/sudoers", *(f"{_SUDOERS}/{name}" for name in names)]
    for path, state in inspector.compare(paths).items():
        if state not in {"same", "missing"}:
            yield reason(fr=f"{path} accorde ce qu'il n'accordait pas", en=f"{path} grants what it did not")


def _members(inspector: HostInspector, administrators: Collection[str]) -> Iterator[str]:
    for row in rows_of(inspector, "group"):
        strangers = sorted({name for name in row[3].split(",") if name} - {*administrators, "root"})
        if (row[0] in _POWERFUL or row[2] in _NUMBERS) and strangers:
            names = ", ".join(strangers)
            yield reason(fr=f"{names} dans le groupe {row[0]}", en=f"{names} in the group {row[0]}")


def _roots(inspector: HostInspector) -> Iterator[str]:
    for row in rows_of(inspector, "passwd"):
        if row[0] != "root" and (row[2] == "0" or row[3] in _NUMBERS):
            yield reason(
                fr=f"le compte {row[0]} est celui de root ou d'un groupe puissant",
                en=f"the account {row[0]} is root's or of a powerful group",
            )


def _open_to_all(inspector: HostInspector, services: Collection[str]) -> Iterator[str]:
    places = [*_PLACES, *(f"{_STATE}/{name}" for name in services if name not in _PACKAGES)]
    for place, (state, below) in zip(places, inspector.writable(places), strict=True):
        if _anybody_may_write(state):
            yield _written_by_all(place)
        yield from (_written_by_all(f"{place}/{entry.path}") for entry in below if _anybody_may_write(entry))


def _written_by_all(path: str) -> str:
    return reason(fr=f"tout le monde peut modifier {path}", en=f"everybody may write {path}")


def _anybody_may_write(state: FileState) -> bool:
    """Return whether a mode is everybody's; a socket keeps nothing, and a sticky folder keeps what is another's."""
    if not state.mode & 0o002:
        return False
    return state.kind == "file" or (state.kind == "directory" and not state.mode & 0o1000)
