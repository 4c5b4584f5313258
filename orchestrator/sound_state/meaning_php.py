"""What a file of settings in PHP says: Roundcube's, an array whose entries are set one by one or all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from orchestrator.sound_state.meaning_blocks import pieces_of
from orchestrator.sound_state.meaning_values import ordered_by

_PIECE: Final = re.compile(
    r"""[ \t\n]+|(?://|\#)(?!\[)[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\])*'|"[^"\\$]*"|=>|[][;,=]|\$config\b|[A-Za-z_]+"""
    r"|-?\d+(?:\.\d+)?",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r"""'[^'\\]*'|"[^"'\\$]*\"""")
_OF_THE_DATABASE: Final = ("include_once", "'/etc/roundcube/debian-db-roundcube.php'")
"""Debian's own file, which sets where the database is, and nothing else."""


def roundcube(text: str) -> list[str]:
    """Return Roundcube's settings by name; several values of one keep their order.

    Raises:
        ValueError: there is something else in the file, such as a condition or a call.
    """
    before, opening, rest = text.partition("<?php")
    if before or not opening or "?>" in rest or "<<<" in rest:
        raise ValueError("not PHP alone")
    found: list[tuple[str | None, str]] = []
    words: list[str] = []
    for piece in pieces_of(rest, _PIECE, lambda one: one[0] == "#" or one[:2] in {"//", "/*"}):
        if piece != ";":
            words.append(_plain(piece))
            continue
        found += _settings(words)
        words = []
    if words:
        raise ValueError("a statement that does not end")
    return ordered_by(found)


def _plain(piece: str) -> str:
    return f"'{piece[1:-1]}'" if _QUOTED.fullmatch(piece) else piece


def _settings(words: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """Yield what a statement sets, each with its name."""
    if tuple(words) == _OF_THE_DATABASE:
        yield "'db_dsnw'", f"{' '.join(words)};"
    elif words[:3] == ["$config", "=", "["] and words[-1] == "]":
        yield None, "$config = [];"
        for entry in _entries(words[3:-1]):
            if len(entry) < 3 or entry[1] != "=>":  # noqa: PLR2004 (a name, its sign, a value)
                raise ValueError("an entry without a name")
            yield _set(entry[0], entry[2:])
    elif words[:2] == ["$config", "["] and words[3:5] == ["]", "="] and len(words) > 5:  # noqa: PLR2004 (and a value)
        yield _set(words[2], words[5:])
    else:
        raise ValueError("another statement")


def _set(name: str, value: Sequence[str]) -> tuple[str, str]:
    if name[0] != "'" or {"=", "$config"} & set(value):
        raise ValueError("not a name and a value")
    told = re.sub(r", \]", "]", "".join({",": ", ", "=>": " => "}.get(word, word) for word in value))
    return name, f"$config[{name}] = {told};"


def _entries(words: Sequence[str]) -> list[list[str]]:
    """Return the entries of an array; one may be an array."""
    entries: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += {"[": 1, "]": -1}.get(word, 0)
        if depth < 0:
            raise ValueError("an array that is closed twice")
        if word == "," and not depth:
            entries.append([])
        else:
            entries[-1].append(word)
    return [entry for entry in entries if entry]
