"""Times as people read them."""

from __future__ import annotations

from datetime import datetime

from orchestrator.core.text import Text

_JUST_NOW = 10
"""Seconds for which something has only just been: some of what is seen is known to eight seconds."""
_MINUTE = 60
_HOUR = 3600


def duration(seconds: int) -> str:
    """Return a duration as it is read in both languages: ``45 s``, ``12 min``, ``1 h 05``."""
    if seconds < _MINUTE:
        return f"{seconds}\u202fs"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}\u202fmin"
    return f"{seconds // _HOUR}\u202fh\u202f{seconds % _HOUR // _MINUTE:02d}"


def ago(at: datetime, now: datetime) -> Text:
    """Return how long ago a moment is: ``il y a 3 min``, ``3 min ago``; one that is still to come is now."""
    seconds = int((now - at).total_seconds())
    if seconds < _JUST_NOW:
        return Text(fr="à l'instant", en="just now")
    return Text(fr=f"il y a {duration(seconds)}", en=f"{duration(seconds)} ago")
