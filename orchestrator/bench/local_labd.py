"""labd as it is, on labs without machines: ``python -m orchestrator.bench.local_labd LABS OPTION…``, for a measurement.

Its labs run nothing but local programs in terminals; LABS is a file of their names, one a line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from orchestrator.app import App
from orchestrator.core.errors import UsageError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.instances.instance import HostState, Instance
from orchestrator.instances.lifecycle import Instances
from orchestrator.labd.labd_process import main
from orchestrator.model.plan import Plan

SCENARIO: Final = "no-network-after-move"
SEED: Final = 1
_PROGRAM: Final = ("/bin/cat",)
"""Its terminal echoes each key at once, as a shell's does."""


class _LocalFabric:
    """Opens terminals with a local program; there are no cables."""

    def terminal(self, target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:  # noqa: ARG002 (the fabric's)
        """Return the master of a new terminal; its program ends with it."""
        master, slave = os.openpty()
        try:
            program = subprocess.Popen(  # noqa: S603 - ours
                ["/usr/bin/setsid", "--ctty", *_PROGRAM], stdin=slave, stdout=slave, stderr=slave
            )
        finally:
            os.close(slave)
        threading.Thread(target=program.wait, daemon=True).start()
        return master

    def ports(self, instance: str) -> tuple[()]:  # noqa: ARG002 (the fabric's)
        """Return no cables."""
        return ()


class LocalInstances:
    """Instances that run, as far as labd asks while people look at their labs."""

    def __init__(self, plan: Callable[[], Plan], names: Iterable[str]) -> None:
        """Take what returns the plan of all, and their names."""
        self._plan = plan
        self._names = tuple(names)
        self._all: tuple[Instance, ...] = ()
        self._fabric = _LocalFabric()

    def all(self) -> tuple[Instance, ...]:
        """Return all of them."""
        if not self._all:
            plan = self._plan()
            hosts = tuple(HostState(host.name, f"{number:064x}", "running") for number, host in enumerate(plan.hosts))
            self._all = tuple(
                Instance(name, SCENARIO, plan.lab, SEED, "bench", plan.digest, len(hosts), hosts)
                for name in self._names
            )
        return self._all

    @property
    def pool(self) -> LocalInstances:
        """Return what knows those that are nobody's yet."""
        return self

    def names(self) -> frozenset[str]:
        """Return the names of these: there are none."""
        return frozenset()

    def saved(self, _instance: Instance) -> bool:
        """Return whether one is saved: none is."""
        return False

    def find(self, name: str | None) -> Instance:
        """Return one by name.

        Raises:
            UsageError: there is none of that name.
        """
        for one in self.all():
            if one.name == name:
                return one
        raise UsageError(same(f"{name}?"))

    def started(self, name: str) -> bool:  # noqa: ARG002 (the instances')
        """Return that it has started."""
        return True

    def fabric(self) -> Fabric:
        """Return what opens terminals."""
        return cast("Fabric", self._fabric)

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, Any]:  # noqa: ARG002 (the instances')
        """Return nothing: there are no machines to look at."""
        return {}

    def close(self) -> None:
        """Close nothing."""


def local_app(names: Sequence[str]) -> Callable[[Sequence[Path], str | None], App]:
    """Return what makes the program, with labs of these names."""

    def make(content: Sequence[Path], database: str | None) -> App:
        import orchestrator.engine.docker_engine  # noqa: F401, PLC0415 - labd has it in memory: it is to be as large

        app = App(content, database)
        local = LocalInstances(lambda: app.labs.plans.preview(SCENARIO, SEED), names)
        app.__dict__["instances"] = cast("Instances", local)
        return app

    return make


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], local_app(Path(sys.argv[1]).read_text(encoding="utf-8").split())))
