"""What state a mail server is in: the messages that people keep, who can read them, and what waits for delivery.

Mailboxes are Maildir folders below ``/var/vmail``, one folder for each person, and Postfix's queue is in
``/var/spool/postfix``, as Debian has it. Mail moves: what arrives, is read, filed, tried again or delivered is no
change, and checks send messages of their own. A message that people had in the sound state has to be somewhere in their
mailbox still.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_QUEUE: Final = "queue"
_MAILBOX: Final = "mailbox "
_MESSAGES: Final = r"\( -path '*/cur/*' -o -path '*/new/*' \) -type f"
_SCRIPT: Final = rf"""
cd /var/vmail 2>/dev/null && {{
find . -printf '%y %m %u:%g %p\0'
for pass in 1 2; do find . {_MESSAGES} -size -2048 -exec md5sum -z {{}} +; done
find . {_MESSAGES} -size -2048 -exec grep -aiHZm1 '^subject:' {{}} + | tr '\n' '\0'
}} 2>/dev/null
printf 'held %d\0' "$(find /var/spool/postfix/hold -type f 2>/dev/null | wc -l)"
journalctl --quiet --output cat --identifier postfix/postsuper 2>/dev/null \
| sed -n 's/^\(postsuper: \)\?Deleted: \([0-9]*\) messages\?$/\2/p'
true
"""
"""Tells all that is kept: rights, then digests, then subjects, then the queue; records end with NUL.

Of a message under 1 MiB the digest is told: it stays the same in whatever folder, by whatever name, with whatever
flags. A program may give a message another name while it is looked at: so all are looked at twice, and one that is seen
once is there.
"""
_ENTRY: Final = re.compile(r"([a-z]) (\d+) (\S+:\S+) (\.(?:/.*)?)", re.DOTALL)
_DIGEST: Final = re.compile(r"([0-9a-f]{32})  (\./([^/]+)/.*)", re.DOTALL)
_MAIL: Final = re.compile(r".*/(?:cur|new)/[^/]+", re.DOTALL)
_ENTER, _READ_OR_WRITE = 0o001, 0o006
"""What others may do with a folder, and with what is in it."""
_ABSENT: Final = ("", 0, "")
_LONGEST: Final = 100
"""Characters of a subject that are shown."""


class MailState:
    """The provider of a mail server's state."""

    name = "mail"
    program = "/usr/bin/doveadm"
    always = _QUEUE

    def look(self, run: RunInHost) -> Objects:
        """Return each mailbox with its messages, owners and whether others can read it, and what the queue holds.

        Raises:
            LabError: it cannot be looked at.
        """
        told = run(("sh", "-c", _SCRIPT), b"")
        found = _found(told.split("\0"))
        return {_QUEUE: {"held": found.held, "removed": found.removed}, **dict(_mailboxes(found))}

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: a mailbox that is new, and what arrives in one, is mail that moves."""
        if change.object == _QUEUE:
            return _of_queue(change)
        owner = change.object.removeprefix(_MAILBOX)
        if change.field == "messages":
            return _of_messages(owner, _lines(change.before), _lines(change.now))
        if change.before is None or change.now is None:
            return _nothing()
        if change.field == "open" and change.now == "yes":
            return Thought(
                "forbidden",
                Text(
                    fr=f"La boîte {owner} peut être lue par les autres comptes de la machine.",
                    en=f"The mailbox {owner} can be read by the host's other accounts.",
                ),
            )
        if change.field == "owners" and not _lines(change.now) - _lines(change.before):
            return _nothing()
        return Thought(
            "unexplained",
            Text(
                fr=f"Les propriétaires ou les droits de ce que contient la boîte {owner} ont changé.",
                en=f"Owners or permissions of what is in the mailbox {owner} have changed.",
            ),
        )


class _Found(NamedTuple):
    entries: dict[str, tuple[str, int, str]]
    digests: dict[str, tuple[str, str]]
    subjects: dict[str, str]
    held: str
    removed: str


def _found(records: list[str]) -> _Found:
    """Return what the script has told; a path of the host's choice is in one record, whatever is in its name."""
    found = _Found({}, {}, {}, "0", str(sum(map(_number, records[-1].split()))))
    for record, following in zip(records, [*records[1:], ""], strict=True):
        if entry := _ENTRY.fullmatch(record):
            found.entries[entry[4]] = (entry[1], int(entry[2], 8), entry[3])
        elif message := _DIGEST.fullmatch(record):
            found.digests[message[2]] = (message[3], message[1])
        elif record in found.digests:
            found.subjects[record] = " ".join(following.partition(":")[2].split())[:_LONGEST]
        elif record.startswith("held "):
            found = found._replace(held=record.removeprefix("held "))
    return found


