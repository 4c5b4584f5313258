"""labd for real at a Unix socket, with its keeper; only the engine, the fabric and the grader are in memory."""

from __future__ import annotations

import asyncio
import os
import pty
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pytest

from grader.job import GradeRequest
from grader.report import CheckResult, Report
from grader.runner import OnResult, OnRunning
from orchestrator.assessment.journal_log import JournalLog
from orchestrator.assessment.plan_context import known_of
from orchestrator.assessment.plan_file import PlanContext
from orchestrator.assessment.session_clock import Kernel
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.labd import calls, lab_contract
from orchestrator.labd.account_passwords import HashCosts, PasswordHashes
from orchestrator.labd.calls import VERSION, Who
from orchestrator.labd.command_client import CommandClient
from orchestrator.labd.command_door import CommandDoor, open_door
from orchestrator.labd.keeper_start import KeeperStart
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import USUAL, LabLimits
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.labd_server import LabdPlaces, LabdServer
from orchestrator.labd.labd_socket import labd_socket
from orchestrator.labd.machine_room import MachineLoad
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.privacy_desk import PrivacyParts
from orchestrator.labd.proof_runs import ProofCommand
from orchestrator.labd.scenario_shelf import ScenarioShelf
from orchestrator.labd.warm_pool import WarmPool
from orchestrator.labs import Labs, lab_grading
from orchestrator.model.session_plan import ProofRule
from orchestrator.practice.pace import Pace
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.practice.standings import Standings
from orchestrator.privacy.kept_recordings import KeptRecordings
from orchestrator.proof.binding import Binding
from orchestrator.proof.ledger import FoundEntry
from orchestrator.proof.proof_status import Proofs, Reliance, Status
from orchestrator.proof.proof_store import StoredProof
from orchestrator.records import attempts, journal, sign_ins
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.models import PersonRole, Role
from orchestrator.records.people import NewPerson, People
from tests.labd_talk import SOON, end_keeper, events_until
from tests.unit.core.conftest import Engine, Machines, World, write_content

SCENARIO = "moved-desks"


