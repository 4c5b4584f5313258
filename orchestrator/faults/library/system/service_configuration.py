"""Faults of a service's configuration: broken, felt at the next boot only, or listening elsewhere."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.edits import Edit
from orchestrator.faults.fault import Memento, nothing_to_break, wait_for_effect, wait_until_undone
from orchestrator.faults.library.system.units import (
    Complaint,
    UnitName,
    journal_since_boot,
    require_failing,
    require_up,
    restart,
    restart_and_wait,
    unit_state,
)
from orchestrator.model.base import AbsolutePath
from orchestrator.model.lab import Address


class _InConfiguration(EditedFile):
    """A fault in a service's own configuration file."""

    unit: UnitName = Field(description="The systemd unit of the service.")
    file: AbsolutePath = Field(description="The configuration file.", examples=["/etc/ssh/sshd_config"])
    edit: Edit

    def path(self) -> str:
        """Return the configuration file."""
        return self.file

    def change(self, driver: LabDriver, text: str) -> str:
        """Apply the edit."""
        return self.edit.apply(text)

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file and restart the service, whether that succeeds or not."""
        driver.write(self.host, self.file, text.encode())
        restart(driver, self.host, self.unit)

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; the service must do its work."""
        require_up(self, driver, self.host, self.unit)
        return super().remember(driver)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and start the service."""
        driver.write(self.host, self.file, memento[self.file].encode())
        restart_and_wait(driver, self.host, self.unit)


class ServiceConfigBroken(_InConfiguration):
    """A mistake in a service's configuration file keeps it from starting.

    The trainee sees `failed` in `systemctl status` and the file's name, often with the line, in the journal or from the
    service's own test (`nginx -t`, `sshd -t`, `named-checkconf`). The service must log its complaint to the journal.
    """

    name: ClassVar[str] = "service-config-broken"

    complaint: Complaint | None = Field(
        default=None,
        description="A text that the log of the failed start must contain; by default the file's path.",
    )

    def verify(self, driver: LabDriver) -> None:
        """The unit must fail, and its log must name the file."""
        require_failing(self, driver, self.host, self.unit, self.complaint or self.file)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, une erreur dans {self.file} empêchait {self.unit} de démarrer.",
            en=f"On {self.host} a mistake in {self.file} kept {self.unit} from starting.",
        )


class ServiceFailsAtBoot(_InConfiguration):
    """A service does not come up when its host starts: a change that nobody felt before the next start of the machine.

    The change is in the service's own unit (an order, a dependency, an environment file), or in the settings of
    something that starts with it (a port taken first). The fault makes it and restarts the host. The trainee sees
    `failed` in `systemctl status` and the reason in the journal; started by hand, the service may well come up, and be
    gone again after the next start. A check should ask whether it has come up by itself since the host was started. The
    unit must be enabled, and nothing may start it again by itself (`Restart=`).
    """

    name: ClassVar[str] = "service-fails-at-boot"

    complaint: Complaint = Field(examples=["Address already in use"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; the service must do its work, and be started at boot."""
        state = require_up(self, driver, self.host, self.unit)
        if not state.pulled_in_by:
            raise nothing_to_break(self, f"nothing starts {self.unit} at boot: {state}")
        return super().remember(driver)

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file and restart the host: the running service does not feel it before."""
        driver.write(self.host, self.file, text.encode())
        driver.reboot(self.host)

    def verify(self, driver: LabDriver) -> None:
        """The service must not have come up with the host, and the log must say why."""

        def look() -> str:
            state, logged = unit_state(driver, self.host, self.unit), journal_since_boot(driver, self.host)
            if state.active in {"failed", "inactive"} and self.complaint in logged:
                return ""
            return f"{self.unit}: {state}; '{self.complaint}' is not in the log: {logged.strip()[-600:]}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and restart the host: the service comes up with it."""
        self.load(driver, memento[self.file])
        wait_until_undone(self, lambda: self._missing(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, un changement dans {self.file} empêchait {self.unit} de démarrer avec la machine.",
            en=f"On {self.host} a change in {self.file} kept {self.unit} from starting with the machine.",
        )

    def _missing(self, driver: LabDriver) -> str:
        state = unit_state(driver, self.host, self.unit)
        return "" if state.up else f"{self.unit}: {state}"


class ServiceListenWrong(_InConfiguration):
    """A service runs, but listens on another address or port than its clients use.

    Typically `127.0.0.1` instead of the network's address: it answers on the server itself and refuses everybody
    else. The trainee sees `active (running)`, `Connection refused` from a client, and the wrong address in `ss -ltn`.
    The host needs `ss` and `nc` (they are in the image `host`).
    """

    name: ClassVar[str] = "service-listen-wrong"

    address: Address = Field(description="The address that clients connect to.", examples=["192.168.20.20"])
    port: int = Field(ge=1, le=65535, description="The TCP port that clients connect to.", examples=[80])
    listens: str = Field(
        pattern=r"^[0-9.\[\]:*]+:[0-9]+$",
        description="Where it listens instead, as `ss -ltn` shows it.",
        examples=["127.0.0.1:80"],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; clients must reach the service."""
        if not self._answers(driver):
            raise nothing_to_break(self, f"nothing listens on {self.address}:{self.port}")
        return super().remember(driver)

    def verify(self, driver: LabDriver) -> None:
        """The service must run, listen where it should not, and refuse its clients."""

        def look() -> str:
            state, listening = unit_state(driver, self.host, self.unit), self._listening(driver)
            answers = self._answers(driver)
            if state.up and self.listens in listening and not answers:
                return ""
            return f"{state}; listening: {' '.join(listening)}; {self.address}:{self.port} answers: {answers}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.unit} écoutait sur {self.listens} au lieu de {self.address}:{self.port}.",
            en=f"On {self.host} {self.unit} listened on {self.listens} instead of {self.address}:{self.port}.",
        )

    def _listening(self, driver: LabDriver) -> list[str]:
        shown = driver.run(self.host, ("ss", "--no-header", "--listening", "--tcp", "--numeric")).stdout.decode()
        return [line.split()[3] for line in shown.splitlines() if len(line.split()) > 3]  # noqa: PLR2004 - ss's columns

    def _answers(self, driver: LabDriver) -> bool:
        return driver.run(self.host, ("nc", "-z", "-w", "2", self.address, str(self.port)), check=False).status == 0
