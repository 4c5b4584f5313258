"""Saving a lab: its hosts are stopped, so that they take no memory, and boot again later from what their disks hold.

Files and cables stay, running programs and what is in memory go, as with a computer that is shut down. That a lab is
saved is told by the engine alone: a volume bears its name, and hosts of it do not run. So every user sees it, and
whoever is killed in the middle of saving or resuming leaves a lab that is saved: both can be done again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.interrupts import shielded
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine
from orchestrator.fabric.fabric_interface import Fabric
from orchestrator.instances.instance import STOPPED, HostState, Instance
from orchestrator.instances.instance_marks import has_mark, put_mark, remove_mark
from orchestrator.instances.readiness import wait_for_conditions

_GRACE: Final = 10
"""Seconds that a host gets to shut down before it is killed: as for a reboot."""
_BOOT_LIMIT: Final = 180.0
"""Seconds until the hosts must have booted; an emulated machine needs most of them."""
_SETTLES: Final = 15
"""Seconds that the services of a resumed lab are waited for: some of them may be what is broken."""
_THREADS: Final = 8
_PAUSED: Final = "paused"


class SavedLabError(LabError):
    """What was asked for needs the hosts of a lab that is saved."""

    def __init__(self, name: str) -> None:
        """Make the error for an instance."""
        super().__init__(
            Text(
                fr=f"Le lab {name} est sauvegardé : ses machines sont éteintes, leurs fichiers et leurs câbles gardés.",
                en=f"The lab {name} is saved: its hosts are off, their files and cables are kept.",
            ),
            Text(
                fr=f"« breakfix resume --lab {name} » le remet en marche, « breakfix stop --lab {name} » le retire.",
                en=f"'breakfix resume --lab {name}' makes it run again, 'breakfix stop --lab {name}' removes it.",
            ),
        )


def is_saved(engine: Engine, instance: Instance) -> bool:
    """Return whether a lab is saved; also one of which only a part is, as a program that was killed has left it."""
    return any(host.state in STOPPED for host in instance.hosts) and has_mark(engine, instance.name, "saved")


def put_down(engine: Engine, instance: Instance) -> None:
    """Stop the hosts of a lab for as long as nobody resumes it, whether they run, stand still or are stopped already.

    The mark comes first, and a host stays stopped over a restart of the engine only once it is stopped: so a lab that
    is cut off in between has either all its hosts, or a mark.

    Raises:
        LabError: a host does not stop; the others are stopped.
    """
    put_mark(engine, instance.name, "saved")

    def stop(host: HostState) -> None:
        if host.state == _PAUSED:  # what stands still cannot shut down
            with suppress(LabError):
                engine.unpause(host.container)
        engine.stop(host.container, grace=_GRACE)
        engine.start_by_itself(host.container, wanted=False)

    _for_each(stop, instance.hosts)


def bring_back(
    engine: Engine, fabric: Fabric, instance: Instance, late: Collection[str], before_late: Callable[[], None]
) -> None:
    """Boot all hosts of a saved lab, as they were wired last; if that fails, it is saved as before.

    Args:
        engine: the engine.
        fabric: wires the hosts, and tells when they have booted.
        instance: the lab.
        late: the hosts that are started once the others have booted: those that ask for an address.
        before_late: called before these are started.

    Raises:
        LabError: a host did not boot.
    """
    try:
        if any(host.state not in STOPPED for host in instance.hosts):  # another resume was cut off: all boot alike
            put_down(engine, instance)
        for host in instance.hosts:
            engine.start_by_itself(host.container, wanted=True)
        early = [host for host in instance.hosts if host.name not in late]
        rest = [host for host in instance.hosts if host.name in late]
        for hosts in filter(None, (early, rest)):
            if hosts is rest:
                before_late()
            _for_each(lambda host: engine.start(host.container), hosts)
            if hosts is rest or not rest:  # all of them run: from now on a restart of the engine does no harm
                remove_mark(engine, instance.name, "saved")
            fabric.wait_ready(instance.name, [host.name for host in hosts], timeout=_BOOT_LIMIT)
    except BaseException:
        with shielded():
            put_down(engine, instance)
        raise


def settle(driver: LabDriver, hosts: Collection[str]) -> None:
    """Wait a short while for the services of hosts: what a lab's fault has broken never does its work."""
    conditions = [one for one in driver.plan.ready if one.host in hosts]
    shorter = [one.model_copy(update={"within": min(one.within, _SETTLES)}) for one in conditions]
    with suppress(LabError):
        wait_for_conditions(driver, shorter)


def _for_each(act: Callable[[HostState], None], hosts: Iterable[HostState]) -> None:
    """Do something with all hosts at once; where it fails with one, the others are done all the same."""
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(act, hosts))
