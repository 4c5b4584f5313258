"""Changes that an accepted solution brings, in the words of the variant: what is drawn anew is told by its name."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.report import Difference
from orchestrator.sound_state import file_state
from orchestrator.sound_state.renamed_files import place_of

_SHORTEST = 2
"""Characters of the shortest value that is told by its name."""
_MADE_ANEW = {
    "openldap": frozenset({"userPassword"}),
    "postgresql": frozenset({"password"}),
    "samba_ad": frozenset({"unicodePwd"}),
}
"""Fields whose value is another one each time that it is set: salted passwords, and those that programs draw."""
_KEYS = re.compile(
    r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----"
    r'|(?<=\bp=)[\w+/]{40,}={0,2}(?:"\s+"[\w+/]+={0,2})*',
    re.DOTALL,
)
"""What a new key makes another one, where it stands in a text: a certificate, the public key of DKIM's record.

A record's text is cut into strings of 255 characters at most: the key goes on in the next one.
"""
_ANY = "<any>"
_ADDRESS = re.compile(r"(?:\d+\.)+\d+|\d+")
_LEAST = 100
"""The least number that is told by its name: smaller ones stand for anything."""


@dataclass(frozen=True)
class ExplainedChange:
    """A change that a solution brings, whatever was drawn: each attribute in the words of the variant.

    Attributes:
        host: the host's name, empty for what is between hosts.
        provider: what sort of state it is.
        object: what differs.
        field: what of it differs.
        now: the resulting value, of a text its new statements; None where nothing is there any more.
        gone: of a text the statements that are gone, else None: what was there is the sound state's.
    """

    host: str
    provider: str
    object: str
    field: str
    now: str | None
    gone: str | None = None

    def order(self) -> tuple[str, ...]:
        """Return by what changes are sorted."""
        return self.host, self.provider, self.object, self.field, self.now or "", self.gone or ""

    def key(self) -> tuple[str, ...]:
        """Return by what two changes are the same: in whatever order a value's lines are told.

        Of a file that has come, its name does not count where its program takes any, nor how a link is written.
        """
        lines = [f"{sign}{line}" for sign, text in (("+", self.now), ("-", self.gone)) for line in _lines(text)]
        changed = self.object
        if self.provider == file_state.NAME and self.field == "presence":
            lines = [_whole_link(changed, line) if lines[0].startswith("+symlink ") else line for line in lines]
            changed = place_of(changed) or changed
        return self.host, self.provider, changed, self.field, *sorted(lines)


class VariantWords:
    """Tells values that a variant has drawn by their names, so that two variants can be compared."""

    def __init__(self, values: Mapping[str, Any], printed: Callable[[], Mapping[str, str]] = dict) -> None:
        """Take what the variant has drawn.

        Args:
            values: by name.
            printed: returns what the scenario's expressions print, by expression; it is asked where it is needed.
        """
        names: dict[str, str] = {}
        for name, value in _named("", values):
            names.setdefault(value, name)
        self._drawn = _Words(names)
        self._printed = printed

    @property
    def values(self) -> Collection[str]:
        """Return the values that the variant has drawn, as texts."""
        return self._drawn.names.keys()

    def told(self, difference: Difference) -> ExplainedChange:
        """Return a difference in the words of the variant."""
        return _told(difference, self._drawn)

    def readings(self, difference: Difference) -> tuple[ExplainedChange, ...]:
        """Return the same, and where it says what an expression prints, that as well by the expression.

        Two readings, for what is printed in one variant may stand in every one.
        """
        return tuple(dict.fromkeys((self.told(difference), _told(difference, self._all))))

    def is_explained(self, difference: Difference, explained: Collection[tuple[str, ...]]) -> bool:
        """Return whether a difference is among the keys of explained changes, in either reading."""
        if self.told(difference).key() in explained:
            return True
        return bool(explained) and any(one.key() in explained for one in self.readings(difference)[1:])

    @cached_property
    def _all(self) -> _Words:
        names = dict(self._drawn.names)
        for name, value in self._printed().items():
            names.setdefault(value, name)
        return _Words(names)


class _Words:
    """Values, and their names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        longest_first = sorted(names, key=lambda value: (-len(value), value))
        some = "|".join(map(_pattern, longest_first))
        self._some = re.compile(rf"(?<![\w.-])(?:{some})") if some else None

    def told(self, text: str) -> str:
        """Return a text with names in the place of values."""
        text = _KEYS.sub(_ANY, text)
        return text if self._some is None else self._some.sub(lambda found: f"<{self.names[found[0]]}>", text)


def _told(difference: Difference, words: _Words) -> ExplainedChange:
    host, changed, field = map(words.told, (difference.host or "", difference.object, difference.field))
    now, gone = difference.now, difference.before if difference.field == "content" else None
    fields = _MADE_ANEW.get(difference.provider, frozenset())
    if now is not None and difference.field in fields:
        now = _ANY
    elif now is not None and fields:
        now = "\n".join(_without_value(line, fields) for line in now.split("\n"))
    now, gone = (None if text is None else words.told(text) for text in (now, gone))
    return ExplainedChange(host, difference.provider, changed, field, now, gone)


def _pattern(value: str) -> str:
    """Return what finds a value that is a word of its own; an address is none within a longer one."""
    return re.escape(value) + (r"(?![\w-]|\.\d)" if _ADDRESS.fullmatch(value) else r"(?![\w-])")


def _whole_link(path: str, line: str) -> str:
    """Return a line of a link with what it leads to from the root; the line that says what sort of file it is stays."""
    return line if line.startswith("+symlink ") else f"+{posixpath.normpath(posixpath.join(path, '..', line[1:]))}"


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.split("\n")


def _without_value(line: str, fields: Collection[str]) -> str:
    """Return a line ``field: value`` with ``_ANY`` for a value that is another one each time."""
    name, colon, _ = line.partition(": ")
    return f"{name}{colon}{_ANY}" if colon and name in fields else line


def _named(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever content draws
    """Yield the name and the text of each value that is worth a name."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield name, value
            yield f"{name}.upper", value.upper()
    elif isinstance(value, int):
        if value >= _LEAST:
            yield name, str(value)
    else:
        for part, one in _parts(value):
            yield from _named(f"{name}.{part}" if name else part, one)


def _parts(value: Any) -> Iterable[tuple[str, Any]]:  # noqa: ANN401 - whatever content draws
    if isinstance(value, Mapping):
        return ((str(key), value[key]) for key in sorted(value, key=str))
    if dataclasses.is_dataclass(value):
        return ((one.name, getattr(value, one.name)) for one in dataclasses.fields(value))
    return ((str(number), one) for number, one in enumerate(value)) if isinstance(value, list | tuple) else ()
