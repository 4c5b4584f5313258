"""Faults of services: stopped, disabled, masked, kept from starting, or listening in the wrong place."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.edits import Edit
from orchestrator.faults.fault import (
    Fault,
    Memento,
    not_effective,
    nothing_to_break,
    wait_for_effect,
    wait_until_undone,
)
from orchestrator.faults.library.system.units import (
    UnitName,
    journal_since_boot,
    reload_units,
    require_failing,
    require_up,
    restart,
    restart_and_wait,
    unit_state,
)
from orchestrator.model.base import AbsolutePath, HostName
from orchestrator.model.lab import Address

Complaint = Annotated[
    str,
    StringConstraints(min_length=3),
    Field(description="A text that the log of the failed start must contain: it shows that it failed for this."),
]


class _OfUnit(Fault):
    """A fault of one unit, which must do its work beforehand."""

    host: HostName = Field(description="The host that is broken.")
    unit: UnitName = Field(description="The systemd unit.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep whether the unit is started at boot."""
        return {"file": require_up(self, driver, self.host, self.unit).file}

    def _enable_again(self, driver: LabDriver, memento: Memento) -> None:
        if memento["file"] == "enabled":
            driver.run(self.host, ("systemctl", "enable", "--", self.unit))


class ServiceStopped(_OfUnit):
    """A service is stopped, and disabled, so that a reboot does not bring it back.

    The trainee sees a port that refuses connections (or whatever the service does, missing) and
    `inactive (dead)` in `systemctl status`. The repair is to start and enable it. The host needs systemd; a unit that
    others start (static, or by a socket) can only be stopped with `stays_off: false`.
    """

    name: ClassVar[str] = "service-stopped"

    stays_off: bool = Field(default=True, description="Whether it is also disabled; else a reboot repairs the fault.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep whether the unit is started at boot."""
        state = require_up(self, driver, self.host, self.unit)
        if state.triggered_by or (self.stays_off and state.file != "enabled"):
            raise nothing_to_break(self, f"{self.unit}: {state} TriggeredBy={' '.join(state.triggered_by)}")
        return {"file": state.file}

    def inject(self, driver: LabDriver) -> None:
        """Stop it, and disable it."""
        if self.stays_off:
            driver.run(self.host, ("systemctl", "disable", "--", self.unit))
        driver.run(self.host, ("systemctl", "stop", "--", self.unit))

    def verify(self, driver: LabDriver) -> None:
        """By systemd's word it must not run, and nothing must start it at boot."""
        state = unit_state(driver, self.host, self.unit)
        if state.active != "inactive" or state.load != "loaded" or (self.stays_off and state.pulled_in_by):
            raise not_effective(self, f"{state}, pulled in by: {' '.join(state.pulled_in_by) or '-'}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Enable it if it was, and start it."""
        self._enable_again(driver, memento)
        restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        more = (" et désactivé", " and disabled") if self.stays_off else ("", "")
        return Text(
            fr=f"Sur {self.host}, le service {self.unit} était arrêté{more[0]}.",
            en=f"On {self.host} the service {self.unit} was stopped{more[1]}.",
        )


class ServiceDisabled(_OfUnit):
    """A service runs, but is not started at boot: everything works until the next reboot.

    The trainee sees nothing wrong before a reboot; afterwards the service is missing. Use it with a ticket that speaks
    of the last restart, or reboot the host in the scenario. The unit must be enabled beforehand.
    """

    name: ClassVar[str] = "service-disabled"

    def remember(self, driver: LabDriver) -> Memento:
        """Keep that the unit is started at boot."""
        state = require_up(self, driver, self.host, self.unit)
        if state.file != "enabled" or state.triggered_by:
            raise nothing_to_break(self, f"{self.unit}: {state} TriggeredBy={' '.join(state.triggered_by)}")
        return {"file": state.file}

    def inject(self, driver: LabDriver) -> None:
        """Disable it."""
        driver.run(self.host, ("systemctl", "disable", "--", self.unit))

    def verify(self, driver: LabDriver) -> None:
        """By systemd's word nothing must start it at boot."""
        state = unit_state(driver, self.host, self.unit)
        if state.file != "disabled" or state.pulled_in_by:
            raise not_effective(self, f"{state}, pulled in by: {' '.join(state.pulled_in_by) or '-'}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Enable it, and start it where a reboot has come in between."""
        self._enable_again(driver, memento)
        if not unit_state(driver, self.host, self.unit).up:
            restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le service {self.unit} n'était pas activé : il ne démarrait plus avec la machine.",
            en=f"On {self.host} the service {self.unit} was not enabled: it no longer started with the machine.",
        )


class ServiceMasked(_OfUnit):
    """A service is stopped and masked: `systemctl start` refuses with "Unit … is masked".

    The repair is `systemctl unmask` and a start. A unit whose file is in /etc/systemd/system cannot be masked.
    """

    name: ClassVar[str] = "service-masked"

    def remember(self, driver: LabDriver) -> Memento:
        """Keep whether the unit is started at boot."""
        state = require_up(self, driver, self.host, self.unit)
        if state.fragment.startswith("/etc/systemd/system/"):
            raise nothing_to_break(self, f"{state.fragment} is the unit's own file, which cannot be masked")
        return {"file": state.file}

    def inject(self, driver: LabDriver) -> None:
        """Mask and stop it."""
        driver.run(self.host, ("systemctl", "mask", "--now", "--", self.unit))

    def verify(self, driver: LabDriver) -> None:
        """By systemd's word it must be masked, and not run."""
        state = unit_state(driver, self.host, self.unit)
        if state.load != "masked" or state.active not in {"inactive", "failed"}:
            raise not_effective(self, str(state))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Unmask and start it."""
        driver.run(self.host, ("systemctl", "unmask", "--", self.unit))
        self._enable_again(driver, memento)
        restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le service {self.unit} était masqué : systemd refusait de le démarrer.",
            en=f"On {self.host} the service {self.unit} was masked: systemd refused to start it.",
        )


class ServiceOptionBroken(_OfUnit):
    """An option of a unit is wrong, in a drop-in as `systemctl edit` makes it: the service fails to start.

    Examples: `User: www-dta` (status=217/USER), `WorkingDirectory: /srv/gone` (status=200/CHDIR), `ExecStart:
    /usr/sbin/ngnix` (status=203/EXEC). The trainee sees `failed` in `systemctl status`, the reason in the journal, and
    the drop-in in `systemctl cat`.
    """

    name: ClassVar[str] = "service-option-broken"

    option: str = Field(pattern=r"^[A-Z][A-Za-z]+$", description="The option of [Service].", examples=["User"])
    value: str = Field(min_length=1, description="Its wrong value.", examples=["www-dta"])
    replaces: bool = Field(
        default=False, description="Whether the unit's own values are dropped first, as `ExecStart=` needs it."
    )
    drop_in: str = Field(
        default="override.conf", pattern=r"^[A-Za-z0-9._-]+\.conf$", description="The drop-in's file name."
    )
    complaint: Complaint = Field(examples=["status=217/USER"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the drop-in that may be there."""
        require_up(self, driver, self.host, self.unit)
        return {self._path: snapshot.take(driver, self.host, self._path).text()}

    def inject(self, driver: LabDriver) -> None:
        """Add the option to the drop-in and restart the service."""
        was = snapshot.take(driver, self.host, self._path)
        before = was.bytes.decode() if was.kind == "file" else ""
        reset = f"{self.option}=\n" if self.replaces else ""
        driver.run(self.host, ("mkdir", "-p", "--", self._path.rpartition("/")[0]))
        driver.write(
            self.host,
            self._path,
            f"{before}[Service]\n{reset}{self.option}={self.value}\n".encode(),
            mode="0644" if was.kind == "absent" else None,
        )
        reload_units(driver, self.host)
        restart(driver, self.host, self.unit)

    def verify(self, driver: LabDriver) -> None:
        """The unit must fail, its log must say why, and systemd must have read the drop-in."""
        require_failing(self, driver, self.host, self.unit, self.complaint)
        state = unit_state(driver, self.host, self.unit)
        if self._path not in state.drop_ins or state.stale:
            raise not_effective(self, f"systemd has not read {self._path}: {' '.join(state.drop_ins)}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the drop-in back and start the service."""
        snapshot.put_back(driver, self.host, self._path, memento[self._path])
        reload_units(driver, self.host)
        restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, « {self.option}={self.value} » dans {self._path} empêchait {self.unit} de démarrer.",
            en=f"On {self.host} '{self.option}={self.value}' in {self._path} kept {self.unit} from starting.",
        )

    @property
    def _path(self) -> str:
        return f"/etc/systemd/system/{self.unit}.d/{self.drop_in}"


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
