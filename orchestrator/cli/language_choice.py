"""The language of one command line, decided before anything is worded in it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.core.language import Language, language_of, typographic
from orchestrator.core.text import Text

LANGUAGES: tuple[Language, ...] = ("fr", "en")

_chosen: Language = "en"


def choose(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> Language:
    """Decide the language from the words of a command line, else from the environment."""
    global _chosen  # noqa: PLW0603 - one process speaks one language
    asked = _value("--lang", words)
    _chosen = asked if asked in LANGUAGES else language_of(environment)
    return _chosen


def chosen() -> Language:
    """Return the language that was decided."""
    return _chosen


def localized(text: Text | str) -> str:
    """Return a text in the chosen language; a string is in it already.

    French comes with its typography: no line begins with a lonely punctuation mark.
    """
    if isinstance(text, str):
        return text
    return typographic(text.fr) if _chosen == "fr" else text.en


def flag(name: str, words: Iterable[str]) -> bool:
    """Return whether an option without a value is among the words before ``--``."""
    return name in itertools.takewhile(lambda word: word != "--", words)


def _value(name: str, words: Iterable[str]) -> str | None:
    value = None
    before = ""
    for word in itertools.takewhile(lambda word: word != "--", words):
        if before == name:
            value = word
        elif word.startswith(f"{name}="):
            value = word.removeprefix(f"{name}=")
        before = word
    return value
