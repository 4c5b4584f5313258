"""What ``/etc/network/interfaces`` brings up at the next boot: an address that was typed by hand is gone by then."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING, cast

from grader.bilingual import reason
from grader.lines import lines_in, words_in

if TYPE_CHECKING:
    import testinfra.host

    from grader.testinfra_modules.file import File

_HOME = "/etc/network"
_FILE, _FOLDER = f"{_HOME}/interfaces", f"{_HOME}/interfaces.d"
_MOST_FILES = 50


def ifupdown_interfaces(host: testinfra.host.Host) -> dict[str, list[str]]:
    """Return the interfaces that a host brings up, each with the IPv4 address of its stanzas (interfaces(5)).

    Where a stanza has no address, its method stands for it: ``{"eth0": ["192.168.10.1"], "eth1": ["dhcp"]}``.

    Args:
        host: the host, as ``lab.host(...)`` gives it; its files are read from outside.

    Raises:
        AssertionError: see ``ifupdown_stanzas``.
    """
    found: dict[str, list[str]] = {}
    automatic: set[str] = set()
    current: list[str] = []
    for line in lines_in(ifupdown_stanzas(host)):
        match words_in(line):
            case ["auto" | "allow-auto", *names]:
                automatic |= set(names)
            case ["iface", name, "inet", method, *_]:
                current = found.setdefault(name, [])
                current.append(method)
            case ["iface", *_]:
                current = []
            case ["address", address, *_] if current:
                current[-1] = address.partition("/")[0]
    return {name: addresses for name, addresses in found.items() if name in automatic}


def ifupdown_methods(host: testinfra.host.Host, interface: str) -> list[str]:
    """Return by which methods an interface is set up, one for each of its stanzas: ``["dhcp"]``.

    Raises:
        AssertionError: see ``ifupdown_stanzas``.
    """
    return re.findall(
        rf"^\s*iface\s+{re.escape(interface)}\s+inet\s+(\w+)", ifupdown_stanzas(host), re.MULTILINE | re.ASCII
    )


def ifupdown_stanzas(host: testinfra.host.Host) -> str:
    """Return what a host's ``/etc/network/interfaces`` says, with all that it takes from elsewhere, without comments.

    Raises:
        AssertionError: it names files in a way that only the host's own ifupdown can resolve, or too many.
    """
    waiting, read, lines = [_FILE, *_entries(host, _FOLDER, "*")], set[str](), []
    while waiting:
        path = waiting.pop(0)
        if path in read:
            continue
        read.add(path)
        if len(read) > _MOST_FILES:
            raise _unreadable(reason(fr=f"plus de {_MOST_FILES} fichiers", en=f"more than {_MOST_FILES} files"))
        file = _file(host, path)
        for line in lines_in(file.content_string.replace("\\\n", " ")) if file.exists else ():
            match words_in(line):
                case [word, *_] if word.startswith("#"):
                    continue
                case ["source", *patterns]:
                    waiting += [found for pattern in patterns for found in _named(host, pattern)]
                case ["source-directory", *folders]:
                    waiting += [found for folder in folders for found in _named(host, f"{folder}/*")]
                case _:
                    lines.append(line)
    return "\n".join(lines)


def _named(host: testinfra.host.Host, pattern: str) -> list[str]:
    """Return the files that a pattern names."""
    folder, name = posixpath.split(posixpath.join(_HOME, pattern))
    if re.search(r"[*?\[~$`{]", folder):
        raise _unreadable(pattern)
    return _entries(host, folder, name) if re.search(r"[*?\[]", name) else [f"{folder}/{name}"]


def _entries(host: testinfra.host.Host, folder: str, pattern: str) -> list[str]:
    there = _file(host, folder)
    entries = there.tree() if there.exists else ()
    kinds = ("file", "symlink")
    return [f"{folder}/{e.path}" for e in entries if e.kind in kinds and "/" not in e.path and fnmatch(e.path, pattern)]


def _unreadable(files: str) -> AssertionError:
    return AssertionError(
        reason(fr=f"{_FILE} tire son contenu de {files}", en=f"{_FILE} takes what it says from {files}")
    )


def _file(host: testinfra.host.Host, path: str) -> File:
    return cast("File", host.file(path))  # type: ignore[call-arg]  # testinfra finds the module when it is asked
