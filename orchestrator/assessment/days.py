"""Days as a document writes them."""

from __future__ import annotations

from datetime import date
from typing import Final

from orchestrator.core.language import Language

_MONTHS: Final = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)


def shown_day(day: date, language: Language) -> str:
    """Return a day in words in French (``14 décembre 2026``), and as ISO 8601 has it in English."""
    if language != "fr":
        return day.isoformat()
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[day.month - 1]} {day.year}"
