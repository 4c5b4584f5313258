"""Faults of a hypervisor's storage: more is promised to the guests than there is, and one of them is stopped by it."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import (
    Fault,
    Memento,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.faults.library.virtual.guest import define, definition, said, state, virsh
from orchestrator.faults.library.virtual.guest_disk import DISK
from orchestrator.model.base import HostName, Slug
from orchestrator.model.lab import Address

_LARGEST: Final = 640 << 20
"""Bytes of the largest file system that is filled: never the machine's own disk."""
_FILLING = 120.0
"""Seconds that the filling may take on a busy machine; nothing is written, blocks are set aside."""
_NOTING = 5
"""Seconds that the guest gets to take a line, as the landing stage's form gives it."""
_MEMORY: Final = re.compile(r"<(memory|currentMemory) unit='KiB'>([0-9]+)<")
_SIZE: Final = re.compile(r'"virtual-size": ([0-9]+)')
_GROW: Final = r"""
grow() { # FILE FORMAT: the image grows, and has its blocks, as long as there is a block left
  size=$(qemu-img info -f "$2" --output=json "$1" | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | tail -n 1)
  for step in 67108864 8388608 1048576 262144 65536; do
    while qemu-img resize -q --preallocation=falloc -f "$2" "$1" $((size + step)) 2>/dev/null; do
      size=$((size + step))
    done
  done
}
"""
_FILL: Final = {
    "second": _GROW
    + r"""
qemu-img create -q -f qcow2 "$1" 1M
grow "$1" qcow2
qemu-img resize -q -f qcow2 "$1" "$2M"
""",
    "grown": _GROW
    + r"""
grow "$1" qcow2
qemu-img resize -q -f qcow2 "$1" "$2M"
""",
    "copies": _GROW
    + r"""
number=1
while
  copy=$(printf '%s-%02d.raw' "$1" "$number")
  qemu-img convert -U -f qcow2 -O raw -o preallocation=falloc "$2" "$copy" 2>/dev/null
do
  number=$((number + 1))
done
rm -f "$copy"
qemu-img create -q -f raw "$copy" 4K
grow "$copy" raw
""",
}


