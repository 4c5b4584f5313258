"""Marks of instances that every user of the engine sees: an empty volume says that one is started, saved or pooled.

Of what the engine keeps, a volume can be made after the containers, and it outlives a restart of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Engine

Mark = Literal["started", "saved", "pooled"]
"""Its start came to its end; its hosts are stopped until it is resumed; it is nobody's until it is claimed."""
_MARKS: Final[tuple[Mark, ...]] = get_args(Mark)


def put_mark(engine: Engine, name: str, mark: Mark, more: Mapping[str, str] | None = None) -> None:
    """Mark an instance; ``more``: labels that the mark bears besides."""
    engine.create_volume(_volume(name, mark), {**(more or {}), labels.KIND: mark, labels.INSTANCE: name})


def has_mark(engine: Engine, name: str, mark: Mark, more: Mapping[str, str] | None = None) -> bool:
    """Return whether an instance is marked, whoever did it; ``more``: labels that the mark has to bear besides."""
    return bool(engine.volumes({**(more or {}), labels.KIND: mark, labels.INSTANCE: name}))


def marked_as(engine: Engine, mark: Mark) -> frozenset[str]:
    """Return the names of the instances that bear a mark; one that is gone may still do so."""
    return frozenset(volume.removeprefix(_volume("", mark)) for volume in engine.volumes({labels.KIND: mark}))


def remove_mark(engine: Engine, name: str, mark: Mark) -> None:
    """Remove a mark of an instance; one that it does not have is no error."""
    engine.remove_volume(_volume(name, mark))


def remove_marks(engine: Engine, name: str, *, but: Mark | None = None) -> None:
    """Remove all marks of an instance; ``but``: one that stays."""
    for mark in _MARKS:
        if mark != but:
            remove_mark(engine, name, mark)


def marked(engine: Engine) -> frozenset[str]:
    """Return the names of all instances that are marked; one that is gone may still be."""
    return frozenset[str]().union(*(marked_as(engine, mark) for mark in _MARKS))


def _volume(name: str, mark: Mark) -> str:
    return f"breakfix-{mark}-{name}"
