"""Creating and booting the hosts of a lab, several at a time: servers before those that ask them for an address."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from orchestrator.access.lab_driver import LabDriver
from orchestrator.engine.engine_interface import ContainerSpec, Engine
from orchestrator.fabric.fabric_interface import Fabric
from orchestrator.instances.placing import accounts_of, archive_of
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.model.plan import Plan, PlannedHost

T = TypeVar("T")

THREADS = 8
"""Containers created at once: more only wait for the engine."""
_BOOT_LIMIT = 180.0
"""Seconds until all hosts must have booted; an emulated machine needs most of them."""


def bring_up(
    name: str,
    plan: Plan,
    engine: Engine,
    fabric: Fabric,
    spec: Callable[[PlannedHost], ContainerSpec],
    driver: Callable[[], LabDriver],
) -> None:
    """Create and start all hosts: DHCP clients last, once the servers do their work.

    A client whose first request nobody hears asks again only seconds later.

    Args:
        name: the instance's name.
        plan: the plan.
        engine: where hosts run.
        fabric: wires them, and tells when they have booted.
        spec: returns what a host's container is made of.
        driver: returns what acts on the instance as it is then.

    Raises:
        LabError: a host did not come up.
    """
    created: dict[str, str] = {}

    def create(host: PlannedHost) -> None:
        container = engine.create(spec(host))
        accounts = accounts_of(engine, container, host.files)
        engine.put_archive(container, archive_of(host.files, accounts))
        created[host.name] = container
        if not host.asks_for_address:
            engine.start(container)

    for_each(create, plan.hosts)
    servers = [host.name for host in plan.hosts if not host.asks_for_address]
    clients = [host.name for host in plan.hosts if host.asks_for_address]
    fabric.wait_ready(name, servers, timeout=_BOOT_LIMIT)
    if clients:
        wait_for_conditions(driver(), [c for c in plan.ready if c.host in servers])
        for_each(lambda host: engine.start(created[host]), clients)
        fabric.wait_ready(name, clients, timeout=_BOOT_LIMIT)


def for_each(act: Callable[[T], None], items: Sequence[T]) -> None:
    """Do something with each item, several at a time; after a failure or an interruption nothing more is begun."""
    abandoned = threading.Event()

    def unless_abandoned(item: T) -> None:
        if abandoned.is_set():
            return
        try:
            act(item)
        except BaseException:
            abandoned.set()
            raise

    with ThreadPoolExecutor(THREADS) as pool:  # its threads end before anything is removed
        try:
            for _ in pool.map(unless_abandoned, items):
                pass
        except BaseException:
            abandoned.set()
            raise
