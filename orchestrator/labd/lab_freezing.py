"""Labs that stand still: frozen by the engine, host by host, and told by Docker's own state. Called from threads."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping

from orchestrator.core.errors import BreakfixError
from orchestrator.instances.freezing import freeze
from orchestrator.instances.instance import RUNNING, Instance
from orchestrator.labs import Labs


def is_frozen(instance: Instance) -> bool:
    """Return whether a lab is frozen, see ``Instance.frozen``."""
    return instance.frozen


def freeze_lab(labs: Labs, instance: Instance) -> None:
    """Freeze the hosts of a lab that run; where one does not stand still, the others go on as well.

    Raises:
        BreakfixError: another program is at work on it, or a host does not stand still.
    """
    with labs.running.exclusive(labs.running.planned(instance.name)):
        try:
            for host in instance.hosts:
                if host.state == RUNNING:
                    freeze(labs.running.engine(), host.container)
        except BreakfixError:
            thaw_lab(labs, instance.name)
            raise


def thaw_lab(labs: Labs, name: str) -> None:
    """Let the hosts of a lab go on that are frozen; raises as ``Labs.thaw``."""
    labs.lifecycle.thaw(name)


def last_typed(
    labs: Labs, instances: Iterable[Instance], screens: Collection[tuple[str, str]] = ()
) -> Mapping[str, float]:
    """Return for each lab how many seconds ago something was last typed at a terminal of its hosts; else it lacks.

    Shells that were opened at the command line are among them. Hosts whose screen is shown (``screens``: lab and host)
    are not: what shows it reads from a terminal whenever the screen changes, by its clock too.

    Raises:
        MachineError: the fabric does not answer.
    """
    now, found = time.time(), dict[str, float]()
    for target, seen in labs.running.activity(instances).items():
        if seen.typed is not None and (target.instance, target.host) not in screens:
            ago = max(0.0, now - seen.typed)
            found[target.instance] = min(ago, found.get(target.instance, ago))
    return found
