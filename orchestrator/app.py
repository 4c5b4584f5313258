"""The composition root: makes the parts and puts them together. Nothing else constructs an engine or a fabric."""

from __future__ import annotations

import getpass
import hashlib
import os
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.paths import data_folder, state_folder
from orchestrator.images.observer import BuildObserver, SilentObserver
from orchestrator.loader.content import Content
from orchestrator.loader.roots import content_roots

if TYPE_CHECKING:
    from orchestrator.assessment.journal_log import JournalLog
    from orchestrator.assessment.plan_file import PlanContext
    from orchestrator.assessment.session_registry import SessionRegistry
    from orchestrator.cluster.cluster import Cluster
    from orchestrator.engine.engine_interface import Engine
    from orchestrator.fabric.client import FabricClient
    from orchestrator.images.builder import ImageBuilder
    from orchestrator.images.catalogue import Catalogue
    from orchestrator.instances.instance_records import InstanceRecords
    from orchestrator.instances.lifecycle import Instances
    from orchestrator.instances.locks import Locks
    from orchestrator.labs import Labs
    from orchestrator.model.plan import Plan
    from orchestrator.mutation.mutant_store import MutantStore
    from orchestrator.practice.launching import Launcher
    from orchestrator.practice.recorder import PracticeRecorder
    from orchestrator.practice.standings import Standings
    from orchestrator.proof.proof_status import Proofs
    from orchestrator.proof.trust import Trust
    from orchestrator.records.database import Database


