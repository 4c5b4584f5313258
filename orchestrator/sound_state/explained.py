"""Changes that an accepted solution brings, in the words of the variant: what is drawn anew is told by its name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.report import Difference

_SHORTEST = 2
"""Characters of the shortest value that is told by its name."""
_MADE_ANEW = {
    "openldap": frozenset({"userpassword"}),
    "postgresql": frozenset({"password"}),
    "samba_ad": frozenset({"unicodePwd"}),
}
"""Fields whose value is another one each time that it is set: salted passwords, and those that programs draw."""
_ANY = "<any>"
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
        now: the resulting value; None where nothing is there any more.
    """

    host: str
    provider: str
    object: str
    field: str
    now: str | None

    def order(self) -> tuple[str, ...]:
        """Return by what changes are sorted."""
        return self.host, self.provider, self.object, self.field, self.now or ""

    def key(self) -> tuple[str, ...]:
        """Return by what two changes are the same: in whatever order a value's lines are told."""
        lines = [] if self.now is None else sorted(self.now.split("\n"))
        return self.host, self.provider, self.object, self.field, *lines


class VariantWords:
    """Tells values that a variant has drawn by their names, so that two variants can be compared."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take what the variant has drawn."""
        self._names: dict[str, str] = {}
        for name, value in _named("", values):
            self._names.setdefault(value, name)
        longest_first = sorted(self._names, key=lambda value: (-len(value), value))
        some = "|".join(map(re.escape, longest_first))
        self._some = re.compile(rf"(?<![\w.-])(?:{some})(?![\w-]|\.\w)") if some else None

    def told(self, difference: Difference) -> ExplainedChange:
        """Return a difference in the words of the variant."""
        now = None if difference.now is None else self._in_words(_without_what_is_made_anew(difference))
        host, changed, field = map(self._in_words, (difference.host or "", difference.object, difference.field))
        return ExplainedChange(host, difference.provider, changed, field, now)

    def _in_words(self, text: str) -> str:
        return text if self._some is None else self._some.sub(lambda found: f"<{self._names[found[0]]}>", text)


def _without_what_is_made_anew(difference: Difference) -> str:
    """Return a difference's value now, with ``_ANY`` for what is another one each time."""
    now, fields = difference.now or "", _MADE_ANEW.get(difference.provider, frozenset())
    if difference.field in fields:
        return _ANY
    lines = (line.partition(": ") for line in now.split("\n"))
    return "\n".join(f"{name}{colon}{_ANY if colon and name in fields else value}" for name, colon, value in lines)


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
