"""Names of new content: what is allowed, and the nearest allowed form of what is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final, Literal, TypeAlias

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

Kind: TypeAlias = Literal["scenario", "lab", "fault", "image"]

LONGEST: Final = 48
"""Characters of a name; the contract's limit."""

_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "&": " "})


def require_name(kind: Kind, name: str, taken: Collection[str]) -> str:
    """Return a name that new content may have.

    Args:
        kind: what gets the name.
        name: what the trainer typed.
        taken: the names of that kind that exist.

    Raises:
        UsageError: the name is no such name, or is taken; the error gives the nearest free one.
    """
    if (form := nearest_form(kind, name)) != name:
        rule = Text(
            fr="un nom est en minuscules sans accent, chiffres et tirets, une lettre d'abord",
            en="a name has lower-case letters without accents, digits and hyphens, a letter first",
        )
        if kind == "fault":
            rule = Text(fr=f"{rule.fr}, avec au moins un tiret", en=f"{rule.en}, with at least one hyphen")
        raise UsageError(
            Text(fr=f"« {name} » ne peut pas être un nom : {rule.fr}.", en=f'"{name}" cannot be a name: {rule.en}.'),
            _try(form, taken),
        )
    if name in taken:
        raise UsageError(Text(fr=f"« {name} » existe déjà.", en=f'"{name}" exists already.'), _try(name, taken))
    return name


def nearest_form(kind: Kind, name: str) -> str:
    """Return the nearest name of a kind's form: accents, spaces, capitals and signs are spelled out or left away."""
    spelled = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    letters = "".join(one for one in spelled if not unicodedata.combining(one))
    form = "-".join(re.findall(r"[a-z0-9]+", letters))
    if not form[:1].isalpha():
        form = f"{kind}-{form}".rstrip("-")
    if kind == "fault" and "-" not in form:
        form = f"{form}-ko"
    return form[:LONGEST].rstrip("-")


def _free(form: str, taken: Collection[str]) -> str:
    number = 2
    free = form
    while free in taken:
        free = f"{form[: LONGEST - len(f'-{number}')].rstrip('-')}-{number}"
        number += 1
    return free


def _try(form: str, taken: Collection[str]) -> Text:
    free = _free(form, taken)
    return Text(fr=f"Essayez : {free}", en=f"Try: {free}")