class App:
    """The program for one command: parts are made, and their modules imported, when they are first needed.

    Attributes:
        build_observer: is told what image builds do; a command may set its own before it needs images.
    """

    def __init__(self, content: Sequence[Path] = (), database: str | None = None, records: Path | None = None) -> None:
        """Take what the global options name.

        Args:
            content: the content roots of ``--content``; the built-in one and the environment's come besides.
            database: the address of ``--database``, or None for the environment's or the user's own.
            records: the folder of the records of instances that this program starts, apart from the user's others.
        """
        self._options = tuple(content)
        self._database = database
        self._records = records
        self.build_observer: BuildObserver = SilentObserver()
        self._local = threading.local()
        self._making = threading.Lock()
        self._connections: list[FabricClient] = []

    @cached_property
    def content(self) -> Content:
        """Return all content."""
        return self.content_with(())

    def content_with(self, folders: Sequence[Path]) -> Content:
        """Return all content, with that of further folders.

        Raises:
            UsageError: one of them is no folder, or holds no content.
        """
        return Content(content_roots((*self._options, *folders)))

    @cached_property
    def engine(self) -> Engine:
        """Return the engine (the Docker SDK takes long to import).

        Raises:
            MachineError: Docker Engine does not answer.
        """
        from orchestrator.engine.docker_engine import DockerEngine

        return DockerEngine()

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return the images of all content."""
        from orchestrator.images.catalogue import Catalogue, ImageSource

        names = self.content.images()
        return Catalogue({n: ImageSource(self.content.image(n), self.content.image_folder(n)) for n in names})

    @cached_property
    def builder(self) -> ImageBuilder:
        """Return what builds images."""
        from orchestrator.images.builder import ImageBuilder

        return ImageBuilder(self.engine, self.catalogue)

    @cached_property
    def fabric(self) -> FabricClient:
        """Return the fabric, whose helper is started, or replaced where its image is not the current one.

        Raises:
            MachineError: the helper cannot be built or does not come up.
        """
        from orchestrator.fabric import container as fabric_container
        from orchestrator.fabric.fabric_interface import HELPER_IMAGE

        tags = self.builder.build([HELPER_IMAGE], self.build_observer)
        return fabric_container.ensure(self.engine, tags[HELPER_IMAGE])

    @cached_property
    def instance_records(self) -> InstanceRecords:
        """Return the records of this user's instances, or of those that this program has apart."""
        from orchestrator.instances.instance_records import InstanceRecords

        return InstanceRecords(self._records or state_folder() / "instances")

    @cached_property
    def database(self) -> Database:
        """Return the store of people, attempts and results (SQLAlchemy takes long to import); nothing is opened yet.

        Raises:
            UsageError: its address cannot be read.
        """
        from orchestrator.records.database import Database
        from orchestrator.records.location import database_url

        return Database(database_url(self._database), self.content.names_now)

    @cached_property
    def practice(self) -> PracticeRecorder:
        """Return what records practice for the user who runs the program."""
        from orchestrator.practice.recorder import PracticeRecorder

        return PracticeRecorder.of_account(lambda: self.database, _user(), self.content.scenario_document)

    def practice_of(self, ref: str, by: str) -> PracticeRecorder:
        """Return what records practice for a person, by their reference in the store; ``by``: that of who acts."""
        from orchestrator.practice.recorder import PracticeRecorder

        return PracticeRecorder.of_person(lambda: self.database, ref, self.content.scenario_document, by=by)

    @cached_property
    def launcher(self) -> Launcher:
        """Return what launches a scenario for a group."""
        from orchestrator.practice.launching import Launcher

        return Launcher(self.labs, self.database, self.content.scenario_document, _user())

    @cached_property
    def standings(self) -> Standings:
        """Return what tells where a group's members are; no lab is looked at before that is asked for."""
        from orchestrator.practice.pace import Pace
        from orchestrator.practice.standings import Standings

        pace = Pace(lambda: time.process_time() + self.labs.grading.processor_time())  # planning a lab counts as well
        return Standings(self.database, lambda: self.labs, self.practice, pace)

    @cached_property
    def instances(self) -> Instances:
        """Return the instances on the engine."""
        from orchestrator.fabric import container as fabric_container
        from orchestrator.instances.host_container import RUNTIME
        from orchestrator.instances.lifecycle import Instances

        return Instances(
            self.engine,
            self._fabric_of_thread,
            self.instance_records,
            self.locks,
            _user(),
            os.environ.get(RUNTIME, ""),
            helper=fabric_container.as_it_is,
        )

    @cached_property
    def locks(self) -> Locks:
        """Return what keeps two programs from acting on an instance at once."""
        from orchestrator.fabric import container as fabric_container
        from orchestrator.instances.locks import Locks

        return Locks(state_folder() / "lock", fabric_container.SOCKET_FOLDER / "lock")

    def _fabric_of_thread(self) -> FabricClient:
        """Return the fabric for the calling thread: one connection answers one request at a time."""
        if threading.current_thread() is threading.main_thread():
            return self.fabric
        if not hasattr(self._local, "fabric"):
            with self._making:  # the first of several threads starts the helper
                self._local.fabric = self.fabric.another_connection()
            self._connections.append(self._local.fabric)
        connection: FabricClient = self._local.fabric
        return connection

    @cached_property
    def labs(self) -> Labs:
        """Return the labs that the commands act on."""
        return self._labs_on(self.content)

    def labs_now(self) -> Labs:
        """Return the labs on the content as it is on disk now."""
        return self._labs_on(Content(self.content.roots))

    def _labs_on(self, content: Content) -> Labs:
        from orchestrator.deliverables.deliverables_store import DeliverablesStore
        from orchestrator.labs import Labs

        return Labs(
            content=content,
            instances=lambda: self.instances,
            records=self.instance_records,
            deliverables=DeliverablesStore(state_folder() / "deliverables"),
            build=self.build,
            explained=self.proofs.explained,
        )

    @cached_property
    def proofs(self) -> Proofs:
        """Return the proofs that were made on this machine, and the records that came with the content."""
        from orchestrator.proof.ledger import Ledger
        from orchestrator.proof.proof_status import Proofs
        from orchestrator.proof.proof_store import ProofStore

        store, ledger = ProofStore(data_folder() / "proofs"), Ledger(self.content, self.trust)
        return Proofs(self.content, self.catalogue.fingerprint, store, ledger)

    @cached_property
    def mutants(self) -> MutantStore:
        """Return what came of mutants that were played on this machine."""
        from orchestrator.mutation.mutant_store import MutantStore

        return MutantStore(data_folder() / "mutants")

    @cached_property
    def cluster(self) -> Cluster:
        """Return the cluster of machines that this one belongs to, or is to belong to.

        Raises:
            MachineError: Docker Engine does not answer.
        """
        from orchestrator.cluster.cluster import Cluster
        from orchestrator.engine.docker_swarm import DockerSwarm
        from orchestrator.proof.program import program_hash

        return Cluster(
            DockerSwarm(),
            self.engine,
            self._task_image,
            lambda: program_hash(self.catalogue.fingerprint),
            state_folder() / "cluster-jobs",
        )

    def _task_image(self) -> str:
        """Return the id of the image that a cluster's tasks run in: the fabric's, which is small and everywhere."""
        from orchestrator.core import labels
        from orchestrator.fabric.fabric_interface import HELPER_IMAGE

        tag = self.build([])[HELPER_IMAGE]
        return next(image.id for image in self.engine.images({labels.KIND: "image"}) if tag in image.tags)

    @cached_property
    def trust(self) -> Trust:
        """Return whose signatures under records are believed: the machine's keys, then the user's own."""
        from orchestrator.proof.trust import MACHINE, OWN, Trust

        return Trust((MACHINE, data_folder() / OWN))

    @cached_property
    def registry(self) -> SessionRegistry:
        """Return the timed sessions of this machine."""
        from orchestrator.assessment.session_clock import Kernel
        from orchestrator.assessment.session_registry import SessionRegistry

        return SessionRegistry(self.journal_log, data_folder() / "sessions", self._known, Kernel())

    @cached_property
    def journal_log(self) -> JournalLog:
        """Return where the events of sessions are kept."""
        from orchestrator.assessment.journal_log import JournalLog

        return JournalLog(self.database)

    def _known(self) -> PlanContext:
        """Return what a session's plan may name, as it is now."""
        from orchestrator.assessment.plan_context import known_of

        return known_of(self.content, self.proofs, self.database)

    def made_of(self, plan: Plan) -> str:
        """Return a hash of all that a plan's lab is made of: the content, the images and the program."""
        from orchestrator.proof.program import program_hash

        images = sorted({host.image for host in plan.hosts})
        parts = [plan.digest, program_hash(self.catalogue.fingerprint), *map(self.catalogue.fingerprint, images)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def build(self, names: Sequence[str]) -> dict[str, str]:
        """Build images and the fabric's where they are missing, at once, and return their references by name."""
        from orchestrator.fabric.fabric_interface import HELPER_IMAGE

        return self.builder.build([*names, HELPER_IMAGE], self.build_observer)

    def close(self) -> None:
        """Close what was opened."""
        for connection in self._connections:
            connection.close()
        for part in ("instances", "cluster", "fabric", "engine", "database"):
            if part in self.__dict__:
                self.__dict__[part].close()


def _user() -> str:
    """Return the name of the user who runs the program; a number where the machine knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
