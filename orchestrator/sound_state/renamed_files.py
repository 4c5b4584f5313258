"""Files whose names do not count: one that is gone and one that has come, and say the same, are no change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.sound_state import file_state
from orchestrator.sound_state.meaning import meaning_of

_PLACES: Final = tuple(
    map(
        re.compile,
        (
            r"(/etc/cron\.d/)[A-Za-z0-9_-]+",
            r"(/etc/apt/sources\.list\.d/).+\.sources",
            r"(/etc/nginx/sites-enabled/)[^/]+",
            r"(/etc/systemd/system/[^/]+\.d/)[^/]+\.conf",
            r"(/etc/tmpfiles\.d/)[^/]+\.conf",
        ),
    )
)
"""Where a program takes every file of such a name (cron(8), sources.list(5)…); the group says what is one place."""


def without_renames(changes: Iterable[ObjectChange]) -> tuple[ObjectChange, ...]:
    """Return changes without the files that have another name now, and nothing else is another one."""
    kept = list(changes)
    gone = [one for one in kept if one.before and not one.now and _place(one) is not None]
    for change in [one for one in kept if one.now and not one.before and _place(one) is not None]:
        former = next((one for one in gone if _place(one) == _place(change) and _says(one) == _says(change)), None)
        if former is not None:
            gone.remove(former)
            kept.remove(former)
            kept.remove(change)
    return tuple(kept)


def place_of(path: str) -> str | None:
    """Return where a file is, whatever its name; None where its name counts."""
    found = next((match for place in _PLACES if (match := place.fullmatch(path))), None)
    return None if found is None else found[1]


def _place(change: ObjectChange) -> tuple[str, str] | None:
    place = place_of(change.object) if change.provider == file_state.NAME else None
    return None if place is None else (change.host, place)


def _says(change: ObjectChange) -> tuple[tuple[str, ...], Mapping[str, str]]:
    entry = dict(change.before or change.now)
    return meaning_of(change.object, entry.pop("content", "")), entry
