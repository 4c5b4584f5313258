"""Faults of a volume that has room and takes no more files: its inodes are used up, by files that nobody takes away."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect, wait_until_sound
from orchestrator.faults.library.virtual.machine_shell import complaint, run_in_machine
from orchestrator.model.base import AbsolutePath, AccountName, HostName, Slug

_ROOM = 64 << 20
"""Bytes that are free at least, so that the inodes are what is lacking."""
_STATE: Final = r"""
set -e
stat -f -c 'inodes %c' "$mount"
stat -f -c 'spare %d' "$mount"
echo "room $(($(stat -f -c '%a * %S' "$mount")))"
echo "created $(date -d "$(dumpe2fs -h "/dev/$group/$volume" 2>/dev/null | sed -n 's/^Filesystem created: *//p')" +%s)"
[ ! -e "$papers" ] || echo "there $papers"
(: >"$mount/.essai") 2>/dev/null && rm "$mount/.essai" && echo "takes yes" || echo "takes no"
"""
_REMAKE: Final = r"""
set -e
device=/dev/$group/$volume
work=$(mktemp -d -p /var/tmp)
trap 'rm -r "$work"' EXIT
# What is kept: the large files that were only allocated (nothing is in them), and an archive of all others.
cd "$mount"
top=$(stat -c '%a %u:%g' .)
repquota -un "$mount" | awk '$1 ~ /^#[0-9]+$/ {print substr($1, 2), $4, $5, $7, $8}' >"$work/quotas"
declare -A hollow
: >"$work/hollow"
find . -type f -size +64k -printf '%s\t%U:%G\t%m\t@%T@\t%P\0' >"$work/large"
while IFS= read -r -d '' row; do
  path=${row##*$'\t'}
  filefrag -v "$path" | awk '/^ *[0-9]+:/ && !/unwritten/ {data = 1} END {exit data}' || continue
  hollow[$path]=yes
  printf '%s\0' "$row" >>"$work/hollow"
done <"$work/large"
find . -mindepth 1 \( -path ./lost+found -o -path "./${folder#"$mount/"}" -o -path "./${papers#"$mount/"}" \) -prune \
  -o -printf '%P\0' >"$work/all"
while IFS= read -r -d '' path; do
  [ -n "${hollow[$path]}" ] || printf '%s\0' "$path"
done <"$work/all" >"$work/full"
tar --null --no-recursion -cf "$work/full.tar" -T "$work/full"
cd /
# Whoever has just worked there may not have left yet.
for pass in $(seq 50); do umount "$mount" 2>"$work/said" && break; sleep 0.2; done
! mountpoint -q "$mount" || { cat "$work/said" >&2; exit 1; }
dumpe2fs -h "$device" >"$work/head" 2>/dev/null
of() { sed -n "s/^$1: *//p" "$work/head"; }
E2FSPROGS_FAKE_TIME=$created mke2fs -q -F -t ext4 -m 0 -N "$inodes" -L "$(of 'Filesystem volume name')" \
  -U "$(of 'Filesystem UUID')" -J "size=$(($(of 'Total journal blocks') * $(of 'Block size') >> 20))" \
  -O quota -E quotatype=usrquota,nodiscard "$device"
tune2fs -r "$(of 'Reserved block count')" "$device" >/dev/null
mount "$mount"
chown "${top#* }" "$mount"
chmod "${top% *}" "$mount"
tar -xpf "$work/full.tar" -C "$mount"
while IFS=$'\t' read -r -d '' size owner mode time path; do
  fallocate -l "$size" "$mount/$path"
  chown "$owner" "$mount/$path"
  chmod "$mode" "$mount/$path"
  touch -d "$time" "$mount/$path"
done <"$work/hollow"
# What was unpacked last has changed its folder.
tar -xpf "$work/full.tar" -C "$mount"
while read -r uid soft hard files most; do
  setquota -u "$uid" "$soft" "$hard" "$files" "$most" "$mount"
done <"$work/quotas"
sync
"""
_FILL: Final = r"""
owner=$(stat -c '%u:%g' "${papers%/*}")
perl -e '
my ($papers, $count, $owner) = @ARGV;
my ($uid, $gid) = split /:/, $owner;
mkdir $papers, 02770 or die "$papers: $!";
chown $uid, $gid, $papers;
chmod 02770, $papers;
for my $n (1 .. $count) {
  my $path = sprintf "%s/carnet-%02d.csv", $papers, $n;
  open my $out, ">", $path or die "$path: $!";
  print $out "station;point;hz;v;distance\n";
  for my $i (1 .. 20) {
    my $hz = ($n * 371993 + $i * 192731) % 4000000;
    my $v = 980000 + ($n * 7919 + $i * 3571) % 40000;
    my $d = 5000 + ($n * 10007 + $i * 8111) % 180000;
    printf $out "ST%02d;P%03d;%03d.%04d;%03d.%04d;%d.%03d\n",
      $n, $i, $hz / 10000, $hz % 10000, $v / 10000, $v % 10000, $d / 1000, $d % 1000;
  }
  close $out;
  chown $uid, $gid, $path;
  chmod 0660, $path;
  my $at = time - 86400 * (400 + $n);
  utime $at, $at, $path;
}
' "$papers" "$count" "$owner"
repquota -u "$mount" | awk '$2 ~ /^[-+][-+]$/ {print $1, $3, $5}' >/var/tmp/used
perl -MPOSIX=strftime -e '
my ($folder, $hours, $readers, @names) = @ARGV;
my $gid = getgrnam $readers or die "no group $readers";
open my $in, "<", "/var/tmp/used" or die;
my %used = map { my ($who, @rest) = split; ($who, join ";", @rest) } <$in>;
for ("", map "/$_", @names) {
  mkdir "$folder$_" or die "$folder$_: $!";
  chown 0, $gid, "$folder$_";
  chmod 02750, "$folder$_";
}
my $step = $hours * 3600;
# The last one is the one that did not arrive.
my $at = int(time / $step) * $step - $step;
OUT: for (;; $at -= $step) {
  for my $name (@names) {
    my $path = strftime("$folder/$name/%Y-%m-%dT%H.csv", gmtime $at);
    open my $out, ">", $path or last OUT;
    print $out strftime("%Y-%m-%d;%H:%M;$name;$used{$name}\n", gmtime $at);
    close $out;
    chmod 0640, $path;
    utime $at, $at, $path;
  }
}
' "$folder" "$hours" "$readers" "${names[@]}"
rm /var/tmp/used
sync
"""

FollowedName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]*$", max_length=32)]
"""The name of an account of which there are readings."""


class VolumeInodesUsedUp(Fault):
    """A volume takes no more files although it has room: "No space left on device", and the reason in `df -i` only.

    Its file system was made with few inodes (`mke2fs -N`), and a program's readings, one small file for each name every
    few hours, have used up the rest, because nothing takes the old ones away (that is another fault's matter). Beside
    them stand somebody's own small files, `papers`, which nobody may delete: field books of an older survey. What was
    on the volume stays as it was. The trainee sees `df -h`, `df -i`, `du --inodes`, `dumpe2fs -h`. The machine is
    reached from `host` by SSH, as root, by key; it has ext4 with user quotas on LVM (`images/file-hypervisor`).
    """

    name: ClassVar[str] = "volume-inodes-used-up"

    host: HostName = Field(description="The host whose root reaches the machine by SSH.")
    machine: Slug = Field(description="The machine, as `ssh` calls it.", examples=["fichiers"])
    group: Slug = Field(description="The volume group.", examples=["donnees"])
    volume: Slug = Field(description="The logical volume that runs out of inodes.", examples=["dossiers"])
    mount: AbsolutePath = Field(description="Where it is mounted.", examples=["/srv/dossiers"])
    inodes: int = Field(
        ge=2048, le=16384, examples=[4096], description="How many inodes it was made with, or a few more."
    )
    folder: AbsolutePath = Field(
        description="A folder below `mount` for the readings; each name has its own in it. What was in it is gone.",
        examples=["/srv/dossiers/suivi"],
    )
    names: tuple[FollowedName, ...] = Field(
        min_length=1, max_length=40, description="The accounts of which there are readings.", examples=[["mkerbrat"]]
    )
    hours: int = Field(default=6, ge=1, le=24, description="A reading of each is made every so many hours.")
    readers: AccountName = Field(description="The group that may read them.", examples=["accueil"])
    papers: AbsolutePath = Field(
        description="A new folder below `mount` for somebody's own small files; whoever owns the folder above owns it.",
        examples=["/srv/dossiers/terrain/svasseur/combe-noire"],
    )
    count: int = Field(default=60, ge=1, le=99, description="How many of these there are.")

    @model_validator(mode="after")
    def _is_below(self) -> VolumeInodesUsedUp:
        for path in (self.folder, self.papers):
            if not path.startswith(f"{self.mount}/"):
                message = f"{path} is not below {self.mount}"
                raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep how many inodes the volume has, and when it was made; the machine may still be booting."""
        wait_until_sound(self, lambda: complaint(self._run(driver, "true", check=False)))
        state = self._state(driver)
        if int(state["inodes"]) <= self.inodes * 2:
            raise nothing_to_break(self, f"{self.volume} has {state['inodes']} inodes")
        if "there" in state:
            raise nothing_to_break(self, f"{state['there']} is there")
        return {"inodes": state["inodes"], "created": state["created"]}

    def inject(self, driver: LabDriver) -> None:
        """Make the file system with few inodes, put back what was in it, and use up the rest."""
        self._run(driver, _REMAKE + _FILL)

    def verify(self, driver: LabDriver) -> None:
        """No file can be made, with room to spare."""

        def look() -> str:
            state = self._state(driver)
            out = state["takes"] == "no" and state["spare"] == "0" and int(state["room"]) >= _ROOM
            return "" if out else ", ".join(f"{key} {value}" for key, value in state.items())

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Make the file system as it was, without what was added."""
        self._run(driver, _REMAKE, memento)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.machine}, le volume {self.volume} avait de la place et plus un inode libre : les relevés "
            f"s'entassaient dans {self.folder}.",
            en=f"On {self.machine} the volume {self.volume} had room and no free inode left: the readings piled up in "
            f"{self.folder}.",
        )

    def _state(self, driver: LabDriver) -> dict[str, str]:
        rows = self._run(driver, _STATE).stdout.decode(errors="replace").splitlines()
        return dict(row.split(" ", 1) for row in rows if " " in row)

    def _run(
        self, driver: LabDriver, script: str, more: Mapping[str, str] = MappingProxyType({}), *, check: bool = True
    ) -> Completed:
        """Run a script of root's in the machine; it gets the parameters as variables."""
        given = {
            "group": self.group, "volume": self.volume, "mount": self.mount, "inodes": self.inodes, "created": "",
            "folder": self.folder, "names": self.names, "hours": self.hours, "readers": self.readers,
            "papers": self.papers, "count": self.count, **more,
        }  # fmt: skip
        return run_in_machine(driver, self.host, self.machine, script, given, check=check)
