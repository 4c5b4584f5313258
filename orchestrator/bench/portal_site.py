"""A portal, a labd and a keeper of a measurement's own, with people and their labs; all end with their block."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orchestrator
from orchestrator.app import App
from orchestrator.bench.local_labd import SCENARIO, SEED
from orchestrator.core import interrupts
from orchestrator.core.errors import MachineError
from orchestrator.core.paths import HOME
from orchestrator.core.text import Text
from orchestrator.model.plan import Plan
from orchestrator.portal.cookies import KEY, TOKEN
from orchestrator.portal.visit import form_key_of
from orchestrator.records import attempts, sign_ins
from orchestrator.records.attempts import NewAttempt
from orchestrator.records.database import Database, Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People

PEOPLE: Final = 30
CLASS: Final = "bench"
_SECRET: Final = "bench"  # noqa: S105 - what forms are signed with, here only
_START_S: Final = 60.0
_END_S: Final = 20.0
_FINISH_S: Final = 300.0
"""For a labd with real labs: it finishes a start that it has begun, so that nothing of it is left."""
_NO_LIMITS: Final = ("--labs-per-person=50", "--memory=1024G", "--freeze-after=0")
_ROOT: Final = str(Path(orchestrator.__file__).parents[1])


@dataclass(frozen=True)
class Guest:
    """Somebody who is signed in.

    Attributes:
        token: what labd knows them by.
        lab: their lab; empty for the trainer.
    """

    token: str
    lab: str

    @property
    def headers(self) -> Mapping[str, str]:
        """What their browser sends."""
        return {"Cookie": f"{TOKEN}={self.token}; {KEY}={_SECRET}"}

    @property
    def form_key(self) -> str:
        """What their browser sends with each form."""
        return form_key_of(_SECRET, self.token)

    @property
    def subprotocols(self) -> Sequence[str]:
        """What their browser offers with a WebSocket."""
        return ["breakfix", f"key-{self.form_key}"]


@dataclass(frozen=True)
class PortalSite:
    """What is measured.

    Attributes:
        origin: the portal's address.
        labd: labd's socket.
        pids: the processes: portal, labd, keeper.
        trainees: each with a lab.
        trainer: who looks at the board.
        host: a host of each lab.
    """

    origin: str
    labd: Path
    pids: tuple[int, int, int]
    trainees: tuple[Guest, ...]
    trainer: Guest
    host: str


@contextmanager
def portal_site(app: App, folder: Path) -> Iterator[PortalSite]:
    """Start the three processes, with all that is theirs in a folder whose path is short; end them at the end.

    Raises:
        MachineError: one of them does not start.
    """
    plan = app.labs.plans.preview(SCENARIO, SEED)
    trainees, trainer = _people(folder, app, plan)
    names = folder / "labs"
    names.write_text("".join(f"{one.lab}\n" for one in trainees), encoding="utf-8")
    with _processes(folder, ["bench.local_labd", str(names)], _END_S) as (origin, pids):
        yield PortalSite(origin, folder / "labd", pids, trainees, trainer, plan.hosts[0].name)


@contextmanager
def site_of_labs(folder: Path, host: str, *more: str) -> Iterator[PortalSite]:
    """Start the three processes for somebody who has no lab yet; what they start are real labs, without limits.

    Args:
        folder: for all that is theirs; its path is short.
        host: the host at whose terminals they will work.
        more: further options of labd.

    Raises:
        MachineError: one of the processes does not start.
    """
    store = Database(database_url(_store(folder), {}))
    try:
        with store.write() as writing:
            person = People(writing).add(NewPerson("trainee", roles=frozenset({"trainee"})))
            guest = Guest(sign_ins.begin(writing, person, CLASS, datetime.now(UTC)), "")
    finally:
        store.close()
    with _processes(folder, ["labd", *_NO_LIMITS, *more], _FINISH_S) as (origin, pids):
        yield PortalSite(origin, folder / "labd", pids, (guest,), guest, host)


@contextmanager
def _processes(folder: Path, labd: Sequence[str], within: float) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Run a portal, a labd and a keeper; give the portal's address and their numbers.

    Args:
        folder: for all that is theirs.
        labd: labd's module, and its first words.
        within: the seconds that it has for its end.
    """
    with ExitStack() as ends, socket.create_server(("127.0.0.1", 0)) as listener:
        keeper = folder / "keeper"
        places = [f"--socket={folder / 'labd'}", f"--keeper={keeper}", f"--recordings={folder / 'recordings'}"]
        ends.callback(_shielded, lambda: _end_keeper(keeper))
        behind = _start(ends, folder, *labd, *places, f"--database={_store(folder)}", within=within)
        origin, number = f"http://127.0.0.1:{listener.getsockname()[1]}", listener.fileno()
        asked = [f"--labd={folder / 'labd'}", f"--fd={number}", f"--origin={origin}"]
        portal = _start(ends, folder, "portal", *asked, pass_fds=[number])
        yield origin, (portal.pid, behind.pid, _pid_at(keeper))


