"""What happens in a lab, numbered: in memory for whoever reads along, and in a file, so that a killed labd loses none.

The file's first line says whose the lab is and what it is of, as long as the store does not know it: a lab that starts,
or whose start failed. It is state: gone with the lab.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.labd.calls import Refusal
from orchestrator.labd.event_contract import EventKind, LabEvent
from orchestrator.labd.told_refusals import cut_short
from orchestrator.labd.wire import WireError, decode, encode

_log = logging.getLogger(__name__)

_MOST: Final = 1000
"""Events that are kept of a lab: a reader who has missed more sees the rest in the lab's view."""
_WATCHED: Final[Mapping[EventKind, str]] = {"watched": "terminal", "screen-watched": "host"}
"""What a trainer looks at, by the kind of event that tells it, and the field that names it."""
_MAKES: Final = frozenset({"start", "reset"})
"""The acts without which there is no lab."""
_TELLS_TROUBLE: Final = _MAKES | {"resume"}
"""The acts whose trouble the lab's page shows."""
_ENDING: Final = ".events"


@dataclass(frozen=True)
class LabNote:
    """What labd itself knows of a lab.

    Attributes:
        owner: the reference of whose it is.
        scenario: what it is of.
        seed: its variant, in decimal digits.
        launch: the number of the class's launch that it is started for; 0: none. The store knows it once it runs.
    """

    owner: str
    scenario: str
    seed: str
    launch: int = field(default=0, compare=False)


