"""Faults of a host's IP configuration, made in the files that a technician would edit."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, not_effective
from orchestrator.faults.library.addressing.interfaces_file import INTERFACES, EditedInterfaces, with_option
from orchestrator.model.base import HostName, InterfaceName
from orchestrator.model.lab import Address

RESOLVERS = "/etc/resolv.conf"
_USUAL_MTU = 1500


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

    def remember(self, driver: LabDriver) -> Memento:
        """Keep both files."""
        return {path: driver.read(self.host, path).decode() for path in (INTERFACES, RESOLVERS)}

    def inject(self, driver: LabDriver) -> None:
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
        driver.run(self.host, ("ifdown", "--force", self.interface), check=False)
        driver.write(self.host, INTERFACES, ("\n".join(lines) + "\n").encode())
        driver.write(self.host, RESOLVERS, f"nameserver {self.dns}\n".encode() if self.dns else b"")
        # A gateway outside the network makes ifup fail, as it does for a user: verify looks at the result.
        driver.run(self.host, ("ifup", self.interface), check=False)

    def verify(self, driver: LabDriver) -> None:
        """The interface must carry the static address and no other, and not because DHCP gave it."""
        _only_address(self, driver)
        argv = ("ip", "-4", "-br", "address", "show", "dev", self.interface, "dynamic")
        given = driver.run(self.host, argv, check=False).stdout.decode().strip()
        if given:
            raise not_effective(self, f"by DHCP: {given}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the files back and bring the interface up with them."""
        driver.run(self.host, ("ifdown", "--force", self.interface), check=False)
        driver.write(self.host, INTERFACES, memento[INTERFACES].encode())
        driver.write(self.host, RESOLVERS, memento[RESOLVERS].encode())
        driver.run(self.host, ("ifup", self.interface), check=False)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        gateway_fr = f" (passerelle {self.gateway})" if self.gateway else ""
        gateway_en = f" (gateway {self.gateway})" if self.gateway else ""
        return Text(
            fr=f"{self.host} avait l'adresse fixe {self.address}{gateway_fr} au lieu d'une adresse donnée par DHCP.",
            en=f"{self.host} had the static address {self.address}{gateway_en} instead of one given by DHCP.",
        )


class AddressWrong(EditedInterfaces):
    """A host with a static address has a wrong one, or a wrong prefix length.

    With a prefix that is too short the trainee sees that hosts beyond the gateway do not answer: they are looked for
    on the segment. With an address of another network, that nothing answers. It stands in
    ``/etc/network/interfaces`` and outlasts a reboot. It needs ifupdown, as every image built on ``host`` has it, and a
    static stanza for the interface.
    """

    name: ClassVar[str] = "address-wrong"

    address: AddressWithPrefix = Field(
        description="The wrong address with prefix length, such as ``192.168.10.50/16``."
    )

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return with_option(text, self.interface, "address", self.address, method="static")

    def verify(self, driver: LabDriver) -> None:
        """The interface must carry the wrong address and no other."""
        _only_address(self, driver)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"L'adresse {de(self.host)} ({self.interface}) était {self.address}.",
            en=f"The address of {self.host} ({self.interface}) was {self.address}.",
        )


class GatewayWrong(EditedInterfaces):
    """A host with a static address has a wrong default gateway, or none.

    The trainee sees that neighbours answer and nothing beyond them does. It stands in ``/etc/network/interfaces`` and
    outlasts a reboot. It needs ifupdown, as every image built on ``host`` has it, and a static stanza with a gateway.
    """

    name: ClassVar[str] = "gateway-wrong"

    gateway: Address | None = Field(
        default=None, description="The wrong gateway, in the host's own network; none is set by default."
    )

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return with_option(text, self.interface, "gateway", self.gateway, method="static")

    def verify(self, driver: LabDriver) -> None:
        """The kernel's default route must be the wrong one, on an interface that is up."""
        routes = driver.run(self.host, ("ip", "-4", "route", "show", "default")).stdout.decode()
        up = driver.run(self.host, ("ip", "-4", "-br", "address", "show", "dev", self.interface, "up")).stdout.strip()
        if re.findall(r"via (\S+)", routes) != ([self.gateway] if self.gateway else []) or not up:
            raise not_effective(self, routes.strip() or f"no default route, {self.interface} is down")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        if self.gateway is None:
            return Text(fr=f"{self.host} n'avait pas de passerelle.", en=f"{self.host} had no default gateway.")
        return Text(
            fr=f"La passerelle {de(self.host)} était {self.gateway}.",
            en=f"The default gateway of {self.host} was {self.gateway}.",
        )


