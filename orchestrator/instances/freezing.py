"""Freezing hosts: every process of a container stands still, until it is thawed; and thawing labs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import Engine, NoSuchContainerError
from orchestrator.instances.instance import PAUSED, Instance

_WITHIN: Final = 10.0
"""Seconds until a host must stand still.

It takes milliseconds as a rule. But the kernel cannot freeze a process while it waits for the disk, and runc gives up
after tenths of a second: with four hosts that write without a pause, 102 of 240 first tries were refused.
"""
_THREADS: Final = 8
"""Hosts that are thawed at once: somebody waits for it."""


def freeze(engine: Engine, container: str) -> None:
    """Freeze a container that runs; one that does not run has nothing to freeze.

    A container whose first process ends at once would be started again for ever: it is stopped.

    Raises:
        LabError: it does not stand still, or it is gone.
    """
    refusal: LabError | None = None

    def stands_still() -> bool:
        nonlocal refusal
        state = engine.container(container).state
        if state == "restarting":
            engine.stop(container, grace=0)
        elif state == "running":
            try:
                engine.pause(container)
            except LabError as error:
                refusal = error
                return False
        return True

    if not wait_until(stands_still, within=_WITHIN, every=0.2) and refusal is not None:
        raise refusal


def thaw(engine: Engine, instance: Instance) -> None:
    """Let the hosts of an instance go on that are frozen; nobody else's work is in the way of that.

    A jury session's stay as they are: what its deadline has frozen is evidence.

    Raises:
        LabError: one of them does not go on.
    """
    if instance.assessed:
        return
    frozen = [host.container for host in instance.hosts if host.state == PAUSED]

    def let_go_on(container: str) -> None:
        try:
            engine.unpause(container)
        except LabError:
            if _is_frozen(engine, container):  # else somebody else was quicker, or it is gone
                raise

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(let_go_on, frozen))


def _is_frozen(engine: Engine, container: str) -> bool:
    try:
        return engine.container(container).state == PAUSED
    except NoSuchContainerError:
        return False