class EventLog:
    """The events of one lab; several threads add to it."""

    def __init__(self, path: Path, note: LabNote) -> None:
        """Take its file and what it is about; see ``EventLogs``, which makes it.

        ``begun`` says whether a start of the lab was begun here, as far as its events are kept; ``frozen_at`` when it
        was frozen, ISO 8601, empty where it was thawed since; ``saved`` whether the last that was told is that it was
        saved.
        """
        self.note = note
        self.last = 0
        self.closed = False
        self.trouble: Refusal | None = None
        self.failed = False
        self.begun = False
        self.frozen_at = ""
        self.saved = False
        self._path = path
        self._lines: list[tuple[int, bytes]] = []
        self._open_acts: list[str] = []
        self._watched: set[tuple[EventKind, str]] = set()
        self._typing: dict[str, Mapping[str, Any]] = {}
        self._waits = False
        self._warned = False
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, kind: EventKind, body: Mapping[str, Any]) -> None:
        """Tell what has happened; ``body`` has the fields of its kind."""
        with self._lock:
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = encode(LabEvent(self.last + 1, at, kind, body)) + b"\n"
            self._take(line)
            self._write(line)
            listeners = tuple(self._listeners)
        for tell in listeners:
            tell()

    def after(self, number: int) -> tuple[tuple[int, bytes], ...]:
        """Return the events that are kept after a number, each with its own, as lines of JSON."""
        with self._lock:
            return tuple(one for one in self._lines if one[0] > number)

    def close(self) -> None:
        """Say that nothing more will come: the lab is gone."""
        with self._lock:
            self.closed = True
            self._path.unlink(missing_ok=True)
            listeners = tuple(self._listeners)
        for tell in listeners:
            tell()

    @contextlib.contextmanager
    def listening(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have a function called within the block whenever something has happened; any thread may call it."""
        with self._lock:
            self._listeners.append(tell)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(tell)

    @property
    def only_waited(self) -> bool:
        """Return whether the lab waits for a start that was never begun."""
        return self._waits and not self.begun

    def cut_short(self) -> None:
        """End what a labd that was killed had begun, what was looked at by it, and what it had warned of."""
        if self._warned:
            self.add("idle", {"until": ""})
        for kind, what in sorted(self._watched):
            self.add(kind, {_WATCHED[kind]: what, "by": ""})
        for typing in tuple(self._typing.values()):
            self.add("typing", {**typing, "state": "closed"})
        for act in tuple(self._open_acts):
            self.add("ended", {"act": act, "refusal": cut_short()})

    def begin_file(self) -> None:
        """Write the file anew, with what is kept."""
        draft = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(b"".join([encode(self.note) + b"\n", *(line for _, line in self._lines)]))
            draft.replace(self._path)
        except OSError as error:
            _log.warning("the events of a lab cannot be kept: %s", error.strerror)

    def read(self, lines: list[bytes]) -> None:
        """Take the events of a file; a line that was cut off is left out."""
        for line in lines:
            with contextlib.suppress(WireError):
                self._take(line + b"\n")

    def _take(self, line: bytes) -> None:
        event = decode(LabEvent, line)
        self.last = event.number
        self._lines.append((event.number, line))
        if event.kind == "began":
            self._open_acts.append(event.body["act"])
            self.saved = self.saved and event.body["act"] not in _TELLS_TROUBLE
            self.begun = self.begun or event.body["act"] in _MAKES
        elif event.kind == "queued":
            self._waits = True
        elif event.kind == "idle":
            self._warned = bool(event.body["until"])
        elif event.kind in {"frozen", "thawed", "saved", "state"}:
            self._rested(event)
        elif event.kind == "ended":
            self._ended(event.body["act"], event.body["refusal"])
        elif event.kind in _WATCHED:
            watched = event.kind, event.body[_WATCHED[event.kind]]
            (self._watched.add if event.body["by"] else self._watched.discard)(watched)
        elif event.kind == "typing":
            self._typing.pop(event.body["id"], None)
            if event.body["state"] in {"asked", "allowed"}:
                self._typing[event.body["id"]] = event.body

    def _rested(self, event: LabEvent) -> None:
        if event.kind == "state":
            self.saved = self.saved or event.body["state"] == "saved"  # resuming has failed
        else:
            self.frozen_at = event.at if event.kind == "frozen" else ""
            self.saved = event.kind == "saved"
            self.trouble = self.trouble if self.failed else None  # of resuming it before

    def _ended(self, act: str, refusal: Mapping[str, Any] | None) -> None:
        if act in self._open_acts:
            self._open_acts.remove(act)
        if act in _MAKES:
            self.failed = refusal is not None
        if act in _TELLS_TROUBLE:
            self.trouble = None if refusal is None else decode(Refusal, encode(refusal))

    def _write(self, line: bytes) -> None:
        if self.closed:
            return
        if len(self._lines) > 2 * _MOST:
            del self._lines[:-_MOST]
            self.begin_file()
            return
        try:
            with self._path.open("ab") as file:
                file.write(line)
        except OSError as error:  # a full disk stops no lab
            _log.warning("the events of a lab cannot be kept: %s", error.strerror)


class EventLogs:
    """The logs of all labs, one file each."""

    def __init__(self, folder: Path, waiting: Collection[str] = ()) -> None:
        """Read what an earlier labd has kept below a folder, and end what it had begun.

        Args:
            folder: where the logs are.
            waiting: the labs that wait for their start: the log of another one that only waited is dropped.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._logs: dict[str, EventLog] = {}
        for path in sorted(folder.glob(f"*{_ENDING}")):
            head, *lines = path.read_bytes().split(b"\n")
            with contextlib.suppress(WireError):
                log = EventLog(path, decode(LabNote, head))
                log.read([line for line in lines if line])
                if log.only_waited and path.name.removesuffix(_ENDING) not in waiting:
                    path.unlink(missing_ok=True)
                    continue
                log.begin_file()
                log.cut_short()
                self._logs[path.name.removesuffix(_ENDING)] = log

    def get(self, lab: str) -> EventLog | None:
        """Return a lab's log; None where nothing has been noted of it."""
        return self._logs.get(lab)

    def of(self, lab: str, note: LabNote) -> EventLog:
        """Return a lab's log; one that is new where there is none, or where it was about another one of that name."""
        with self._lock:
            found = self._logs.get(lab)
            if found is not None and found.note == note:
                return found
            made = self._logs[lab] = EventLog(self._folder / f"{lab}{_ENDING}", note)
            if found is not None:
                made.last = found.last  # a reader of the other one begins behind it
                found.close()
            made.begin_file()
            return made

    def noted(self) -> tuple[tuple[str, EventLog], ...]:
        """Return every lab of which something has been noted, with its log."""
        with self._lock:
            return tuple(self._logs.items())

    def forget(self, lab: str) -> None:
        """Say in a lab's log that it is gone, and forget it."""
        with self._lock:
            log = self._logs.pop(lab, None)
        if log is not None:
            log.add("state", {"state": "gone"})
            log.close()