class InterfaceNotStarted(EditedInterfaces):
    """The ``auto`` line of an interface is missing: it is not brought up at boot.

    The trainee sees an interface that is DOWN, and that ``ifup`` repairs until the next reboot. It stands in
    ``/etc/network/interfaces``. It needs ifupdown, as every image built on ``host`` has it.
    """

    name: ClassVar[str] = "interface-not-started"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        named = rf"^([ \t]*(?:auto|allow-\w+)\b[^\n]*?)[ \t]+{re.escape(self.interface)}(?=\s|$)"
        text = re.sub(named, r"\1", text, flags=re.MULTILINE)
        return re.sub(r"^[ \t]*(?:auto|allow-\w+)[ \t]*\n", "", text, flags=re.MULTILINE)

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file and do what a reboot does with it."""
        driver.run(self.host, ("ifdown", "--force", self.interface), check=False)
        driver.run(self.host, ("ip", "link", "set", "dev", self.interface, "down"))
        driver.write(self.host, INTERFACES, text.encode())
        driver.run(self.host, ("ifup", "--all"), check=False)

    def verify(self, driver: LabDriver) -> None:
        """The interface must be down, and not among those that ifupdown starts."""
        started = driver.run(self.host, ("ifquery", "--list")).stdout.decode().split()
        state = driver.run(self.host, ("ip", "-br", "link", "show", "dev", self.interface)).stdout.decode()
        if self.interface in started or "UP" in re.findall(r"\w+", state.partition("<")[2]):
            raise not_effective(self, f"started: {' '.join(started)}; {state.strip()}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"L'interface {self.interface} {de(self.host)} n'était pas activée au démarrage (ligne « auto »).",
            en=f"The interface {self.interface} of {self.host} was not brought up at boot (its 'auto' line).",
        )


class InterfaceMtu(EditedInterfaces):
    """An interface has an MTU that does not fit its network.

    On a host the trainee sees fragments, or stalls where fragments are dropped; between two OSPF routers, neighbours
    that stay in ExStart or Exchange. It stands in ``/etc/network/interfaces`` and outlasts a reboot. It needs
    ifupdown, as every image built on ``host`` has it, and a static stanza for the interface.
    """

    name: ClassVar[str] = "interface-mtu"

    mtu: int = Field(ge=576, le=9000, description="The wrong MTU in bytes.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return with_option(text, self.interface, "mtu", str(self.mtu), method="static")

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``; the kernel keeps an MTU that the file does not name any more."""
        driver.run(self.host, ("ip", "link", "set", "dev", self.interface, "mtu", str(_USUAL_MTU)))
        super().load(driver, text)

    def verify(self, driver: LabDriver) -> None:
        """The kernel must have the MTU."""
        seen = driver.run(self.host, ("cat", f"/sys/class/net/{self.interface}/mtu")).stdout.decode().strip()
        if seen != str(self.mtu):
            raise not_effective(self, f"the MTU of {self.interface} is {seen}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La MTU {de(self.host)} ({self.interface}) était de {self.mtu} octets.",
            en=f"The MTU of {self.host} ({self.interface}) was {self.mtu} bytes.",
        )


def _only_address(fault: AddressStatic | AddressWrong, driver: LabDriver) -> None:
    """Make sure that the fault's interface carries the fault's address and no other."""
    argv = ("ip", "-4", "-br", "address", "show", "dev", fault.interface)
    seen = driver.run(fault.host, argv).stdout.decode()
    if seen.split()[2:] != [fault.address]:
        raise not_effective(fault, seen.strip())
