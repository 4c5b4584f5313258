"""Faults of the physical layer: the cable, made from the fabric's side as a real one would be."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.hands import Hands
from orchestrator.errors import LabError
from orchestrator.fabric.base import PortState
from orchestrator.faults.base import Fault, Memento, not_effective
from orchestrator.model.base import HostName, InterfaceName, Slug
from orchestrator.text import Text


def _port(hands: Hands, host: str, interface: str) -> PortState:
    for port in hands.fabric.ports(hands.instance):
        if (port.host, port.interface) == (host, interface):
            return port
    raise LabError(
        Text(fr=f"{host} n'a pas d'interface {interface}", en=f"{host} has no interface {interface}"),
    )


class LinkUnplugged(Fault):
    """The network cable of a host is not plugged in: the interface shows NO-CARRIER."""

    name: ClassVar[str] = "link-unplugged"

    host: HostName = Field(description="The host whose cable it is.")
    interface: InterfaceName = Field(default="eth0", description="The host's interface.")

    def inject(self, hands: Hands) -> None:
        """Pull the cable."""
        hands.cable(self.host, self.interface, plugged=False)

    def verify(self, hands: Hands) -> None:
        """The host's own interface must have lost its carrier."""
        carrier = hands.run(self.host, ("cat", f"/sys/class/net/{self.interface}/carrier"), check=False)
        if carrier.stdout.strip() == b"1":
            raise not_effective(self, f"{self.interface} has a carrier")

    def revert(self, hands: Hands, memento: Memento) -> None:  # noqa: ARG002
        """Plug the cable in."""
        hands.cable(self.host, self.interface, plugged=True)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble réseau de {self.host} ({self.interface}) était débranché.",
            en=f"The network cable of {self.host} ({self.interface}) was unplugged.",
        )


class LinkWrongSegment(Fault):
    """The cable of a host leads to another segment: the link is up, but the neighbours are not the right ones."""

    name: ClassVar[str] = "link-wrong-segment"

    host: HostName = Field(description="The host whose cable it is.")
    interface: InterfaceName = Field(default="eth0", description="The host's interface.")
    segment: Slug = Field(description="The segment that the cable leads to by mistake.")

    def remember(self, hands: Hands) -> Memento:
        """Keep the segment that the cable leads to."""
        return {"segment": _port(hands, self.host, self.interface).segment}

    def inject(self, hands: Hands) -> None:
        """Move the cable."""
        hands.cable(self.host, self.interface, plugged=False)
        hands.cable(self.host, self.interface, plugged=True, segment=self.segment)

    def verify(self, hands: Hands) -> None:
        """The cable must lead to the wrong segment."""
        seen = _port(hands, self.host, self.interface).segment
        if seen != self.segment:
            raise not_effective(self, f"the cable leads to {seen}")

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Move the cable back."""
        hands.cable(self.host, self.interface, plugged=False)
        hands.cable(self.host, self.interface, plugged=True, segment=memento["segment"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble de {self.host} était relié au segment « {self.segment} ».",
            en=f"The cable of {self.host} led to the segment '{self.segment}'.",
        )
