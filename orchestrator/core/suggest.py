"""Near matches for a mistyped name, the same wherever one is refused."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from orchestrator.core.text import Text

_CUTOFF = 0.6
_LISTED = 12
_PART = 3


def nearest(word: str, known: Iterable[str], *, count: int = 3) -> tuple[str, ...]:
    """Return the known names that look like a word, or that contain it, best first."""
    names = {name: name.lower() for name in known}
    looked_like = get_close_matches(word.lower(), dict.fromkeys(names.values()), n=count, cutoff=_CUTOFF)
    close = [name for one in looked_like for name, lower in names.items() if lower == one]
    part = word.lower() if len(word) >= _PART else None
    containing = [name for name, lower in names.items() if part and part in lower and name not in close]
    return tuple((close + containing)[:count])


def with_suggestion(text: Text, word: str, known: Iterable[str]) -> Text:
    """Return a text with «did you mean» and the nearest name, or with the known names where they are few."""
    names = list(known)
    if near := nearest(word, names, count=1):
        return Text(fr=f"{text.fr} ; vouliez-vous dire « {near[0]} » ?", en=f'{text.en}; did you mean "{near[0]}"?')
    if 0 < len(names) <= _LISTED:
        listed = ", ".join(names)
        return Text(fr=f"{text.fr} ; possibles : {listed}", en=f"{text.en}; known: {listed}")
    return text
