"""Times as people read them."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 3600


def duration(seconds: int) -> str:
    """Return a duration as it is read in both languages: ``45 s``, ``12 min``, ``1 h 05``."""
    if seconds < _MINUTE:
        return f"{seconds}\u202fs"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}\u202fmin"
    return f"{seconds // _HOUR}\u202fh\u202f{seconds % _HOUR // _MINUTE:02d}"
