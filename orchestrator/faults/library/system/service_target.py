"""Faults of what starts a unit at boot: a target that no boot reaches."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_undone
from orchestrator.faults.library.system.units import UnitName, require_up, unit_state
from orchestrator.model.base import HostName

_SYSTEMCTL = ("env", "SYSTEMCTL_SKIP_SYSV=1", "systemctl")
"""Leaves the links of /etc/rc*.d alone, which Debian's units have beside theirs and no boot reads."""


class ServiceTargetWrong(Fault):
    """A service is enabled in a target that no boot reaches: "enabled", and not there after a restart.

    The fault enables it there instead of where its unit says, and restarts the host. The trainee sees `inactive (dead)`
    in `systemctl status` beside `enabled`, nothing in the journal, and the link in the other target's `.wants`; started
    by hand the service comes up, and is gone again after the next start. `systemctl reenable` is the repair. The unit
    must be enabled by its own `[Install]`, and the host must not boot into the wrong target.
    """

    name: ClassVar[str] = "service-target-wrong"

    host: HostName = Field(description="The host that is broken.")
    unit: UnitName = Field(description="The systemd unit.")
    target: str = Field(
        default="graphical.target",
        pattern=r"^[a-z0-9-]+\.target$",
        description="The target that starts it instead; the host must not boot into it.",
    )

    def remember(self, driver: LabDriver) -> Memento:
        """The service must run, and be started at boot by another target."""
        state = require_up(self, driver, self.host, self.unit)
        reached = unit_state(driver, self.host, self.target).active
        if state.file != "enabled" or not state.pulled_in_by or state.triggered_by or reached == "active":
            raise nothing_to_break(
                self, f"{self.unit}: {state} WantedBy={' '.join(state.pulled_in_by)}; {self.target}: {reached}"
            )
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Enable it in the wrong target alone, and restart the host."""
        driver.run(self.host, (*_SYSTEMCTL, "disable", "--", self.unit))
        driver.run(self.host, ("systemctl", "add-wants", "--", self.target, self.unit))
        driver.reboot(self.host)

    def verify(self, driver: LabDriver) -> None:
        """By systemd's word it must be enabled, and yet neither run nor be started by any target of this boot."""

        def look() -> str:
            state = unit_state(driver, self.host, self.unit)
            starting = set(state.pulled_in_by) - {self.target}
            if state.active == "inactive" and state.file == "enabled" and not starting:
                return ""
            return f"{self.unit}: {state}, pulled in by: {' '.join(state.pulled_in_by) or '-'}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Enable it where its unit says, and restart the host: the service comes up with it."""
        driver.run(self.host, (*_SYSTEMCTL, "disable", "--", self.unit))
        driver.run(self.host, (*_SYSTEMCTL, "enable", "--", self.unit))
        driver.reboot(self.host)
        wait_until_undone(self, lambda: self._missing(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.unit} n'était activé que dans {self.target}, que le démarrage n'atteint pas.",
            en=f"On {self.host} {self.unit} was enabled in {self.target} alone, which no boot reaches.",
        )

    def _missing(self, driver: LabDriver) -> str:
        state = unit_state(driver, self.host, self.unit)
        return "" if state.up and state.pulled_in_by else f"{self.unit}: {state}"
