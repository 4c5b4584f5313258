"""Starting, finding, breaking and stopping instances."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core import labels
from orchestrator.core.errors import BreakfixError, LabError, MachineError
from orchestrator.core.interrupts import shielded
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import Fabric, HostActivity, HostRef
from orchestrator.fabric.reaper import remove_remains
from orchestrator.instances.breaking import break_lab, mend_lab
from orchestrator.instances.bringing_up import THREADS, bring_up
from orchestrator.instances.freezing import thaw
from orchestrator.instances.host_container import HostContainers
from orchestrator.instances.instance import Instance, StartContext, instance_of
from orchestrator.instances.instance_lookup import chosen, instances_on
from orchestrator.instances.instance_records import InstanceRecord, InstanceRecords
from orchestrator.instances.lab_names import require_free
from orchestrator.instances.locks import BusyError, Holder, Locks
from orchestrator.instances.readiness import unready_by, wait_for_conditions
from orchestrator.instances.saving import MARK, bring_back, is_saved, put_down, settle
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
from orchestrator.sound_state.look import keep_sound_state

_STARTED = "breakfix-started-"
"""The name of a volume that marks an instance as started begins so. Nothing is in it: of what the engine keeps, this
can be made after the containers, outlives a restart of the machine, and is seen by every user of the engine."""


class Instances:
    """All instances on one engine."""

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
        self._helper = helper or fabric
        self._records = records
        self._locks = locks
        self._hosts = HostContainers(engine, owner, runtime)

    # Looking --------------------------------------------------------------------------------------------

    def all(self) -> tuple[Instance, ...]:
        """Return every instance, by name."""
        return instances_on(self._engine)

    def find(self, name: str | None) -> Instance:
        """Return an instance by name, or the only one when no name is given.

        Raises:
            UsageError: there is none, or several and no name was given.
        """
        return chosen(self.all(), name)

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
            containers = self._engine.containers({labels.KIND: "host", labels.INSTANCE: name})
            if not containers:
                raise _gone(name)
            if awake:
                thaw(self._engine, instance_of(name, containers))
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
            self._require(instance)
            self.thaw(instance.name)
            yield go_on
            go_on()
            self._require(instance)

    def _require(self, instance: Instance) -> None:
        containers = self._engine.containers({labels.KIND: "host", labels.INSTANCE: instance.name})
        if not containers or instance_of(instance.name, containers).identity != instance.identity:
            raise _gone(instance.name)

    def at_work(self, name: str) -> Holder | None:
        """Return the other program that acts on an instance just now; None where none does."""
        return self._locks.holder(name)

    def started(self, name: str) -> bool:
        """Return whether an instance is marked as one whose start came to its end, whoever started it."""
        return bool(self._engine.volumes({labels.KIND: "started", labels.INSTANCE: name}))

    def saved(self, instance: Instance) -> bool:
        """Return whether an instance is saved: its hosts are stopped, until it is resumed."""
        return is_saved(self._engine, instance)

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

    @cached_property
    def _passing(self) -> Fabric:
        """Return a connection to the helper as it is, which knows the hosts that it has looked at."""
        return self._helper()

    def close(self) -> None:
        """Close what this has opened for itself."""
        if "_passing" in self.__dict__:
            self._passing.close()

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
            wanted = name or self._new_name(plan)
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

    def _new_name(self, plan: Plan) -> str:
        """Return a name that no instance has."""
        taken = {instance.name for instance in self.all()}
        while True:
            name = f"{(plan.scenario or plan.lab)[:32].rstrip('-')}-{secrets.token_hex(2)}"
            if name not in taken:
                return name

    def _start(self, name: str, plan: Plan, around: StartContext, progress: Progress, *, broken: bool) -> Instance:
        """Start an instance whose name is ours: whatever bears it is removed if the start fails."""
        try:
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
            self._engine.create_volume(_STARTED + name, {labels.KIND: "started", labels.INSTANCE: name})
            self._records.put(replace(self._records.get(name), started=True, identity=instance.identity))
        except BaseException:
            with shielded():
                self._remove(name)
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
                self._engine.remove_volume(MARK + name)  # whoever resumed it may have been killed before that
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
            self._remove(name)
            self._have_cables_go(name)
        self._forget_gone()

    def _have_cables_go(self, name: str) -> None:
        """Start the helper where it does not run: it takes away what is left of an instance, which it saw end or not.

        The instance is gone: what keeps the helper from starting, the next command that needs it will say.
        """
        with suppress(BreakfixError), self._answering(name) as helper:
            helper.ports(name)

    def _remove(self, name: str) -> None:
        """Remove an instance that is ours; one of which only a part is gone counts as cut off from then on."""
        with suppress(MachineError):  # a full disk must not keep it from being removed
            self._records.cut_off(name)
        self._engine.remove_volume(_STARTED + name)
        self._engine.remove_volume(MARK + name)
        containers = self._engine.containers({labels.KIND: "host", labels.INSTANCE: name})
        if containers:
            remove_remains(self._engine, containers)
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda c: self._engine.remove(c.id), containers))
        self._records.remove(name)

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
                self._remove(name)
            if len(names) == len(known):
                fabric_container.remove(self._engine)
        self._forget_gone()
        return names

    def _forget_gone(self) -> None:
        """Remove records and marks of what has no container any more, or never had one.

        A start or stop was killed, or somebody else removed the containers.
        """
        marked = {volume.removeprefix(_STARTED) for volume in self._engine.volumes({labels.KIND: "started"})}
        marked |= {volume.removeprefix(MARK) for volume in self._engine.volumes({labels.KIND: "saved"})}
        for name in sorted({*self._records.names(), *marked} - {instance.name for instance in self.all()}):
            with suppress(BusyError), self._locks.exclusive_nowait(name):
                if not self._engine.containers({labels.INSTANCE: name}):
                    self._records.remove(name)
                    self._engine.remove_volume(_STARTED + name)
                    self._engine.remove_volume(MARK + name)


def _gone(name: str) -> LabError:
    return LabError(
        Text(
            fr=f"Le lab {name} n'existe plus : il vient d'être arrêté ou recommencé.",
            en=f"The lab {name} is gone: it has just been stopped or reset.",
        ),
        Text(fr="« breakfix status » montre ceux qui restent.", en="'breakfix status' shows what is left."),
    )
