"""Interim."""

from collections import Counter


def statements_changed(path: str, before: str, now: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Interim."""
    a, b = [
        [l.strip() for l in t.splitlines() if l.strip() and not l.strip().startswith(("#", "//", "!", ";"))]
        for t in (before, now)
    ]
    x, y = Counter(a), Counter(b)
    return tuple((x - y).elements()), tuple((y - x).elements())
