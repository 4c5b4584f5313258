"""What is kept of each running instance besides the engine's labels: injected faults, hints shown.

The labels are the truth about what runs; this file only holds what cannot be a label, and can be lost without harm
to stopping.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Breakfix keeps its state (XDG Base Directory Specification)."""
    base = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "breakfix"


@dataclass(frozen=True)
class InjectedFault:
    """A fault that was injected, and what its revert needs to know (text keys and values)."""

    fault: str
    parameters: Mapping[str, Any]
    memento: Mapping[str, str]


@dataclass(frozen=True)
class Record:
    """What is kept of one instance.

    Attributes:
        instance: its name.
        roots: the content roots that it was started with.
        faults: the faults that were injected, in order.
        hints_shown: how many hints were given.
        started: whether its start came to its end; without that, its faults may not be in place.
    """

    instance: str
    roots: tuple[str, ...] = ()
    faults: tuple[InjectedFault, ...] = ()
    hints_shown: int = 0
    started: bool = True


class Records:
    """The records of all instances of this user, one file each."""

    def __init__(self, folder: Path) -> None:
        """Keep records below ``folder``, which is made when the first one is written."""
        self._folder = folder

    def get(self, instance: str) -> Record:
        """Return an instance's record; one that was never written, or is no record, is empty."""
        try:
            document = json.loads(self._path(instance).read_text(encoding="utf-8"))
            return Record(
                instance=instance,
                roots=tuple(document.get("roots", ())),
                faults=tuple(InjectedFault(**fault) for fault in document.get("faults", ())),
                hints_shown=int(document.get("hints_shown", 0)),
                started=bool(document.get("started", True)),
            )
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return Record(instance)

    def has(self, instance: str) -> bool:
        """Return whether there is a record of an instance."""
        return self._path(instance).exists()

    def claim(self, instance: str) -> bool:
        """Make an empty record, and return False where there is one: two that start at once never share a name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._path(instance).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def put(self, record: Record) -> None:
        """Write a record; the file is replaced whole, never half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = {
            "roots": list(record.roots),
            "faults": [
                {"fault": f.fault, "parameters": dict(f.parameters), "memento": dict(f.memento)} for f in record.faults
            ],
            "hints_shown": record.hints_shown,
            "started": record.started,
        }
        path = self._path(record.instance)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(path)

    def add_fault(self, instance: str, fault: InjectedFault) -> None:
        """Register a fault, before it is injected."""
        record = self.get(instance)
        self.put(replace(record, faults=(*record.faults, fault)))

    def remove(self, instance: str) -> None:
        """Remove an instance's record."""
        with contextlib.suppress(FileNotFoundError):
            self._path(instance).unlink()

    def _path(self, instance: str) -> Path:
        return self._folder / f"{instance}.json"
