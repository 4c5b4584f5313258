"""Faults of the clock. A host cannot set the machine's clock: libfaketime shows another one to its programs."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.faults.library.system.units import UnitName, reload_units, require_up, restart_and_wait, unit_state
from orchestrator.model.base import HostName

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 31536000}
_TOLERANCE = 5.0
"""Seconds by which two clocks that are read one after the other may differ."""
_LIBRARY = "libfaketimeMT.so.1"


class ClockWrong(Fault):
    """The clock of a service, or of a host's services and sessions, is wrong by a fixed time.

    With `unit`, one service lives in another time: certificates seem expired, tickets are refused, its log lies.
    Without it, every service and every login session of the host does; `date` shows it. It is made with libfaketime (in
    a drop-in, and in /etc/environment for sessions), because no host can set the machine's clock. The image needs the
    package `libfaketime`, which `host` has.
    """

    name: ClassVar[str] = "clock-wrong"

    host: HostName = Field(description="The host that is broken.")
    offset: str = Field(
        pattern=r"^[+-][1-9][0-9]{0,8}[smhdy]$",
        description="How wrong it is: `-400d`, `+3h`, `-90m`; a positive one is fast.",
        examples=["-400d"],
    )
    unit: UnitName | None = Field(default=None, description="The service whose clock it is; by default the host's.")
    probe: EffectProbe | None = Field(default=None, description="A command that shows what the wrong time breaks.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the files that the fault changes; the library must be there, and the service run."""
        if not self._library(driver):
            raise nothing_to_break(self, f"{self.host} has no libfaketime")
        if self.unit:
            require_up(self, driver, self.host, self.unit)
        if self.probe:
            self.probe.require_absent(self, driver, self.host)
        return {path: snapshot.take(driver, self.host, path).text() for path in self._paths()}

    def inject(self, driver: LabDriver) -> None:
        """Give the service, or all of them and the sessions, the other clock."""
        settings = {
            "LD_PRELOAD": self._library(driver),
            "FAKETIME": self.offset,
            # Time-outs and timers count on; only the time of day is wrong.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Read once: some services (nginx) wipe their environment.
            "FAKETIME_CACHE_DURATION": "2147483647",
            # With the state that processes share by default, 2 of 3,600 logins hung for ever in a lock as kinit began;
            # without it, none of 6,000 did.
            "FAKETIME_DISABLE_SHM": "1",
        }
        drop_in, *sessions = self._paths()
        driver.run(self.host, ("mkdir", "-p", "--", drop_in.rpartition("/")[0]))
        lines = "".join(f"Environment={key}={value}\n" for key, value in settings.items())
        driver.write(self.host, drop_in, f"[Service]\n{lines}".encode(), mode="0644")
        for path in sessions:
            was = snapshot.take(driver, self.host, path)
            before = was.bytes.decode() if was.kind == "file" else ""
            lines = "".join(f"{key}={value}\n" for key, value in settings.items())
            driver.write(self.host, path, f"{before}{lines}".encode(), mode=None if before else "0644")
        self._apply(driver)

    def verify(self, driver: LabDriver) -> None:
        """The service must run on the other clock (a session must show it), and the probe what that breaks."""
        wait_for_effect(self, lambda: self._seen_in_service(driver) if self.unit else self._seen_in_session(driver))
        if self.probe:
            self.probe.require_shown(self, driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the files back and restart what ran on the other clock."""
        for path in self._paths():
            snapshot.put_back(driver, self.host, path, memento[path])
        self._apply(driver)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        of_fr = f"du service {self.unit}" if self.unit else "de la machine"
        of_en = f"of the service {self.unit}" if self.unit else "of the host"
        return Text(
            fr=f"Sur {self.host}, l'horloge {of_fr} était décalée de {self.offset}.",
            en=f"On {self.host} the clock {of_en} was off by {self.offset}.",
        )

    @property
    def _seconds(self) -> int:
        return int(self.offset[:-1]) * _UNITS[self.offset[-1]]

    def _paths(self) -> tuple[str, ...]:
        if self.unit:
            return (f"/etc/systemd/system/{self.unit}.d/clock.conf",)
        return ("/etc/systemd/system/service.d/clock.conf", "/etc/environment")

    def _library(self, driver: LabDriver) -> str:
        argv = ("find", "/usr/lib", "-path", f"*/faketime/{_LIBRARY}")
        return driver.run(self.host, argv, check=False).stdout.decode().partition("\n")[0]

    def _apply(self, driver: LabDriver) -> None:
        reload_units(driver, self.host)
        for unit in (self.unit,) if self.unit else self._running(driver):
            restart_and_wait(driver, self.host, unit)

    def _running(self, driver: LabDriver) -> list[str]:
        """Return the host's running services but systemd's own and the network, which a restart would take down."""
        argv = ("systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend", "--full")
        names = [line.split()[0] for line in driver.run(self.host, argv).stdout.decode().splitlines() if line.split()]
        return [name for name in names if not re.match(r"systemd-|dbus|user@|networking|session-", name)]

    def _seen_in_service(self, driver: LabDriver) -> str:
        """Return what is wrong with the clock of the service's process: nothing, where it is the other one."""
        pid = unit_state(driver, self.host, self.unit or "").pid
        owner = driver.run(self.host, ("stat", "--format", "%u", f"/proc/{pid}"), check=False).stdout.decode().strip()
        # A process of another user shows itself to its own user only: root has no CAP_SYS_PTRACE in a host.
        as_owner = ("setpriv", f"--reuid={owner or 0}", "--clear-groups", "cat", "--")
        mapped = driver.run(self.host, (*as_owner, f"/proc/{pid}/maps"), check=False).stdout.decode(errors="replace")
        shown = driver.run(self.host, ("systemctl", "show", "--property=Environment", "--", self.unit or ""))
        environment = shown.stdout.decode().strip()
        if _LIBRARY in mapped and f"FAKETIME={self.offset}" in environment.removeprefix("Environment=").split():
            return ""
        return f"{self.unit} (process {pid}) runs on the machine's clock; {environment}"

    def _seen_in_session(self, driver: LabDriver) -> str:
        """Return what is wrong with the time of a new session: nothing, where it is the other one."""
        now = int(driver.run(self.host, ("date", "+%s")).stdout)
        try:
            session = int(driver.run(self.host, ("su", "--login", "--command", "date +%s")).stdout)
        except (ValueError, LabError) as error:
            raise not_effective(self, str(error)) from error
        off = session - now
        return "" if abs(off - self._seconds) <= _TOLERANCE else f"a session's clock is off by {off} s"
