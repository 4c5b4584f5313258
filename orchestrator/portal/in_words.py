"""Times and lengths as a person reads them, in their language."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.core.language import Language

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}
_HOUR = 60
_DAY = 24 * _HOUR
_TWO_DAYS = 2 * _DAY


def moment(iso: str, language: Language) -> str:
    """Return a time of labd's in UTC, for readers whose script does not say where they are; a dash for none."""
    try:
        at = datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return "—"
    day = f"{at.day} {_MONTHS[language].split()[at.month - 1]} {at.year}"
    return f"{day} à {at:%H} h {at:%M} UTC" if language == "fr" else f"{day}, {at:%H:%M} UTC"


def minutes(number: int) -> str:
    """Return a length in minutes as people say it; the same in both languages, in the symbols of SI."""
    hours, rest = divmod(number, _HOUR)
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
