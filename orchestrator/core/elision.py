"""French elision before a name that is put into a text: ``d'Océane``, but ``de Karim``.

A template has these functions as filters: ``le poste {{ user.full | de }}``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

_VOWELS: Final = frozenset("aeiouæœø")
_MUTE_H: Final = frozenset(
    {
        *("helene", "henri", "henriette", "herve", "hermine", "hilaire", "hippolyte", "honore", "honorine"),
        *("hortense", "hubert", "hugo", "hugues", "huguette", "hyacinthe"),
    }
)
"""First names whose h is not heard as a consonant; the h of a foreign name or of a host's (``home1``) is."""


def de(name: object) -> str:
    """Return ``de`` and a name: ``d'Océane``, ``de Karim``."""
    return _elided("de", name)


def que(name: object) -> str:
    """Return ``que`` and a name: ``qu'Océane``, ``que Karim``."""
    return _elided("que", name)


ELISIONS: Final[Mapping[str, Callable[[object], str]]] = {"de": de, "que": que}
"""By the word that is elided: the filters of templates."""


def begins_with_vowel(name: str) -> bool:
    """Return whether French elides the word before a name."""
    letters = unicodedata.normalize("NFD", name).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    first, second = plain[:1], plain[1:2]
    if first == "h":
        return plain.split()[0] in _MUTE_H
    if first == "y":
        return second.isalpha() and second not in _VOWELS
    return first in _VOWELS


def _elided(word: str, name: object) -> str:
    written = str(name)
    return f"{word[:-1]}'{written}" if begins_with_vowel(written) else f"{word} {written}"