class PoolOvercommitted(Fault):
    """A storage pool's guests are promised more than its file system has: it is full, and a guest is paused by it.

    `how` says what has taken the space: `second` (a trial guest got a second, thin disk), `grown` (its own disk was
    made larger) or `copies` (raw copies of the guest's disk that nobody removed). Besides, the guest runs on two
    external snapshots that were never merged, and the trial guest's definition asks for more memory. Lines are noted
    through the guest's page, all but one after the first snapshot: those are in the snapshots alone. When nothing is
    left, one more is noted, for which the guest's disk would have to grow: QEMU pauses the guest. The trainee sees
    `paused` in `virsh list`, the reason in `virsh domstate --reason` and `virsh domblkerror`, 100 % in `df`, and the
    promises in `qemu-img info`. It outlasts a reboot. The pool is a folder of the host's disk, which must be small
    (`disk:` in lab.yaml, at most 640M); the guests are the image's (`images/hypervisor`), the trial guest is off.
    """

    name: ClassVar[str] = "pool-overcommitted"

    host: HostName = Field(description="The hypervisor, which has an address on the guest's network.")
    guest: Slug = Field(description="The virtual machine that is paused.", examples=["carnet"])
    address: Address = Field(description="The guest's address, where its page takes lines.", examples=["192.168.90.22"])
    lines: tuple[str, ...] = Field(
        min_length=3,
        description="What is noted through its page: the first line before the snapshots, the last one when the pool "
        "is full, the others in between.",
        examples=[["la Sterne;6 h 40;12;RAS", "la Sterne;7 h 10;31;RAS", "la Sterne;7 h 40;9;RAS"]],
    )
    snapshot: Slug = Field(
        description="The first snapshot; the second one has `-bis` after its name.", examples=["avant-hiver"]
    )
    trial: Slug = Field(description="The trial guest, which is off.", examples=["essai"])
    how: Literal["second", "grown", "copies"] = Field(description="What has taken the space.")
    name_of_files: Slug = Field(
        description="How the second disk's file, or the copies, begin; unused with `how: grown`.",
        examples=["essai-photos"],
    )
    promised: int = Field(ge=640, le=16384, description="The size that the trial guest's disk is promised (MiB).")
    memory: int = Field(ge=128, le=4096, description="The memory that the trial guest's definition asks for (MiB).")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the trial guest's memory and its disk's size; the pool must be small, the guests as they were made."""

        def look() -> str:
            now, trial = (state(driver, self.host, guest) for guest in (self.guest, self.trial))
            if (now, trial) != ("running", "shut off"):
                return f"{self.guest}: {now}, {self.trial}: {trial}"
            return "" if self._note(driver, "") else f"{self.guest} takes no lines"

        wait_until_sound(self, look)
        xml = definition(driver, self.host, self.trial)
        disks = [DISK.search(text) for text in (definition(driver, self.host, self.guest), xml)]
        memory = _MEMORY.search(xml)
        if any(disk is None or disk[1] != "qcow2" for disk in disks) or memory is None:
            raise nothing_to_break(self, "a guest has no disk of qcow2")
        folder = ("stat", "--file-system", "--format", "%S %b", "--", self._folder(driver))
        block, blocks = map(int, driver.run(self.host, folder).stdout.split())
        if block * blocks > _LARGEST:
            raise nothing_to_break(self, f"{self._folder(driver)} has {block * blocks >> 20} MiB")
        told = driver.run(self.host, ("qemu-img", "info", "--output=json", self._disk(driver, self.trial))).stdout
        sizes = _SIZE.findall(told.decode())
        return {"memory": memory[2], "size": sizes[-1]}

    def inject(self, driver: LabDriver) -> None:
        """Take the snapshots, note the lines, promise and fill; then note the last line."""
        base, folder = self._disk(driver, self.guest), self._folder(driver)
        snapshot = ("snapshot-create-as", self.guest)
        self._note(driver, self.lines[0])
        virsh(driver, self.host, *snapshot, self.snapshot, "--disk-only", "--atomic")
        for line in self.lines[1:-1]:
            self._note(driver, line)
        virsh(driver, self.host, *snapshot, f"{self.snapshot}-bis", "--disk-only", "--atomic")
        xml = _MEMORY.sub(rf"<\1 unit='KiB'>{self.memory << 10}<", definition(driver, self.host, self.trial))
        define(driver, self.host, self.trial, xml)
        file = f"{folder}/{self.name_of_files}"
        words = {
            "second": (f"{file}.qcow2", str(self.promised)),
            "grown": (self._disk(driver, self.trial), str(self.promised)),
            "copies": (file, base),
        }[self.how]
        if self.how == "second":
            disk = ("attach-disk", self.trial, words[0], "vdb", "--subdriver", "qcow2", "--config")
            virsh(driver, self.host, *disk)
        driver.run(self.host, ("sh", "-c", _FILL[self.how], "fill", *words), timeout=_FILLING)
        self._note(driver, self.lines[-1])

    def verify(self, driver: LabDriver) -> None:
        """The guest must be paused, because its disk cannot grow."""

        def look() -> str:
            reason = said(virsh(driver, self.host, "domstate", self.guest, "--reason"))
            if reason != "paused (I/O error)":
                return f"{self.guest}: {reason}"
            error = said(virsh(driver, self.host, "domblkerror", self.guest))
            return "" if "no space" in error else f"{self.guest}: {error}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the space back, let the guest go on, and merge the snapshots; what was noted stays."""
        folder = self._folder(driver)
        if self.how == "second":
            virsh(driver, self.host, "detach-disk", self.trial, "vdb", "--config", check=False)
        elif self.how == "grown":
            shrink = ("qemu-img", "resize", "-q", "--shrink", "-f", "qcow2", self._disk(driver, self.trial))
            driver.run(self.host, (*shrink, memento["size"]), timeout=_FILLING)
        if self.how != "grown":
            patterns = {"second": f"{self.name_of_files}.qcow2", "copies": f"{self.name_of_files}-*.raw"}
            driver.run(self.host, ("find", folder, "-maxdepth", "1", "-name", patterns[self.how], "-delete"))
        xml = _MEMORY.sub(rf"<\1 unit='KiB'>{memento['memory']}<", definition(driver, self.host, self.trial))
        define(driver, self.host, self.trial, xml)
        virsh(driver, self.host, "resume", self.guest, check=False)
        wait_until(lambda: state(driver, self.host, self.guest) == "running", within=30.0)
        for name in (f"{self.snapshot}-bis", self.snapshot):
            virsh(driver, self.host, "snapshot-delete", self.guest, name, check=False)
        wait_until_undone(self, lambda: self._left(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        what = {
            "second": Text(
                fr=f"un second disque promis à {self.trial}", en=f"a second disk that was promised to {self.trial}"
            ),
            "grown": Text(fr=f"le disque agrandi de {self.trial}", en=f"the disk of {self.trial}, which was enlarged"),
            "copies": Text(
                fr=f"des copies du disque de {self.guest}", en=f"copies of the disk of {self.guest} that were left"
            ),
        }[self.how]
        return Text(
            fr=f"Sur {self.host}, le stockage était plein ({what.fr}) : {self.guest} était en pause, son disque ne "
            "pouvait plus grandir.",
            en=f"On {self.host} the storage was full ({what.en}): {self.guest} was paused, because its disk could not "
            "grow any further.",
        )

    def _disk(self, driver: LabDriver, guest: str) -> str:
        disk = DISK.search(definition(driver, self.host, guest))
        return "" if disk is None else disk[2]

    def _folder(self, driver: LabDriver) -> str:
        return self._disk(driver, self.trial).rpartition("/")[0]

    def _note(self, driver: LabDriver, line: str) -> bool:
        """Note a line through the guest's page; return whether the page answered."""
        command = ("curl", "--silent", "--fail", "--get", "--max-time", str(_NOTING), "--data-urlencode")
        url = f"http://{self.address}/cgi-bin/noter"
        return driver.run(self.host, (*command, f"ligne={line}", url), check=False).status == 0

    def _left(self, driver: LabDriver) -> str:
        now = state(driver, self.host, self.guest)
        listed = said(virsh(driver, self.host, "snapshot-list", "--name", self.guest))
        return "" if (now, listed) == ("running", "") else f"{self.guest}: {now}, snapshots: {listed}"
