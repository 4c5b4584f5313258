"""A host in memory that changes while several processes look at it, and that remembers what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.fabric.fabric_interface import OUTSIDE_TIME, Completed, HostRef, ProcessState
from tests.fakes.fabric import Answer, Call, FakeFabric

UNIT = "nginx.service"
FRAGMENT = f"/usr/lib/systemd/system/{UNIT}"
MASTER: Mapping[str, Any] = {
    "pid": 30, "ppid": 1, "comm": "nginx", "executable": "/usr/sbin/nginx", "unit": UNIT, "started": 700,
    "image_start": "5500-7f00-7f01", "image": "same",
}  # fmt: skip
WORKER: Mapping[str, Any] = {**MASTER, "pid": 31, "ppid": 30}


class ChangingHost(FakeFabric):
    """A web server that listens on port 80, as its image has it until somebody changes something.

    It is kept in a folder: ``changes`` holds what was scripted since, ``asked`` a line for each question.
    """

    def __init__(self, folder: str) -> None:
        """Take the folder."""
        super().__init__()
        self._folder = Path(folder)

    def runs(self, *processes: Mapping[str, Any], listening: Sequence[int] = ()) -> None:
        """Let these processes run, and some of them listen: all where nothing else is said."""
        pids = list(listening) or [process["pid"] for process in processes]
        socket = {"protocol": "tcp", "address": "0.0.0.0", "port": 80, "state": "listening", "pids": pids}
        self.says("processes", list(processes))
        self.says("sockets", [socket])

    def unit_is(self, **changes: Any) -> None:  # noqa: ANN401 (a unit's properties)
        """Let systemd say something else of the unit."""
        own = {"FragmentPath": FRAGMENT, "DropInPaths": [], "ExecStart": [], "NeedDaemonReload": False}
        started = {"ActiveState": "active", "MainPID": 30, "ExecMainStartTimestamp": 1_000_000}
        self.says(f"unit {UNIT}", own | started | changes)

    def says(self, command: str, document: object, **fields: Any) -> None:  # noqa: ANN401 (an Answer's fields)
        """Script an answer."""
        with (self._folder / "changes").open("a") as file:
            file.write(json.dumps({"command": command, "stdout": json.dumps(document), **fields}) + "\n")

    def asked(self, what: str) -> list[str]:
        """Return the questions that begin with a word."""
        return [line for line in (self._folder / "asked").read_text().split("\n") if line.startswith(what)]

    def processes(
        self, target: HostRef, identify: Sequence[int] = (), *, timeout: float = OUTSIDE_TIME
    ) -> tuple[ProcessState, ...]:
        """See ``Fabric.processes``: only of those asked for is told what they are to the image."""
        if identify:
            self.note(f"identify {' '.join(map(str, identify))}")
        rows = super().processes(target, identify, timeout=timeout)
        return tuple(row if row.pid in identify else replace(row, image="", foreign=()) for row in rows)

    def _scripted(self, call: Call, timeout: float) -> Completed | None:
        self.note(call.command)
        lines = (self._folder / "changes").read_text().splitlines()
        self.answers = [Answer(**json.loads(line)) for line in lines]
        return super()._scripted(call, timeout)

    def note(self, line: str) -> None:
        """Remember a question, or what a check wants others to know."""
        with (self._folder / "asked").open("a") as file:
            file.write(f"{line}\n")


def sound_host(folder: str) -> ChangingHost:
    """Return the host at the beginning."""
    host = ChangingHost(folder)
    host.unit_is()
    host.runs(MASTER, WORKER)
    host.note("begun")  # so that there is something to be read
    return host
