"""Faults by which a guest of a hypervisor runs, and nobody reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import (
    Fault,
    Memento,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.faults.library.addressing.address import AddressWithPrefix
from orchestrator.faults.library.virtual.guest import (
    define,
    definition,
    shut_down,
    start,
    state,
    unstarted,
    virsh,
    wait_for_start,
)
from orchestrator.faults.library.virtual.guest_disk import DISK, read_in_disk, write_in_disk
from orchestrator.model.base import HostName, Slug
from orchestrator.model.lab import Address

_Reason = Literal["link", "network", "user", "model", "address"]
_CARD: Final = re.compile(r"<interface type='network'>.*?</interface>", re.DOTALL)
_ANY_CARD: Final = re.compile(r"<interface type='[a-z]+'>.*?</interface>", re.DOTALL)
_MACHINE: Final = "/etc/machine"
"""Where a guest's disk says its name and address (`images/hypervisor`)."""
_NO_DRIVER: Final = "e1000"
"""A model of network card for which the guests' kernel has no driver."""
_STANZA: Final = """# {network}: a bridge for trials, without a cable.
auto {bridge}
iface {bridge} inet manual
    bridge_ports none
    bridge_stp off
    bridge_fd 0
    bridge_maxwait 0
"""
_NETWORK: Final = "<network><name>{network}</name><forward mode='bridge'/><bridge name='{bridge}'/></network>"
_SHOWN: Final[Mapping[str, str]] = {
    "link": r"<link state='down'/>",
    "network": r"<source (?:network|bridge)='{network}'",
    "user": r"<interface type='user'>",
    "model": rf"<model type='{_NO_DRIVER}'/>",
}
"""What the definition of the guest that runs says of its card."""


