"""What the fabric's helper sees of instances that run: whether hosts are ready, and whether anybody is active."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostActivity, HostRef
from orchestrator.instances.instance import Instance
from orchestrator.instances.readiness import unready_by


class HelperLooks:
    """Asks the helper as it is; where an answer is worth that, it is started."""

    def __init__(self, helper: Callable[[], Fabric], fabric: Callable[[], Fabric]) -> None:
        """Take the ways to the helper.

        Args:
            helper: returns a connection to the helper as it is, which is not started.
            fabric: returns the calling thread's fabric, which is started where it is not running.
        """
        self._helper = helper
        self._fabric = fabric

    def unready(self, instance: Instance) -> dict[str, Text]:
        """Return the hosts that run, as the engine sees it, and are not wired or have not booted, each with why.

        Where the helper does not answer it is started: without it a host that was restarted waits for its cables. If
        it does not start, why is what is known of each host.
        """
        try:
            with self._answering(instance.name) as helper:
                return unready_by(helper, instance)
        except MachineError as error:
            return dict.fromkeys(instance.running, error.text)

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        """Return what a passing look tells of the hosts of instances that run, as the engine sees it: of all at once.

        The helper is asked over one connection each time, and is not started.

        Raises:
            MachineError: it does not answer.
        """
        return self._passing.activity({one.name: one.running for one in instances if one.running})

    def see_end(self, name: str) -> None:
        """Have the helper see that an instance is gone: it takes away the cables that are left of it.

        Raises:
            MachineError: it does not answer, and cannot be started.
        """
        with self._answering(name) as helper:
            helper.ports(name)

    def close(self) -> None:
        """Close the connection of passing looks."""
        if "_passing" in self.__dict__:
            self._passing.close()

    @cached_property
    def _passing(self) -> Fabric:
        """Return a connection to the helper as it is, which knows the hosts that it has looked at."""
        return self._helper()

    @contextmanager
    def _answering(self, name: str) -> Iterator[Fabric]:
        """Give a connection to the helper, which is started where it does not answer.

        Raises:
            MachineError: it cannot be started.
        """
        with self._helper() as helper:
            try:
                helper.ports(name)
                answers = True
            except MachineError:
                answers = False
            yield helper if answers else self._fabric()
