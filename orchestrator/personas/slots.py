"""Picking out of a sentence what it names: hosts, addresses, commands, names, numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

from orchestrator.personas.word_forms import folded

SLOTS: Final = ("host", "address", "command", "name", "number")
"""What may be picked out."""
_SLOT: Final = re.compile(r"\bX[a-z]+\b")
"""What stands for a slot in a phrase."""

_ADDRESS: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\d.])")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.]*\d)")
_QUOTED: Final = re.compile(r"«\s*([^«»\n]+?)\s*»|“([^“”\n]+)”|\"([^\"\n]+)\"|`([^`\n]+)`|(?<!\w)'([^'\n]{2,})'(?!\w)")
_DICTATED: Final = re.compile(
    r"\b(?:tap(?:ez|er?|es)|saisi(?:ssez|r|s)|entrez|entrer|ecri(?:vez|re|s)|lanc(?:ez|er?|es)|execut(?:ez|er?|es)|"
    r"rentrez|rentre|type(?: in)?|enter|run|execute|write|key in|input)\b(?P<rest>.*)",
    re.DOTALL,
)
_INTRODUCTION: Final = re.compile(
    r"^[\s,:]*(?:(?:la|cette|une|the|this|a|l'|le|ce|in|dans|into|au|a)\s+)*(?:(?:commande|command|texte|text|adresse|"
    r"address|suivante?|following|exactement|exactly|ceci|this|moi|terminal|invite|prompt|fenetre|window|console)\b"
    r"[\s,:]*)*",
)
_COURTESY: Final = re.compile(
    r"[\s,]*(?:s'il (?:vous|te) plait|svp|stp|please|pls|for me|pour moi|thanks|thank you|merci)[\s.!?]*$"
)
_PASSWORD: Final = re.compile(
    r"\b(?:mots? de passe|mdp|pwd|passwords?)\b[^.?!]*?(?:"
    r"(?:\s(?:est|sera|is|to)(?:\s*:)?|:|c'est|=)\s*(?P<digits>[^\s,;]*\d[^\s,;]*[^\s,;.!?])"
    r"|[:=]\s*(?P<capitals>[^\s,;]*(?-i:[A-ZÀ-Ý])[^\s,;]*?)\s*[.!]?\s*$)",
    re.IGNORECASE,
)
"""A password that is told: it has no blank, and a digit, or a capital where it ends what is said after a colon."""
_PARTICLE: Final = 2
"""Letters of the longest particle of a name."""
_PROGRAMS: Final = frozenset(
    [
        "arp",
        "cat",
        "cd",
        "curl",
        "date",
        "df",
        "dig",
        "dir",
        "echo",
        "free",
        "getent",
        "host",
        "hostname",
        "hostnamectl",
        "id",
        "ifconfig",
        "ip",
        "ipconfig",
        "journalctl",
        "klist",
        "ls",
        "lsof",
        "mount",
        "mtr",
        "netstat",
        "nmcli",
        "nslookup",
        "passwd",
        "ping",
        "ps",
        "pwd",
        "resolvectl",
        "route",
        "smbclient",
        "ss",
        "ssh",
        "sudo",
        "systemctl",
        "timedatectl",
        "top",
        "tracepath",
        "tracert",
        "traceroute",
        "uname",
        "uptime",
        "wget",
        "whoami",
    ]
)
"""Names of programs that are dictated without quotes."""
_AFTER_TITLE: Final = re.compile(
    r"\b(?:[Mm]adame|[Mm]onsieur|[Mm]ademoiselle|Mme|M\.|Mr|Mrs|Ms|Miss)\.?\s+([A-ZÀ-Ý][\w'-]*(?:\s+[A-ZÀ-Ý][\w'-]*)?)"
)


def slots_of(text: str, hosts: Collection[str], names: Collection[str]) -> dict[str, str]:
    """Return what a sentence names, by the slot.

    Args:
        text: the sentence as it was typed.
        hosts: the names of the lab's hosts.
        names: the last and full names of the scenario's people.
    """
    found: dict[str, str] = {}
    plain = folded(text)
    words = set(re.findall(r"[a-z0-9][a-z0-9-]*", plain))
    if host := next((name for name in sorted(hosts) if name in words), None):
        found["host"] = host
    if address := _ADDRESS.search(text):
        found["address"] = address[0]
    if command := _command(text) or told_password(text):
        found["command"] = command
    if name := _name(text, plain, names):
        found["name"] = name
    without = _ADDRESS.sub(" ", text)
    if number := _NUMBER.search(without):
        found["number"] = number[0]
    return found


def told_password(text: str) -> str | None:
    """Return the password that a sentence tells."""
    told = _PASSWORD.search(text)
    return None if told is None else told["digits"] or told["capitals"]


def _command(text: str) -> str | None:
    quoted = _QUOTED.search(text)
    if quoted is not None:
        return next(part for part in quoted.groups() if part).strip()
    plain = _same_length(text)
    dictated = _DICTATED.search(plain)
    if dictated is None:
        return None
    introduction = _INTRODUCTION.match(dictated["rest"])
    begin = dictated.start("rest") + (introduction.end() if introduction else 0)
    end = len(text)
    if courtesy := _COURTESY.search(plain[begin:]):
        end = begin + courtesy.start()
    command = " ".join(text[begin:end].split()).strip(" .!?,;:")
    first = command.split(" ", 1)[0].lower()
    return command if first in _PROGRAMS or "/" in first else None


def _same_length(text: str) -> str:
    """Return a text folded letter by letter, so that places in both are the same."""
    return "".join(map(_one_letter, text))


@lru_cache(maxsize=1024)
def _one_letter(letter: str) -> str:
    return (folded(letter) or " ")[0]


def _name(text: str, plain: str, names: Collection[str]) -> str | None:
    for name in sorted(names, key=len, reverse=True):
        if re.search(rf"(?<!\w){re.escape(folded(name))}(?!\w)", plain):
            return name
    titled = _AFTER_TITLE.search(text)
    return titled[1] if titled else None


def name_parts(full: Iterable[str]) -> tuple[str, ...]:
    """Return people's whole names, and the parts of each that are no particle: *Le* of *Le Goff* is a word besides."""
    parts = (part for name in full for part in (name, *name.split()))
    return tuple(dict.fromkeys(part for part in parts if len(part) > _PARTICLE))


def marked(text: str, slots: Mapping[str, str]) -> str:
    """Return a sentence in which slots are words of their own, as phrases have them: ``Xcommand``, ``Xaddress``."""
    if told := told_password(text):
        text = text.replace(told, " xpassword ")
    shown = _QUOTED.sub(" xcommand ", text)
    if "command" in slots:
        shown = shown.replace(slots["command"], " xcommand ")
    shown = _ADDRESS.sub(" xaddress ", shown)
    return re.sub(r"(?<!\w)\d[\d.,:]*(?!\w)", lambda found: found[0] if len(found[0]) == 1 else " xnumber ", shown)


def to_complete(phrase: str) -> str:
    """Return a phrase as it is offered to somebody: what a slot stands for is theirs to write."""
    return _SLOT.sub("…", phrase)


def without_names(text: str, names: Collection[str]) -> str:
    """Return a sentence without the names of people, which say nothing of what is wanted."""
    text = _AFTER_TITLE.sub(" ", text)
    plain = _same_length(text)
    for name in sorted(names, key=len, reverse=True):
        wanted = _same_length(name)
        if wanted not in plain:
            continue
        for found in reversed(list(re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", plain))):
            text = f"{text[: found.start()]} {text[found.end() :]}"
        plain = _same_length(text)
    return text