class GuestOutOfReach(Fault):
    """A virtual machine runs, its console says that it has started, and nobody reaches it over the network.

    `how` says why: `link` (the link of its card is down), `network` (its card is on another libvirt network, `network`,
    which leads to a bridge without a cable; the fault makes both), `user` (its card is QEMU's own network, which lets
    nobody in), `model` (its card is of a model for which the guest has no driver) or `address` (its disk gives it
    another address, `wrong`). The trainee sees `virsh domiflist`, `virsh domif-getlink`, `bridge link`, and the
    guest's console. Each is kept in the guest's definition or on its disk: it outlasts a reboot. The guest runs, has
    one disk, of qcow2, without snapshots, and one card on a libvirt network; it says on its console that it has
    started, and with which address (`images/hypervisor`).
    """

    name: ClassVar[str] = "guest-out-of-reach"

    host: HostName = Field(description="The hypervisor, which has an address on the guest's network.")
    guest: Slug = Field(description="The virtual machine, by libvirt's name.", examples=["horaires"])
    address: Address = Field(description="The guest's address.", examples=["192.168.90.21"])
    how: _Reason = Field(description="Why nobody reaches it.")
    network: Slug | None = Field(
        default=None,
        description="The libvirt network that its card is on, with `how: network`; its bridge is `br-` and this name.",
        examples=["essais"],
        max_length=12,
    )
    wrong: AddressWithPrefix | None = Field(
        default=None,
        description="The address that its disk gives it, with its prefix, with `how: address`.",
        examples=["192.168.9.21/24"],
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> GuestOutOfReach:
        for how, word, value in (("network", "network", self.network), ("address", "wrong", self.wrong)):
            if (self.how == how) != (value is not None):
                message = f"{word} is for how: {how}, which needs it"
                raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the card and what the disk says; the guest must have started, and answer."""
        wait_until_sound(self, lambda: self._unsound(driver))
        xml = definition(driver, self.host, self.guest)
        card, disk = _CARD.search(xml), DISK.search(xml)
        if card is None or disk is None or disk[1] != "qcow2":
            raise nothing_to_break(self, f"{self.guest}: no card on a libvirt network, or no disk of qcow2")
        kept = {"card": card[0]}
        if self.how == "network":
            if virsh(driver, self.host, "net-info", str(self.network), check=False).status == 0:
                raise nothing_to_break(self, f"the network {self.network} is there already")
        elif self.how == "address":
            kept["machine"] = read_in_disk(driver, self.host, (disk[1], disk[2]), _MACHINE)
            if f"ADDRESS={self.address}/" not in kept["machine"]:
                raise nothing_to_break(self, f"{self.guest}: {kept['machine']!r} in {_MACHINE}")
        return kept

    def inject(self, driver: LabDriver) -> None:
        """Change the card, or the address on the disk; the guest runs again afterwards."""
        xml = definition(driver, self.host, self.guest)
        found = _CARD.search(xml)
        card = "" if found is None else found[0]
        if self.how == "link":
            self._set_link(driver, xml, "down")
            return
        shut_down(driver, self.host, self.guest)
        if self.how == "address":
            machine = f"NAME={self.guest}\nADDRESS={self.wrong}\n"
            write_in_disk(driver, self.host, _disk(xml), _MACHINE, machine)
        else:
            if self.how == "network":
                self._make_network(driver)
                changed = re.sub(r"<source network='[^']*'", f"<source network='{self.network}'", card)
            elif self.how == "user":
                changed = re.sub(r"\s*<(?:source|target) [^>]*/>", "", card).replace("type='network'", "type='user'")
            else:
                changed = re.sub(r"<model type='[^']*'", f"<model type='{_NO_DRIVER}'", card)
            define(driver, self.host, self.guest, xml.replace(card, changed))
        start(driver, self.host, self.guest)
        wait_for_start(driver, self.host, self.guest)

    def verify(self, driver: LabDriver) -> None:
        """The guest must have started and not answer, for the fault's own reason."""

        def look() -> str:
            now = state(driver, self.host, self.guest)
            if now != "running":
                return f"{self.guest}: {now}"
            waiting = unstarted(driver, self.host, self.guest, f", {self.wrong}," if self.how == "address" else "")
            if waiting:
                return waiting
            if self.how != "address":
                live = virsh(driver, self.host, "dumpxml", self.guest).stdout.decode()
                if not re.search(_SHOWN[self.how].format(network=self.network), live):
                    return f"{self.guest}: the card is as it was"
            return f"{self.guest} answers" if self._answers(driver) else ""

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the guest its card, or its address, and start it again."""
        xml = definition(driver, self.host, self.guest)
        if self.how == "link":
            self._set_link(driver, xml, "up")
            define(driver, self.host, self.guest, _ANY_CARD.sub(lambda _: memento["card"], xml, count=1))
        else:
            shut_down(driver, self.host, self.guest)
            if self.how == "address":
                write_in_disk(driver, self.host, _disk(xml), _MACHINE, memento["machine"])
            else:
                define(driver, self.host, self.guest, _ANY_CARD.sub(lambda _: memento["card"], xml, count=1))
            if self.how == "network":
                self._remove_network(driver)
            start(driver, self.host, self.guest)
            wait_for_start(driver, self.host, self.guest)
        wait_until_undone(self, lambda: self._unsound(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        why = {
            "link": Text(fr="le lien de sa carte réseau était coupé", en="the link of its network card was down"),
            "network": Text(
                fr=f"sa carte était sur le réseau {self.network}, dont le pont n'a pas de câble",
                en=f"its card was on the network {self.network}, whose bridge has no cable",
            ),
            "user": Text(
                fr="sa carte était sur le réseau interne de QEMU, où personne n'entre",
                en="its card was on QEMU's own network, which lets nobody in",
            ),
            "model": Text(
                fr=f"elle n'avait pas de pilote pour sa carte réseau ({_NO_DRIVER})",
                en=f"it had no driver for its network card ({_NO_DRIVER})",
            ),
            "address": Text(fr=f"son disque lui donnait l'adresse {self.wrong}", en=f"its disk gave it {self.wrong}"),
        }[self.how]
        return Text(
            fr=f"Sur {self.host}, la machine virtuelle {self.guest} tournait sans que personne l'atteigne : {why.fr}.",
            en=f"On {self.host} the virtual machine {self.guest} ran, and nobody reached it: {why.en}.",
        )

    def _unsound(self, driver: LabDriver) -> str:
        now = state(driver, self.host, self.guest)
        if now != "running":
            return f"{self.guest}: {now}"
        return "" if self._answers(driver) else f"{self.guest} does not answer"

    def _answers(self, driver: LabDriver) -> bool:
        ping = ("ping", "-c1", "-W1", "-n", "-q", str(self.address))
        return driver.run(self.host, ping, check=False).status == 0

    def _set_link(self, driver: LabDriver, xml: str, link: str) -> None:
        mac = re.search(r"<mac address='([^']*)'", xml)
        words = ("domif-setlink", self.guest, "" if mac is None else mac[1], link)
        virsh(driver, self.host, *words, "--config")
        virsh(driver, self.host, *words)

    def _make_network(self, driver: LabDriver) -> None:
        bridge = f"br-{self.network}"
        stanza = _STANZA.format(network=self.network, bridge=bridge)
        driver.write(self.host, f"/etc/network/interfaces.d/{bridge}", stanza.encode(), mode="0644")
        driver.run(self.host, ("ifup", bridge))
        xml = _NETWORK.format(network=self.network, bridge=bridge)
        driver.run(self.host, ("virsh", "net-define", "/dev/stdin"), stdin=xml.encode())
        virsh(driver, self.host, "net-autostart", str(self.network))
        virsh(driver, self.host, "net-start", str(self.network))

    def _remove_network(self, driver: LabDriver) -> None:
        virsh(driver, self.host, "net-destroy", str(self.network), check=False)
        virsh(driver, self.host, "net-undefine", str(self.network), check=False)
        bridge = f"br-{self.network}"
        driver.run(self.host, ("ifdown", bridge), check=False)
        driver.run(self.host, ("rm", "-f", "--", f"/etc/network/interfaces.d/{bridge}"))


def _disk(xml: str) -> tuple[str, str]:
    disk = DISK.search(xml)
    return ("", "") if disk is None else (disk[1], disk[2])
