"""Which language the user reads; kept free of imports, because everything asks for it first."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["fr", "en"]


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language that a POSIX environment asks for; English when it asks for neither.

    The order LC_ALL, LC_MESSAGES, LANG is POSIX's (XBD 8.2); LANGUAGE comes first as in GNU gettext.
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def typographic(text: str) -> str:
    """Return a French text in which no line begins with a lonely punctuation mark: its spaces do not break."""
    for mark in ("»", ":", ";", "?", "!"):
        text = text.replace(f" {mark}", f"\N{NO-BREAK SPACE}{mark}")
    return text.replace("« ", "«\N{NO-BREAK SPACE}")


def printed(text: str) -> str:
    """Return a French text as it is printed: typographic apostrophes, and no line that ends within ``TCP/IP``."""
    curled = re.sub(r"(?<=\w)'(?=\w)", "’", typographic(text))
    return re.sub(r"(?<=[A-Z])/(?=[A-Z])", "/\N{WORD JOINER}", curled)
