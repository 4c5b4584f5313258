"""Pooled instances: started for nobody, then frozen, and claimed by whoever comes.

A mark says that an instance is nobody's yet. It is there before the first container, and to remove it is the claim. So
whoever is killed meanwhile leaves a marked instance, in which nobody has worked and which may be thrown away, or one
that is somebody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import ContainerSpec, Engine
from orchestrator.instances.freezing import freeze, thaw
from orchestrator.instances.instance import Instance
from orchestrator.instances.instance_lookup import still_there
from orchestrator.instances.instance_marks import has_mark, marked_as, put_mark, remove_mark
from orchestrator.instances.locks import Locks
from orchestrator.model.plan import PlannedHost

_LIGHTER: Final = 16
"""A host that starts for nobody has this part of its weight for the processors: whoever works hardly notices it."""
_LEAST_SHARES: Final = 2
"""The least weight that Docker gives."""
_THREADS: Final = 8


def lighter(spec: ContainerSpec) -> ContainerSpec:
    """Return how a host is made that starts for nobody: it takes the processors that nobody else wants."""
    shares = spec.cpu_shares
    return spec if shares is None else replace(spec, cpu_shares=max(_LEAST_SHARES, shares // _LIGHTER))


def mark_pooled(engine: Engine, name: str, made_of: str) -> None:
    """Say of an instance, before its first container, that it is nobody's; ``made_of``: a hash of all it is made of."""
    put_mark(engine, name, "pooled", {labels.FINGERPRINT: made_of})


def lay_down(engine: Engine, instance: Instance, hosts: Iterable[PlannedHost]) -> None:
    """Give the hosts of an instance their own weight again, and freeze them, all at once.

    Raises:
        LabError: a host does not stand still.
    """
    shares: Mapping[str, int] = {host.name: host.cpu_shares for host in hosts}

    def lay(number: int) -> None:
        host = instance.hosts[number]
        engine.weigh_processors(host.container, shares[host.name])  # now: a claim has no time for it
        freeze(engine, host.container)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lay, range(len(instance.hosts))))


class PooledInstances:
    """The instances on one engine that are nobody's yet."""

    def __init__(self, engine: Engine, locks: Locks) -> None:
        """Take the engine, and what keeps other programs away from an instance."""
        self._engine = engine
        self._locks = locks

    def names(self) -> frozenset[str]:
        """Return the names of all of them, also of those that are still being started, whoever does."""
        return marked_as(self._engine, "pooled")

    def is_made_of(self, name: str, made_of: str) -> bool:
        """Return whether one was made of just that: content, images and program; see ``mark_pooled``."""
        return has_mark(self._engine, name, "pooled", {labels.FINGERPRINT: made_of})

    def claim(self, name: str) -> Instance:
        """Thaw one and make it somebody's: of several programs that want it, one gets it; threads agree beforehand.

        Raises:
            BusyError: another program is at work on it.
            LabError: it is gone or somebody's already, was thawed meanwhile, or a host does not go on.
        """
        with self._locks.exclusive(name):
            instance = still_there(self._engine, name)
            if not instance.wholly_frozen or not has_mark(self._engine, name, "pooled"):
                raise _not_to_be_had(name)
            thaw(self._engine, instance)
            remove_mark(self._engine, name, "pooled")
            return still_there(self._engine, name)


def _not_to_be_had(name: str) -> LabError:
    return LabError(
        Text(
            fr=f"Le lab {name} n'est plus gardé prêt : il a été pris, ou quelqu'un l'a touché.",
            en=f"The lab {name} is kept ready no longer: it was taken, or somebody has touched it.",
        )
    )
