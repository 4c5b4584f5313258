"""Whether the hosts of a lab have booted, and waiting until their services do their work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import CommandTimeoutError, Completed, Fabric, HostRef, HostUnreachableError
from orchestrator.instances.instance import Instance
from orchestrator.model.lab import Condition


def unready_by(fabric: Fabric, instance: Instance) -> dict[str, Text]:
    """Return the hosts that run and are not wired or have not booted, as the fabric sees it, each with why.

    Raises:
        MachineError: the fabric does not answer.
    """
    found: dict[str, Text] = {}
    for host in instance.running:
        try:
            fabric.wait_ready(instance.name, [host], timeout=0)
        except CommandTimeoutError:
            found[host] = Text(fr="n'a pas (encore) démarré", en="has not booted (yet)")
        except LabError as error:
            found[host] = error.text
    return found


def wait_for_conditions(driver: LabDriver, conditions: Sequence[Condition]) -> None:
    """Wait until every ready condition holds, those of different hosts at once.

    A command that does not end, or a host that cannot be entered, is asked again: both happen on a busy machine.

    Raises:
        LabError: one did not in its time; the error says which, and what its command printed, or is the last look's.
    """
    if not conditions:
        return

    abandoned = threading.Event()

    def wait(condition: Condition) -> None:
        with driver.fabric.another_connection() as fabric:
            target = HostRef(driver.instance, condition.host)
            last: Completed | LabError | None = None

            def holds() -> bool:
                nonlocal last
                if abandoned.is_set():  # nobody waits for this answer any more
                    return True
                try:
                    last = fabric.run(target, condition.run, timeout=condition.within)
                except (CommandTimeoutError, HostUnreachableError) as error:
                    last = error
                    return False
                return last.status == 0

            if not wait_until(holds, within=condition.within):
                if isinstance(last, LabError):
                    raise last
                command = " ".join(condition.run)
                output = b"" if last is None else last.stdout + last.stderr
                raise LabError(
                    Text(
                        fr=f"{condition.host} n'est pas prêt : « {command} » échoue après {condition.within} s",
                        en=f"{condition.host} is not ready: '{command}' still fails after {condition.within} s",
                    ),
                    evidence=output.decode(errors="replace"),
                )

    with ThreadPoolExecutor(len(conditions)) as pool:
        try:
            for done in as_completed([pool.submit(wait, condition) for condition in conditions]):
                done.result()
        except BaseException:
            abandoned.set()
            raise
