"""Faults of a switch's VLANs (Open vSwitch), typed over SSH as on any network device."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, not_effective, wait_for_effect
from orchestrator.model.base import HostName, InterfaceName
from orchestrator.model.lab import Address


class _OnPort(Fault):
    """A fault of one port of a switch."""

    host: HostName = Field(description="The switch.")
    port: InterfaceName = Field(description="The port, such as ``eth1``.")
    vlan: int = Field(ge=1, le=4094, description="The VLAN that the fault is about.")
    client: HostName = Field(description="A host behind the switch that loses its connection.")
    peer: Address = Field(description="The address that the client no longer reaches.")

    def _vlans(self, driver: LabDriver, column: str) -> list[str]:
        """Return the VLANs in a column of the port's record: ``tag`` or ``trunks``."""
        seen = driver.run(self.host, ("ovs-vsctl", "get", "port", self.port, column)).stdout.decode()
        return re.findall(r"\d+", seen)

    def _cut_off(self, driver: LabDriver) -> bool:
        """Return whether the client cannot reach its peer."""
        return driver.run(self.client, ("ping", "-c1", "-W1", "-n", "-q", self.peer), check=False).status != 0

    def _set(self, driver: LabDriver, column: str, vlans: str) -> None:
        """Type the command that sets the VLANs of a column; none clears it."""
        command = f"set port {self.port} {column}={vlans}" if vlans else f"clear port {self.port} {column}"
        driver.configure(self.host, (f"ovs-vsctl {command}",))


class SwitchAccessVlan(_OnPort):
    """A port of a switch is in a wrong VLAN.

    The trainee sees a host whose link is up and that reaches nobody, or the wrong network; ``ovs-vsctl show`` on the
    switch gives each port's ``tag``. The switch saves each change at once, so it outlasts a reboot. It needs Open
    vSwitch (image ``switch``).
    """

    name: ClassVar[str] = "switch-access-vlan"

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the port's VLAN."""
        return {"tag": ",".join(self._vlans(driver, "tag"))}

    def inject(self, driver: LabDriver) -> None:
        """Set the wrong VLAN."""
        self._set(driver, "tag", str(self.vlan))

    def verify(self, driver: LabDriver) -> None:
        """The switch must have the port in the wrong VLAN, and the client be cut off."""

        def look() -> str:
            tag, cut_off = self._vlans(driver, "tag"), self._cut_off(driver)
            return "" if tag == [str(self.vlan)] and cut_off else f"VLAN {tag}, {self.client} is cut off: {cut_off}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Set the port's own VLAN."""
        self._set(driver, "tag", memento["tag"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le port {self.port} {de(self.host)} était dans le VLAN {self.vlan}.",
            en=f"The port {self.port} of {self.host} was in VLAN {self.vlan}.",
        )


class SwitchTrunkVlan(_OnPort):
    """A trunk between switches does not carry one of the VLANs.

    The trainee sees that hosts of one VLAN reach each other on the same switch but not across the trunk, while other
    VLANs work. The switch saves each change at once, so it outlasts a reboot. It needs Open vSwitch (image
    ``switch``) and a trunk port with a list of its VLANs (``trunks``).
    """

    name: ClassVar[str] = "switch-trunk-vlan"

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the trunk's VLANs.

        Raises:
            LabError: the port has no list of VLANs, or the VLAN is not in it, or is the only one.
        """
        trunks = self._vlans(driver, "trunks")
        if str(self.vlan) not in trunks or len(trunks) == 1:
            raise not_effective(self, f"the trunk {self.port} carries {trunks or 'every VLAN'}")
        return {"trunks": ",".join(trunks)}

    def inject(self, driver: LabDriver) -> None:
        """Take the VLAN out of the trunk's list."""
        kept = [vlan for vlan in self.remember(driver)["trunks"].split(",") if vlan != str(self.vlan)]
        self._set(driver, "trunks", ",".join(kept))

    def verify(self, driver: LabDriver) -> None:
        """The switch's trunk must carry other VLANs and not this one, and the client be cut off."""

        def look() -> str:
            trunks, cut_off = self._vlans(driver, "trunks"), self._cut_off(driver)
            right = trunks and str(self.vlan) not in trunks and cut_off
            return "" if right else f"the trunk carries {trunks}, {self.client} is cut off: {cut_off}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Set the trunk's own list."""
        self._set(driver, "trunks", memento["trunks"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le trunk {self.port} {de(self.host)} ne portait pas le VLAN {self.vlan}.",
            en=f"The trunk {self.port} of {self.host} did not carry VLAN {self.vlan}.",
        )
