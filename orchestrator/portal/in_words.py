"""Texts, numbers, times and lengths as a person reads them, in their language."""

from __future__ import annotations

from datetime import UTC, date, datetime

from orchestrator.core.language import Language, printed
from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}
_HOUR = 60
_THOUSAND = 1000
_DAY = 24 * _HOUR
_TWO_DAYS = 2 * _DAY


def moment(iso: str, language: Language) -> str:
    """Return a time of labd's in UTC, for readers whose script does not say where they are; a dash for none."""
    try:
        at = datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return "—"
    day = f"{at.day} {_MONTHS[language].split()[at.month - 1]} {at.year}"
    if language == "fr":
        return f"{day} à {at:%H}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{at:%M} UTC"
    return f"{day}, {at:%H:%M} UTC"


def day(iso: str, language: Language) -> str:
    """Return a date as it is read; a dash for none."""
    try:
        at = date.fromisoformat(iso)
    except ValueError:
        return "—"
    first = "1er" if language == "fr" and at.day == 1 else str(at.day)
    return f"{first} {_MONTHS[language].split()[at.month - 1]} {at.year}"


def said(text: Text, language: Language, **values: object) -> str:
    """Return a text as pages show it, with values for its braces: numbers are written in its language."""
    plain = text.in_(language)
    if values:
        plain = plain.format(**{name: _shown(value, language) for name, value in values.items()})
    return printed(plain) if language == "fr" else plain


def _shown(value: object, language: Language) -> object:
    return number(value, language) if isinstance(value, int | float) else value


def number(amount: float, language: Language, form: str = ",") -> str:
    """Return a number as it is written in a language; see ``number_text``."""
    return number_text(amount, form).in_(language)


def size(count: int, language: Language) -> str:
    """Return how much a number of bytes is, in the units that people know."""
    units = ("o", "ko", "Mo", "Go") if language == "fr" else ("B", "kB", "MB", "GB")
    amount, unit = float(count), units[0]
    for unit in units:
        if amount < _THOUSAND or unit == units[-1]:
            break
        amount /= _THOUSAND
    whole = unit == units[0] or amount >= 10  # noqa: PLR2004 - two digits
    return f"{number(amount, language, ',.0f' if whole else ',.1f')}\N{NO-BREAK SPACE}{unit}"


def length(seconds: float) -> str:
    """Return a length as a clock has it; the same in both languages."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def minutes(count: int) -> str:
    """Return a length in minutes as people say it; the same in both languages, in the symbols of SI."""
    hours, rest = divmod(count, _HOUR)
    if not hours:
        return f"{rest}\N{NO-BREAK SPACE}min"
    return f"{hours}\N{NO-BREAK SPACE}h" + (f"\N{NO-BREAK SPACE}{rest:02}" if rest else "")


def ago(iso: str, language: Language, now: datetime) -> str:
    """Return how long a time of labd's was before another one; a dash for none. ``board.js`` goes on saying it."""
    try:
        passed = max(0, int((now - datetime.fromisoformat(iso)).total_seconds()) // 60)
    except (ValueError, TypeError):
        return "—"
    if passed < 1:
        return "à l’instant" if language == "fr" else "just now"
    day = "j" if language == "fr" else "d"
    length = (
        f"{passed}\N{NO-BREAK SPACE}min"
        if passed < _HOUR
        else f"{passed // _HOUR}\N{NO-BREAK SPACE}h"
        if passed < _TWO_DAYS
        else f"{passed // _DAY}\N{NO-BREAK SPACE}{day}"
    )
    return f"il y a {length}" if language == "fr" else f"{length} ago"
