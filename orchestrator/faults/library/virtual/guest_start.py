"""Faults by which a guest of a hypervisor does not start, or starts with nothing on its disk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_sound
from orchestrator.faults.library.virtual.guest import (
    define,
    definition,
    said,
    shut_down,
    start,
    state,
    virsh,
)
from orchestrator.faults.library.virtual.guest_disk import DISK
from orchestrator.model.base import AbsolutePath, HostName, Slug

_Reason = Literal["network", "disk", "memory", "format", "machine"]
_COMPLAINTS: Final[Mapping[str, str]] = {
    "network": "is not active",
    "disk": "Cannot access storage file",
    "memory": "cannot set up guest memory",
    "machine": "does not support machine type",
}
"""What libvirt says when it is asked to start the guest; with another format it starts, and finds nothing."""
_NETWORK: Final = re.compile(r"<source network='([^']+)'")
_MACHINE: Final = re.compile(r"(<type arch='[^']+' machine=')([^']+)'")
_MEMORY: Final = re.compile(r"<(memory|currentMemory) unit='KiB'>[0-9]+<")
_LOG: Final = re.compile(r"<log file='([^']+)'")


class GuestFailsToStart(Fault):
    """A virtual machine is off and does not start, or starts and finds nothing on its disk.

    `how` says why: `network` (its libvirt network is inactive, and no longer starts by itself), `disk` (its disk's
    file was moved to `path`), `memory` (it asks for more than the hypervisor has: `gib`), `format` (its disk is
    said to be raw, and is not) or `machine` (QEMU does not know its machine type: `machine`). The trainee sees
    libvirt's refusal in `virsh start`, or what the guest writes to its console. It outlasts a reboot. The guest has
    one disk of qcow2 and one card on a libvirt network, starts by itself, and logs its console to a file, where it
    says `NO SYSTEM` if its disk is empty (`images/hypervisor`).
    """

    name: ClassVar[str] = "guest-fails-to-start"

    host: HostName = Field(description="The hypervisor.")
    guest: Slug = Field(description="The virtual machine, by libvirt's name.", examples=["horaires"])
    how: _Reason = Field(description="Why it does not start.")
    path: AbsolutePath | None = Field(
        default=None,
        description="Where the disk's file lies now, with `how: disk`.",
        examples=["/srv/horaires.qcow2"],
    )
    gib: int | None = Field(default=None, ge=1, description="The memory that it asks for (GiB), with `how: memory`.")
    machine: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9.-]+$",
        description="The machine type, with `how: machine`.",
        examples=["pc-i440fx-rhel7.6.0"],
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> GuestFailsToStart:
        for how, value in (("disk", self.path), ("memory", self.gib), ("machine", self.machine)):
            if (self.how == how) != (value is not None):
                word = {"disk": "path", "memory": "gib"}.get(how, how)
                message = f"{word} is for how: {how}, which needs it"
                raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep what is about to change; the guest must run."""
        wait_until_sound(self, lambda: self._idle(driver))
        xml = definition(driver, self.host, self.guest)
        disk, network, machine = DISK.search(xml), _NETWORK.search(xml), _MACHINE.search(xml)
        memory = re.search(r"<memory unit='KiB'>([0-9]+)<", xml)
        if disk is None or network is None or machine is None or memory is None:
            raise nothing_to_break(self, f"{self.guest}: no disk, network, machine or memory in its definition")
        if disk[1] != "qcow2":
            raise nothing_to_break(self, f"{self.guest}: a disk of format {disk[1]}")
        return {"disk": disk[2], "network": network[1], "machine": machine[2], "memory": memory[1]}

    def inject(self, driver: LabDriver) -> None:
        """Shut the guest down and take away what it needs to start."""
        xml = definition(driver, self.host, self.guest)
        shut_down(driver, self.host, self.guest)
        if self.how == "network":
            network = _found(_NETWORK, xml)
            virsh(driver, self.host, "net-destroy", network)
            virsh(driver, self.host, "net-autostart", "--disable", network)
        elif self.how == "disk":
            driver.run(self.host, ("mv", "--", _found(DISK, xml, 2), str(self.path)))
        elif self.how == "memory":
            kib = (self.gib or 0) << 20
            define(driver, self.host, self.guest, _MEMORY.sub(rf"<\1 unit='KiB'>{kib}<", xml))
        elif self.how == "machine":
            define(driver, self.host, self.guest, _MACHINE.sub(rf"\g<1>{self.machine}'", xml))
        else:
            define(driver, self.host, self.guest, xml.replace("type='qcow2'", "type='raw'"))
            start(driver, self.host, self.guest)

    def verify(self, driver: LabDriver) -> None:
        """Starting it must fail for the fault's own reason; with another format, its console must say so."""

        def look() -> str:
            if self.how == "format":
                return self._console(driver)
            now = state(driver, self.host, self.guest)
            if now != "shut off":
                return f"{self.guest}: {now}"
            done = virsh(driver, self.host, "start", self.guest, check=False)
            complaint = _COMPLAINTS[self.how]
            return "" if done.status and complaint in said(done) else f"{self.guest}: {said(done) or 'started'}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the guest what it needs, and start it."""
        xml = definition(driver, self.host, self.guest)
        if state(driver, self.host, self.guest) != "shut off":  # what finds no system hears no power button
            virsh(driver, self.host, "destroy", self.guest)
        if self.how == "network":
            virsh(driver, self.host, "net-start", memento["network"], check=False)
            virsh(driver, self.host, "net-autostart", memento["network"])
        elif self.how == "disk":
            driver.run(self.host, ("mv", "--", str(self.path), memento["disk"]))
        elif self.how == "memory":
            define(driver, self.host, self.guest, _MEMORY.sub(rf"<\1 unit='KiB'>{memento['memory']}<", xml))
        elif self.how == "machine":
            define(driver, self.host, self.guest, _MACHINE.sub(rf"\g<1>{memento['machine']}'", xml))
        else:
            define(driver, self.host, self.guest, xml.replace("type='raw'", "type='qcow2'"))
        start(driver, self.host, self.guest)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        why = {
            "network": Text(fr="son réseau virtuel était inactif", en="its virtual network was inactive"),
            "disk": Text(
                fr=f"le fichier de son disque était parti dans {self.path}",
                en=f"its disk's file had gone to {self.path}",
            ),
            "memory": Text(fr=f"elle demandait {self.gib} Gio de mémoire", en=f"it asked for {self.gib} GiB of memory"),
            "format": Text(fr="son disque qcow2 était déclaré brut (raw)", en="its qcow2 disk was said to be raw"),
            "machine": Text(
                fr=f"QEMU ne connaît pas son type de machine, {self.machine}",
                en=f"QEMU does not know its machine type, {self.machine}",
            ),
        }[self.how]
        return Text(
            fr=f"Sur {self.host}, la machine virtuelle {self.guest} ne démarrait pas : {why.fr}.",
            en=f"On {self.host} the virtual machine {self.guest} did not start: {why.en}.",
        )

    def _idle(self, driver: LabDriver) -> str:
        """Return why the guest is not running from its disk yet."""
        now = state(driver, self.host, self.guest)
        return f"{self.guest}: {now}" if now != "running" or not self._console(driver) else ""

    def _console(self, driver: LabDriver) -> str:
        """Return what the guest last said on its console, unless it is that it has no system."""
        log = _found(_LOG, definition(driver, self.host, self.guest))
        lines = driver.run(self.host, ("tail", "-n", "40", "--", log), check=False).stdout.decode(errors="replace")
        said = [line for line in lines.splitlines() if "NO SYSTEM" in line or ": started," in line]
        if not said:
            return f"{self.guest}: nothing on its console yet"
        return "" if "NO SYSTEM" in said[-1] else said[-1]


def _found(pattern: re.Pattern[str], xml: str, group: int = 1) -> str:
    found = pattern.search(xml)
    return "" if found is None else found[group]
