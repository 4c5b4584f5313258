"""What the faults of DHCP share: a client that asks again, and the server, Kea, whose configuration is edited."""

from __future__ import annotations

import ipaddress
import json
from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.fault import Memento
from orchestrator.faults.library.dhcp import kea_file
from orchestrator.model.base import AbsolutePath, HostName, InterfaceName
from orchestrator.model.lab import Subnet

SERVICE = "kea-dhcp4-server"
LEASES = "/var/lib/kea/kea-leases4.csv"
_MOST_LEASES = 1024

Pool = Annotated[str, StringConstraints(pattern=r"^[0-9.]+ *- *[0-9.]+$")]
"""First and last address of a pool, such as ``192.168.10.100 - 192.168.10.199``."""


def listens(driver: LabDriver, host: str) -> bool:
    """Return whether anything listens to DHCP requests on a host."""
    return driver.run(host, ("ss", "-Hlun", "sport = :67")).stdout.strip() != b""


class OfClients(EditedFile):
    """A fault that shows on a DHCP client, which asks for its lease again when the fault comes and when it goes."""

    client: HostName = Field(description="A host with DHCP where the fault shows.")
    client_interface: InterfaceName = Field(default="eth0", description="The client's interface.")

    def inject(self, driver: LabDriver) -> None:
        """Break it, and let the client ask for a lease."""
        super().inject(driver)
        self.ask_anew(driver)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Repair it, and let the client ask for a lease."""
        super().revert(driver, memento)
        self.ask_anew(driver)

    def ask_anew(self, driver: LabDriver) -> None:
        """Let the client give its lease up, as far as it has one, and ask for one."""
        driver.run(self.client, ("ifdown", "--force", self.client_interface), check=False)
        driver.run(self.client, ("ifup", self.client_interface), check=False)

    def address_of_client(self, driver: LabDriver) -> str:
        """Return the client's address, or ``""``."""
        argv = ("ip", "-4", "-json", "address", "show", "dev", self.client_interface)
        shown = json.loads(driver.run(self.client, argv).stdout or b"[]")
        found = [info["local"] for link in shown for info in link.get("addr_info", ())]
        return str(found[0]) if found else ""


class OfServer(OfClients):
    """A fault in the configuration of Kea, which is restarted to read it."""

    file: AbsolutePath = Field(default=kea_file.CONFIGURATION, description="The configuration of Kea.")
    subnet: Subnet = Field(description="The subnet as the configuration names it.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``; the server may refuse the file."""
        driver.write(self.host, self.file, text.encode())
        driver.run(self.host, ("systemctl", "reset-failed", SERVICE), check=False)
        driver.run(self.host, ("systemctl", "restart", SERVICE), check=False)


def addresses_of(pools: list[str]) -> list[ipaddress.IPv4Address]:
    """Return every address of the pools."""
    found = []
    for pool in pools:
        if "/" in pool:
            network = ipaddress.IPv4Network(pool.strip())
            first, last = network.network_address, network.broadcast_address
        else:
            first, last = (ipaddress.IPv4Address(end.strip()) for end in pool.split("-"))
        found += [ipaddress.IPv4Address(number) for number in range(int(first), int(last) + 1)]
    return found[:_MOST_LEASES]
