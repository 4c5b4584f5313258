"""Faults of a guest's snapshots: one that is on libvirt's list, and nowhere else."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

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
from orchestrator.faults.library.virtual.guest_disk import DISK
from orchestrator.model.base import HostName, Slug

_CONVERSION = 60.0
"""Seconds that a disk's conversion may take on a busy machine."""


class GuestSnapshotLost(Fault):
    """A virtual machine's snapshot is on libvirt's list, and no longer on its disk: nothing can be brought back.

    Somebody converted the disk since, which leaves internal snapshots behind: to `raw`, which cannot hold any (a new
    one is refused), or to a new qcow2 file (`compacted`). The machine works. The trainee sees the snapshot in `virsh
    snapshot-list`, not in `qemu-img snapshot -l`; `virsh snapshot-revert` fails. It outlasts a reboot. The guest
    runs, has one disk, of qcow2, with that snapshot, and logs its console to a file (`images/hypervisor`).
    """

    name: ClassVar[str] = "guest-snapshot-lost"

    host: HostName = Field(description="The hypervisor.")
    guest: Slug = Field(description="The virtual machine, by libvirt's name.", examples=["carnet"])
    snapshot: Slug = Field(description="The snapshot's name.", examples=["avant-travaux"])
    how: Literal["raw", "compacted"] = Field(description="What its disk was converted to.")

    def remember(self, driver: LabDriver) -> Memento:
        """The guest must run, and its snapshot be on its disk: it may be taken as the lab starts."""

        def look() -> str:
            now = state(driver, self.host, self.guest)
            if now != "running" or self.snapshot not in self._listed(driver):
                return f"{self.guest}: {now}, no snapshot {self.snapshot}"
            return "" if self._on_disk(driver) else f"{self.guest}: {self.snapshot} is not on its disk"

        wait_until_sound(self, look)
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Convert the disk with the guest off, and start the guest again."""
        self._convert(driver, "raw" if self.how == "raw" else "qcow2")

    def verify(self, driver: LabDriver) -> None:
        """The snapshot must be listed and not be on the disk."""

        def look() -> str:
            if self.snapshot not in self._listed(driver):
                return f"{self.guest}: no snapshot {self.snapshot} is listed"
            if self._on_disk(driver):
                return f"{self.guest}: {self.snapshot} is on its disk"
            disk = DISK.search(definition(driver, self.host, self.guest))
            kind = disk[1] if disk else "no disk"
            return "" if kind == ("raw" if self.how == "raw" else "qcow2") else f"{self.guest}: {kind}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Convert the disk back, and take the snapshot again, of a guest that has started."""
        virsh(driver, self.host, "snapshot-delete", self.guest, self.snapshot, "--metadata", check=False)
        if self.how == "raw":
            self._convert(driver, "qcow2")
        wait_for_start(driver, self.host, self.guest)
        wait_until_undone(self, lambda: unstarted(driver, self.host, self.guest))
        virsh(driver, self.host, "snapshot-create-as", self.guest, self.snapshot)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        where = Text(fr="converti en raw", en="converted to raw")
        if self.how == "compacted":
            where = Text(fr="recopié dans un nouveau fichier qcow2", en="copied to a new qcow2 file")
        return Text(
            fr=f"Sur {self.host}, l'instantané {self.snapshot} de {self.guest} n'était plus que dans la liste : "
            f"le disque avait été {where.fr}.",
            en=f"On {self.host} the snapshot {self.snapshot} of {self.guest} was on the list only: "
            f"the disk had been {where.en}.",
        )

    def _listed(self, driver: LabDriver) -> list[str]:
        return virsh(driver, self.host, "snapshot-list", "--name", self.guest).stdout.decode().split()

    def _on_disk(self, driver: LabDriver) -> bool:
        disk = DISK.search(definition(driver, self.host, self.guest))
        if disk is None:
            return False
        shown = driver.run(self.host, ("qemu-img", "info", "-U", disk[2]), check=False).stdout.decode()
        return re.search(rf"^ *[0-9]+ +{re.escape(self.snapshot)} ", shown, re.MULTILINE) is not None

    def _convert(self, driver: LabDriver, kind: str) -> None:
        xml = definition(driver, self.host, self.guest)
        disk = DISK.search(xml)
        if disk is None:
            raise nothing_to_break(self, f"{self.guest}: no disk")
        shut_down(driver, self.host, self.guest)
        new = f"{disk[2]}.new"
        convert = ("qemu-img", "convert", "-f", disk[1], "-O", kind, disk[2], new)
        driver.run(self.host, convert, timeout=_CONVERSION)
        driver.run(self.host, ("mv", "--", new, disk[2]))
        if kind != disk[1]:
            define(driver, self.host, self.guest, xml.replace(f"type='{disk[1]}'", f"type='{kind}'"))
        start(driver, self.host, self.guest)
