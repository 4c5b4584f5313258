"""Faults of how a host turns names into addresses: resolv.conf, DHCP client, nsswitch.conf, hosts."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.fault import wait_for_effect
from orchestrator.model.base import DomainName, InterfaceName
from orchestrator.model.lab import Address


def _looked_up(driver: LabDriver, host: str, name: str) -> str:
    """Return the addresses that programs of a host get for a name, without waiting long for a silent server."""
    argv = ("env", "RES_OPTIONS=timeout:1 attempts:1", "getent", "ahostsv4", name)
    found = driver.run(host, argv, check=False).stdout.decode(errors="replace")
    return " ".join(dict.fromkeys(line.split()[0] for line in found.splitlines() if line.strip()))


def _asked(driver: LabDriver, host: str, name: str) -> str:
    """Return what dig prints when it asks the servers of resolv.conf."""
    argv = ("dig", "+time=1", "+tries=1", "+noall", "+answer", "+comments", "+stats", name, "A")
    return driver.run(host, argv, check=False).stdout.decode(errors="replace")


class _OfNames(EditedFile):
    """A fault that keeps a name from becoming an address."""

    query: str = Field(description="A name that programs on the host look up to see the effect.")


class _WrongServers(_OfNames):
    """A host asks a name server that is not there."""

    servers: tuple[Address, ...] = Field(min_length=1, description="The wrong name servers.")

    def verify(self, driver: LabDriver) -> None:
        """The host must ask the wrong server, and get no address for the name."""

        def look() -> str:
            asked, found = _asked(driver, self.host, self.query), _looked_up(driver, self.host, self.query)
            right = not found and any(f"{server}#53" in asked for server in self.servers)
            return "" if right else f"{self.query}: {found or asked.strip()}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        servers = ", ".join(self.servers)
        return Text(
            fr=f"Dans {self.path()}, {self.host} avait pour serveur de noms {servers}.",
            en=f"In {self.path()} the name server of {self.host} was {servers}.",
        )


class ResolverWrong(_WrongServers):
    """A host with a static configuration asks a wrong name server.

    The trainee sees that addresses work and names do not; ``dig`` times out, and works with ``@`` the right server. It
    stands in ``/etc/resolv.conf``. On a host with DHCP the client writes that file again: take ``resolver-overridden``
    there. It needs dig, as every image built on ``host`` has it.
    """

    name: ClassVar[str] = "resolver-wrong"

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/resolv.conf"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        kept = re.sub(r"^[ \t]*nameserver\b.*\n?", "", text, flags=re.MULTILINE)
        before = kept if kept.endswith("\n") or not kept else f"{kept}\n"
        return before + "".join(f"nameserver {server}\n" for server in self.servers)

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``: the C library notices by itself."""
        driver.write(self.host, self.path(), text.encode())


class ResolverOverridden(_WrongServers):
    """A host with DHCP ignores the name server that it is given and asks another one.

    The trainee sees a ``/etc/resolv.conf`` with a wrong server that comes back after every edit:
    ``/etc/dhcpcd.conf`` says ``static domain_name_servers=…``. It outlasts a reboot. It needs dhcpcd and dig, as
    every image built on ``host`` has them, and an interface with DHCP.
    """

    name: ClassVar[str] = "resolver-overridden"

    interface: InterfaceName = Field(default="eth0", description="The interface with DHCP.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/dhcpcd.conf"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        servers = " ".join(self.servers)
        return f"{text.rstrip()}\n\ninterface {self.interface}\nstatic domain_name_servers={servers}\n"

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``: the DHCP client is started again."""
        driver.run(self.host, ("ifdown", "--force", self.interface), check=False)
        driver.write(self.host, self.path(), text.encode())
        driver.run(self.host, ("ifup", self.interface), check=False)


class SearchDomainWrong(_OfNames):
    """A host with a static configuration completes short names with a wrong domain, or with none.

    The trainee sees that ``intranet`` is not found while ``intranet.example.com`` is. It stands in
    ``/etc/resolv.conf``. It needs dig, as every image built on ``host`` has it.
    """

    name: ClassVar[str] = "search-domain-wrong"

    search: DomainName | None = Field(default=None, description="The wrong domain; none by default.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/resolv.conf"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        kept = re.sub(r"^[ \t]*(?:search|domain)\b.*\n?", "", text, flags=re.MULTILINE)
        return (f"search {self.search}\n" if self.search else "") + kept

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``: the C library notices by itself."""
        driver.write(self.host, self.path(), text.encode())

    def verify(self, driver: LabDriver) -> None:
        """The short name must not be found, although a name server answers."""

        def look() -> str:
            asked, found = _asked(driver, self.host, self.query), _looked_up(driver, self.host, self.query)
            return "" if not found and "status: " in asked else f"{self.query}: {found or asked.strip()}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        if self.search is None:
            return Text(
                fr=f"{self.host} ne complétait plus les noms courts (« search » manquait dans /etc/resolv.conf).",
                en=f"{self.host} no longer completed short names ('search' was missing in /etc/resolv.conf).",
            )
        return Text(
            fr=f"{self.host} complétait les noms courts avec le domaine {self.search}.",
            en=f"{self.host} completed short names with the domain {self.search}.",
        )


class NsswitchWithoutDns(_OfNames):
    """Programs on a host do not ask DNS at all.

    The trainee sees that ``dig`` and ``host`` find a name while ping, curl and ``getent hosts`` do not: the line
    ``hosts:`` of ``/etc/nsswitch.conf`` does not name ``dns``. It outlasts a reboot. It works with every image.
    """

    name: ClassVar[str] = "nsswitch-without-dns"

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/nsswitch.conf"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(
            r"^hosts:.*$",
            lambda line: re.sub(r"[ \t]+(?:dns|resolve)\b(?:[ \t]*\[[^\]\n]*\])?", "", line[0]),
            text,
            flags=re.MULTILINE,
        )

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``: each program reads it when it starts."""
        driver.write(self.host, self.path(), text.encode())

    def verify(self, driver: LabDriver) -> None:
        """Programs must not find the name that DNS knows."""

        def look() -> str:
            asked, found = _asked(driver, self.host, self.query), _looked_up(driver, self.host, self.query)
            known = "ANSWER SECTION" in asked
            return "" if known and not found else f"{self.query}: {found or asked.strip()}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La ligne « hosts: » de /etc/nsswitch.conf {de(self.host)} ne nommait pas « dns ».",
            en=f"The line 'hosts:' of /etc/nsswitch.conf on {self.host} did not name 'dns'.",
        )


class HostsEntryStale(_OfNames):
    """A forgotten line of ``/etc/hosts`` gives a name an old address.

    The trainee sees that one host reaches the wrong machine while ``dig`` gives the right address: the file is read
    before DNS is asked. It outlasts a reboot. It works with every image.
    """

    name: ClassVar[str] = "hosts-entry-stale"

    address: Address = Field(description="The old address.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return "/etc/hosts"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return f"{text.rstrip()}\n{self.address}\t{self.query} {self.query.partition('.')[0]}\n"

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``: the C library notices by itself."""
        driver.write(self.host, self.path(), text.encode())

    def verify(self, driver: LabDriver) -> None:
        """Programs must get the old address."""

        def look() -> str:
            found = _looked_up(driver, self.host, self.query)
            return "" if found == self.address else f"{self.query}: {found or 'not found'}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Une ligne de /etc/hosts {de(self.host)} donnait à {self.query} l'ancienne adresse {self.address}.",
            en=f"A line of /etc/hosts on {self.host} gave {self.query} the old address {self.address}.",
        )
