"""Who has gained administrator's rights on a host: the widest door is often the quickest repair.

Read from outside, as all state of a host is; only what the machine itself grants is looked at, not a directory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, cast

from grader.accounts import rows_in
from grader.bilingual import reason

if TYPE_CHECKING:
    import testinfra.host

    from grader.testinfra_modules.file import File

_POWERFUL = ("adm", "disk", "docker", "root", "shadow", "sudo", "wheel")
"""Groups of Debian whose members administer the machine, or read and write what only root should."""
_NUMBERS = ("0", "6", "27", "42")
"""The numbers of root, disk, sudo and shadow, whatever name a group of theirs has (Debian's base-passwd)."""
_PLACES = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local", "/var/spool", "/var/vmail", "/var/www")
_STATE = "/var/lib"
_PACKAGES = frozenset({"apt", "dpkg"})
"""Below ``_STATE``: thousands of files that no repair is about."""


def rights_gained(host: testinfra.host.Host, administrators: Collection[str] = ("technicien",)) -> list[str]:
    """Return what gives somebody rights that the host's image does not, each a ``reason``; empty: nothing.

    Args:
        host: the host, as ``lab.host(...)`` gives it.
        administrators: the accounts that may be in the machine's powerful groups.
    """
    return [*_sudoers(host), *_members(host, administrators), *_roots(host), *_open_to_all(host)]


def _sudoers(host: testinfra.host.Host) -> Iterator[str]:
    folder = _file(host, "/etc/sudoers.d")
    paths = [f"/etc/sudoers.d/{name}" for name in folder.listdir()] if folder.exists else []
    for path in ["/etc/sudoers", *paths]:
        rule = _file(host, path)
        if rule.exists and not rule.is_the_images:
            yield reason(fr=f"{path} accorde ce qu'il n'accordait pas", en=f"{path} grants what it did not")


def _members(host: testinfra.host.Host, administrators: Collection[str]) -> Iterator[str]:
    for row in _rows(host, "group"):
        strangers = sorted({name for name in row[3].split(",") if name} - {*administrators, "root"})
        if (row[0] in _POWERFUL or row[2] in _NUMBERS) and strangers:
            names = ", ".join(strangers)
            yield reason(fr=f"{names} dans le groupe {row[0]}", en=f"{names} in the group {row[0]}")


def _roots(host: testinfra.host.Host) -> Iterator[str]:
    for row in _rows(host, "passwd"):
        if row[0] != "root" and (row[2] == "0" or row[3] in _NUMBERS):
            yield reason(
                fr=f"le compte {row[0]} est celui de root ou d'un groupe puissant",
                en=f"the account {row[0]} is root's or of a powerful group",
            )


def _open_to_all(host: testinfra.host.Host) -> Iterator[str]:
    state = _file(host, _STATE)
    services = [f"{_STATE}/{name}" for name in state.listdir() if name not in _PACKAGES] if state.exists else []
    for place in (*_PLACES, *services):
        folder = _file(host, place)
        if not folder.is_directory:
            continue
        if _anybody_may_write("directory", folder.mode):
            yield _written_by_all(place)
        for entry in folder.tree():
            if _anybody_may_write(entry.kind, entry.mode):
                yield _written_by_all(f"{place}/{entry.path}")


def _written_by_all(path: str) -> str:
    return reason(fr=f"tout le monde peut modifier {path}", en=f"everybody may write {path}")


def _anybody_may_write(kind: str, mode: int) -> bool:
    """Return whether a mode is everybody's; a socket keeps nothing, and a sticky folder keeps what is another's."""
    return bool(mode & 0o002) and (kind == "file" or (kind == "directory" and not mode & 0o1000))


def _rows(host: testinfra.host.Host, database: str) -> list[list[str]]:
    return rows_in(_file(host, f"/etc/{database}").content_string, database)


def _file(host: testinfra.host.Host, path: str) -> File:
    return cast("File", host.file(path))  # type: ignore[call-arg]  # testinfra finds the module when it is asked
