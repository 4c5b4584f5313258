"""What a configuration of chronyd says at its next start, read as chronyd 4 reads it (chrony.conf(5))."""

from __future__ import annotations

import ipaddress
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from grader.lines import lines_in, words_in

_COMMENT = "!;#%"
_FOLDERS = {"confdir": ".conf", "sourcedir": ".sources"}
_MOST_LEVELS = 10
"""How deep files may include one another."""
_PARTS, _PART = 4, 8
"""Parts of an IPv4 address, and their bits."""

Directive = tuple[str, ...]


def chrony_directives(files: Mapping[str, str], path: str = "/etc/chrony/chrony.conf") -> list[Directive]:
    """Return the directives of a configuration as words, with those of the files that it includes, in their order.

    A directive's name is in lower case. Of files that have one name in several folders, the first one counts.

    Args:
        files: path -> text of all files that may be included; one that is missing has no directives.
        path: the file that chronyd reads.
    """
    return list(_read(files, path, _MOST_LEVELS))


def _read(files: Mapping[str, str], path: str, levels: int) -> Iterator[Directive]:
    for line in lines_in(files.get(path, "")):
        words = words_in(line)
        if not words or words[0][0] in _COMMENT:
            continue
        name = words[0].lower()
        included: list[str] = []
        if name == "include":
            included = sorted(other for other in files if any(fnmatchcase(other, word) for word in words[1:]))
        elif name in _FOLDERS:
            included = _of_folders(files, words[1:], _FOLDERS[name])
        else:
            yield (name, *words[1:])
        for other in included if levels else ():
            yield from _read(files, other, levels - 1)


def _of_folders(files: Mapping[str, str], folders: Sequence[str], ending: str) -> list[str]:
    found: dict[str, str] = {}
    for folder in folders:
        for other in files:
            if posixpath.dirname(other) == folder.rstrip("/") and other.endswith(ending):
                found.setdefault(posixpath.basename(other), other)
    return [found[name] for name in sorted(found)]


def chrony_serves(directives: Sequence[Directive], address: str, names: Mapping[str, str] | None = None) -> bool:
    """Return whether a server gives the time to an IPv4 address: of what allows or denies it, the most precise counts.

    Args:
        directives: the server's, as ``chrony_directives`` returns them.
        address: who asks.
        names: name -> address, for hosts that are allowed or denied by name; another name counts for nobody.
    """
    rules: dict[ipaddress.IPv4Network, bool] = {}
    for name, *rest in directives:
        if name not in {"allow", "deny"}:
            continue
        given = [word for word in rest if word.lower() != "all"]
        network = _network(given[0] if given else "0/0", names or {})
        if network is None:
            continue
        if len(given) < len(rest):  # "all" undoes what was said before of parts of it
            rules = {other: allowed for other, allowed in rules.items() if not other.subnet_of(network)}
        rules[network] = name == "allow"
    asker = ipaddress.IPv4Address(address)
    holding = [network for network in rules if asker in network]
    return rules[max(holding, key=lambda network: network.prefixlen)] if holding else False


def _network(word: str, names: Mapping[str, str]) -> ipaddress.IPv4Network | None:
    """Return a network as chronyd writes it (``192.168``, ``10/8``, an address, a name); None where it is none."""
    place, slash, bits = names.get(word.lower(), word).partition("/")
    parts = place.rstrip(".").split(".")
    whole = ".".join(parts + ["0"] * (_PARTS - len(parts)))
    try:
        return ipaddress.IPv4Network(f"{whole}/{bits if slash else _PART * len(parts)}", strict=False)
    except ValueError:
        return None
