"""Faults of a logical volume in a machine that is reached by SSH: a lab's host has no device mapper of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_sound
from orchestrator.faults.library.virtual.machine_shell import complaint, run_in_machine
from orchestrator.model.base import AbsolutePath, AccountName, HostName, Slug

_FREE = 2 << 20
"""Bytes that may be free in a volume that is full."""
_STATE: Final = r"""
set -e
echo "size $(blockdev --getsize64 /dev/$group/$volume)"
echo "free $(($(stat -f -c '%a * %S' "$mount")))"
echo "blocks $(($(stat -f -c '%b * %S' "$mount")))"
echo "limit $(repquota -u "$mount" | awk -v user="$user" '$1 == user {print $5}')"
echo "extents $(vgs --noheadings -o vg_free_count "$group" | tr -d ' ')"
[ -z "$taker" ] || echo "taker $(blockdev --getsize64 /dev/$group/$taker)"
"""
_BREAK: Final = r"""
set -e
umount "$mount"
e2fsck -fy "/dev/$group/$volume" >/dev/null || [ $? -le 1 ]
resize2fs -f "/dev/$group/$volume" "${gib}G" >/dev/null
[ "$how" = half ] || lvreduce --quiet --yes --force --fs ignore -L "${gib}G" "/dev/$group/$volume" >/dev/null
mount "$mount"
[ "$how" != taken ] || lvextend --quiet -r -l +100%FREE "/dev/$group/$taker" >/dev/null
setquota -u "$user" 0 "$limit" 0 0 "$mount"
left=$(($(stat -f -c '%a * %S' "$mount") - 262144))
fallocate -l "$left" "$file"
chown --reference="${file%/*}" "$file"
chmod 660 "$file"
sync
"""
_MEND: Final = r"""
set -e
rm -f "$file"
if [ "$how" = taken ]; then
  place=$(findmnt -n -o TARGET "/dev/$group/$taker")
  umount "$place"
  e2fsck -fy "/dev/$group/$taker" >/dev/null || [ $? -le 1 ]
  resize2fs -f "/dev/$group/$taker" "$((taken / 1024))K" >/dev/null
  lvreduce --quiet --yes --force --fs ignore -L "${taken}b" "/dev/$group/$taker" >/dev/null
  mount "$place"
fi
if [ "$how" = half ]; then
  resize2fs "/dev/$group/$volume" >/dev/null
else
  lvextend --quiet -r -L "${size}b" "/dev/$group/$volume" >/dev/null
fi
setquota -u "$user" 0 "$before" 0 0 "$mount"
sync
"""


class VolumeRunsOut(Fault):
    """A volume of files is full and smaller than it was, and somebody's quota in it too small.

    `how` says where the room is that it lacks: `free` (in its volume group), `half` (in the logical volume itself,
    which somebody has extended without its file system) or `taken` (nowhere in the group: the volume `taker` has got
    all of it, and another disk has to be added). The trainee sees `df`, `vgs`, `lvs`, `pvs`, `repquota`. The machine
    is reached from `host` by SSH, as root, by key; it has ext4 with user quotas on LVM (`images/file-hypervisor`),
    and must not have more on the volume than fits into `gib`.
    """

    name: ClassVar[str] = "volume-runs-out"

    host: HostName = Field(description="The host whose root reaches the machine by SSH.")
    machine: Slug = Field(description="The machine, as `ssh` calls it.", examples=["fichiers"])
    group: Slug = Field(description="The volume group.", examples=["donnees"])
    volume: Slug = Field(description="The logical volume that runs out.", examples=["dossiers"])
    mount: AbsolutePath = Field(description="Where it is mounted.", examples=["/srv/dossiers"])
    gib: int = Field(ge=1, description="The size that its file system is reduced to (GiB).")
    file: AbsolutePath = Field(
        description="A new file that takes the rest of it; whoever owns its folder owns it.",
        examples=["/srv/dossiers/terrain/combe-noire.laz"],
    )
    user: AccountName = Field(description="Whose quota is too small.", examples=["mkerbrat"])
    quota_mib: int = Field(ge=1, description="What the quota is reduced to (MiB).")
    how: Literal["free", "half", "taken"] = Field(description="Where the room is that the volume lacks.")
    taker: Slug | None = Field(default=None, description="The volume that has got the rest, with `how: taken`.")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> VolumeRunsOut:
        if (self.how == "taken") != (self.taker is not None):
            message = "taker is for how: taken, which needs it"
            raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the sizes and the quota that the machine has; it may still be booting."""
        wait_until_sound(self, lambda: complaint(self._run(driver, "true", check=False)))
        state = self._state(driver)
        if int(state["size"]) <= self.gib << 30:
            raise nothing_to_break(self, f"{self.volume} has {state['size']} bytes")
        if int(state["limit"]) <= self.quota_mib << 10:
            raise nothing_to_break(self, f"{self.user} has a quota of {state['limit']} KiB")
        return {"size": state["size"], "before": state["limit"], "taken": state.get("taker", "")}

    def inject(self, driver: LabDriver) -> None:
        """Reduce the volume with its file system, or that alone, and the quota; fill what is left."""
        self._run(driver, _BREAK)

    def verify(self, driver: LabDriver) -> None:
        """The volume must be full, at its size, with the room where ``how`` says; the quota must be small."""

        def look() -> str:
            state = self._state(driver)
            told = ", ".join(f"{key} {value}" for key, value in state.items())
            small = int(state["blocks"]) <= self.gib << 30 and int(state["free"]) <= _FREE
            limited = state["limit"] == str(self.quota_mib << 10)
            larger = int(state["size"]) > self.gib << 30
            none_left = state["extents"] == "0"
            as_said = larger == (self.how == "half") and none_left == (self.how == "taken")
            return "" if small and limited and as_said else told

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the room and the quota back, and take the file away."""
        self._run(driver, _MEND, memento)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        where = {
            "free": Text(fr="le groupe de volumes avait de la place", en="the volume group had room"),
            "half": Text(
                fr="le volume logique avait été agrandi sans son système de fichiers",
                en="the logical volume had been extended without its file system",
            ),
            "taken": Text(
                fr="le groupe de volumes n'avait plus de place, et un disque de réserve n'y était pas",
                en="the volume group had no room left, and a spare disk was not in it",
            ),
        }[self.how]
        return Text(
            fr=f"Sur {self.machine}, le volume {self.volume} était plein ({where.fr}), et le quota de {self.user} "
            f"était resté à {self.quota_mib} Mio.",
            en=f"On {self.machine} the volume {self.volume} was full ({where.en}), and the quota of {self.user} was "
            f"still {self.quota_mib} MiB.",
        )

    def _state(self, driver: LabDriver) -> dict[str, str]:
        rows = self._run(driver, _STATE).stdout.decode(errors="replace").splitlines()
        state = dict(row.split(" ", 1) for row in rows if " " in row)
        return {key: value for key, value in state.items() if value.isdigit()}

    def _run(
        self, driver: LabDriver, script: str, more: Mapping[str, str] = MappingProxyType({}), *, check: bool = True
    ) -> Completed:
        """Run a script of root's in the machine; it gets the parameters as variables."""
        given = {
            "group": self.group, "volume": self.volume, "mount": self.mount, "gib": self.gib, "file": self.file,
            "user": self.user, "limit": self.quota_mib << 10, "how": self.how, "taker": self.taker or "", **more,
        }  # fmt: skip
        return run_in_machine(driver, self.host, self.machine, script, given, check=check)
