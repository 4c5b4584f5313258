"""Faults of a switch's VLANs (Open vSwitch), typed over SSH as on any network device."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.hands import Hands
from orchestrator.faults.base import Fault, Memento, not_effective, wait_for_effect
from orchestrator.model.base import HostName, InterfaceName
from orchestrator.model.lab import Address
from orchestrator.text import Text


class _OnPort(Fault):
    """A fault of one port of a switch."""

    host: HostName = Field(description="The switch.")
    port: InterfaceName = Field(description="The port, such as ``eth1``.")
    vlan: int = Field(ge=1, le=4094, description="The VLAN that the fault is about.")
    client: HostName = Field(description="A host behind the switch that loses its connection.")
    peer: Address = Field(description="The address that the client no longer reaches.")

    def _vlans(self, hands: Hands, column: str) -> list[str]:
        """Return the VLANs in a column of the port's record: ``tag`` or ``trunks``."""
        seen = hands.run(self.host, ("ovs-vsctl", "get", "port", self.port, column)).stdout.decode()
        return re.findall(r"\d+", seen)

    def _cut_off(self, hands: Hands) -> bool:
        """Return whether the client cannot reach its peer."""
        return hands.run(self.client, ("ping", "-c1", "-W1", "-n", "-q", self.peer), check=False).status != 0

    def _set(self, hands: Hands, column: str, vlans: str) -> None:
        """Type the command that sets the VLANs of a column; none clears it."""
        command = f"set port {self.port} {column}={vlans}" if vlans else f"clear port {self.port} {column}"
        hands.configure(self.host, (f"ovs-vsctl {command}",))


class SwitchAccessVlan(_OnPort):
    """A port of a switch is in a wrong VLAN.

    The trainee sees a host whose link is up and that reaches nobody, or the wrong network; ``ovs-vsctl show`` on the
    switch gives each port's ``tag``. The switch saves each change at once, so it outlasts a reboot. It needs Open
    vSwitch (image ``switch``).
    """

    name: ClassVar[str] = "switch-access-vlan"

    def remember(self, hands: Hands) -> Memento:
        """Keep the port's VLAN."""
        return {"tag": ",".join(self._vlans(hands, "tag"))}

    def inject(self, hands: Hands) -> None:
        """Set the wrong VLAN."""
        self._set(hands, "tag", str(self.vlan))

    def verify(self, hands: Hands) -> None:
        """The switch must have the port in the wrong VLAN, and the client be cut off."""

        def look() -> str:
            tag, cut_off = self._vlans(hands, "tag"), self._cut_off(hands)
            return "" if tag == [str(self.vlan)] and cut_off else f"VLAN {tag}, {self.client} is cut off: {cut_off}"

        wait_for_effect(self, look)

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Set the port's own VLAN."""
        self._set(hands, "tag", memento["tag"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le port {self.port} de {self.host} était dans le VLAN {self.vlan}.",
            en=f"The port {self.port} of {self.host} was in VLAN {self.vlan}.",
        )


class SwitchTrunkVlan(_OnPort):
    """A trunk between switches does not carry one of the VLANs.

    The trainee sees that hosts of one VLAN reach each other on the same switch but not across the trunk, while other
    VLANs work. The switch saves each change at once, so it outlasts a reboot. It needs Open vSwitch (image
    ``switch``) and a trunk port with a list of its VLANs (``trunks``).
    """

    name: ClassVar[str] = "switch-trunk-vlan"

    def remember(self, hands: Hands) -> Memento:
        """Keep the trunk's VLANs.

        Raises:
            LabError: the port has no list of VLANs, or the VLAN is not in it, or is the only one.
        """
        trunks = self._vlans(hands, "trunks")
        if str(self.vlan) not in trunks or len(trunks) == 1:
            raise not_effective(self, f"the trunk {self.port} carries {trunks or 'every VLAN'}")
        return {"trunks": ",".join(trunks)}

    def inject(self, hands: Hands) -> None:
        """Take the VLAN out of the trunk's list."""
        kept = [vlan for vlan in self.remember(hands)["trunks"].split(",") if vlan != str(self.vlan)]
        self._set(hands, "trunks", ",".join(kept))

    def verify(self, hands: Hands) -> None:
        """The switch's trunk must carry other VLANs and not this one, and the client be cut off."""

        def look() -> str:
            trunks, cut_off = self._vlans(hands, "trunks"), self._cut_off(hands)
            right = trunks and str(self.vlan) not in trunks and cut_off
            return "" if right else f"the trunk carries {trunks}, {self.client} is cut off: {cut_off}"

        wait_for_effect(self, look)

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Set the trunk's own list."""
        self._set(hands, "trunks", memento["trunks"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le trunk {self.port} de {self.host} ne portait pas le VLAN {self.vlan}.",
            en=f"The trunk {self.port} of {self.host} did not carry VLAN {self.vlan}.",
        )
