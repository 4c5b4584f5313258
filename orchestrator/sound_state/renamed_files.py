"""Files whose names do not count: one that is gone and one that has come, and say the same, are no change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.sound_state import file_state
from orchestrator.sound_state.meaning import meaning_of

_PLACES: Final = (re.compile(r"(/etc/cron\.d/)[A-Za-z0-9_-]+"), re.compile(r"(/etc/apt/sources\.list\.d/).+\.sources"))
"""Where a program takes every file of such a name (cron(8), sources.list(5)); the group says what is one place."""


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


def _place(change: ObjectChange) -> tuple[str, str] | None:
    if change.provider != file_state.NAME:
        return None
    found = next((match for place in _PLACES if (match := place.fullmatch(change.object))), None)
    return None if found is None else (change.host, found[1])


def _says(change: ObjectChange) -> tuple[tuple[str, ...], Mapping[str, str]]:
    entry = dict(change.before or change.now)
    return meaning_of(change.object, entry.pop("content", "")), entry
