"""What is kept of each running instance besides the engine's labels: injected faults, hints shown.

The labels are the truth about what runs; this file only holds what cannot be a label, and can be lost without harm
to stopping.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

_HANDED_OVER: Final = ".handed-over"
"""The end of the name of what a lab is handed over with."""


@dataclass(frozen=True)
class InjectedFault:
    """A fault that was injected, and what its revert needs to know (text keys and values)."""

    fault: str
    parameters: Mapping[str, Any]
    memento: Mapping[str, str]


@dataclass(frozen=True)
class InstanceRecord:
    """What is kept of one instance.

    Attributes:
        instance: its name.
        roots: the content roots that it was started with.
        faults: the faults that were injected, in order.
        acted: whether what people did after the faults was done: once, whatever is reverted since.
        hints_shown: how many hints were given.
        started: whether its start came to its end; without that, its faults may not be in place. None: it was not
            started from here, so that this record does not know.
        stopping: whether its removal has begun.
        identity: which instance of its name was started (``Instance.identity``); empty before its start has ended.
    """

    instance: str
    roots: tuple[str, ...] = ()
    faults: tuple[InjectedFault, ...] = ()
    hints_shown: int = 0
    started: bool | None = None
    stopping: bool = False
    identity: str = ""
    acted: bool = False


class InstanceRecords:
    """The records of all instances of this user, one file each."""

    def __init__(self, folder: Path) -> None:
        """Keep records below ``folder``, which is made when the first one is written."""
        self._folder = folder

    def get(self, instance: str) -> InstanceRecord:
        """Return an instance's record; one that was never written, or is no record, is empty."""
        try:
            document = json.loads(self._path(instance).read_text(encoding="utf-8"))
            return InstanceRecord(
                instance=instance,
                roots=tuple(document.get("roots", ())),
                faults=tuple(InjectedFault(**fault) for fault in document.get("faults", ())),
                hints_shown=int(document.get("hints_shown", 0)),
                started=None if document.get("started") is None else bool(document["started"]),
                stopping=bool(document.get("stopping", False)),
                identity=str(document.get("identity", "")),
                acted=bool(document.get("acted", False)),
            )
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return InstanceRecord(instance)

    def has(self, instance: str) -> bool:
        """Return whether there is a record of an instance."""
        return self._path(instance).exists()

    def names(self) -> tuple[str, ...]:
        """Return the names of all instances that have a record, or the draft of one."""
        drafts = (path.stem[1:] for path in self._folder.glob(".*.new"))
        return tuple(sorted({*drafts, *(path.stem for path in self._folder.glob("*.json"))}))

    def claim(self, record: InstanceRecord) -> bool:
        """Write the first record of an instance, whose lock is held; return False where there is one already.

        Raises:
            MachineError: it cannot be written.
        """
        if self.has(record.instance):
            return False
        self.put(record)
        return True

    def put(self, record: InstanceRecord) -> None:
        """Write a record; the file is replaced whole, never half.

        Raises:
            MachineError: it cannot be written; what was there before is still there.
        """
        draft = self._draft(record.instance)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(_written(record), encoding="utf-8")
            draft.replace(self._path(record.instance))
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise unwritable(self._folder, error) from error

    def add_fault(self, instance: str, fault: InjectedFault) -> None:
        """Register a fault, before it is injected."""
        record = self.get(instance)
        self.put(replace(record, faults=(*record.faults, fault)))

    def keep_handed_over(self, instance: str, document: bytes) -> None:
        """Keep what a lab is handed over with, in a file of its own: it may be long, and few ask for it.

        Raises:
            MachineError: it cannot be written.
        """
        path = self._folder / f"{instance}{_HANDED_OVER}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(document)
        except OSError as error:
            raise unwritable(self._folder, error) from error

    def handed_over(self, instance: str) -> bytes:
        """Return what was kept of that; nothing where nothing was kept here."""
        try:
            return (self._folder / f"{instance}{_HANDED_OVER}").read_bytes()
        except OSError:
            return b""

    def cut_off(self, instance: str) -> None:
        """Say of an instance that it is not whole, before a part of it is taken away; without a record nothing is said.

        Raises:
            MachineError: it cannot be written.
        """
        if self.has(instance):
            self.put(replace(self.get(instance), instance=instance, started=False, stopping=True))

    def remove(self, instance: str) -> None:
        """Remove an instance's record, and the draft that a killed program left of it."""
        handed_over = self._folder / f"{instance}{_HANDED_OVER}"
        for path in (handed_over, self._draft(instance), self._path(instance)):
            path.unlink(missing_ok=True)

    def _path(self, instance: str) -> Path:
        return self._folder / f"{instance}.json"

    def _draft(self, instance: str) -> Path:
        return self._folder / f".{instance}.new"


def _written(record: InstanceRecord) -> str:
    faults = [{"fault": f.fault, "parameters": dict(f.parameters), "memento": dict(f.memento)} for f in record.faults]
    document = {
        "roots": list(record.roots),
        "faults": faults,
        "hints_shown": record.hints_shown,
        "started": record.started,
        "stopping": record.stopping,
        "identity": record.identity,
        "acted": record.acted,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def unwritable(place: Path, error: OSError) -> MachineError:
    """Return the error for a folder of Breakfix's own that cannot be written: a full disk, most often."""
    reason = error.strerror or str(error)
    return MachineError(
        Text(fr=f"Impossible d'écrire dans {place} : {reason}", en=f"Cannot write in {place}: {reason}"),
        Text(
            fr="Faites de la place sur ce disque (« df -h ») ou rendez ce dossier accessible, puis recommencez.",
            en="Make room on that disk ('df -h') or give access to that folder, then try again.",
        ),
    )
