"""Faults of DHCP: the server (Kea), a second server, the relay. Each shows on a client, which asks anew."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from orchestrator.access.hands import Hands
from orchestrator.faults import kea_file
from orchestrator.faults.base import Memento, not_effective, wait_for_effect
from orchestrator.faults.edited_file import EditedFile
from orchestrator.model.base import AbsolutePath, HostName, InterfaceName, Slug
from orchestrator.model.lab import Address, Subnet
from orchestrator.text import Text
from orchestrator.waiting import wait_until

_SERVICE = "kea-dhcp4-server"
_LEASES = "/var/lib/kea/kea-leases4.csv"
_WEEK = 7 * 24 * 3600
_MOST_LEASES = 1024

Pool = Annotated[str, StringConstraints(pattern=r"^[0-9.]+ *- *[0-9.]+$")]
"""First and last address of a pool, such as ``192.168.10.100 - 192.168.10.199``."""

Mac = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]
"""A hardware address in lower case with colons."""


_SEEN_IN = {
    "routers": (("ip", "-4", "route", "show", "default"), r"\bvia (\S+)"),
    "domain-name-servers": (("cat", "/etc/resolv.conf"), r"^nameserver\s+(\S+)"),
    "domain-name": (("cat", "/etc/resolv.conf"), r"^(?:domain|search)\s+(\S+)"),
}
"""Option -> the command that shows what a client makes of it, and what to look for."""


def _listens(hands: Hands, host: str) -> bool:
    """Return whether anything listens to DHCP requests on a host."""
    return hands.run(host, ("ss", "-Hlun", "sport = :67")).stdout.strip() != b""


class _OfClients(EditedFile):
    """A fault that shows on a DHCP client, which asks for its lease anew when the fault comes and when it goes."""

    client: HostName = Field(description="A host with DHCP where the fault shows.")
    client_interface: InterfaceName = Field(default="eth0", description="The client's interface.")

    def inject(self, hands: Hands) -> None:
        """Break it, and let the client ask for a lease."""
        super().inject(hands)
        self._ask_anew(hands)

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Mend it, and let the client ask for a lease."""
        super().revert(hands, memento)
        self._ask_anew(hands)

    def _ask_anew(self, hands: Hands) -> None:
        hands.run(self.client, ("ifdown", "--force", self.client_interface), check=False)
        hands.run(self.client, ("ifup", self.client_interface), check=False)

    def _address(self, hands: Hands) -> str:
        """Return the client's address, or ``""``."""
        argv = ("ip", "-4", "-json", "address", "show", "dev", self.client_interface)
        shown = json.loads(hands.run(self.client, argv).stdout or b"[]")
        found = [info["local"] for link in shown for info in link.get("addr_info", ())]
        return str(found[0]) if found else ""


class _OfServer(_OfClients):
    """A fault in the configuration of Kea, which is restarted to read it."""

    file: AbsolutePath = Field(default=kea_file.CONFIGURATION, description="The configuration of Kea.")
    subnet: Subnet = Field(description="The subnet as the configuration names it.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def load(self, hands: Hands, text: str) -> None:
        """See ``EditedFile.load``; the server may refuse the file."""
        hands.write(self.host, self.file, text.encode())
        hands.run(self.host, ("systemctl", "reset-failed", _SERVICE), check=False)
        hands.run(self.host, ("systemctl", "restart", _SERVICE), check=False)


class DhcpOptionWrong(_OfServer):
    """A DHCP server hands out a wrong option: gateway, name server or domain.

    The trainee sees clients with an address and a wrong ``ip route`` or ``/etc/resolv.conf``; editing the client
    helps until its next lease. It stands in the server's configuration; clients keep what they got until they ask
    anew. It needs Kea (image ``netservices``) and a client with ifupdown.
    """

    name: ClassVar[str] = "dhcp-option-wrong"

    option: Literal["routers", "domain-name-servers", "domain-name"] = Field(description="The option's name in Kea.")
    data: str = Field(pattern=r'^[^"\\]+$', description="What is handed out by mistake.")

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_option_data(text, self.subnet, self.option, self.data)

    def verify(self, hands: Hands) -> None:
        """The client must have an address, and act by the wrong data."""
        command, pattern = _SEEN_IN[self.option]

        def look() -> str:
            shown = hands.run(self.client, command, check=False).stdout.decode(errors="replace")
            address, seen = self._address(hands), re.findall(pattern, shown, re.MULTILINE)
            return "" if address and seen == re.split(r"[ ,]+", self.data) else f"{address or 'no address'}, {seen}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le serveur DHCP {self.host} donnait « {self.data} » comme option {self.option}.",
            en=f"The DHCP server {self.host} handed out '{self.data}' as option {self.option}.",
        )


