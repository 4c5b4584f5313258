"""Guests of libvirt, as its command line shows and changes them."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import Completed

DEFINITIONS = "/etc/libvirt/qemu"
"""Where libvirt keeps its guests' definitions."""
_LOG: Final = re.compile(r"<log file='([^']+)'")
_MARKS: Final = re.compile(r": started,|power button|Power down")
"""What a guest says on its console when it has started, and when it goes."""
_COMMAND = 60.0
"""Seconds that one of libvirt's commands may take on a busy machine."""
_SHUTDOWN = 20.0
"""Seconds that a guest gets to shut down by itself; one that still boots does not hear the power button."""
_BOOT = 90.0
"""Seconds that a guest may take to start on a busy machine: without KVM it needs some seconds on an idle one."""


def virsh(driver: LabDriver, host: str, *words: str, check: bool = True) -> Completed:
    """Run one of libvirt's commands."""
    return driver.run(host, ("env", "LC_ALL=C", "virsh", *words), timeout=_COMMAND, check=check)


def said(done: Completed) -> str:
    """Return what a command said, in one line."""
    return " ".join((done.stderr or done.stdout).decode(errors="replace").split())


def state(driver: LabDriver, host: str, guest: str) -> str:
    """Return a guest's state in libvirt's words: ``running``, ``shut off``."""
    return virsh(driver, host, "domstate", guest).stdout.decode().strip()


def definition(driver: LabDriver, host: str, guest: str) -> str:
    """Return a guest's definition, as the next start uses it."""
    return virsh(driver, host, "dumpxml", "--inactive", guest).stdout.decode()


def define(driver: LabDriver, host: str, guest: str, xml: str) -> None:
    """Give a guest another definition.

    What libvirt refuses to define it still loads from its file, as it does with the files of another machine; the
    guests that run go on running.
    """
    command = ("env", "LC_ALL=C", "virsh", "define", "/dev/stdin")
    if driver.run(host, command, timeout=_COMMAND, stdin=xml.encode(), check=False).status == 0:
        return
    driver.write(host, f"{DEFINITIONS}/{guest}.xml", xml.encode(), mode="0600")
    driver.run(host, ("systemctl", "restart", "libvirtd.service"), timeout=_COMMAND)
    wait_until(lambda: virsh(driver, host, "domstate", guest, check=False).status == 0, within=_COMMAND)


def shut_down(driver: LabDriver, host: str, guest: str) -> None:
    """Have a guest shut down; one that does not listen has its power cut."""
    if state(driver, host, guest) == "shut off":
        return
    virsh(driver, host, "shutdown", guest, check=False)
    if not wait_until(lambda: state(driver, host, guest) == "shut off", within=_SHUTDOWN):
        virsh(driver, host, "destroy", guest, check=False)


def start(driver: LabDriver, host: str, guest: str) -> None:
    """Start a guest that is off.

    Raises:
        LabError: it does not start.
    """
    if state(driver, host, guest) == "shut off":
        virsh(driver, host, "start", guest)


def unstarted(driver: LabDriver, host: str, guest: str, like: str = "") -> str:
    """Return what a guest last said on its console of starting or going, unless it is that it has started.

    Args:
        driver: acts on the lab.
        host: the hypervisor.
        guest: logs its console to a file (`images/hypervisor`).
        like: what it must have said of its start.
    """
    log = _LOG.search(definition(driver, host, guest))
    shown = driver.run(host, ("tail", "-n", "40", "--", log[1] if log else ""), check=False).stdout
    lines = [line for line in shown.decode(errors="replace").splitlines() if _MARKS.search(line)]
    return "" if lines and ": started," in lines[-1] and like in lines[-1] else f"{guest}: {lines[-1:]}"


def wait_for_start(driver: LabDriver, host: str, guest: str) -> None:
    """Wait until a guest that was started says on its console that it has; see ``unstarted``."""
    wait_until(lambda: not unstarted(driver, host, guest), within=_BOOT, every=0.5)
