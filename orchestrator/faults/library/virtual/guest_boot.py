"""Faults by which a hypervisor's guests are not there after it was started."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_undone
from orchestrator.faults.library.virtual.guest import virsh
from orchestrator.model.base import HostName, Slug

_RUNNING = "/run/libvirt/qemu"
"""Where libvirt notes which guests run, and that it has started those that start by themselves."""


class GuestsNotStartedAtBoot(Fault):
    """Virtual machines do not come back when their hypervisor starts: nothing starts them by itself.

    `how` says what no longer happens at boot: `guest` (the guests' own autostart is off), `network` (the libvirt
    network's is: a guest without its network does not start) or `daemon` (libvirtd itself starts only when somebody
    asks for it, by `virsh` for example; then it starts the guests as well). The fault makes the change and restarts
    the hypervisor. The trainee sees `virsh list --all` and `virsh dominfo`, `virsh net-list --all`, `systemctl
    is-enabled libvirtd`. Started by hand, the guests work until the next start. They must run from the beginning,
    started by libvirt's autostart (`images/hypervisor`).
    """

    name: ClassVar[str] = "guests-not-started-at-boot"

    host: HostName = Field(description="The hypervisor.")
    guests: tuple[Slug, ...] = Field(
        min_length=1, description="The virtual machines that start with it.", examples=[["horaires", "carnet"]]
    )
    how: Literal["guest", "network", "daemon"] = Field(description="What no longer happens at boot.")
    network: Slug = Field(default="default", description="The guests' libvirt network.", examples=["quais"])

    def remember(self, driver: LabDriver) -> Memento:
        """The guests, their network and libvirtd must all start by themselves."""
        shown = [virsh(driver, self.host, "dominfo", guest).stdout.decode() for guest in self.guests]
        shown.append(virsh(driver, self.host, "net-info", self.network).stdout.decode())
        for text in shown:
            if not re.search(r"^Autostart: +(enable|yes)$", text, re.MULTILINE):
                raise nothing_to_break(self, " ".join(text.split()))
        if not self._enabled(driver):
            raise nothing_to_break(self, "libvirtd.service does not start at boot")
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Take the start away and restart the hypervisor: what runs does not feel it before."""
        if self.how == "guest":
            for guest in self.guests:
                virsh(driver, self.host, "autostart", "--disable", guest)
        elif self.how == "network":
            virsh(driver, self.host, "net-autostart", "--disable", self.network)
        else:
            driver.run(self.host, ("systemctl", "disable", "libvirtd.service"))
            driver.run(self.host, ("systemctl", "enable", "libvirtd.socket"))
        driver.reboot(self.host)

    def verify(self, driver: LabDriver) -> None:
        """No guest may run, although libvirt has started all that it starts, or was not started at all."""

        def look() -> str:
            there = driver.run(self.host, ("ls", _RUNNING), check=False).stdout.decode().split()
            running = [guest for guest in self.guests if f"{guest}.pid" in there]
            if running:
                return f"{', '.join(running)} runs"
            if self.how == "daemon":
                return "libvirtd.service is enabled" if self._enabled(driver) else ""
            return "" if "autostarted" in there else "libvirtd has not started its guests yet"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the start back and restart the hypervisor: the guests come up with it."""
        if self.how == "guest":
            for guest in self.guests:
                virsh(driver, self.host, "autostart", guest)
        elif self.how == "network":
            virsh(driver, self.host, "net-autostart", self.network)
        else:
            driver.run(self.host, ("systemctl", "enable", "libvirtd.service"))
        driver.reboot(self.host)
        wait_until_undone(self, lambda: self._missing(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        guests = ", ".join(self.guests)
        why = {
            "guest": Text(fr="leur démarrage automatique était coupé", en="their autostart was off"),
            "network": Text(
                fr=f"leur réseau {self.network} ne démarrait pas tout seul",
                en=f"their network {self.network} did not start by itself",
            ),
            "daemon": Text(
                fr="libvirtd ne démarrait que lorsqu'on s'en servait", en="libvirtd started only when somebody used it"
            ),
        }[self.how]
        return Text(
            fr=f"Au démarrage de {self.host}, {guests} ne revenaient pas : {why.fr}.",
            en=f"When {self.host} started, {guests} did not come back: {why.en}.",
        )

    def _enabled(self, driver: LabDriver) -> bool:
        done = driver.run(self.host, ("systemctl", "is-enabled", "libvirtd.service"), check=False)
        return done.stdout.decode().strip() == "enabled"

    def _missing(self, driver: LabDriver) -> str:
        there = driver.run(self.host, ("ls", _RUNNING), check=False).stdout.decode().split()
        return ", ".join(guest for guest in self.guests if f"{guest}.pid" not in there)
