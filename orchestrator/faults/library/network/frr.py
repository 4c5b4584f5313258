"""What every fault of a router's configuration (FRR) shares: typed over SSH as on any network device, and saved."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import Fault, Memento
from orchestrator.model.base import HostName

NO_CHANGE = "the configuration does not have it"
"""Why a router cannot be broken in what it was never told."""


def show(driver: LabDriver, host: str, command: str) -> Any:  # noqa: ANN401 (FRR's JSON)
    """Return what FRR says in JSON, asked on the host itself."""
    return json.loads(driver.run(host, ("vtysh", "-c", f"{command} json")).stdout or b"{}")


def configuration(driver: LabDriver, host: str) -> list[str]:
    """Return the lines of the running configuration, without their indentation."""
    shown = driver.run(host, ("vtysh", "-c", "show running-config")).stdout.decode(errors="replace")
    return [line.strip() for line in shown.splitlines()]


class OnRouter(Fault):
    """A fault that is configured on a router; the revert configures the opposite."""

    host: HostName = Field(description="The router.")

    @abstractmethod
    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """Return the configuration lines that break it."""

    @abstractmethod
    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """Return the configuration lines that bring back what was there."""

    def inject(self, driver: LabDriver) -> None:
        """Configure the fault and save it."""
        driver.configure(self.host, self.breaking(self.remember(driver)))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Configure the opposite and save it."""
        driver.configure(self.host, self.repair_commands(memento))
