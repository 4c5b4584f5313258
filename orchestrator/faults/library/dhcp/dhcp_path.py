"""Faults between a DHCP client and its server: a second server, a relay. Each shows on a client, which asks again."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import wait_for_effect
from orchestrator.faults.library.dhcp import kea_file
from orchestrator.faults.library.dhcp.kea import LEASES, SERVICE, OfClients, Pool, addresses_of, listens
from orchestrator.model.base import InterfaceName
from orchestrator.model.lab import Address, Subnet

_ATTEMPTS = 5
_LEASE = 10.0
"""Seconds until a client that asks must have got a lease from somebody."""


class DhcpRogue(OfClients):
    """A second DHCP server on the segment gives clients a configuration of its own, as a home router plugged in does.

    The trainee sees clients with an address of another range, a wrong gateway or name server, while the company's
    server is right; ``tcpdump -ni eth0 port 67 or port 68`` shows who answers. It
    outlasts a reboot. ``host`` is the second server: it needs Kea (image ``netservices``), serving nothing so far,
    on the client's segment.
    """

    name: ClassVar[str] = "dhcp-rogue"

    interface: InterfaceName = Field(default="eth0", description="The second server's interface.")
    subnet: Subnet = Field(description="The subnet that the second server serves: that of its own address.")
    pool: Pool = Field(description="The addresses that it gives, such as ``192.168.10.200 - 192.168.10.220``.")
    router: Address = Field(description="The gateway that it gives.")
    dns: Address | None = Field(default=None, description="The name server that it gives; by default the gateway.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return kea_file.CONFIGURATION

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        options = {"routers": self.router, "domain-name-servers": self.dns or self.router}
        server = {
            "interfaces-config": {
                "interfaces": [self.interface],
                "service-sockets-max-retries": 100000,
                "service-sockets-retry-wait-time": 2000,
            },
            "authoritative": True,
            "lease-database": {"type": "memfile", "name": LEASES, "lfc-interval": 0},
            "multi-threading": {"enable-multi-threading": False},
            "subnet4": [
                {
                    "id": 1,
                    "subnet": self.subnet,
                    "pools": [{"pool": self.pool}],
                    "option-data": [{"name": name, "data": data} for name, data in options.items()],
                }
            ],
        }
        return json.dumps({"Dhcp4": server}, indent=2) + "\n"

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``; a client that asks too early would hear the other server alone."""
        driver.write(self.host, self.path(), text.encode())
        driver.run(self.host, ("systemctl", "reset-failed", SERVICE), check=False)
        driver.run(self.host, ("systemctl", "restart", SERVICE))
        wait_until(lambda: listens(driver, self.host), within=_LEASE)

    def inject(self, driver: LabDriver) -> None:
        """Start the second server, and let the client ask until that one is the quicker."""
        super().inject(driver)
        for _ in range(_ATTEMPTS):
            if self._gave(wait_until(lambda: self.address_of_client(driver), within=_LEASE) or ""):
                break
            self.ask_anew(driver)

    def verify(self, driver: LabDriver) -> None:
        """The client must have an address of the second server's pool."""

        def look() -> str:
            address = self.address_of_client(driver)
            return "" if self._gave(address) else f"{self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def _gave(self, address: str) -> bool:
        """Return whether an address is of the second server's pool."""
        return bool(address) and ipaddress.IPv4Address(address) in addresses_of([self.pool])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} répondait aux demandes DHCP à la place du serveur (passerelle donnée : {self.router}).",
            en=f"{self.host} answered DHCP requests instead of the server (it gave the gateway {self.router}).",
        )


class DhcpRelayWrong(OfClients):
    """A DHCP relay passes requests on to a wrong server.

    The trainee sees clients of one segment without an address while the server runs and sees nothing of them. It
    stands in ``/etc/default/isc-dhcp-relay`` and outlasts a reboot. ``host`` is the relay: it needs isc-dhcp-relay
    (image ``router``).
    """

    name: ClassVar[str] = "dhcp-relay-wrong"

    server: Address = Field(description="The address that requests are passed on to by mistake.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/default/isc-dhcp-relay"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(r"^SERVERS=.*$", f'SERVERS="{self.server}"', text, flags=re.MULTILINE)

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``."""
        driver.write(self.host, self.path(), text.encode())
        driver.run(self.host, ("systemctl", "reset-failed", "isc-dhcp-relay"), check=False)
        driver.run(self.host, ("systemctl", "restart", "isc-dhcp-relay"))

    def verify(self, driver: LabDriver) -> None:
        """The relay must run with the wrong server, and the client be without an address."""

        def look() -> str:
            running = driver.run(self.host, ("pgrep", "--list-full", "--exact", "dhcrelay"), check=False).stdout
            address = self.address_of_client(driver)
            right = self.server in running.decode().split() and not address
            return "" if right else f"{running.decode().strip()}; {self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le relais DHCP {de(self.host)} transmettait les demandes à {self.server}.",
            en=f"The DHCP relay on {self.host} passed requests on to {self.server}.",
        )
