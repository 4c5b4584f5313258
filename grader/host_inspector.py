"""One host as the fabric sees it from outside: none of its own programs is run, and each look is evidence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from grader.load import scaled_deadline
from grader.shared_looks import NOTHING_SHARED, SharedLooks
from orchestrator.core.errors import BreakfixError
from orchestrator.fabric.fabric_interface import (
    OUTSIDE_TIME,
    Completed,
    Fabric,
    FileState,
    ForwardingState,
    HostRef,
    ProcessState,
    SocketState,
    UnitState,
)

T = TypeVar("T")

_TOOL_TIME = 20.0


class HostInspector:
    """One host as the fabric sees it from outside; each look is recorded as evidence.

    Attributes:
        shared: what the checks of the grading need not ask again.
    """

    def __init__(
        self,
        fabric: Fabric,
        target: HostRef,
        record: Any,  # noqa: ANN401 (Recorder.add)
        shared: SharedLooks = NOTHING_SHARED,
    ) -> None:
        """Look at one host; ``record`` is a recorder's ``add``."""
        self.shared = shared
        self._fabric = fabric
        self._target = target
        self._record = record

    @property
    def name(self) -> str:
        """Return the host's name."""
        return self._target.host

    def unit(self, name: str, *properties: str) -> UnitState:
        """Return what systemd says of a unit."""
        return self._looked(
            f"unit {name}",
            lambda: self._fabric.unit(self._target, name, properties, timeout=_time()),
            lambda state: " ".join([state.file_state or "-", *(f"{k}={v}" for k, v in state.properties.items())]),
        )

    def file(self, path: str, *, follow: bool = True) -> FileState:
        """Return what is at a path."""
        return self._looked(
            f"status of {path}",
            lambda: self._fabric.look(self._target, path, follow=follow, timeout=_time()),
            lambda seen: repr(seen[0]),
        )[0]

    def read(self, path: str, want: str = "content") -> bytes | None:
        """Return a file's content or digest, or a folder's entries (JSON); None where there is nothing."""
        state, data = self._looked(
            f"{want} of {path}",
            lambda: self._fabric.look(self._target, path, want, timeout=_time()),
            lambda seen: seen[1].decode("utf-8", errors="replace") if seen[0].exists else "does not exist",
        )
        return data if state.exists else None

    def tree(self, path: str) -> tuple[FileState, ...]:
        """Return all that is below a folder; paths are relative to it."""
        rows = self.read(path, "tree")
        return tuple(FileState(**row) for row in json.loads(rows)) if rows is not None else ()

    def sockets(self, *, connected: bool = False) -> tuple[SocketState, ...]:
        """Return the host's sockets; those of TCP connections only if these are wanted."""
        return self._looked(
            "sockets", lambda: self._fabric.sockets(self._target, connected=connected, timeout=_time()), _listeners
        )

    def processes(self, identify: Sequence[int] = ()) -> tuple[ProcessState, ...]:
        """Return the host's processes; those of ``identify`` with what tells whether they are the image's."""
        return self._looked(
            f"processes{' ' if identify else ''}{' '.join(map(str, identify))}",
            lambda: self._fabric.processes(self._target, identify, timeout=_time()),
            lambda rows: "\n".join(map(_process, (r for r in rows if not identify or r.image))),
        )

    def recall(self, what: str, found: str) -> None:
        """Record what another look of this grading found, and a check relies on."""
        self._record(f"{self.name} (from outside, shared)", what, None, found, 0.0)

    def recall_processes(self, rows: Sequence[ProcessState]) -> None:
        """Record what other looks of this grading found of some processes."""
        if rows:
            self.recall(f"processes {' '.join(str(r.pid) for r in rows)}", "\n".join(map(_process, rows)))

    def compare(self, paths: Sequence[str]) -> dict[str, str]:
        """Return for each path whether the file there is the image's own."""
        return self._looked(
            f"compare with the image {' '.join(paths)}",
            lambda: dict(self._fabric.compare(self._target, paths, timeout=_time())),
            lambda states: "\n".join(f"{path}: {state}" for path, state in states.items()),
        )

    def changed_tools(self, since: int | None = None) -> tuple[tuple[str, ...], int]:
        """Return which of the host's tools are not its image's, or were touched since a time; and the time now."""
        return self._looked(
            "changed tools",
            lambda: self._fabric.changed_tools(self._target, since, timeout=_time()),
            lambda told: "\n".join(told[0]),
        )

    def statuses(self, paths: Sequence[str]) -> tuple[FileState, ...]:
        """Return what is at each of some paths."""
        seen = self._looked(
            f"status of {' '.join(paths)}",
            lambda: self._fabric.looks(self._target, paths, timeout=_time()),
            lambda rows: "\n".join(f"{path}: {one.ctime}" for path, (one, _) in zip(paths, rows, strict=True)),
        )
        return tuple(state for state, _ in seen)

    def forwarding_state(self) -> ForwardingState:
        """Return what decides where the host sends packets."""
        instance, host = self._target.instance, self._target.host
        return self._looked(
            "where packets go",
            lambda: self._fabric.network(instance, forwarding=[host], timeout=_time()).forwarding[host],
            lambda state: f"{len(state.rules)} rules, {len(state.routes)} routes",
        )

    def tool(self, *argv: str) -> Completed:
        """Run a tool of ours in the host's network."""
        return self._looked(
            " ".join(argv),
            lambda: self._fabric.tool(self._target, argv, timeout=scaled_deadline(_TOOL_TIME)),
            lambda done: (done.stdout + done.stderr).decode("utf-8", errors="replace"),
        )

    def _looked(self, what: str, look: Callable[[], T], told: Callable[[T], str]) -> T:
        started = time.monotonic()
        try:
            answer = look()
        except BreakfixError as error:
            self._record(f"{self.name} (from outside)", what, None, str(error), time.monotonic() - started)
            raise
        self._record(f"{self.name} (from outside)", what, None, told(answer), time.monotonic() - started)
        return answer


def _time() -> float:
    return scaled_deadline(OUTSIDE_TIME)


def _process(row: ProcessState) -> str:
    return f"{row.pid} {row.executable} {row.image} {' '.join(row.foreign)}".rstrip()


def _listeners(rows: Sequence[SocketState]) -> str:
    return "\n".join(f"{r.protocol} {r.address}:{r.port} {list(r.pids)}" for r in rows if r.state != "established")


def inspector_of(module: Any) -> HostInspector:  # noqa: ANN401 (testinfra's modules have no types)
    """Return how the host of a testinfra module is seen."""
    inspector: HostInspector = module._host.backend.inspector  # noqa: SLF001 (testinfra's only way from a module to its host)
    return inspector
