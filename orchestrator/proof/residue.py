"""What is left of a lab on the machine after its stop: containers, volumes, network links, processes, records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core import labels
from orchestrator.core.elision import de
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

_SETTLE = 30.0
"""Seconds that the kernel and the helper get to take away what hung on a removed container.

Docker tells the helper of the removal, late where the machine is busy; a lab that leaves nothing needs none of them.
"""
_PROC = Path("/proc")


def residue_of(driver: LabDriver, *, recorded: bool, within: float = _SETTLE, proc: Path = _PROC) -> tuple[Text, ...]:
    """Return what is left of a stopped instance.

    Args:
        driver: what acted on the instance while it ran.
        recorded: whether a record of it is still kept.
        within: seconds until everything must be gone.
        proc: where processes are listed.
    """
    questions: tuple[Callable[[], Iterator[Text]], ...] = (
        lambda: _containers(driver),
        lambda: _volumes(driver),
        lambda: _links(driver),
        lambda: _processes(driver, proc),
    )
    left = [text for ask in questions for text in _still(ask, within)]
    if recorded:
        left.append(Text(fr=f"la fiche {de(driver.instance)}", en=f"the record of {driver.instance}"))
    return tuple(left)


def _still(ask: Callable[[], Iterator[Text]], within: float) -> tuple[Text, ...]:
    """Return what a question still finds at the end of the time."""
    found: tuple[Text, ...] = ()

    def nothing() -> bool:
        nonlocal found
        found = tuple(ask())
        return not found

    wait_until(nothing, within=within)
    return found


def _containers(driver: LabDriver) -> Iterator[Text]:
    for container in driver.engine.containers({labels.INSTANCE: driver.instance}):
        yield Text(fr=f"le conteneur {container.name}", en=f"the container {container.name}")


def _volumes(driver: LabDriver) -> Iterator[Text]:
    for volume in driver.engine.volumes({labels.INSTANCE: driver.instance}):
        yield Text(fr=f"le volume {volume}", en=f"the volume {volume}")


def _links(driver: LabDriver) -> Iterator[Text]:
    """A segment that can still be observed has its bridge still."""
    for segment in driver.plan.segments:
        try:
            driver.fabric.observe(driver.instance, segment.name, "", ("true",), timeout=5)
        except LabError:
            continue
        yield Text(fr=f"le pont du segment {segment.name}", en=f"the bridge of the segment {segment.name}")


def _processes(driver: LabDriver, proc: Path) -> Iterator[Text]:
    """A process is the lab's as long as it is in the control group of one of its containers."""
    hosts = {container: host for host, container in driver.containers.items()}
    for entry in proc.iterdir():
        if entry.name.isdecimal():
            try:
                group = (entry / "cgroup").read_text()
            except OSError:  # it has just ended, or is hidden from this user
                continue
            for container, host in hosts.items():
                if container in group:
                    yield Text(fr=f"le processus {entry.name} {de(host)}", en=f"the process {entry.name} of {host}")