class Stations(Machines):
    """Hosts in memory whose terminals give back what is typed."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[tuple[str, tuple[str, ...]]] = []
        self.may_boot = threading.Event()
        self.may_boot.set()
        self.booting = threading.Semaphore(0)
        """Released once for each lab that waits for ``may_boot``."""

    def wait_ready(self, instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        self.booting.release()
        assert self.may_boot.wait(SOON)
        super().wait_ready(instance, hosts, timeout=timeout)

    def terminal(self, target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:  # noqa: ARG002
        self.commands.append((target.host, tuple(argv)))
        master, slave = pty.openpty()
        echo = subprocess.Popen(["/bin/cat"], stdin=slave, stdout=slave, start_new_session=True)
        os.close(slave)
        threading.Thread(target=echo.wait, daemon=True).start()
        return master


class Unproven:
    """Proofs of which there are none; a test may put one there."""

    def __init__(self) -> None:
        self.stored: StoredProof | None = None
        self.found: FoundEntry | None = None
        self.known = Status("unproven")

    @property
    def ledger(self) -> Unproven:
        return self

    def find(self, _scenario: str) -> FoundEntry | None:
        return self.found

    def binding(self, _scenario: str) -> Binding:
        return Binding("s", "c", "l", "i", "p")

    def last(self, _scenario: str) -> StoredProof | None:
        return self.stored

    def status(self, _scenario: str) -> Status:
        return self.known

    def require(self, scenario: str, rule: ProofRule) -> Reliance:
        if self.known.holds(rule):
            return Reliance(scenario, rule, self.known, self.binding(scenario))
        hint = Text(fr=f"« breakfix prove {scenario} »", en=f"'breakfix prove {scenario}'")
        raise UsageError(Text(fr=f"{scenario} n'est pas prouvé.", en=f"{scenario} is not proven."), hint)


@dataclass(frozen=True)
class Member:
    """Somebody who is signed in."""

    who: Who
    token: str


@dataclass
class Site:
    """All that labd works with; it outlives a labd that a test ends."""

    folder: Path
    world: World
    store: Database
    labs: Labs
    limits: LabLimits = USUAL
    clock: Callable[[], float] = time.monotonic
    entered: threading.Event = field(default_factory=threading.Event)
    """Set when a grading has begun."""
    may_grade: threading.Event = field(default_factory=threading.Event)
    """What a grading waits for."""
    proofs: Unproven = field(default_factory=Unproven)
    proving: ProofCommand = field(default_factory=lambda: ProofCommand(("false",)))
    unbuilt: set[str] = field(default_factory=set)
    """Images that are not built."""
    jury_places: tuple[frozenset[str], ...] = ()
    """The labs that juries will still open."""
    supervising: Sequence[str] = ("false",)
    """The command line of a session's supervisor."""
    load: MachineLoad = field(default_factory=lambda: MachineLoad(None, busy=False))
    """How busy the machine is."""
    pools: list[WarmPool] = field(default_factory=list)
    """The warm pool of each labd."""
    version: str = "1"
    """A lab is made of that besides its plan."""

    def member(self, handle: str, *roles: Role) -> Member:
        """Sign somebody in who was not there yet."""
        with self.store.write() as writing:
            People(writing).add(NewPerson(handle, roles=frozenset(roles or ("trainee",))))
        return self.again(handle)

    def again(self, handle: str) -> Member:
        """Sign somebody in who is there."""
        with self.store.write() as writing:
            token = sign_ins.begin(writing, People(writing).find(handle), "tests", journal.now())
        who = PortalAccounts(self.store).who(token)
        assert who is not None
        return Member(who, token)

    def give_both_roles(self, handle: str) -> None:
        """Have somebody organise and judge, as a store of an earlier version may have it."""
        with self.store.write() as writing:
            person = People(writing).find(handle)
            missing = {"jury", "organiser"} - person.roles
            person.role_rows += [PersonRole(role=role) for role in missing]

    def a_class(self, name: str, trainer: Member, *trainees: Member) -> None:
        """Make a class."""
        with self.store.write() as writing:
            groups, people = Groups(writing), People(writing)
            group = groups.create(name, by=trainer.who.ref)
            for one in (trainer, *trainees):
                groups.add(group, people.find(one.who.ref), trainer=one is trainer, by=trainer.who.ref)

    @property
    def fabric(self) -> Stations:
        assert isinstance(self.world.fabric, Stations)
        return self.world.fabric

    @property
    def socket(self) -> Path:
        return self.folder / "labd.sock"

    @property
    def command(self) -> CommandClient:
        """What the command line calls labd by."""
        return CommandClient(self.folder, patience=SOON)

    @cached_property
    def standings(self) -> Standings:
        recorder = PracticeRecorder.of_account(lambda: self.store, "root", self.world.content.scenario_document)
        return Standings(self.store, lambda: self.labs, recorder, Pace(lambda: 0.0))

    @cached_property
    def registry(self) -> SessionRegistry:
        """The jury sessions; a scenario may be used as ``proofs`` says."""

        def context() -> PlanContext:
            return known_of(self.world.content, cast("Proofs", self.proofs), self.store)

        return SessionRegistry(JournalLog(self.store), self.folder / "sessions", context, Kernel())

    @property
    def parts(self) -> LabParts:
        document = self.world.content.scenario_document
        return LabParts(
            labs=lambda: self.labs,
            database=self.store,
            shelf=ScenarioShelf(self.world.content, lambda: cast("Proofs", self.proofs)),
            practice_of=lambda ref, by: PracticeRecorder.of_person(lambda: self.store, ref, document, by=by),
            hints_shown=lambda lab: self.world.records.get(lab).hints_shown,
            board=self.standings.board,
            registry=lambda: self.registry,
            missing_images=lambda names: tuple(sorted(set(names) & self.unbuilt)),
            proving=self.proving,
            jury_places=lambda _offers: self.jury_places,
            supervising=self.supervising,
            made_of=lambda plan: f"{self.version} {plan.digest}",
            load=lambda: self.load,
        )

    @cached_property
    def hashes(self) -> PasswordHashes:
        return PasswordHashes(HashCosts(passes=1, memory_kib=8))

    @property
    def privacy(self) -> PrivacyParts:
        recordings = KeptRecordings(self.folder / "recordings")
        return PrivacyParts(recordings, DeliverablesStore(self.folder / "deliverables"), 90)

    @asynccontextmanager
    async def labd(self) -> AsyncIterator[LabdClient]:
        """Run labd for as long as the block lasts, and give a client of it."""
        keeper = KeeperStart(self.folder / "keeper.sock", self.folder / "recordings")
        server = LabdServer(
            self.parts,
            PortalAccounts(self.store, hashes=self.hashes),
            LabdPlaces(self.folder / "keeper.sock", self.folder / "events"),
            self.privacy,
            keeper.ensure,
            self.limits,
            self.clock,
        )
        self.pools.append(server.pool)
        open_door(self.folder, CommandDoor(str(self.socket), VERSION, server.command_key))
        ready = asyncio.Event()
        with labd_socket(self.socket, None) as listener:
            serving = asyncio.create_task(server.serve(listener, ready.set))
            client = LabdClient(self.socket)
            try:
                await asyncio.wait_for(ready.wait(), SOON)
                yield client
            finally:
                await client.close()
                server.end()
                self.may_grade.set()
                self.fabric.may_boot.set()
                await serving

    def grade(
        self,
        request: GradeRequest,
        *,
        on_result: OnResult | None,
        on_running: OnRunning | None,
        **_: object,
    ) -> Report:
        """Grade as the grader would: green once the workstations' cables lead to the office."""
        self.entered.set()
        assert self.may_grade.wait(SOON)
        results = []
        for host in ("pc1", "pc2"):
            sentence = Text(fr=f"{host} a le réseau.", en=f"{host} has the network.")
            if on_running is not None:
                on_running((sentence,))
            cable = self.world.fabric.cables[host, "eth0"]
            right = cable.plugged and cable.segment == "office"
            evidence = None if right else Text(fr="rien", en="nothing")
            results.append(
                CheckResult(
                    f"test_network.py::{host}", "symptom", 1, "1.3", sentence, "pass" if right else "fail", evidence
                )
            )
            if on_result is not None:
                on_result(results[-1])
        return Report(
            request.facts.instance, SCENARIO, request.seed, request.digest, "2026-11-29T10:00:00Z", 0.1, tuple(results)
        )


