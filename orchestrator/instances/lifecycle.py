"""Instances as a whole: finding one, keeping others away from it, and all that is done with it from start to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import BreakfixError
from orchestrator.core.interrupts import shielded
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import Fabric
from orchestrator.instances.breaking import break_lab, mend_lab
from orchestrator.instances.bringing_up import bring_up
from orchestrator.instances.freezing import thaw
from orchestrator.instances.helper_looks import HelperLooks
from orchestrator.instances.host_container import HostContainers
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.instances.instance_lookup import chosen, instances_on, still_there
from orchestrator.instances.instance_marks import has_mark, put_mark, remove_mark
from orchestrator.instances.instance_records import InstanceRecord, InstanceRecords
from orchestrator.instances.lab_names import new_name, require_free
from orchestrator.instances.locks import Holder, Locks
from orchestrator.instances.pooling import PooledInstances, lay_down, mark_pooled
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.instances.removing import forget_gone, remove_instance
from orchestrator.instances.saving import bring_back, is_saved, put_down, settle
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
from orchestrator.sound_state.look import keep_sound_state


class Instances:
    """All instances on one engine.

    Attributes:
        looks: what the fabric's helper sees of them.
        pool: those that are nobody's yet.
    """

    def __init__(
        self,
        engine: Engine,
        fabric: Callable[[], Fabric],
        records: InstanceRecords,
        locks: Locks,
        owner: str,
        runtime: str = "",
        *,
        helper: Callable[[], Fabric] | None = None,
    ) -> None:
        """Work on an engine.

        Args:
            engine: the engine.
            fabric: returns the calling thread's fabric, which is started where it is not running.
            records: the records of this user's instances.
            locks: keep other programs away from an instance while one acts on it.
            owner: the name put on what is started.
            runtime: the OCI runtime of the hosts, by the engine's name for it; empty: the engine's default.
            helper: returns a connection to the fabric as it is, which is not started; None: ``fabric`` does.
        """
        self._engine = engine
        self._fabric = fabric
        self.looks = HelperLooks(helper or fabric, fabric)
        self.pool = PooledInstances(engine, locks)
        self._records = records
        self._locks = locks
        self._hosts = HostContainers(engine, owner, runtime)

    # Looking --------------------------------------------------------------------------------------------

    def all(self) -> tuple[Instance, ...]:
        """Return every instance, by name."""
        return instances_on(self._engine)

    def find(self, name: str | None) -> Instance:
        """Return an instance by name, or the only one that is somebody's when no name is given.

        Raises:
            UsageError: there is none, or several and no name was given.
        """
        known, pooled = self.all(), self.pool.names() if name is None else frozenset[str]()
        return chosen([instance for instance in known if instance.name not in pooled], name)

    def at_work(self, name: str) -> Holder | None:
        """Return the other program that acts on an instance just now; None where none does."""
        return self._locks.holder(name)

    def started(self, name: str) -> bool:
        """Return whether an instance is marked as one whose start came to its end, whoever started it."""
        return has_mark(self._engine, name, "started")

    def saved(self, instance: Instance) -> bool:
        """Return whether an instance is saved: its hosts are stopped, until it is resumed."""
        return is_saved(self._engine, instance)

    # Keeping others away --------------------------------------------------------------------------------

    @contextmanager
    def exclusive(self, name: str, *, awake: bool = False) -> Iterator[None]:
        """Keep other programs from acting on an instance within the block, in which it exists.

        Args:
            name: the instance's name.
            awake: whether its hosts are needed: then they are thawed, and nobody freezes them within the block.

        Raises:
            LabError: another program is at work on it (``BusyError``), or has just removed it; or it is not thawed.
        """
        with self._locks.exclusive(name):
            instance = still_there(self._engine, name)
            if awake:
                thaw(self._engine, instance)
            yield

    def thaw(self, name: str) -> None:
        """Let the hosts of an instance go on that are frozen, also while somebody is at work on it; see ``freezing``.

        Raises:
            UsageError: there is no such instance.
            LabError: a host does not go on.
        """
        thaw(self._engine, self.find(name))

    @contextmanager
    def giving_way(self, instance: Instance) -> Iterator[Callable[[], None]]:
        """Act on an instance within the block, and keep no other program from it; see ``Locks.giving_way``.

        Raises:
            BusyError: another program is at work on it, or was at the block's end.
            LabError: it is gone, or another one of its name is there, before the block or after it.
        """
        with self._locks.giving_way(instance.name) as go_on:
            still_there(self._engine, instance.name, instance.identity)
            self.thaw(instance.name)
            yield go_on
            go_on()
            still_there(self._engine, instance.name, instance.identity)

    # Reaching -------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close what this has opened for itself."""
        self.looks.close()

    @property
    def engine(self) -> Engine:
        """Return the engine that the instances run on."""
        return self._engine

    def fabric(self) -> Fabric:
        """Return the calling thread's fabric."""
        return self._fabric()

    def prepare(self) -> None:
        """Start the fabric where it is not running, so that several threads may start instances at once.

        Raises:
            MachineError: it does not come up, or the engine does not have the hosts' runtime.
        """
        self._fabric()
        _ = self._hosts.runtime

    def driver(self, instance: Instance, plan: Plan, images: Mapping[str, ImageSpec]) -> LabDriver:
        """Return what acts on an instance."""
        devices = {h.name: images[h.image].device for h in plan.hosts}
        return LabDriver(
            instance=instance.name,
            plan=plan,
            engine=self._engine,
            fabric=self._fabric(),
            containers={h.name: h.container for h in instance.hosts},
            devices={name: device for name, device in devices.items() if device is not None},
        )

    # Starting -------------------------------------------------------------------------------------------

    def start(
        self, plan: Plan, around: StartContext, progress: Progress, *, broken: bool = True, name: str | None = None
    ) -> Instance:
        """Start an instance of a plan: create, wire, boot, wait until it is healthy, then inject its faults.

        Whatever interrupts it, what was made so far is removed again.

        Args:
            plan: the plan.
            around: images and content roots.
            progress: is told each step.
            broken: whether the faults are injected; a healthy lab is left otherwise.
            name: the instance's name; None: a new one.

        Raises:
            UsageError: the name cannot be a lab's, or is one's already.
            LabError: a host did not come up or a fault did not take effect.
        """
        if name is not None:
            require_free(name, [host.name for host in plan.hosts], self.all())
        self._forget_gone()
        while True:
            wanted = name or new_name(plan, {instance.name for instance in self.all()})
            with self._ready(wanted):
                if name is not None:  # nobody has taken it before it was locked
                    require_free(name, [host.name for host in plan.hosts], self.all())
                if self._records.claim(InstanceRecord(wanted, roots=around.roots, started=False)):
                    return self._start(wanted, plan, around, progress, broken=broken)

    @contextmanager
    def _ready(self, name: str) -> Iterator[None]:
        """Lock a name and have the fabric stand within the block: nobody can take it away meanwhile.

        Raises:
            BusyError: somebody is just about to stop everything.
        """
        with self._locks.exclusive(name):
            self.prepare()  # before anything is claimed: it may have to be made, or refused
            with self._locks.exclusive(name):  # of the file for all users too, which comes with the fabric
                yield

    def _start(self, name: str, plan: Plan, around: StartContext, progress: Progress, *, broken: bool) -> Instance:
        """Start an instance whose name is ours: whatever bears it is removed if the start fails."""
        try:
            if around.pooled:
                mark_pooled(self._engine, name, around.pooled)
            fabric = self._fabric()
            progress.step(Text(fr=f"Démarrage de {len(plan.hosts)} machines", en=f"Starting {len(plan.hosts)} hosts"))
            bring_up(
                name,
                plan,
                self._engine,
                fabric,
                lambda host: self._hosts.spec(name, plan, host, around),
                lambda: self.driver(self.find(name), plan, around.images),
            )
            instance = self.find(name)
            driver = self.driver(instance, plan, around.images)
            progress.step(Text(fr="Attente des services", en="Waiting for the services"))
            wait_for_conditions(driver, plan.ready)
            keep_sound_state(fabric, name, {host.name: host.applications for host in plan.hosts})
            if broken and plan.faults:
                progress.step(Text(fr="Préparation de l'incident", en="Preparing the incident"))
                break_lab(driver, self._records)
            if around.pooled:
                lay_down(self._engine, instance, plan.hosts)
            put_mark(self._engine, name, "started")
            self._records.put(replace(self._records.get(name), started=True, identity=instance.identity))
        except BaseException:
            with shielded():
                remove_instance(self._engine, self._records, name)
            raise
        return instance

    # Saving ---------------------------------------------------------------------------------------------

    def save(self, name: str, *, rest_only: bool = False) -> None:
        """Stop the hosts of an instance, whose files and cables stay; one that is saved by half is saved wholly.

        Args:
            name: the instance's name.
            rest_only: whether only what a killed program has left of saving is done; another instance goes on.

        Raises:
            LabError: a host does not stop, or another program is at work on it (``BusyError``), or it is gone.
        """
        with self.exclusive(name):
            instance = self.find(name)
            if not rest_only or self.saved(instance):
                put_down(self._engine, instance)

    def resume(self, driver: LabDriver) -> Instance:
        """Boot the hosts of a saved instance; one that is not saved is left as it is.

        Its services are waited for a short while only: what its fault has broken never does its work.

        Raises:
            LabError: a host did not boot, so that it is saved as before; or another program is at work on it.
            MachineError: the fabric does not come up.
        """
        name, hosts = driver.instance, driver.plan.hosts
        with self._ready(name):
            instance = self.find(name)
            if not self.saved(instance):
                remove_mark(self._engine, name, "saved")  # whoever resumed it may have been killed before that
                return instance
            late = {host.name for host in hosts if host.asks_for_address}
            servers = [host.name for host in hosts if host.name not in late]
            bring_back(self._engine, self._fabric(), instance, late, lambda: settle(driver, servers))
            settle(driver, [host.name for host in hosts])
            return self.find(name)

    # Faults ---------------------------------------------------------------------------------------------

    def inject(self, driver: LabDriver) -> None:
        """Inject the plan's faults, in order; how to revert each is recorded before it is injected.

        The first time, people then do what the ticket tells of.

        Raises:
            LabError: a fault did not take effect, what people did left no trace, or another program is at work on the
                instance.
        """
        with self.exclusive(driver.instance, awake=True):
            break_lab(driver, self._records)

    def revert(self, driver: LabDriver) -> None:
        """Revert the injected faults, the last one first.

        Raises:
            LabError: a fault could not be reverted, or another program is at work on the instance.
        """
        with self.exclusive(driver.instance, awake=True):
            mend_lab(driver, self._records)

    # Stopping -------------------------------------------------------------------------------------------

    def remove(self, name: str) -> None:
        """Stop an instance and remove all of it; one that is gone is no error.

        Raises:
            BusyError: another program is at work on it.
        """
        with self._locks.exclusive(name):
            remove_instance(self._engine, self._records, name)
            with suppress(BreakfixError):  # it is gone: what keeps the helper away the next command will say
                self.looks.see_end(name)
        self._forget_gone()

    def remove_all(self, spare: Callable[[Instance], bool] = lambda _instance: False) -> tuple[str, ...]:
        """Stop every instance, then the fabric; return the names of the instances that were removed.

        Args:
            spare: tells which instances stay; where one does, so does the fabric that it is wired to.

        Raises:
            BusyError: another program is at work on one of them; nothing was removed.
        """
        with self._locks.exclusive_with_all():
            known = self.all()
            names = tuple(instance.name for instance in known if not spare(instance))
            for name in names:
                remove_instance(self._engine, self._records, name)
            if len(names) == len(known):
                fabric_container.remove(self._engine)
        self._forget_gone()
        return names

    def _forget_gone(self) -> None:
        forget_gone(self._engine, self._records, self._locks, {instance.name for instance in self.all()})
