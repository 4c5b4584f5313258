"""Where the command line finds the labd that serves its state folder: a file there, for the folder's owner alone.

It holds labd's socket, the version of its contract, and a key that each labd draws anew. So a command finds no labd of
another state folder, and what may read the socket and nothing else (the portal) cannot call as the command line.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

_NAME: Final = "door.json"


@dataclass(frozen=True)
class CommandDoor:
    """How a labd is called.

    Attributes:
        socket: where it listens.
        version: the version of its contract.
        key: the token of the command line's calls.
    """

    socket: str
    version: int
    key: str


def open_door(folder: Path, door: CommandDoor) -> None:
    """Say below a state folder how its labd is called.

    Raises:
        MachineError: it cannot be written.
    """
    path = _path(folder)
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            json.dump(asdict(door), file)
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineError(
            Text(fr=f"Impossible d'écrire {path} : {reason}", en=f"Cannot write {path}: {reason}")
        ) from error


def door_of(folder: Path) -> CommandDoor | None:
    """Return how the labd of a state folder is called; None: none says so. One that was killed says so still."""
    try:
        found = json.loads(_path(folder).read_bytes())
        return CommandDoor(str(found["socket"]), int(found["version"]), str(found["key"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def close_door(folder: Path, door: CommandDoor) -> None:
    """Take back what ``open_door`` said, unless another labd has said something since."""
    if door_of(folder) == door:
        with contextlib.suppress(OSError):
            _path(folder).unlink()


def _path(folder: Path) -> Path:
    return folder / "labd" / _NAME
