"""Faults where two hosts of a segment claim to be the same one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Memento, not_effective, wait_for_effect
from orchestrator.faults.library.addressing.address import AddressWithPrefix
from orchestrator.faults.library.addressing.interfaces_file import EditedInterfaces, with_option
from orchestrator.model.base import HostName, InterfaceName


def _mac(driver: LabDriver, host: str, interface: str) -> str:
    return driver.run(host, ("cat", f"/sys/class/net/{interface}/address")).stdout.decode().strip()


class AddressDuplicate(EditedInterfaces):
    """Another host of the segment has taken a host's IP address as well.

    The trainee sees connections that work or hang by turns, depending on whose answer to ARP came last; ``arping``
    shows two MAC addresses for one IP address. ``host`` is the one that has no right to the address. It stands in
    its ``/etc/network/interfaces`` and outlasts a reboot. It needs ifupdown and arping, as every image built on
    ``host`` has them.
    """

    name: ClassVar[str] = "address-duplicate"

    address: AddressWithPrefix = Field(description="The victim's address with prefix length.")
    victim: HostName = Field(description="The host that the address belongs to, on the same segment.")
    victim_interface: InterfaceName = Field(default="eth0", description="The victim's interface.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return f"{text.rstrip()}\n\niface {self.interface} inet static\n    address {self.address}\n"

    def verify(self, driver: LabDriver) -> None:
        """Asked for its own address (RFC 5227), the victim must get an answer from the other host."""
        taker = _mac(driver, self.host, self.interface)
        address = self.address.partition("/")[0]
        argv = ("arping", "-D", "-c", "1", "-w", "1", "-I", self.victim_interface, address)

        def look() -> str:
            seen = driver.run(self.victim, argv, check=False).stdout.decode(errors="replace")
            return "" if taker in seen.lower() else f"nobody else answers for {address}: {seen.strip()}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} avait pris l'adresse {de(self.victim)}, {self.address}.",
            en=f"{self.host} had taken the address of {self.victim}, {self.address}.",
        )


class MacDuplicate(EditedInterfaces):
    """A host has the MAC address of another one of the segment, as a cloned virtual machine has.

    The trainee sees that each of the two loses its connections as soon as the other one speaks; ``ip neigh`` on a
    third host shows one MAC address for two IP addresses. It stands as ``hwaddress`` in ``/etc/network/interfaces``
    and outlasts a reboot; once the line is gone, a reboot or ``ip link set address`` brings the card's own address
    back. It needs ifupdown, as every image built on ``host`` has it.
    """

    name: ClassVar[str] = "mac-duplicate"

    of: HostName = Field(description="The host whose MAC address is taken.")
    of_interface: InterfaceName = Field(default="eth0", description="That host's interface.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file and the card's own address."""
        return {**super().remember(driver), "mac": _mac(driver, self.host, self.interface)}

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return with_option(text, self.interface, "hwaddress", _mac(driver, self.of, self.of_interface))

    def verify(self, driver: LabDriver) -> None:
        """The kernels of both hosts must have the same address on the card."""
        ours, theirs = _mac(driver, self.host, self.interface), _mac(driver, self.of, self.of_interface)
        if ours != theirs:
            raise not_effective(self, f"{self.host}: {ours}, {self.of}: {theirs}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back, and the card's own address."""
        driver.run(self.host, ("ip", "link", "set", "dev", self.interface, "address", memento["mac"]))
        super().revert(driver, memento)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} ({self.interface}) avait l'adresse MAC {de(self.of)}.",
            en=f"{self.host} ({self.interface}) had the MAC address of {self.of}.",
        )
