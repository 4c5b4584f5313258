"""Faults of a printer's queue (CUPS): it takes what is printed, and nothing comes out."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_sound
from orchestrator.model.base import HostName, Slug

_PRINTING = 60.0
"""Seconds that one of CUPS' commands may take on a busy machine."""


class PrintQueueStuck(Fault):
    """A printer's queue takes what is printed, and keeps it: nothing comes out, and the jobs wait.

    `how` says why: `stopped` (paused, as by `cupsdisable`), `held` (new jobs are held until somebody releases them) or
    `device` (it prints to a printer that is not there: give `device`). The trainee sees the waiting jobs in `lpstat
    -o`, and the reason in `lpstat -p`, `lpstat -l` or `lpstat -v`. It outlasts a reboot. The host needs CUPS.
    """

    name: ClassVar[str] = "print-queue-stuck"

    host: HostName = Field(description="The print server.")
    queue: Slug = Field(description="The printer's queue.", examples=["bureau"])
    how: Literal["stopped", "held", "device"] = Field(description="Why nothing comes out.")
    reason: str = Field(default="", description="What is said of a stopped queue in `lpstat -p`.")
    device: str | None = Field(
        default=None,
        pattern=r"^[a-z-]+:/\S+$",
        description="Where the queue prints to instead, with `how: device`.",
        examples=["socket://192.168.60.99:9100"],
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> PrintQueueStuck:
        if (self.how == "device") != (self.device is not None):
            message = "device is for how: device, which needs it"
            raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep where the queue prints to; what is printed must come out."""
        wait_until_sound(self, lambda: self._waiting(driver))
        return {"device": self._device(driver)}

    def inject(self, driver: LabDriver) -> None:
        """Stop the queue, have it hold its jobs, or have it print elsewhere."""
        if self.how == "stopped":
            said = ("-r", self.reason) if self.reason else ()
            self._run(driver, "cupsdisable", *said, self.queue)
        elif self.how == "held":
            self._run(driver, "lpadmin", "-p", self.queue, "-o", "job-hold-until-default=indefinite")
        else:
            self._run(driver, "lpadmin", "-p", self.queue, "-v", self.device or "")

    def verify(self, driver: LabDriver) -> None:
        """What is printed must wait, and by the server's word for that reason."""

        def look() -> str:
            if not self._waiting(driver):
                return f"{self.queue}: what is printed comes out"
            if self.how == "device":
                device = self._device(driver)
                return "" if device == self.device else f"{self.queue}: {device}"
            if self.how == "stopped":
                shown = self._run(driver, "lpstat", "-p", self.queue)
                return "" if f"printer {self.queue} disabled" in shown else shown
            return ""

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Have the queue print again, where it did; what waits comes out."""
        if self.how == "stopped":
            self._run(driver, "cupsenable", self.queue)
        elif self.how == "held":
            self._run(driver, "lpadmin", "-p", self.queue, "-R", "job-hold-until-default")
            release = f"for job in $(lpstat -o {self.queue} | cut -d ' ' -f 1); do lp -i \"$job\" -H resume; done"
            self._run(driver, "sh", "-c", release)
        else:
            self._run(driver, "lpadmin", "-p", self.queue, "-v", memento["device"], "-E")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        why = {
            "stopped": Text(fr="était arrêtée", en="was stopped"),
            "held": Text(fr="retenait tout ce qu'on lui envoyait", en="held all that it was sent"),
            "device": Text(fr=f"imprimait sur {self.device}", en=f"printed to {self.device}"),
        }[self.how]
        return Text(
            fr=f"Sur {self.host}, la file d'impression {self.queue} {why.fr}.",
            en=f"On {self.host} the print queue {self.queue} {why.en}.",
        )

    def _waiting(self, driver: LabDriver) -> str:
        """Print a page, and return what is said of it if it does not come out; it is cancelled then."""
        script = f"""
            job=$(echo verification | lp -d {self.queue} -t verification -) || exit 1
            job=${{job#request id is }}; job=${{job%% *}}
            for pass in $(seq 30); do
              lpstat -o {self.queue} | grep -q "^$job " || exit 0
              sleep 0.1
            done
            lpstat -l -o {self.queue} | grep -A 3 "^$job "
            cancel -x "$job"
        """
        return self._run(driver, "sh", "-c", script).strip()

    def _device(self, driver: LabDriver) -> str:
        shown = self._run(driver, "lpstat", "-v", self.queue)
        found = re.search(rf"^device for {re.escape(self.queue)}: (\S+)$", shown, re.MULTILINE)
        if found is None:
            raise nothing_to_break(self, shown)
        return found[1]

    def _run(self, driver: LabDriver, *argv: str) -> str:
        command = ("env", "LC_ALL=C", *argv)
        return driver.run(self.host, command, timeout=_PRINTING).stdout.decode(errors="replace")
