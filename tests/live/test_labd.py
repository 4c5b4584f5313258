"""A lab through labd, on real hosts: red, repaired as the reference solution does it, green; labd killed in between."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.labd import calls, lab_contract, lab_work_contract, path_contract
from orchestrator.labd.calls import Call
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.model.plan import Plan
from orchestrator.records import journal, sign_ins
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People
from tests.labd_labs import discard_begun
from tests.labd_talk import end_keeper, events_until, labd_process, shown, stopped, told

pytestmark = [pytest.mark.live, pytest.mark.core]

SCENARIO = "no-network-after-move"
LONG = 300.0
"""Seconds for a start, a grading or a stop on a machine that is busy with others."""
CALLED: tuple[Call[OfLab, Any], ...] = (
    lab_contract.LAB,
    lab_work_contract.CHECK,
    lab_work_contract.HINT,
    lab_contract.RESET,
    lab_contract.STOP,
    lab_work_contract.DEBRIEF,
)


@dataclass
class Place:
    """Where labd works in this test."""

    folder: Path
    store: Database
    plan: Plan

    def signed_in(self, handle: str) -> str:
        """Return the token of somebody who is new."""
        with self.store.write() as writing:
            return sign_ins.begin(writing, People(writing).add(NewPerson(handle)), "tests", journal.now())

    @contextmanager
    def labd(self) -> Iterator[subprocess.Popen[str]]:
        """Run labd."""
        with labd_process(self.folder) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process

    @asynccontextmanager
    async def client(self) -> AsyncIterator[LabdClient]:
        """Give a client of it."""
        client = LabdClient(self.folder / "socket")
        try:
            yield client
        finally:
            await client.close()


@pytest.fixture
def place(app: App) -> Iterator[Place]:
    """A folder with a short path, for sockets; the labs that its labd has begun are removed, also after a failure."""
    plans = (app.labs.plans.preview(SCENARIO, seed) for seed in range(100))
    plan = next(plan for plan in plans if plan.cases["cause"] == "wrong-segment")
    with contextlib.ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="labd-")))
        ends.callback(discard_begun, app.labs, folder)
        ends.callback(end_keeper, folder / "keeper")
        store = Database(database_url(f"sqlite:///{folder}/records.sqlite", {}))
        ends.callback(store.close)
        yield Place(folder, store, plan)


def test_a_lab_from_its_start_to_its_end(place: Place, app: App) -> None:
    lea, tom = place.signed_in("lea"), place.signed_in("tom")
    with place.labd() as process:
        lab, terminal, seen = asyncio.run(until_red(place, lea, tom))
        process.kill()
        process.wait()
    with place.labd():
        asyncio.run(until_the_end(place, lab, lea, terminal, seen))
    assert app.engine.containers({labels.INSTANCE: lab}) == ()
    assert app.engine.volumes({labels.INSTANCE: lab}) == ()


async def until_red(place: Place, lea: str, tom: str) -> tuple[str, str, int]:
    """Start the lab, open a terminal and have it graded; return both names, and how much the terminal has shown."""
    async with place.client() as client:
        started = await client.call(lab_contract.START, lab_contract.StartLab(SCENARIO, place.plan.seed), lea)
        lab = started.lab
        events = await events_until(client, lab, lea, "ended", within=LONG, act="start")
        assert events[-1].body["refusal"] is None
        for call in CALLED:
            with pytest.raises(RefusedError) as refused:
                await client.call(call, OfLab(lab), tom)
            assert refused.value.refusal.kind == "missing"

        view = await client.call(lab_contract.LAB, OfLab(lab), lea)
        host = faulty(place)
        (cable,) = [cable for cable in view.cables if cable.host == host]
        assert (view.state, cable.at, cable.plugged) == ("started", "servers", True)
        opened = await client.call(
            lab_work_contract.OPEN_TERMINAL, lab_work_contract.OpenTerminal(lab, host, "root"), lea
        )
        async with client.terminal(lab, opened.id, lea, None) as viewer:
            assert (await told(viewer))["at"] == 0
            await viewer.send(b"echo $((6 * 7)) $TERM\r")
            seen = len(await shown(viewer, b"42 xterm-256color", LONG))
        router = next(host.name for host in view.hosts if host.device)
        device = await client.call(
            lab_work_contract.OPEN_TERMINAL, lab_work_contract.OpenTerminal(lab, router, "device"), lea
        )
        async with client.terminal(lab, device.id, lea, None) as viewer:
            await viewer.send(b"configure terminal\r")
            await shown(viewer, b"(config)#", LONG)

        await client.call(lab_work_contract.CHECK, OfLab(lab), lea)
        events = await events_until(client, lab, lea, "ended", after=view.last_event, within=LONG, act="check")
        (graded,) = [event for event in events if event.kind == "graded"]
        assert graded.body["verdict"] == "not_repaired"
        assert {event.body["outcome"] for event in events if event.kind == "result"} == {"pass", "fail"}
        return lab, opened.id, seen


async def until_the_end(place: Place, lab: str, lea: str, terminal: str, seen: int) -> None:
    """Repair the lab as the reference solution does, have it graded, and stop it."""
    async with place.client() as client:
        view = await client.call(lab_contract.LAB, OfLab(lab), lea)
        assert (view.state, view.busy, view.solved) == ("started", "", False)
        assert view.grading is not None
        assert terminal in [one.id for one in view.terminals], "the keeper has held it"
        host = faulty(place)
        await client.call(lab_work_contract.CABLE, lab_work_contract.MoveCable(lab, host, "eth0", "unplug"), lea)
        moved = await client.call(
            lab_work_contract.CABLE, lab_work_contract.MoveCable(lab, host, "eth0", "move", "office"), lea
        )
        assert (moved.at, moved.plugged) == ("office", True)
        script = place.plan.solutions[0].steps[-1].shell
        assert script is not None
        async with client.terminal(lab, terminal, lea, seen) as viewer:
            assert (await told(viewer))["reset"] is False
            await viewer.send(script.script.strip().encode() + b"\r")
            await shown(viewer, b"</h1>", LONG)

        await client.call(lab_work_contract.CHECK, OfLab(lab), lea)
        events = await events_until(client, lab, lea, "ended", after=view.last_event, within=LONG, act="check")
        (graded,) = [event for event in events if event.kind == "graded"]
        assert graded.body["verdict"] == "repaired", graded.body
        debrief = await client.call(lab_work_contract.DEBRIEF, OfLab(lab), lea)
        assert debrief.broken
        await stopped(client, lab, lea, LONG)
        path = await client.call(path_contract.PATH, calls.Nothing(), lea)
        assert path.running == ()


def faulty(place: Place) -> str:
    """Return the workstation whose cable leads elsewhere."""
    return str(place.plan.values["pc"])
