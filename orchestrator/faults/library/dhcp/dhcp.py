"""Faults in what a DHCP server (Kea) hands out, and to whom. Each shows on a client, which asks again."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import wait_for_effect
from orchestrator.faults.library.dhcp import kea_file
from orchestrator.faults.library.dhcp.kea import OfServer, Pool, listens
from orchestrator.model.lab import Address

Mac = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]
"""A hardware address in lower case with colons."""


_SEEN_IN = {
    "routers": (("ip", "-4", "route", "show", "default"), r"\bvia (\S+)"),
    "domain-name-servers": (("cat", "/etc/resolv.conf"), r"^nameserver\s+(\S+)"),
    "domain-name": (("cat", "/etc/resolv.conf"), r"^(?:domain|search)\s+(\S+)"),
}
"""Option -> the command that shows what a client makes of it, and what to look for."""


class DhcpOptionWrong(OfServer):
    """A DHCP server hands out a wrong option: gateway, name server or domain.

    The trainee sees clients with an address and a wrong ``ip route`` or ``/etc/resolv.conf``; editing the client
    helps until its next lease. It stands in the server's configuration; clients keep what they got until they ask
    again. It needs Kea (image ``netservices``) and a client with ifupdown.
    """

    name: ClassVar[str] = "dhcp-option-wrong"

    option: Literal["routers", "domain-name-servers", "domain-name"] = Field(description="The option's name in Kea.")
    data: str = Field(pattern=r'^[^"\\]+$', description="What is handed out by mistake.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_option_data(text, self.subnet, self.option, self.data)

    def verify(self, driver: LabDriver) -> None:
        """The client must have an address, and act by the wrong data."""
        command, pattern = _SEEN_IN[self.option]

        def look() -> str:
            shown = driver.run(self.client, command, check=False).stdout.decode(errors="replace")
            address, seen = self.address_of_client(driver), re.findall(pattern, shown, re.MULTILINE)
            return "" if address and seen == re.split(r"[ ,]+", self.data) else f"{address or 'no address'}, {seen}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le serveur DHCP {self.host} donnait « {self.data} » comme option {self.option}.",
            en=f"The DHCP server {self.host} handed out '{self.data}' as option {self.option}.",
        )


class DhcpReservationWrong(OfServer):
    """A reservation names a wrong hardware address, as after a network card was replaced.

    The trainee sees a client with an address from the pool instead of its own. It stands in the server's
    configuration. It needs Kea (image ``netservices``) and a client that has a reservation.
    """

    name: ClassVar[str] = "dhcp-reservation-wrong"

    address: Address = Field(description="The client's reserved address.")
    mac: Mac = Field(description="The wrong hardware address.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_reserved_mac(text, self.subnet, self.address, self.mac)

    def verify(self, driver: LabDriver) -> None:
        """The client must have got another address."""

        def look() -> str:
            seen = self.address_of_client(driver)
            return "" if seen not in {"", self.address} else f"{self.client} has {seen or 'no address'}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La réservation de {self.address} sur {self.host} portait l'adresse MAC {self.mac}.",
            en=f"The reservation of {self.address} on {self.host} had the MAC address {self.mac}.",
        )


class DhcpPoolOutside(OfServer):
    """A pool lies outside its subnet: the DHCP server refuses its configuration and does not start.

    The trainee sees clients without an address and a service that has failed; ``kea-dhcp4 -t`` and the journal name
    the pool. It outlasts a reboot. It needs Kea (image ``netservices``).
    """

    name: ClassVar[str] = "dhcp-pool-outside"

    pool: Pool = Field(description="The wrong pool, such as ``192.168.1.100 - 192.168.1.199``.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_pool(text, self.subnet, self.pool)

    def verify(self, driver: LabDriver) -> None:
        """Nothing must listen to DHCP on the server, which says why."""

        def look() -> str:
            listening = listens(driver, self.host)
            said = driver.run(self.host, ("kea-dhcp4", "-t", self.file), check=False)
            reason = (said.stdout + said.stderr).decode(errors="replace").strip()
            return "" if said.status and "pool" in reason and not listening else reason or "the server listens"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, l'étendue {self.pool} n'était pas dans {self.subnet} : le serveur ne démarrait pas.",
            en=f"On {self.host} the pool {self.pool} was not in {self.subnet}: the server did not start.",
        )