def _store(folder: Path) -> str:
    return f"sqlite:///{folder / 'records.sqlite'}"


def _people(folder: Path, app: App, plan: Plan) -> tuple[tuple[Guest, ...], Guest]:
    document = app.content.scenario_document(SCENARIO)
    store, now = Database(database_url(_store(folder), {})), datetime.now(UTC)

    def lab_of(writing: Transaction, number: int) -> Guest:
        person, name = People(writing).add(NewPerson(f"trainee-{number}")), f"bench-{number}"
        new = NewAttempt(
            scenario=SCENARIO,
            lab=plan.lab,
            seed=str(SEED),
            instance=name,
            digest=plan.digest,
            competences=tuple(document.competences),
            difficulty=document.difficulty,
            minutes=document.minutes,
            hints_offered=len(plan.hints),
        )
        attempts.begin(writing, person, new, by=person)
        return Guest(sign_ins.begin(writing, person, CLASS, now), name)

    try:
        with store.write() as writing:
            trainees = tuple(lab_of(writing, number) for number in range(1, PEOPLE + 1))
            person = People(writing).add(NewPerson("trainer", roles=frozenset({"trainer"})))
            groups = Groups(writing)
            group = groups.create(CLASS, by=person.ref)
            groups.add(group, person, trainer=True, by=person.ref)
            for number in range(1, PEOPLE + 1):
                groups.add(group, People(writing).find(f"trainee-{number}"), trainer=False, by=person.ref)
            groups.launched(group, SCENARIO, SEED, by=person.ref)
            return trainees, Guest(sign_ins.begin(writing, person, CLASS, now), "")
    finally:
        store.close()


def _start(
    ends: ExitStack, folder: Path, module: str, *options: str, pass_fds: Sequence[int] = (), within: float = _END_S
) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", f"orchestrator.{module}", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
        env={**os.environ, "PYTHONPATH": _ROOT, HOME: str(folder)},  # nothing of the user's own labd
        start_new_session=True,  # Ctrl-C ends this program, which then ends the others in their order
    )
    ends.callback(_shielded, lambda: end(process, within))
    said = process.stdout
    if said is None or not select.select([said], [], [], _START_S)[0] or said.readline() != "ready\n":
        raise MachineError(Text(fr=f"{module} ne démarre pas.", en=f"{module} does not start."))
    return process


def end(process: subprocess.Popen[str], within: float = _END_S) -> None:
    """End a process, by force where it does not within some seconds."""
    process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _shielded(act: Callable[[], None]) -> None:
    with interrupts.shielded():
        act()


def _pid_at(path: Path) -> int:
    """Return the process that listens at a Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.connect(str(path))
        pid, _, _ = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(pid)


def _end_keeper(path: Path) -> None:
    try:
        keeper = os.pidfd_open(_pid_at(path))
    except OSError:
        return  # there is none
    try:
        signal.pidfd_send_signal(keeper, signal.SIGTERM)
        select.select([keeper], [], [], _END_S)
    finally:
        os.close(keeper)
