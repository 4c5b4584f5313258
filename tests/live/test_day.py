"""A jury session held through labd, on real hosts: sealed in time, though labd and the supervisor are killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.assessment import session_retention
from orchestrator.assessment.evidence import read_evidence
from orchestrator.core.waiting import wait_until
from orchestrator.labd import day_contract as d
from orchestrator.labd.deliberation_contract import SHEET, OfCandidate
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_contract import PLAN_SESSION, OfSession, PlanSession
from orchestrator.records import journal, sign_ins
from orchestrator.records.models import Role
from orchestrator.records.people import NewPerson, People
from tests.labd_talk import end_keeper, labd_process

pytestmark = [pytest.mark.live, pytest.mark.core, pytest.mark.slow]

SCENARIO = "rotate-and-archive"
SESSION, PHASE, CANDIDATE = "held", "reseau", "C-01"
LONG = 300.0
"""Seconds for what takes its time on a machine that is busy with others."""
MINUTE = 2
"""Seconds: labd and the supervisor are killed, and back, within the eight of the phase."""
PLAN = f"""\
contract: 1
id: {SESSION}
title: Session tenue par labd
referential: rncp-227
date: "2099-12-14"
centre: Centre de Nantes
room: B12
proof: recorded
jury:
  - {{id: martin, name: Anne Martin, person: anne, quality: Responsable informatique}}
  - {{id: leroy, name: Paul Leroy, quality: Technicien systèmes}}
candidates:
  - {{number: {CANDIDATE}, name: Zoé Faure}}
phases:
  - {{name: {PHASE}, title: Réseau, minutes: 8, scenarios: [{SCENARIO}]}}
"""


@dataclass
class Held:
    """Where the session is held."""

    folder: Path
    app: App
    token: str
    member: str
    """Who signs in as a member of the jury."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator[LabdClient]:
        """Give a client of labd."""
        client = LabdClient(self.folder / "socket")
        try:
            yield client
        finally:
            await client.close()

    async def until(self, client: LabdClient, holds: Callable[[d.DayView], bool]) -> d.DayView:
        """Return the day once it is so."""
        async with asyncio.timeout(LONG):
            while not holds(view := await client.call(d.DAY, OfSession(SESSION), self.token)):
                await asyncio.sleep(0.2)
        return view

    def supervisors(self) -> list[int]:
        """Return the processes that supervise sessions of this store, or begin to."""
        own = (str(self.folder).encode(), b"\0session\0run\0")
        found = {int(one.parent.name): command_line(one) for one in Path("/proc").glob("[0-9]*/cmdline")}
        return [number for number, line in found.items() if all(part in line for part in own)]


@pytest.fixture
def held() -> Iterator[Held]:
    """A store and a data folder of the session's own; what is left of its labs is removed, also after a failure."""
    with ExitStack() as ends, pytest.MonkeyPatch.context() as patch:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="labd-")))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        app = App((), f"sqlite:///{folder}/records.sqlite")
        ends.callback(app.close)
        ends.callback(end_keeper, folder / "keeper")
        with app.database.write() as writing:
            known: dict[str, Role] = {"ines": "organiser", "anne": "jury"}
            people = [People(writing).add(NewPerson(name, roles=frozenset({role}))) for name, role in known.items()]
            token, member = (sign_ins.begin(writing, person, "tests", journal.now()) for person in people)
        made = Held(folder, app, token, member)
        ends.callback(clear, made)
        yield made


def clear(held: Held) -> None:
    """Remove the session's labs, once its supervisor has ended: labd has, so that no other one begins."""

    def ended() -> bool:
        for number in held.supervisors():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return not held.supervisors()

    if held.app.registry.log.sessions():
        assert wait_until(ended, within=LONG)
        session_retention.clear(held.app.registry.jury_session(SESSION), held.app.labs, "test", early=True)


def command_line(path: Path) -> bytes:
    """Return a process's command line, without its end; empty once it has gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_day_goes_on_though_labd_and_the_supervisor_are_killed(held: Held) -> None:
    def ready(process: object) -> None:
        assert process.stdout.readline() == "ready\n"  # type: ignore[attr-defined]

    with labd_process(held.folder) as labd:
        ready(labd)
        first = asyncio.run(begun(held))
        labd.kill()
        labd.wait()
    os.kill(first, 0)
    os.kill(first, signal.SIGKILL)
    with labd_process(held.folder) as labd:
        ready(labd)
        asyncio.run(sealed(held))
    evidence = read_evidence(held.app.registry.jury_session(SESSION).folder.sealed(PHASE, CANDIDATE))
    outcomes = {one["outcome"] for one in evidence.document(f"{SCENARIO}/report.json")["results"]}
    assert outcomes == {"pass", "fail"}, "nobody repaired it"
    (cut,) = held.app.registry.jury_session(SESSION).state().of("cut")
    assert cut.at >= cut.details["deadline"]


def supervisions(view: d.DayView) -> int:
    """Return how many supervisors have written down that they begin: each has its lock a moment before."""
    return sum(one.text.en == "Supervision begins." for one in view.entries)


async def begun(held: Held) -> int:
    """Plan, open and begin; return the process that supervises."""
    async with held.client() as client:
        planned = await client.call(PLAN_SESSION, PlanSession(PLAN, rehearsal=MINUTE), held.token)
        assert (planned.session, planned.mistakes) == (SESSION, ())
        await client.call(d.ACT_ON_DAY, d.ActOnDay(SESSION, "open", PHASE), held.token)
        view = await held.until(client, lambda view: not view.phases[0].opening)
        (phase,) = view.phases
        assert (phase.opened, phase.trouble, phase.failures) == (1, None, ())
        assert (phase.rows[0].standing, phase.rows[0].lost) == ("ready", False)
        await client.call(d.ACT_ON_DAY, d.ActOnDay(SESSION, "begin", PHASE), held.token)
        await held.until(client, lambda view: view.supervision == "on" and supervisions(view) >= 1)
        (supervisor,) = held.supervisors()
        return supervisor


async def sealed(held: Held) -> None:
    """Wait until another supervisor has sealed the evidence, and ended."""
    async with held.client() as client:
        await held.until(client, lambda view: view.supervision == "on" or view.phases[0].rows[0].standing == "sealed")
        view = await held.until(client, lambda view: view.phases[0].rows[0].standing == "sealed")
        assert view.trouble is None
        assert supervisions(view) >= 2
        await held.until(client, lambda view: view.supervision == "idle")
        sheet = await client.call(SHEET, OfCandidate(SESSION, CANDIDATE), held.member)
        assert [(one.id, len(one.changes)) for one in sheet.scenarios] == [(SCENARIO, 0)]
        assert {check.outcome for part in sheet.parts for one in part.competences for check in one.checks} == {
            "pass", "fail",
        }  # fmt: skip
        pieces = client.archive(f"session-evidence/{SESSION}/{PHASE}/{CANDIDATE}", held.member)
        assert len(b"".join([piece async for piece in pieces])) == sheet.evidence[0].size
