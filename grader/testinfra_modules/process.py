"""testinfra's module ``process``, by the kernel's list."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import Any

import testinfra.host
import testinfra.modules.process

from grader.accounts import rows_of
from grader.host_inspector import inspector_of
from orchestrator.fabric.fabric_interface import ProcessState

_TICKS = os.sysconf("SC_CLK_TCK")


class Process(testinfra.modules.process.PosixProcess):
    """The processes, as the kernel lists them."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Process]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for busybox."""
        return cls

    def _get_processes(self, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (testinfra's signature)
        rows = self._rows()
        if filters.keys() - (rows[0].keys() if rows else set()):
            found: list[dict[str, Any]] = super()._get_processes(**filters)  # type: ignore[no-untyped-call]
            return found
        return rows

    def _get_process_attribute_by_pid(self, pid: int, name: str) -> dict[str, Any]:
        row = next((row for row in self._rows() if row["pid"] == pid), None)
        if row is None or name not in row:
            found: dict[str, Any] = super()._get_process_attribute_by_pid(pid, name)  # type: ignore[no-untyped-call]
            return found
        return {"lstart": row["lstart"], name: row[name]}

    def _rows(self) -> list[dict[str, Any]]:
        inspector = inspector_of(self)
        users = {row[2]: row[0] for row in rows_of(inspector, "passwd")}
        groups = {row[2]: row[0] for row in rows_of(inspector, "group")}
        return [_columns(state, users, groups) for state in inspector.processes()]


def _columns(state: ProcessState, users: dict[str, str], groups: dict[str, str]) -> dict[str, Any]:
    """Return the columns of ps(1) of one process."""
    age = max(0.01, time.clock_gettime(time.CLOCK_BOOTTIME) - state.started / _TICKS)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    user, group = users.get(str(state.uid), str(state.uid)), groups.get(str(state.gid), str(state.gid))
    began = dt.datetime.fromtimestamp(int(time.time() - age + 0.5))  # noqa: DTZ006 (as ps prints it)
    return {
        "pid": state.pid,
        "ppid": state.ppid,
        "comm": state.comm,
        "args": state.args,
        "user": user,
        "euser": user,
        "uid": state.uid,
        "euid": state.uid,
        "group": group,
        "egroup": group,
        "gid": state.gid,
        "egid": state.gid,
        "stat": state.state,
        "s": state.state,
        "state": state.state,
        "exe": state.executable,
        "unit": state.unit,
        "rss": state.resident // 1024,
        "vsz": state.virtual // 1024,
        "pcpu": round(100 * state.ticks / _TICKS / age, 1),
        "pmem": round(100 * state.resident / memory, 1),
        "lstart": f"{began:%a %b} {began.day} {began:%H:%M:%S %Y}",
    }
