"""What ``/etc/network/interfaces`` brings up at the next boot: an address that was typed by hand is gone by then."""

from __future__ import annotations

from typing import cast

import testinfra.host

from grader.seen.file import File

_FILE, _FOLDER = "/etc/network/interfaces", "/etc/network/interfaces.d"


def brought_up(host: testinfra.host.Host) -> dict[str, list[str]]:
    """Return the interfaces that a host brings up, each with the IPv4 address of its stanzas (interfaces(5)).

    Where a stanza has no address, its method stands for it: ``{"eth0": ["192.168.10.1"], "eth1": ["dhcp"]}``.

    Args:
        host: the host, as ``lab.host(...)`` gives it; its files are read from outside.
    """
    folder = _file(host, _FOLDER)
    more = [f"{_FOLDER}/{f.path}" for f in folder.tree() if f.kind == "file"] if folder.exists else []
    stanzas: dict[str, list[str]] = {}
    automatic: set[str] = set()
    current: list[str] = []
    for line in "\n".join(_file(host, path).content_string for path in (_FILE, *more)).splitlines():
        match line.split():
            case ["auto" | "allow-auto", *names]:
                automatic |= set(names)
            case ["iface", name, "inet", method, *_]:
                current = stanzas.setdefault(name, [])
                current.append(method)
            case ["iface", *_]:
                current = []
            case ["address", address, *_] if current:
                current[-1] = address.partition("/")[0]
    return {name: found for name, found in stanzas.items() if name in automatic}


def _file(host: testinfra.host.Host, path: str) -> File:
    return cast("File", host.file(path))  # type: ignore[call-arg]  # testinfra finds the module when it is asked
