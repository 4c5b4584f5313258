"""Faults of DHCP by which a server (Kea) has no address left. Each shows on a client, which asks again."""

from __future__ import annotations

import time
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Memento, not_effective, wait_for_effect
from orchestrator.faults.library.dhcp import kea_file
from orchestrator.faults.library.dhcp.kea import LEASES, SERVICE, OfServer, Pool, addresses_of
from orchestrator.model.base import Slug

_DAY = 24 * 3600
_WEEK = 7 * _DAY
_AGE = 2 * _DAY
"""How long ago the leases were given, by their own account: those who have them came before today."""
_NUMBERS = frozenset({"fqdn_fwd", "fqdn_rev", "state", "pool_id"})
"""Columns of Kea's lease file that hold a number."""


class _NoneLeft(OfServer):
    """A server that has no address left for a client: a fault in its configuration, in its leases, or in both."""

    holder: ClassVar[str] = "visitor"
    """How the names begin of those who have the leased addresses."""

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the configuration and the leases."""
        return {path: driver.read(self.host, path).decode() for path in (self.file, LEASES)}

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``; the configuration may be right."""
        return text

    def leases(self, driver: LabDriver, configuration: str, text: str) -> str:
        """Return the broken leases, for a configuration that is broken already; they may be right."""
        return text

    def inject(self, driver: LabDriver) -> None:
        """Change the configuration and the leases, and let the client ask.

        Raises:
            LabError: there is nothing to change in either.
        """
        before = self.remember(driver)
        configuration = self.change(driver, before[self.file])
        after = {self.file: configuration, LEASES: self.leases(driver, configuration, before[LEASES])}
        if after == before:
            raise not_effective(self, f"nothing to change in {self.file} and {LEASES}")
        self._put(driver, after)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put both back, and let the client ask."""
        self._put(driver, memento)

    def _put(self, driver: LabDriver, files: Memento) -> None:
        """Write the files while the server is stopped."""
        driver.run(self.client, ("ifdown", "--force", self.client_interface), check=False)
        driver.run(self.host, ("systemctl", "stop", SERVICE))
        for path, text in files.items():
            driver.write(self.host, path, text.encode())
        driver.run(self.host, ("systemctl", "start", SERVICE))
        self.ask_anew(driver)

    def verify(self, driver: LabDriver) -> None:
        """The client must be without an address because the server has none left."""

        def look() -> str:
            address = self.address_of_client(driver)
            journal = driver.run(self.host, ("journalctl", "--boot", "--unit", SERVICE, "--output", "cat")).stdout
            refused = b"ALLOC_ENGINE_V4_ALLOC_FAIL" in journal
            return "" if refused and not address else f"{self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def _all_leased(self, driver: LabDriver, configuration: str, text: str) -> str:
        """Lease every free address, and the client's, to somebody else; the last line of an address counts."""
        number = kea_file.subnet_id(configuration, self.subnet)
        columns, *leases = (line.split(",") for line in text.splitlines())
        taken = _leased([dict(zip(columns, lease, strict=False)) for lease in leases]) - {
            self.address_of_client(driver)
        }
        until = int(time.time()) + _WEEK - _AGE
        rows = []
        for position, address in enumerate(addresses_of(kea_file.pools_of(configuration, self.subnet))):
            if str(address) not in taken:
                row = {
                    "address": str(address),
                    "hwaddr": _stranger(position),
                    "valid_lifetime": str(_WEEK),
                    "expire": str(until),
                    "subnet_id": str(number),
                    "hostname": f"{self.holder}-{position}",
                }
                rows.append(",".join(row.get(column, "0" if column in _NUMBERS else "") for column in columns))
        return "\n".join([text.rstrip("\n"), *rows]) + "\n"


class DhcpScopeExhausted(_NoneLeft):
    """Every address of a scope is leased out: a new client gets none.

    The trainee sees a client without an address while others work, and a server that runs; its journal says
    ``ALLOC_ENGINE_V4_ALLOC_FAIL``. The leases, of devices that were here two days ago, run for a week; they stand in
    the server's lease file and outlast a reboot. It needs Kea (image ``netservices``) with its leases in
    ``/var/lib/kea/kea-leases4.csv``, and a client without a reservation.
    """

    name: ClassVar[str] = "dhcp-scope-exhausted"

    def leases(self, driver: LabDriver, configuration: str, text: str) -> str:
        """See ``_NoneLeft.leases``."""
        return self._all_leased(driver, configuration, text)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Toutes les adresses de l'étendue {self.subnet} {de(self.host)} étaient déjà louées.",
            en=f"All addresses of the scope {self.subnet} on {self.host} were leased out.",
        )


class DhcpPoolSmall(_NoneLeft):
    """A pool is too small for those who come: its few addresses are all leased, and a further client gets none.

    The trainee sees what they see of ``dhcp-scope-exhausted``; the pool in the server's configuration says why. The
    leases are those of devices in use, ``phone-0`` and so on. It outlasts a reboot. It needs Kea (image
    ``netservices``) with its leases in ``/var/lib/kea/kea-leases4.csv``, and a client without a reservation.
    """

    name: ClassVar[str] = "dhcp-pool-small"
    holder: ClassVar[str] = "phone"

    pool: Pool = Field(description="The pool that is too small, such as ``192.168.10.100 - 192.168.10.104``.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_pool(text, self.subnet, self.pool)

    def leases(self, driver: LabDriver, configuration: str, text: str) -> str:
        """See ``_NoneLeft.leases``."""
        return self._all_leased(driver, configuration, text)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, l'étendue {self.pool} était trop petite, et toutes ses adresses étaient louées.",
            en=f"On {self.host} the pool {self.pool} was too small, and all of its addresses were leased out.",
        )


class DhcpPoolReserved(_NoneLeft):
    """Every address of a scope is reserved for somebody: a client without a reservation gets none.

    The trainee sees a client without an address, a pool of the right size and hardly any lease; reservations that
    nobody uses, as after an import, fill the subnet in the server's configuration. It outlasts a reboot. It needs Kea
    (image ``netservices``) with its leases in ``/var/lib/kea/kea-leases4.csv``, a subnet with a list of reservations,
    and a client that has none.
    """

    name: ClassVar[str] = "dhcp-pool-reserved"

    owner: Slug = Field(default="tablet", description="The reservations are for ``tablet-1``, ``tablet-2`` and so on.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        addresses = addresses_of(kea_file.pools_of(text, self.subnet))
        added = [(_stranger(n), str(a), f"{self.owner}-{n + 1}") for n, a in enumerate(addresses)]
        return kea_file.with_reservations(text, self.subnet, added)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, chaque adresse de l'étendue {self.subnet} était réservée à un appareil absent.",
            en=f"On {self.host} every address of the scope {self.subnet} was reserved for a device that is not there.",
        )


def _stranger(number: int) -> str:
    """Return the hardware address of a device that no lab has."""
    return f"02:7a:5c:00:{number // 256:02x}:{number % 256:02x}"


def _leased(leases: list[dict[str, str]]) -> set[str]:
    """Return the addresses that are leased now; the last line of an address counts."""
    last = {lease["address"]: lease for lease in leases}
    return {
        address
        for address, lease in last.items()
        if lease["state"] == "0" and int(lease["valid_lifetime"]) and int(lease["expire"]) > time.time()
    }
