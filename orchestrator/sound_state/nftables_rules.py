"""Rules as a file of nftables writes them, in one form (nft(8)): a set in a rule is a rule for each of its elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from orchestrator.sound_state.packet_rules import (
    BITS,
    KEYS,
    VALUE,
    PacketRule,
    Values,
    in_one_order,
    known_key,
    packet_rules,
    plain_value,
)


@dataclass(frozen=True)
class AnonymousSet:
    """A set, map or verdict map that stands in a rule: the words of each of its elements."""

    elements: tuple[tuple[Word, ...], ...]

    def __str__(self) -> str:
        """Return it as nft prints it, its elements sorted where they are plain."""
        said = [" ".join(map(str, words)) for words in self.elements]
        return f"{{ {', '.join(said if any('{' in one for one in said) else sorted(said))} }}"


Word: TypeAlias = "str | AnonymousSet"
_PRIORITIES: Final[Mapping[str, int]] = {
    "raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100,
}  # fmt: skip
_NAME: Final = re.compile(r'"([A-Za-z_][A-Za-z0-9_.-]*)"')
_COUNTED: Final = re.compile(r"(?<=\bcounter) packets \d+ bytes \d+\b|(?<=\bbytes) used \d+ \w*bytes\b")
_REASON: Final = re.compile(r"(?<=\breject with )(icmp|icmpv6|icmpx) type(?= )")
_TALLY: Final = ("packets", "bytes")


def said(words: Iterable[Word]) -> str:
    """Return a statement as nft prints it: a plain name without quotes, a reason without the word ``type``."""
    plain = " ".join(_bare(word) if isinstance(word, str) else str(word) for word in words)
    return _REASON.sub(r"\1", _COUNTED.sub("", plain))


def hook(statement: str) -> str:
    """Return the statement that hooks a chain, its priority as a number: ``filter`` is ``0``, but of a bridge."""
    return re.sub(
        r"(?<=\bpriority )(raw|mangle|dstnat|filter|security|srcnat)$",
        lambda match: str(_PRIORITIES[match[1]]),
        statement,
    )


def one_form(rules: Iterable[Sequence[Word]], family: str) -> list[str]:
    """Return the rules of a chain in one form and order.

    Args:
        rules: their words and sets.
        family: of the table: ``ip``, ``inet``, ….
    """
    return in_one_order((said(words), partial(_rules_of, words, family)) for words in rules)


def _rules_of(words: Sequence[Word], family: str) -> list[PacketRule]:
    """Return the rules that a rule stands for.

    Raises:
        ValueError: it is not understood.
    """
    rest = _without_remarks([_bare(word) if isinstance(word, str) else word for word in words])
    matches: list[list[Values]] = []
    while keys := _taken_keys(rest, family):
        matches.append(_taken_values(keys, rest))
    verdicts = [_taken_translations(rest, family) or [(("", said(rest)),)]] if rest else []
    return packet_rules([*matches, *verdicts])


def _without_remarks(words: list[Word]) -> list[Word]:
    """Leave out counters without a name, which count and do nothing else, and the comment at the end."""
    words = words[:-2] if words[-2:-1] == ["comment"] else words
    left: list[Word] = []
    place = 0
    while place < len(words):
        behind = words[place + 1 : place + 5]
        if words[place] == "counter" and behind[:1] != ["name"]:
            place += 5 if tuple(behind[::2]) == _TALLY else 1
        else:
            left.append(words[place])
            place += 1
    return left


def _taken_keys(rest: list[Word], family: str) -> list[str]:
    """Take a key, or several with dots between them; none where there is none."""
    keys: list[str] = []
    while True:
        for length in (2, 1):
            key = " ".join(map(str, rest[:length]))
            if (key := known_key(key, family)) in KEYS:
                break
        else:
            if keys:
                raise ValueError("a key that is not known")
            return []
        keys.append(key)
        del rest[:length]
        if rest[:1] != ["."]:
            return keys
        del rest[0]


def _taken_values(keys: list[str], rest: list[Word]) -> list[Values]:
    """Take what a match allows: the values of its keys, in each of its alternatives."""
    if rest[:1] == ["vmap"] and BITS not in keys:
        del rest[0]
        return [_of_verdict(keys, element) for element in _taken_elements(rest)]
    if rest[:1] in (["!="], ["ne"]) and len(keys) == 1:
        if BITS in keys:
            raise ValueError("bits that are not set")
        refused = sorted(_of_element(keys, element)[0][1] for element in _taken_elements(rest[1:2]))
        del rest[:2]
        others = refused[0] if len(refused) == 1 else AnonymousSet(tuple((one,) for one in refused))
        return [((keys[0], f"!= {others}"),)]
    if rest and isinstance(rest[0], AnonymousSet):
        if BITS in keys:
            raise ValueError("bits that are exactly these")
        return [_of_element(keys, element) for element in _taken_elements(rest)]
    length = 2 * len(keys) - 1
    alternatives = [_of_element(keys, rest[:length])]
    del rest[:length]
    while len(keys) == 1 and rest[:1] == [","]:
        alternatives.append(_of_element(keys, rest[1:2]))
        del rest[:2]
    return alternatives


def _taken_translations(rest: list[Word], family: str) -> list[Values]:
    """Take where a map of the rule's own leads, with what it asks for each; nothing where there is no such map."""
    kind, *words = rest
    if kind not in {"dnat", "snat"} or not isinstance(words[-1], AnonymousSet):
        return []
    if words[0] == family:
        del words[0]
    if words.pop(0) != "to":
        raise ValueError("a translation of another form")
    keys = _taken_keys(words, family)
    if words[:1] != ["map"] or BITS in keys:
        raise ValueError("not a map of what a rule may ask")
    found = [_of_verdict(keys, element) for element in _taken_elements(words[1:])]
    return [(*values, ("", f"{kind} to {':'.join(verdict.split(' . '))}")) for *values, (_, verdict) in found]


def _taken_elements(rest: list[Word]) -> tuple[tuple[Word, ...], ...]:
    """Take the elements of a set, or a word, as the only one."""
    word = rest.pop(0) if rest else ""
    return word.elements if isinstance(word, AnonymousSet) else ((word,),)


def _of_verdict(keys: list[str], element: Sequence[Word]) -> Values:
    """Return the values of a verdict map's element, and its verdict."""
    words = list(element)
    place = words.index(":")
    return (*_of_element(keys, words[:place]), ("", said(words[place + 1 :])))


def _of_element(keys: list[str], words: Sequence[Word]) -> Values:
    """Return values with dots between them, one for each key."""
    values = [_bare(word) if isinstance(word, str) else "" for word in words[::2]]
    if len(words) != 2 * len(keys) - 1 or set(words[1::2]) - {"."} or not all(map(VALUE.fullmatch, values)):
        raise ValueError("not a value for each key")
    return tuple((key, plain_value(key, value)) for key, value in zip(keys, values, strict=True))


def _bare(word: str) -> str:
    return match[1] if (match := _NAME.fullmatch(word)) else word
