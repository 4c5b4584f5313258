"""systemd units as their manager sees them, and the few things that faults do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import Fault, nothing_to_break, wait_for_effect

_START = 20.0
"""Seconds until a restarted service must do its work again."""

_SUFFIXES = (".service", ".socket", ".timer", ".target", ".path", ".mount")


def _full(value: str) -> str:
    return value if value.endswith(_SUFFIXES) else f"{value}.service"


UnitName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9:_.@\\-]+$", max_length=200),
    AfterValidator(_full),
    Field(examples=["nginx.service"]),
]
"""A systemd unit's name; ``.service`` may be left out."""

Complaint = Annotated[
    str,
    StringConstraints(min_length=3),
    Field(description="A text that the log of the failed start must contain: it shows that it failed for this."),
]
"""What shows in a unit's log that its start failed for one reason and no other."""


@dataclass(frozen=True)
class ManagedUnitState:
    """What systemd says of a unit (``systemctl show``), by the names of its properties."""

    load: str
    active: str
    sub: str
    file: str
    result: str
    invocation: str
    fragment: str
    drop_ins: tuple[str, ...]
    pulled_in_by: tuple[str, ...]
    triggered_by: tuple[str, ...]
    stale: bool
    pid: int

    @property
    def up(self) -> bool:
        """Return whether the unit does its work."""
        return self.active == "active"

    @property
    def fails(self) -> bool:
        """Return whether its last start failed; with ``Restart=`` systemd may be about to try again."""
        return self.active == "failed" or self.sub == "auto-restart"

    def __str__(self) -> str:
        """Return the states in systemd's words."""
        return (
            f"LoadState={self.load} ActiveState={self.active} SubState={self.sub} "
            f"UnitFileState={self.file} Result={self.result}"
        )


_PROPERTIES = (
    "LoadState,ActiveState,SubState,UnitFileState,Result,InvocationID,FragmentPath,DropInPaths,WantedBy,RequiredBy,"
    "TriggeredBy,NeedDaemonReload,MainPID"
)


def unit_state(driver: LabDriver, host: str, unit: str) -> ManagedUnitState:
    """Ask systemd for a unit's state."""
    shown = driver.run(host, ("systemctl", "show", f"--property={_PROPERTIES}", "--", unit)).stdout.decode()
    seen = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return ManagedUnitState(
        load=seen.get("LoadState", ""),
        active=seen.get("ActiveState", ""),
        sub=seen.get("SubState", ""),
        file=seen.get("UnitFileState", ""),
        result=seen.get("Result", ""),
        invocation=seen.get("InvocationID", ""),
        fragment=seen.get("FragmentPath", ""),
        drop_ins=tuple(seen.get("DropInPaths", "").split()),
        pulled_in_by=(*seen.get("WantedBy", "").split(), *seen.get("RequiredBy", "").split()),
        triggered_by=tuple(seen.get("TriggeredBy", "").split()),
        stale=seen.get("NeedDaemonReload") == "yes",
        pid=int(seen.get("MainPID") or 0),
    )


def require_up(fault: Fault, driver: LabDriver, host: str, unit: str) -> ManagedUnitState:
    """Return the state of a unit that does its work.

    Raises:
        LabError: it does not: a fault in it could not be seen.
    """
    state = unit_state(driver, host, unit)
    if not state.up:
        raise nothing_to_break(fault, f"{unit}: {state}")
    return state


def reload_units(driver: LabDriver, host: str) -> None:
    """Have systemd read its unit files again."""
    driver.run(host, ("systemctl", "daemon-reload"))


def restart(driver: LabDriver, host: str, unit: str) -> None:
    """Restart a unit, whether that succeeds or not; earlier failures do not count against it."""
    driver.run(host, ("systemctl", "reset-failed", "--", unit), check=False)
    driver.run(host, ("systemctl", "restart", "--", unit), check=False, timeout=60)


def restart_and_wait(driver: LabDriver, host: str, unit: str) -> None:
    """Restart a unit and wait until it does its work.

    Raises:
        LabError: it does not come up.
    """
    restart(driver, host, unit)
    if not wait_until(lambda: unit_state(driver, host, unit).up, within=_START):
        state = unit_state(driver, host, unit)
        raise LabError(
            Text(fr=f"{host} : {unit} ne démarre pas ({state})", en=f"{host}: {unit} does not start ({state})"),
            evidence=journal(driver, host, state),
        )


def journal(driver: LabDriver, host: str, state: ManagedUnitState) -> str:
    """Return what a unit and systemd logged during its last start."""
    if not state.invocation:
        return ""
    done = driver.run(
        host,
        (
            "journalctl",
            "--quiet",
            "--no-pager",
            "--output=cat",
            f"_SYSTEMD_INVOCATION_ID={state.invocation}",
            "+",
            f"INVOCATION_ID={state.invocation}",
        ),
        check=False,
    )
    return done.stdout.decode(errors="replace")


def journal_since_boot(driver: LabDriver, host: str) -> str:
    """Return what the services of a host have logged since it was started.

    The start is that of its first process: the kernel's boot, by which journalctl tells one from another, is the
    machine's, and a host that keeps its journal has those before in it as well.
    """
    started = driver.run(host, ("stat", "--format=%Y", "/proc/1")).stdout.decode().strip()
    done = driver.run(host, ("journalctl", "--quiet", "--no-pager", "--output=cat", f"--since=@{started}"), check=False)
    return done.stdout.decode(errors="replace")


def require_failing(fault: Fault, driver: LabDriver, host: str, unit: str, complaint: str) -> None:
    """Wait until a unit fails, and until its log says why.

    Raises:
        LabError: it does not fail, or the log of its last start does not contain ``complaint``.
    """

    def look() -> str:
        state = unit_state(driver, host, unit)
        logged = journal(driver, host, state)
        if state.fails and complaint in logged:
            return ""
        if state.fails:  # a busy journald no longer learns whose line it was where a process has ended: once more
            restart(driver, host, unit)
        return f"{unit}: {state}; '{complaint}' is not in its log: {logged.strip()[-600:]}"

    wait_for_effect(fault, look)
