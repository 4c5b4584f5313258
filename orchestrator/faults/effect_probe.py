"""A command that shows a fault's effect: how a trainer says what must be seen where no program can know it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import Fault, wait_for_effect, wait_until_sound
from orchestrator.model.base import Document, HostName

_LIMIT = 120.0
"""Seconds that the command may take on a busy machine."""


class EffectProbe(Document):
    """A command and what it must show once the fault is in place; before it, it must not show that."""

    run: tuple[str, ...] = Field(
        min_length=1, description="The command, one argument per item (no shell).", examples=[["curl", "-sf", "srv1"]]
    )
    host: HostName | None = Field(default=None, description="Where it is run; by default on the fault's host.")
    fails: bool | None = Field(default=None, description="Whether the command must fail (true) or succeed (false).")
    prints: str | None = Field(default=None, description="A text that its output must contain.")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.fails is None and self.prints is None:
            raise PydanticCustomError("probe", 'give "fails" or "prints": what shows the fault')
        return self

    def seen(self, driver: LabDriver, host: str) -> tuple[bool, str]:
        """Return whether the effect is seen now, and what the command printed."""
        done = driver.run(self.host or host, self.run, check=False, timeout=_LIMIT)
        output = (done.stdout + done.stderr).decode(errors="replace")
        shown = self.fails in {None, done.status != 0} and (self.prints is None or self.prints in output)
        return shown, f"{' '.join(self.run)} → {done.status}: {output.strip()[-400:]}"

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
