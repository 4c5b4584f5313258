"""A command that shows a fault's effect: how a trainer says what must be seen where no program can know it."""

from __future__ import annotations

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import Fault, wait_for_effect, wait_until_sound
from orchestrator.model.afterwards import Showing
from orchestrator.model.base import HostName

_LIMIT = 120.0
"""Seconds that the command may take on a busy machine."""


class EffectProbe(Showing):
    """A command and what it must show once the fault is in place; before it, it must not show that."""

    host: HostName | None = Field(default=None, description="Where it is run; by default on the fault's host.")

    def seen(self, driver: LabDriver, host: str) -> tuple[bool, str]:
        """Return whether the effect is seen now, and what the command printed."""
        done = driver.run(self.host or host, self.run, check=False, timeout=_LIMIT)
        output = (done.stdout + done.stderr).decode(errors="replace")
        return self.is_met(done.status, output), f"{' '.join(self.run)} → {done.status}: {output.strip()[-400:]}"

    def require_absent(self, fault: Fault, driver: LabDriver, host: str) -> None:
        """Wait until the effect is not seen without the fault.

        Raises:
            LabError: it still is, so that the fault could not be told from what is there already.
        """

        def look() -> str:
            shown, output = self.seen(driver, host)
            return output if shown else ""

        wait_until_sound(fault, look)

    def require_shown(self, fault: Fault, driver: LabDriver, host: str) -> None:
        """Wait until the effect is seen.

        Raises:
            LabError: it was not in its time.
        """

        def look() -> str:
            shown, output = self.seen(driver, host)
            return "" if shown else output

        wait_for_effect(fault, look)
