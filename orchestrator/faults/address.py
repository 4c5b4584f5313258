"""Faults of a host's IP configuration, made in the files that a technician would edit."""

from __future__ import annotations

import ipaddress
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.access.hands import Hands
from orchestrator.faults.base import Fault, Memento, not_effective
from orchestrator.model.base import HostName, InterfaceName
from orchestrator.model.lab import Address
from orchestrator.text import Text

INTERFACES = "/etc/network/interfaces"
RESOLVERS = "/etc/resolv.conf"


def _with_prefix(value: str) -> str:
    try:
        ipaddress.IPv4Interface(value)
    except ValueError as error:
        message = "an IPv4 address with prefix length such as 192.168.10.50/24"
        raise PydanticCustomError("ipv4_with_prefix", message) from error
    return value


AddressWithPrefix = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9.]+/[0-9]+$"),
    AfterValidator(_with_prefix),
    Text(
        fr="une adresse IPv4 avec la longueur de son préfixe, comme 192.168.10.50/24",
        en="an IPv4 address with prefix length such as 192.168.10.50/24",
    ),
]
"""An IPv4 address with the length of its network's prefix."""


class AddressStatic(Fault):
    """A host that should ask for its address has a static one, with the given gateway and resolver.

    With an address of another network it is a configuration left from an old place; with a right address and
    a wrong gateway the host reaches its own network and nothing beyond. It stands in ``/etc/network/interfaces`` and
    ``/etc/resolv.conf`` and outlasts a reboot. It needs ifupdown, as every image built on ``host`` has it.
    """

    name: ClassVar[str] = "address-static"

    host: HostName = Field(description="The host that is broken.")
    interface: InterfaceName = Field(default="eth0", description="The interface that gets the static address.")
    address: AddressWithPrefix = Field(description="Address with prefix length, such as ``192.168.10.50/24``.")
    gateway: Address | None = Field(default=None, description="The default gateway; none by default.")
    dns: Address | None = Field(default=None, description="The resolver; none by default.")

    def remember(self, hands: Hands) -> Memento:
        """Keep both files."""
        return {path: hands.read(self.host, path).decode() for path in (INTERFACES, RESOLVERS)}

    def inject(self, hands: Hands) -> None:
        """Write the static configuration and bring the interface up with it."""
        lines = [
            "auto lo",
            "iface lo inet loopback",
            "",
            f"auto {self.interface}",
            f"iface {self.interface} inet static",
            f"    address {self.address}",
        ]
        if self.gateway:
            lines.append(f"    gateway {self.gateway}")
        hands.run(self.host, ("ifdown", "--force", self.interface), check=False)
        hands.write(self.host, INTERFACES, ("\n".join(lines) + "\n").encode())
        hands.write(self.host, RESOLVERS, f"nameserver {self.dns}\n".encode() if self.dns else b"")
        # A gateway outside the network makes ifup fail, as it does for a user: verify looks at the result.
        hands.run(self.host, ("ifup", self.interface), check=False)

    def verify(self, hands: Hands) -> None:
        """The interface must carry the static address and no other."""
        seen = hands.run(self.host, ("ip", "-4", "-br", "address", "show", "dev", self.interface)).stdout.decode()
        if seen.split()[2:] != [self.address]:
            raise not_effective(self, seen.strip())

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Put the files back and bring the interface up with them."""
        hands.run(self.host, ("ifdown", "--force", self.interface), check=False)
        hands.write(self.host, INTERFACES, memento[INTERFACES].encode())
        hands.write(self.host, RESOLVERS, memento[RESOLVERS].encode())
        hands.run(self.host, ("ifup", self.interface), check=False)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        gateway_fr = f" (passerelle {self.gateway})" if self.gateway else ""
        gateway_en = f" (gateway {self.gateway})" if self.gateway else ""
        return Text(
            fr=f"{self.host} avait l'adresse fixe {self.address}{gateway_fr} au lieu d'une adresse donnée par DHCP.",
            en=f"{self.host} had the static address {self.address}{gateway_en} instead of one given by DHCP.",
        )
