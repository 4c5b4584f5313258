"""Where something stands in the form of a plan, in words."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.language import Language
from orchestrator.portal import in_words, plan_words

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""What a browser's field of days shows; of anything else it would show nothing."""


def is_a_day(text: str) -> bool:
    """Return whether a browser's field of days shows what was typed."""
    return not text or (_DAY.fullmatch(text) is not None and in_words.day(text, "fr") != "—")


def place_of(key: str, language: Language) -> str:
    """Return which field a key is, in words; empty: the form as a whole."""
    section, *parts = key.split("-")
    if section not in plan_words.ROWS or not parts:
        return in_words.said(plan_words.FIELDS[section], language) if section in plan_words.FIELDS else ""
    rows = [_row(section, parts.pop(0), language)]
    if len(parts) > 1:
        section = parts.pop(0)
        rows.append(_row(section, parts.pop(0), language))
    row = ", ".join(rows)
    cell = plan_words.CELLS.get(section, {}).get(parts[0]) if parts else None
    return in_words.said(plan_words.AT, language, row=row, field=in_words.said(cell, language)) if cell else row


def _row(section: str, number: str, language: Language) -> str:
    return in_words.said(plan_words.ROWS[section], language, n=int(number) + 1)
