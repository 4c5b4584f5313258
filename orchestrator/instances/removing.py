"""Removing instances: all of one, and what is left of those that are gone. Whoever calls keeps others away."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from orchestrator.core import labels
from orchestrator.core.errors import MachineError
from orchestrator.engine.engine_interface import Engine
from orchestrator.fabric.reaper import remove_remains
from orchestrator.instances.bringing_up import THREADS
from orchestrator.instances.instance_marks import marked, remove_mark, remove_marks
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.locks import BusyError, Locks


def remove_instance(engine: Engine, records: InstanceRecords, name: str) -> None:
    """Remove an instance that is ours; one of which only a part is gone counts as cut off from then on."""
    with suppress(MachineError):  # a full disk must not keep it from being removed
        records.cut_off(name)
    remove_marks(engine, name, but="pooled")  # whoever keeps the pool goes on with what is cut off here
    containers = engine.containers({labels.KIND: "host", labels.INSTANCE: name})
    if containers:
        remove_remains(engine, containers)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda container: engine.remove(container.id), containers))
    remove_mark(engine, name, "pooled")
    records.remove(name)


def forget_gone(engine: Engine, records: InstanceRecords, locks: Locks, there: Collection[str]) -> None:
    """Remove records and marks of what has no container any more, or never had one.

    A start or stop was killed, or somebody else removed the containers.

    Args:
        engine: the engine.
        records: the records of this user's instances.
        locks: keep other programs away from each meanwhile; one that somebody acts on is left.
        there: the names of the instances that are there.
    """
    for name in sorted({*records.names(), *marked(engine)}.difference(there)):
        with suppress(BusyError), locks.exclusive_nowait(name):
            if not engine.containers({labels.INSTANCE: name}):
                records.remove(name)
                remove_marks(engine, name)
