"""Whether what runs in a host is what its image holds: a renamed program, a fake unit or a swapped library shows.

The image's own files are the measure, never dpkg's record in the host, which its root can write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.fabric.base import ProcessState

if TYPE_CHECKING:
    from grader.sight import Sight

_ORDERS = re.compile(r"^\s*(?:Exec\w*|Type|RootDirectory|RootImage)\s*=", re.MULTILINE)
"""Lines of a drop-in that change what a unit runs."""
_PROPERTIES = (
    "Unit.LoadState", "Unit.FragmentPath", "Unit.DropInPaths", "Unit.ActiveState", "Unit.NeedDaemonReload",
    "Service.MainPID", "Service.ExecStart",
)  # fmt: skip


@dataclass(frozen=True)
class Listener:
    """Who listens at a port.

    Attributes:
        processes: each process that holds a listening socket there, compared with the host's image.
        program: the executable that should listen, or empty: then any of the image's programs may.
    """

    processes: tuple[ProcessState, ...]
    program: str = ""

    def __bool__(self) -> bool:
        """Return whether anybody listens."""
        return bool(self.processes)

    @property
    def pids(self) -> frozenset[int]:
        """Return the processes' numbers in the host."""
        return frozenset(p.pid for p in self.processes)

    @property
    def executables(self) -> frozenset[str]:
        """Return the paths of the programs."""
        return frozenset(p.executable for p in self.processes)

    @property
    def units(self) -> frozenset[str]:
        """Return the units that the processes belong to, such as ``nginx.service``."""
        return frozenset(p.unit for p in self.processes)

    @property
    def is_genuine(self) -> bool:
        """Return whether somebody listens, and each of them is the program and runs nothing but the image's code."""
        return not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what speaks against it: nobody listens, another program does, or one that is not the image's."""
        if not self.processes:
            return ("nobody listens",)
        others = [f"{path} listens instead of {self.program}" for path in sorted(self.executables - {self.program})]
        own = [doubt for process in self.processes for doubt in doubts_of_process(process)]
        return (*(others if self.program else ()), *own)


def doubts_of_process(process: ProcessState) -> tuple[str, ...]:
    """Return what speaks against a process being a program of its image."""
    states = {"differs": "is not the image's", "new": "is not of the image", "missing": "has gone"}
    own = [f"{process.executable or process.comm} {states[process.image]}"] if process.image in states else []
    others = [f"{process.comm} runs code of {path}" for path in process.foreign if path != process.executable]
    return (*own, *others)


def listener(sight: Sight, protocol: str, port: int, program: str) -> Listener:
    """Return who listens at a port of a host, on whatever address."""
    rows = sight.sockets()
    states = ("listening", "unconnected")
    pids = {pid for r in rows if r.protocol == protocol and r.port == port and r.state in states for pid in r.pids}
    pids -= {1} if len(pids) > 1 else set()  # systemd holds what it opened for a service
    if not pids:
        return Listener((), program)
    return Listener(tuple(p for p in sight.processes(sorted(pids)) if p.pid in pids), program)


def doubts_of_unit(sight: Sight, unit: str) -> tuple[str, ...]:
    """Return what speaks against a unit being its image's: its files, the programs it starts, its main process."""
    known = sight.unit(unit, *_PROPERTIES).properties
    if known["ActiveState"] not in {"active", "reloading", "refreshing"}:
        return (f"{unit} does not run",)
    doubts = []
    paths = [path for path in (known["FragmentPath"], *known["DropInPaths"], *_commands(known["ExecStart"])) if path]
    states = sight.compare(paths) if paths else {}
    if states.get(known["FragmentPath"]) != "same":
        doubts.append(f"{unit}: {known['FragmentPath'] or 'its file'} is not the image's")
    if known["NeedDaemonReload"]:
        doubts.append(f"{unit}: its file has changed since systemd read it")
    added = [path for path in known["DropInPaths"] if states[path] != "same"]
    doubts += [f"{unit}: {path} changes what it runs" for path in added if _gives_orders(sight, path)]
    named = [path for path in _commands(known["ExecStart"]) if states[path] == "differs"]
    doubts += [f"{unit}: {path} is not the image's" for path in named]
    doubts += _doubts_of_main(sight, unit, int(known["MainPID"]))
    return tuple(doubts)


def _gives_orders(sight: Sight, path: str) -> bool:
    return _ORDERS.search((sight.read(path) or b"").decode("utf-8", errors="replace")) is not None


def _doubts_of_main(sight: Sight, unit: str, pid: int) -> Sequence[str]:
    if not pid:
        return []
    main = [process for process in sight.processes([pid]) if process.pid == pid]
    if not main:
        return [f"{unit}: its main process has gone"]
    return [f"{unit}: {doubt}" for doubt in doubts_of_process(main[0])]


def _commands(commands: Any) -> list[str]:  # noqa: ANN401 (D-Bus: a(sasbttttuii))
    """Return the files that a unit's commands name: programs, and scripts given to an interpreter."""
    return list(dict.fromkeys(w for _, words, *_ in commands for w in words if w.startswith("/")))
