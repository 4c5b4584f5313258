"""Marks of instances that every user of the engine sees: an empty volume says that one is started, or saved.

Of what the engine keeps, a volume can be made after the containers, and it outlives a restart of the machine.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Engine

Mark = Literal["started", "saved"]
"""Its start came to its end; its hosts are stopped until it is resumed."""
_MARKS: Final[tuple[Mark, ...]] = get_args(Mark)


def put_mark(engine: Engine, name: str, mark: Mark) -> None:
    """Mark an instance."""
    engine.create_volume(_volume(name, mark), {labels.KIND: mark, labels.INSTANCE: name})


def has_mark(engine: Engine, name: str, mark: Mark) -> bool:
    """Return whether an instance is marked, whoever did it."""
    return bool(engine.volumes({labels.KIND: mark, labels.INSTANCE: name}))


def remove_mark(engine: Engine, name: str, mark: Mark) -> None:
    """Remove a mark of an instance; one that it does not have is no error."""
    engine.remove_volume(_volume(name, mark))


def remove_marks(engine: Engine, name: str) -> None:
    """Remove all marks of an instance."""
    for mark in _MARKS:
        remove_mark(engine, name, mark)


def marked(engine: Engine) -> frozenset[str]:
    """Return the names of all instances that are marked; one that is gone may still be."""
    return frozenset(
        volume.removeprefix(_volume("", mark)) for mark in _MARKS for volume in engine.volumes({labels.KIND: mark})
    )


def _volume(name: str, mark: Mark) -> str:
    return f"breakfix-{mark}-{name}"
