"""Faults of a unit's state: stopped, disabled, masked, or kept from starting by an option."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.units import (
    Complaint,
    UnitName,
    reload_units,
    require_failing,
    require_up,
    restart,
    restart_and_wait,
    unit_state,
)
from orchestrator.model.base import HostName


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
