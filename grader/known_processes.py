"""A host's processes, compared with its image: anew, or as another check of the grading has found them.

What is shared is that a process has nothing but its image's code, as long as it runs the same program.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from grader.bilingual import reason
from orchestrator.fabric.fabric_interface import ProcessState

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector

_WITH_ITS_SERVICE = 100
"""Clock ticks after its service's first process within which one starts that runs as long as the service."""


class Instant(NamedTuple):
    """A process between two execve(2): its number, when it began, and where the kernel put its program."""

    pid: int
    started: int
    image_start: str

    @classmethod
    def of(cls, process: ProcessState) -> Instant:
        """Return what a process is now."""
        return cls(process.pid, process.started, process.image_start)

    def is_of(self, process: ProcessState | None) -> bool:
        """Return whether a process is this one still, and has run no other program since."""
        return process is not None and self == Instant.of(process)


def doubts_of_process(process: ProcessState) -> tuple[str, ...]:
    """Return what speaks against a process being a program of its image."""
    states = {
        "differs": reason(fr="n'est pas le programme de l'image", en="is not the image's"),
        "new": reason(fr="ne fait pas partie de l'image", en="is not of the image"),
        "missing": reason(fr="n'existe plus", en="has gone"),
    }
    own = [f"{process.executable or process.comm} {states[process.image]}"] if process.image in states else []
    others = [
        reason(fr=f"{process.comm} exécute du code de {path}", en=f"{process.comm} runs code of {path}")
        for path in process.foreign
        if path != process.executable
    ]
    return (*own, *others)


def identified(inspector: HostInspector, pids: Iterable[int]) -> dict[int, ProcessState]:
    """Return all processes of a host by their number, some of them compared with its image: now, or by another check.

    A child that comes and goes with what it serves is compared each time: at the end it could not be asked any more.
    """
    wanted = sorted(pids)
    if not inspector.shared:
        return by_pid(inspector.processes(wanted))
    now = by_pid(inspector.processes())
    lasting = [pid for pid in wanted if pid in now and _is_lasting(now[pid], now)]
    with contextlib.ExitStack() as waiting:
        looks = {pid: waiting.enter_context(inspector.shared.look(_key_of(inspector, now[pid]))) for pid in lasting}
        known = {pid: json.loads(look.known) for pid, look in looks.items() if look.known is not None}
        rest = [pid for pid in wanted if pid not in known]
        found = by_pid(inspector.processes(rest)) if rest else now
        if not all(Instant.of(now[pid]).is_of(found.get(pid)) for pid in known):  # it ended, or became another program
            return by_pid(inspector.processes(wanted))
        for pid, look in looks.items():
            process = found.get(pid)
            if pid in known or process is None:
                continue
            if Instant.of(now[pid]).is_of(process) and not doubts_of_process(process):
                look.told = json.dumps([process.image, list(process.foreign)])
    recalled = [replace(found[pid], image=image, foreign=foreign) for pid, (image, foreign) in known.items()]
    inspector.recall_processes(recalled)
    return found | by_pid(recalled)


def by_pid(processes: Iterable[ProcessState]) -> dict[int, ProcessState]:
    """Return processes by their number."""
    return {p.pid: p for p in processes}


def _is_lasting(process: ProcessState, everything: Mapping[int, ProcessState]) -> bool:
    """Return whether a process runs as long as its service: it has no parent there, or was started with it."""
    if not process.image_start:
        return False
    first = min(p.started for p in everything.values() if p.unit == process.unit)
    return process.started - first <= _WITH_ITS_SERVICE or is_top(process, everything)


def is_top(process: ProcessState, everything: Mapping[int, ProcessState]) -> bool:
    """Return whether a process of a unit has no parent in it, as its main one has none."""
    return process.ppid not in everything or everything[process.ppid].unit != process.unit


def _key_of(inspector: HostInspector, process: ProcessState) -> str:
    return json.dumps(["process", inspector.name, *Instant.of(process)])