def _mailboxes(found: _Found) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each mailbox: a folder, with what is in it."""
    owners: dict[str, set[str]] = defaultdict(set)
    opened: set[str] = set()
    for path, (kind, mode, owner) in found.entries.items():
        parts = path.split("/")
        if len(parts) == 1 or found.entries.get(f"./{parts[1]}", _ABSENT)[0] != "d":
            continue  # the folder of all mailboxes, or a file beside them
        owners[parts[1]].add(owner)
        above = ("/".join(parts[:length]) for length in range(1, len(parts)))
        is_told = kind == "d" or (kind == "f" and _MAIL.fullmatch(path))
        if is_told and mode & _READ_OR_WRITE and all(_is_entered(found, folder) for folder in above):
            opened.add(parts[1])
    named = {digest: found.subjects[path] for path, (_, digest) in found.digests.items() if path in found.subjects}
    messages: dict[str, set[str]] = defaultdict(set)
    for name, digest in found.digests.values():
        messages[name].add(f"{digest} {named.get(digest, '')}".strip())
    for name, some in owners.items():
        yield (
            f"{_MAILBOX}{name}",
            {
                "owners": "\n".join(sorted(some)),
                "open": "yes" if name in opened else "no",
                "messages": "\n".join(sorted(messages[name])),
            },
        )


def _is_entered(found: _Found, folder: str) -> bool:
    """Return whether everybody may enter a folder."""
    return bool(found.entries.get(folder, _ABSENT)[1] & _ENTER)


def _of_queue(change: StateChange) -> Thought:
    before, now = _number(change.before), _number(change.now)
    if now <= before:  # they go on, or the log is shorter since a boot
        return _nothing()
    more = now - before
    if change.field == "held":
        said = Text(
            fr=f"Messages mis en attente dans la file de Postfix (hold) : {more}. Personne ne les recevra.",
            en=f"Messages put on hold in Postfix's queue: {more}. Nobody will receive them.",
        )
    else:
        said = Text(
            fr=f"Messages supprimés de la file de Postfix (postsuper -d) : {more}. Personne ne les recevra.",
            en=f"Messages deleted from Postfix's queue (postsuper -d): {more}. Nobody will receive them.",
        )
    return Thought("unexplained", said)


def _of_messages(owner: str, before: set[str], now: set[str]) -> Thought:
    kept = {line.partition(" ")[0] for line in now}
    lost = sorted(line for line in before if line.partition(" ")[0] not in kept)
    if not lost:
        return _nothing()
    names = ", ".join(filter(None, _subjects(lost)))
    fr, en = (f" ({names})", f" ({names})") if names else ("", "")
    return Thought(
        "forbidden",
        Text(
            fr=f"Des messages que gardait la boîte {owner} n'y sont plus : {len(lost)}{fr}.",
            en=f"Messages that were kept in the mailbox {owner} are gone: {len(lost)}{en}.",
        ),
    )


def _subjects(lines: list[str]) -> Iterator[str]:
    shown = 3
    yield from (line.partition(" ")[2] for line in lines[:shown])
    if len(lines) > shown:
        yield "…"


def _nothing() -> Thought:
    return Thought("harmless", Text(fr="Du courrier circule.", en="Mail moves."))


def _lines(value: str | None) -> set[str]:
    return set(filter(None, (value or "").split("\n")))


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() else 0