@pytest.fixture(scope="session")
def common_content(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Content that no test changes, and what was read of it."""
    return write_content(tmp_path_factory.mktemp("content")), {}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's."""
    with tempfile.TemporaryDirectory(prefix="labd-") as made:
        yield Path(made)


@pytest.fixture
def site(
    folder: Path,
    empty_store: Path,
    common_content: tuple[Path, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """A site on which nothing runs yet."""
    state, (root, known) = folder / "state", common_content
    world = World(root, Engine(), Stations(), InstanceRecords(state), state, known)
    store = Database(database_url(str(shutil.copy(empty_store, folder / "records.sqlite")), {}))
    made = Site(folder, world, store, world.labs())
    made.may_grade.set()
    monkeypatch.setattr(lab_grading, "grade", made.grade)
    yield made
    store.close()
    end_keeper(folder / "keeper.sock")


def an_attempt(site: Site, member: Member, started_at: datetime, ended_at: datetime | None, lab: str = "lab-1") -> int:
    """Return the number of an attempt that lasted from then to then."""
    new = attempts.NewAttempt(SCENARIO, "pair", "3", lab, "d" * 64, ("1.3",), 1, 20, 2)
    with site.store.write() as writing:
        person = People(writing).find(member.who.ref)
        made = attempts.begin(writing, person, new, by=person)
        made.started_at, made.ended_at = started_at, ended_at
        return made.id


async def started(client: LabdClient, member: Member, seed: int | None = 7) -> str:
    """Start the scenario for somebody, and wait until it has."""
    lab = (await client.call(lab_contract.START, lab_contract.StartLab(SCENARIO, seed), member.token)).lab
    await events_until(client, lab, member.token, "ended", act="start")
    return lab


async def refusal_of(client: LabdClient, call: calls.Call[Any, Any], asked: object, token: str | None) -> calls.Refusal:
    """Return why a call is refused."""
    with pytest.raises(RefusedError) as refused:
        await client.call(call, asked, token)
    return refused.value.refusal
