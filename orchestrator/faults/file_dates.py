"""The dates of the files that faults have changed: as old as what the lab was made of.

A ticket tells of yesterday; a file of just now would show where the fault is to whoever sorts by date.
"""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.access.lab_driver import LabDriver

_PLACED = "/etc/hostname"
"""A file that each host is given when it is made, with all others of its lab."""
_FOLDERS = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local")
"""Where people configure; what services write by themselves (``/var``) has dates of its own."""
_UNITS = "/etc/systemd"
"""Left alone: systemd asks for a reload where a unit has another date than the one that it has read."""


def date_back(driver: LabDriver, hosts: Collection[str], since: float) -> None:
    """Date what was changed in hosts since a moment as what the lab placed in them.

    Args:
        driver: acts on the lab.
        hosts: their names.
        since: seconds since 1970.
    """
    changed = ("-path", _UNITS, "-prune", "-o", "-newermt", f"@{since:.3f}")
    for host in hosts:
        command = ("find", *_FOLDERS, "-xdev", *changed, "-exec", "touch", "-h", "-r", _PLACED, "--", "{}", "+")
        driver.run(host, command, check=False)  # a host need not have each of the folders