class DhcpReservationWrong(_OfServer):
    """A reservation names a wrong hardware address, as after a network card was replaced.

    The trainee sees a client with an address from the pool instead of its own. It stands in the server's
    configuration. It needs Kea (image ``netservices``) and a client that has a reservation.
    """

    name: ClassVar[str] = "dhcp-reservation-wrong"

    address: Address = Field(description="The client's reserved address.")
    mac: Mac = Field(description="The wrong hardware address.")

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_reserved_mac(text, self.subnet, self.address, self.mac)

    def verify(self, hands: Hands) -> None:
        """The client must have got another address."""

        def look() -> str:
            seen = self._address(hands)
            return "" if seen not in {"", self.address} else f"{self.client} has {seen or 'no address'}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La réservation de {self.address} sur {self.host} portait l'adresse MAC {self.mac}.",
            en=f"The reservation of {self.address} on {self.host} had the MAC address {self.mac}.",
        )


class DhcpPoolOutside(_OfServer):
    """A pool lies outside its subnet: the DHCP server refuses its configuration and does not start.

    The trainee sees clients without an address and a service that has failed; ``kea-dhcp4 -t`` and the journal name
    the pool. It outlasts a reboot. It needs Kea (image ``netservices``).
    """

    name: ClassVar[str] = "dhcp-pool-outside"

    pool: Pool = Field(description="The wrong pool, such as ``192.168.1.100 - 192.168.1.199``.")

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_pool(text, self.subnet, self.pool)

    def verify(self, hands: Hands) -> None:
        """Nothing must listen to DHCP on the server, which says why."""

        def look() -> str:
            listening = _listens(hands, self.host)
            said = hands.run(self.host, ("kea-dhcp4", "-t", self.file), check=False)
            reason = (said.stdout + said.stderr).decode(errors="replace").strip()
            return "" if said.status and "pool" in reason and not listening else reason or "the server listens"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, l'étendue {self.pool} n'était pas dans {self.subnet} : le serveur ne démarrait pas.",
            en=f"On {self.host} the pool {self.pool} was not in {self.subnet}: the server did not start.",
        )


class _NoneLeft(_OfServer):
    """A server that has no address left for a client: a fault in its configuration, in its leases, or in both."""

    def remember(self, hands: Hands) -> Memento:
        """Keep the configuration and the leases."""
        return {path: hands.read(self.host, path).decode() for path in (self.file, _LEASES)}

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``; the configuration may be right."""
        return text

    def leases(self, hands: Hands, configuration: str, text: str) -> str:
        """Return the broken leases, for a configuration that is broken already; they may be right."""
        return text

    def inject(self, hands: Hands) -> None:
        """Change the configuration and the leases, and let the client ask.

        Raises:
            LabError: there is nothing to change in either.
        """
        before = self.remember(hands)
        configuration = self.change(hands, before[self.file])
        after = {self.file: configuration, _LEASES: self.leases(hands, configuration, before[_LEASES])}
        if after == before:
            raise not_effective(self, f"nothing to change in {self.file} and {_LEASES}")
        self._put(hands, after)

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Put both back, and let the client ask."""
        self._put(hands, memento)

    def _put(self, hands: Hands, files: Memento) -> None:
        """Write the files while the server is stopped."""
        hands.run(self.client, ("ifdown", "--force", self.client_interface), check=False)
        hands.run(self.host, ("systemctl", "stop", _SERVICE))
        for path, text in files.items():
            hands.write(self.host, path, text.encode())
        hands.run(self.host, ("systemctl", "start", _SERVICE))
        self._ask_anew(hands)

    def verify(self, hands: Hands) -> None:
        """The client must be without an address because the server has none left."""

        def look() -> str:
            address = self._address(hands)
            journal = hands.run(self.host, ("journalctl", "--boot", "--unit", _SERVICE, "--output", "cat")).stdout
            refused = b"ALLOC_ENGINE_V4_ALLOC_FAIL" in journal
            return "" if refused and not address else f"{self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def _all_leased(self, hands: Hands, configuration: str, text: str) -> str:
        """Lease every free address, and the client's, to somebody else; the last line of an address counts."""
        number = kea_file.subnet_id(configuration, self.subnet)
        columns, *leases = (line.split(",") for line in text.splitlines())
        taken = _leased([dict(zip(columns, lease, strict=False)) for lease in leases]) - {self._address(hands)}
        until = int(time.time()) + _WEEK
        rows = []
        for position, address in enumerate(_addresses(kea_file.pools_of(configuration, self.subnet))):
            if str(address) not in taken:
                row = {
                    "address": str(address),
                    "hwaddr": _stranger(position),
                    "valid_lifetime": str(_WEEK),
                    "expire": str(until),
                    "subnet_id": str(number),
                    "hostname": f"visitor-{position}",
                }
                rows.append(",".join(row.get(column, "0" if column in _NUMBERS else "") for column in columns))
        return "\n".join([text.rstrip("\n"), *rows]) + "\n"


