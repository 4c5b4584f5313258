"""Finding running labs, telling how far each is, and reaching its hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress

from orchestrator.access.cabling import replace_cable
from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine, NoSuchContainerError
from orchestrator.fabric.fabric_interface import Fabric, HostActivity, HostRef, PortState
from orchestrator.instances.instance import Instance
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import BusyError
from orchestrator.instances.saving import SavedLabError
from orchestrator.labs.running_lab import LabState, Running
from orchestrator.labs.variant_plans import VariantPlans


class RunningLabs:
    """The labs that run on one engine."""

    def __init__(self, instances: Callable[[], Instances], records: InstanceRecords, plans: VariantPlans) -> None:
        """Take the parts; ``instances`` is called when they are first needed, since plans are made without them."""
        self._of_engine = instances
        self._records = records
        self._plans = plans

    @property
    def instances(self) -> Instances:
        """The instances on the engine, to act on as a whole."""
        return self._of_engine()

    # Finding ----------------------------------------------------------------------------------------------

    def all(self) -> tuple[Instance, ...]:
        """Return every instance, by name."""
        return self.instances.all()

    def find(self, name: str | None) -> Instance:
        """Return an instance by name, or the only one where no name is given; its content may be gone.

        Raises:
            UsageError: there is none, or several and no name was given.
        """
        return self.instances.find(name)

    def planned(self, name: str | None) -> Running:
        """Return a running instance with its plan, made again from the labels.

        Raises:
            UsageError: there is no such instance, or its content is not among the content roots any more.
        """
        instance = self.instances.find(name)
        return Running(instance, *self._plans.of_instance(instance))

    def stale(self, running: Running) -> bool:
        """Return whether the content has changed since the instance was started."""
        return running.plan.digest != running.instance.digest

    def handed_over(self, instance: Instance) -> bytes:
        """Return what was kept of how an instance was handed over to whoever works in it."""
        return self._records.handed_over(instance.name)

    def recorded(self, instance: Instance) -> bool:
        """Return whether a record of an instance is kept on this machine."""
        return self._records.has(instance.name)

    def pooled(self, *, ours: bool = False) -> frozenset[str]:
        """Return the names of the instances that were started for nobody yet; see ``LabLifecycle.claim``.

        Args:
            ours: only those that were started from here.
        """
        names = self.instances.pool.names()
        return frozenset(name for name in names if self._records.has(name)) if ours else names

    # How far they are -------------------------------------------------------------------------------------

    def state_of(self, instance: Instance) -> LabState:
        """Return how far an instance is: one that is not whole is so for good where nobody is at work on it any more.

        Where this user's records do not know, because somebody else started it, the mark that all users see tells.
        """
        if self._started(instance):
            return "saved" if self.instances.saved(instance) else "started"
        if self.instances.at_work(instance.name) is None:
            return "started" if self._started(instance) else "cut off"  # it may just have come to its end
        return "stopping" if self._records.get(instance.name).stopping else "starting"

    def _started(self, instance: Instance) -> bool:
        if not instance.hosts:
            return True
        record = self._records.get(instance.name)
        if record.started is None or record.identity != instance.identity:  # or somebody else has reset it since
            return self.instances.started(instance.name)
        return record.started

    def cut_off(self, instance: Instance) -> bool:
        """Return whether an instance's start or stop was ended before it was done, so that nothing can be graded."""
        return self.state_of(instance) == "cut off"

    def unready(self, instance: Instance) -> dict[str, Text]:
        """Return the hosts that run and are not wired or have not booted, each with why (``HelperLooks``)."""
        return self.instances.looks.unready(instance)

    def require(self, instance: Instance, *states: LabState) -> None:
        """Return if an instance is as far as one of these states.

        Raises:
            SavedLabError: it is saved.
            BusyError: another program starts or stops it.
            LabError: its start or its stop was cut off.
        """
        state = self.state_of(instance)
        if state in states:
            return
        if state == "saved":
            raise SavedLabError(instance.name)
        if state in {"starting", "stopping"} and (holder := self.instances.at_work(instance.name)):
            raise BusyError(instance.name, holder)
        raise LabError(
            Text(
                fr=f"{instance.name} n'est pas entier, son démarrage ou son arrêt a été coupé : "
                "sa panne n'est peut-être pas en place.",
                en=f"{instance.name} is not whole, its start or its stop was cut off: its fault may not be in place.",
            ),
            Text(
                fr="« breakfix reset » le recommence, « breakfix stop » le retire.",
                en="'breakfix reset' starts it again, 'breakfix stop' removes it.",
            ),
        )

    # Their hosts ------------------------------------------------------------------------------------------

    def exclusive(self, running: Running) -> AbstractContextManager[None]:
        """Keep other programs from acting on an instance within the block; it exists there.

        Raises:
            LabError: another program is at work on it, or has just removed it.
        """
        return self.instances.exclusive(running.instance.name)

    def driver(self, running: Running) -> LabDriver:
        """Return what acts on an instance."""
        return self.instances.driver(running.instance, running.plan, running.images)

    def fabric(self) -> Fabric:
        """Return the calling thread's fabric, started where it does not run: commands, terminals, sockets in hosts.

        Raises:
            MachineError: it does not come up.
        """
        return self.instances.fabric()

    def engine(self) -> Engine:
        """Return the engine: it freezes, thaws and restarts hosts.

        Raises:
            MachineError: it does not answer.
        """
        return self.instances.engine

    def begun(self, instance: Instance) -> dict[str, str]:
        """Return when the engine started each host, in its own words; a host that is gone is left out."""
        found = {}
        for host in instance.hosts:
            with suppress(NoSuchContainerError):  # it was removed just now
                found[host.name] = self.engine().begun(host.container)
        return found

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        """Return what a passing look tells of the hosts of all these instances at once; see ``HelperLooks``."""
        return self.instances.looks.activity(instances)

    def cables(self, instance: Instance) -> tuple[PortState, ...]:
        """Return an instance's cables as they are."""
        return self.fabric().ports(instance.name)

    def move_cable(self, target: HostRef, interface: str, *, plugged: bool, segment: str | None = None) -> None:
        """Plug or unplug a host's cable, or plug it into another segment.

        Raises:
            LabError: there is no such cable or segment, or another program is at work on the instance.
        """
        with self.instances.exclusive(target.instance, awake=True):
            self.fabric().set_port(target, interface, plugged=plugged, segment=segment)

    def replace_cable(self, target: HostRef, interface: str) -> None:
        """Put a new cable in the place of a host's; raises as ``move_cable``."""
        with self.instances.exclusive(target.instance, awake=True):
            replace_cable(self.fabric(), target, interface)
