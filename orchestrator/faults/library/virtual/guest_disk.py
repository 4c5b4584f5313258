"""What lies in a guest's disk: a file of its file system, read and written with the guest off."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.access.lab_driver import LabDriver

DISK: Final = re.compile(r"<driver name='qemu' type='([a-z0-9]+)'[^>]*/>\s*<source file='([^']+)'")
"""A disk in a definition: its format, its file."""
_CONVERSION = 60.0
"""Seconds that a disk's conversion may take on a busy machine."""
_READ = r"""set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
qemu-img convert -U -f "$1" -O raw "$2" "$work/disk"
debugfs -R "cat $3" "$work/disk" 2>/dev/null
"""
_WRITE = r"""set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/content"
qemu-img convert -f "$1" -O raw "$2" "$work/disk"
debugfs -w -f - "$work/disk" >/dev/null 2>&1 <<END
rm $3
write $work/content $3
set_inode_field $3 mode 0100644
END
debugfs -R "cat $3" "$work/disk" 2>/dev/null | cmp -s - "$work/content"
qemu-img convert -f raw -O "$1" "$work/disk" "$2.new"
mv -- "$2.new" "$2"
"""
"""The file system stays the one that it was, by its UUID."""


def read_in_disk(driver: LabDriver, host: str, disk: tuple[str, str], path: str) -> str:
    """Return a file's content from a guest's disk, which may be in use.

    Args:
        driver: acts on the lab.
        host: the hypervisor.
        disk: the disk's format and its file.
        path: the file's path in the disk's file system.
    """
    done = driver.run(host, ("sh", "-c", _READ, "read", *disk, path), timeout=_CONVERSION)
    return done.stdout.decode(errors="replace")


def write_in_disk(driver: LabDriver, host: str, disk: tuple[str, str], path: str, content: str) -> None:
    """Replace a file of a guest's disk; the guest must be off, and the disk without snapshots.

    Raises:
        LabError: the file could not be written.
    """
    driver.run(host, ("sh", "-c", _WRITE, "write", *disk, path), timeout=_CONVERSION, stdin=content.encode())
