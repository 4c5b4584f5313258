"""Rights that somebody gains by the files of a host's accounts: passwd(5), group(5), shadow(5), sudoers(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.core.text import Text

POWERFUL = frozenset({"adm", "disk", "docker", "kmem", "lxd", "root", "shadow", "staff", "sudo", "wheel"})
"""Groups of Debian whose members administer the machine, or read and write what only root should."""
_POWERFUL_NUMBERS = frozenset({"0", "6", "27", "42"})
"""The numbers of root, disk, sudo and shadow, whatever name a group of theirs has (Debian's base-passwd)."""
_SUDOERS = re.compile(r"/etc/sudoers(?:\.d/[^/.~]+)?")
"""The files that sudo reads: of its folder those without a dot or a tilde at the end."""


def rights_gained(path: str, before: str, now: str) -> Iterator[Text]:
    """Yield what a file of a host's accounts grants that it did not, each as a sentence.

    Args:
        path: the file's; nothing is yielded of any other file.
        before: its text in the sound state, empty where there was none.
        now: its text now.
    """
    if path == "/etc/passwd":
        yield from _roots(before, now)
    elif path == "/etc/group":
        yield from _members(before, now)
    elif path == "/etc/shadow":
        yield from _without_password(before, now)
    elif _SUDOERS.fullmatch(path) and (new := [line for line in _rules(now) if line not in _rules(before)]):
        said = "; ".join(new)
        yield Text(fr=f"{path} accorde désormais : {said}", en=f"{path} grants now: {said}")


def _roots(before: str, now: str) -> Iterator[Text]:
    roots = {row[0] for row in _rows(before, 4) if row[2] == "0"}
    groups = {(row[0], row[3]) for row in _rows(before, 4)}
    for row in _rows(now, 4):
        name, group = row[0], row[3]
        if row[2] == "0" and name not in roots:
            yield Text(fr=f"Le compte {name} a les droits de root.", en=f"The account {name} has root's rights.")
        elif group in _POWERFUL_NUMBERS and (name, group) not in groups:
            yield Text(
                fr=f"Le compte {name} a désormais pour groupe le n° {group}, qui administre la machine.",
                en=f"The account {name} now has the group number {group}, which administers the machine.",
            )


def _members(before: str, now: str) -> Iterator[Text]:
    known = {(row[0], name) for row in _rows(before, 4) for name in row[3].split(",")}
    for row in _rows(now, 4):
        if row[0] not in POWERFUL and row[2] not in _POWERFUL_NUMBERS:
            continue
        for name in filter(None, row[3].split(",")):
            if (row[0], name) not in known:
                yield Text(
                    fr=f"{name} est désormais dans le groupe {row[0]}.", en=f"{name} is in the group {row[0]} now."
                )


def _without_password(before: str, now: str) -> Iterator[Text]:
    known = {row[0] for row in _rows(before, 2) if not row[1]}
    for row in _rows(now, 2):
        if not row[1] and row[0] not in known:
            yield Text(
                fr=f"Le compte {row[0]} n'a plus de mot de passe : n'importe qui peut l'utiliser.",
                en=f"The account {row[0]} has no password any more: anybody can use it.",
            )


def _rows(text: str, least: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        row = line.split(":")
        if len(row) >= least:
            yield row


def _rules(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    stripped = (" ".join(line.split()) for line in joined.splitlines())
    grants_nothing = re.compile(r"#(?!include|\d)|Defaults\b(?!.*!authenticate\b)")
    return [line for line in stripped if line and not grants_nothing.match(line)]