class DhcpScopeExhausted(_NoneLeft):
    """Every address of a scope is leased out: a new client gets none.

    The trainee sees a client without an address while others work, and a server that runs; its journal says
    ``ALLOC_ENGINE_V4_ALLOC_FAIL``. The leases, of devices that were here once and run for a week, stand in the
    server's lease file and outlast a reboot. It needs Kea (image ``netservices``) with its leases in
    ``/var/lib/kea/kea-leases4.csv``, and a client without a reservation.
    """

    name: ClassVar[str] = "dhcp-scope-exhausted"

    def leases(self, hands: Hands, configuration: str, text: str) -> str:
        """See ``_NoneLeft.leases``."""
        return self._all_leased(hands, configuration, text)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Toutes les adresses de l'étendue {self.subnet} de {self.host} étaient déjà louées.",
            en=f"All addresses of the scope {self.subnet} on {self.host} were leased out.",
        )


class DhcpPoolSmall(_NoneLeft):
    """A pool is too small for those who come: its few addresses are all leased, and a further client gets none.

    The trainee sees what they see of ``dhcp-scope-exhausted``; the pool in the server's configuration says why. It
    outlasts a reboot. It needs Kea (image ``netservices``) with its leases in ``/var/lib/kea/kea-leases4.csv``, and
    a client without a reservation.
    """

    name: ClassVar[str] = "dhcp-pool-small"

    pool: Pool = Field(description="The pool that is too small, such as ``192.168.10.100 - 192.168.10.104``.")

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        return kea_file.with_pool(text, self.subnet, self.pool)

    def leases(self, hands: Hands, configuration: str, text: str) -> str:
        """See ``_NoneLeft.leases``."""
        return self._all_leased(hands, configuration, text)

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

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        addresses = _addresses(kea_file.pools_of(text, self.subnet))
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


_NUMBERS = frozenset({"fqdn_fwd", "fqdn_rev", "state", "pool_id"})
"""Columns of Kea's lease file that hold a number."""


def _addresses(pools: list[str]) -> list[ipaddress.IPv4Address]:
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


class DhcpRogue(_OfClients):
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

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        options = {"routers": self.router, "domain-name-servers": self.dns or self.router}
        server = {
            "interfaces-config": {
                "interfaces": [self.interface],
                "service-sockets-max-retries": 100000,
                "service-sockets-retry-wait-time": 2000,
            },
            "authoritative": True,
            "lease-database": {"type": "memfile", "name": _LEASES, "lfc-interval": 0},
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

    def load(self, hands: Hands, text: str) -> None:
        """See ``EditedFile.load``; a client that asks too early would hear the other server alone."""
        hands.write(self.host, self.path(), text.encode())
        hands.run(self.host, ("systemctl", "reset-failed", _SERVICE), check=False)
        hands.run(self.host, ("systemctl", "restart", _SERVICE))
        wait_until(lambda: _listens(hands, self.host), within=_LEASE)

    def inject(self, hands: Hands) -> None:
        """Start the second server, and let the client ask until that one is the quicker."""
        super().inject(hands)
        for _ in range(_ATTEMPTS):
            if self._gave(wait_until(lambda: self._address(hands), within=_LEASE) or ""):
                break
            self._ask_anew(hands)

    def verify(self, hands: Hands) -> None:
        """The client must have an address of the second server's pool."""

        def look() -> str:
            address = self._address(hands)
            return "" if self._gave(address) else f"{self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def _gave(self, address: str) -> bool:
        """Return whether an address is of the second server's pool."""
        return bool(address) and ipaddress.IPv4Address(address) in _addresses([self.pool])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} répondait aux demandes DHCP à la place du serveur (passerelle donnée : {self.router}).",
            en=f"{self.host} answered DHCP requests instead of the server (it gave the gateway {self.router}).",
        )


_ATTEMPTS = 5
_LEASE = 10.0
"""Seconds until a client that asks must have got a lease from somebody."""


class DhcpRelayWrong(_OfClients):
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

    def change(self, hands: Hands, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(r"^SERVERS=.*$", f'SERVERS="{self.server}"', text, flags=re.MULTILINE)

    def load(self, hands: Hands, text: str) -> None:
        """See ``EditedFile.load``."""
        hands.write(self.host, self.path(), text.encode())
        hands.run(self.host, ("systemctl", "reset-failed", "isc-dhcp-relay"), check=False)
        hands.run(self.host, ("systemctl", "restart", "isc-dhcp-relay"))

    def verify(self, hands: Hands) -> None:
        """The relay must run with the wrong server, and the client be without an address."""

        def look() -> str:
            running = hands.run(self.host, ("pgrep", "--list-full", "--exact", "dhcrelay"), check=False).stdout
            address = self._address(hands)
            right = self.server in running.decode().split() and not address
            return "" if right else f"{running.decode().strip()}; {self.client} has {address or 'no address'}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le relais DHCP de {self.host} transmettait les demandes à {self.server}.",
            en=f"The DHCP relay on {self.host} passed requests on to {self.server}.",
        )
