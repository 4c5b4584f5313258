"""Words as they are compared: without accents, elisions and endings, so that *tu* and *vous*, one and many are alike.

What is left of a word need not be one: ``redémarrez``, ``redémarre`` and ``redémarrage`` become ``redemarr``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from orchestrator.core.language import Language

_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "ʼ": "'", "‘": "'", "`": "'", "ß": "ss"})
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)*'?")

_ELIDED: Final = {
    "l": "le",
    "d": "de",
    "j": "je",
    "m": "me",
    "t": "te",
    "s": "se",
    "n": "ne",
    "c": "ce",
    "qu": "que",
    "jusqu": "jusque",
    "lorsqu": "lorsque",
    "puisqu": "puisque",
    "quelqu": "quelque",
    "aujourd": "aujourd",
    "presqu": "presque",
}
"""What stands before an apostrophe in French -> the whole word."""
_CONTRACTED: Final = {
    "s": "is",
    "re": "are",
    "m": "am",
    "ve": "have",
    "ll": "will",
    "d": "would",
    "t": "not",
}
"""What stands after an apostrophe in English -> the whole word."""
_NEGATED: Final = {"can": "can", "won": "will", "shan": "shall"}
"""What stands before ``'t`` where it is not simply a word and an n."""

_FRENCH_ENDINGS: Final = (
    *("issaient", "issions", "issez", "issons", "issent", "issant"),
    *("eraient", "erions", "eriez", "erais", "erait", "erons", "eront", "erez", "erai", "eras", "era"),
    *("aient", "ements", "ement", "antes", "ante", "ants", "ant", "ages", "age", "ations", "ation"),
    *("ions", "iez", "ais", "ait", "ons", "ent", "ees", "ee", "er", "ez", "es", "is", "it", "e", "s", "x"),
)
_ENGLISH_ENDINGS: Final = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ied",
    "ies",
    "ed",
    "es",
    "ly",
    "e",
    "s",
    "y",
)
_WHOLE: Final = {"identifiant": "identifiant", "identifiants": "identifiant"} | dict.fromkeys(
    ("present", "presente", "presentement"), "present"
)
"""Words whose ending is no ending: *identifiant* is a name, *identifier* an act."""
_SHORTEST_STEM: Final = 3
_VOWELS: Final = frozenset("aeiouy")


_PARTICIPLE: Final = re.compile(r"\b(?:(?:d[ée]|re)?branch|red[ée]marr|relanc|r[ée]essay|test|tap)(?:é|ée|és|ées)\b")
_ASKED: Final = re.compile(
    r"\b(?:pouvez|pourriez|peux|pourrais|voulez|veux|veuillez|faut|faudrait|essa[iy]\w*|merci de|svp|stp|plaît|plait)\b"
)
_OWN_DOING: Final = re.compile(
    r"(?<!\bif )\b(?:i|we)(?:'ve| have)?(?: just)? "
    r"(?:took|taken|restarted|rebooted|unplugged|plugged|connected|tried)\b"
)


def told_as_done(text: str, language: Language) -> bool:
    """Return whether a sentence tells what was done, where the same words without an ending would ask for it.

    *Un câble débranché* is no order; *pouvez-vous débranché* is one, by somebody in a hurry.
    """
    plain = text.lower().replace("’", "'")
    if language == "fr":
        return bool(_PARTICIPLE.search(plain)) and not _ASKED.search(plain)
    return bool(_OWN_DOING.search(plain))


def folded(text: str) -> str:
    """Return a text in small letters without accents, with plain apostrophes."""
    spelled = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(letter for letter in spelled if not unicodedata.combining(letter))


def words_of(text: str, language: Language) -> tuple[str, ...]:
    """Return the words of a text, folded: what an apostrophe or a hyphen joins is apart."""
    made: list[str] = []
    for found in _WORD.findall(folded(text)):
        made += _apart(found.rstrip("'"), language)
    return tuple(made)


def _apart(word: str, language: Language) -> list[str]:
    if "'" not in word:
        return [word]
    head, _, tail = word.partition("'")
    if language == "fr":
        rest = _apart(tail, language) if tail else []
        if head == "aujourd":
            return ["aujourdhui"]
        return [_ELIDED.get(head, head), *rest]
    if tail == "t" and head.endswith("n"):
        return [_NEGATED.get(head, head[:-1]), "not"]
    return [head, _CONTRACTED.get(tail, tail)]


@lru_cache(maxsize=16384)
def stem(word: str, language: Language) -> str:
    """Return a folded word without its ending."""
    if language == "fr":
        return _french(word)
    return _english(word)


def _french(word: str) -> str:
    if word in _WHOLE:
        return _WHOLE[word]
    for ending in _FRENCH_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return _undoubled(word[: -len(ending)])
    return word


def _english(word: str) -> str:
    for ending in _ENGLISH_ENDINGS:
        left = word[: -len(ending)]
        if word.endswith(ending) and len(left) >= _SHORTEST_STEM and _VOWELS.intersection(left):
            return _undoubled(left)
    return word


def _undoubled(left: str) -> str:
    """Return a stem whose last consonant is not doubled: ``plugg`` of ``plugging``, ``appell`` of ``appelle``."""
    if len(left) > _SHORTEST_STEM and left[-1] == left[-2] and left[-1] not in _VOWELS:
        return left[:-1]
    return left


def squeezed(word: str) -> str:
    """Return a word in which no letter is doubled."""
    return "".join(letter for place, letter in enumerate(word) if not place or word[place - 1] != letter)


def distance(one: str, other: str, most: int) -> int:
    """Return how many typing mistakes lie between two words, at most ``most + 1``.

    A mistake is a letter too many, too few or another, or two that have changed places.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
