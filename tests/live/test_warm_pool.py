"""A lab of the warm pool on real hosts: filled, frozen, claimed, and as broken as one that is started.

It is frozen for ``BREAKFIX_FROST`` seconds, ten minutes as a rule when leases, tickets and watchdogs are to be tried.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.core.paths import state_folder
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.instance import PAUSED, RUNNING
from orchestrator.labd import lab_contract
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.machine_room import processors_busy
from orchestrator.records import journal, sign_ins
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People
from tests.labd_labs import discard_begun
from tests.labd_talk import end_keeper, events_until, labd_process, stopped

pytestmark = pytest.mark.live

SCENARIO: Final = "no-network-after-move"
FROST_S: Final = float(os.environ.get("BREAKFIX_FROST", "3"))
LONG: Final = 400.0
"""Seconds for a start on a machine that is busy with others."""


@pytest.fixture
def name() -> str:
    """A lab's name."""
    return f"warm-{os.getpid()}"


@pytest.mark.core
def test_a_frozen_lab_goes_on_as_if_nothing_had_been(app: App, name: str) -> None:
    """Nothing is made again; leases, timers and services have survived. ``bench --portal`` tells how long it takes."""
    plan = app.labs.plans.plan(SCENARIO, 7)
    app.labs.lifecycle.prepare([plan])
    with ExitStack() as ends:
        filled = app.labs.lifecycle.start(plan, Silent(), name=name, pooled="this test")
        ends.callback(app.labs.lifecycle.discard, filled.instance)
        assert {host.state for host in app.labs.running.find(name).hosts} == {PAUSED}
        threading.Event().wait(FROST_S)
        claimed = app.labs.lifecycle.claim(name)
        assert claimed.instance.identity == filled.instance.identity
        assert {host.state for host in claimed.instance.hosts} == {RUNNING}
        assert said(app, name, "systemctl", "service-watchdogs") == {"no"}
        assert said(app, name, "systemctl", "show", "-p", "NRestarts", "systemd-journald") == {"NRestarts=0"}
        broken = app.labs.grading.check(claimed)
        assert broken.verdict == "not_repaired"
        assert {one.outcome for one in broken.results if one.role == "guard"} == {"pass"}
        solution = next(one for one in plan.solutions if one.reference)
        app.labs.solutions.apply(claimed, solution, lambda _step: None)
        assert app.labs.grading.check(claimed).verdict == "repaired"
    assert app.engine.containers({labels.INSTANCE: name}) == ()
    assert app.engine.volumes({labels.INSTANCE: name}) == ()


def said(app: App, name: str, *command: str) -> set[str]:
    """Return what a command says in the hosts of a lab."""
    hosts, fabric = app.labs.running.find(name).hosts, app.labs.running.fabric()
    return {fabric.run(HostRef(name, host.name), command).stdout.decode().strip() for host in hosts}


@pytest.fixture
def folder(app: App) -> Iterator[Path]:
    """A folder of a labd's own; whatever it has made is removed behind it."""
    with ExitStack() as ends:
        made = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="labd-")))
        ends.callback(discard_begun, app.labs, made)
        ends.callback(discard_ready, app, made)
        ends.callback(end_keeper, made / "keeper")
        yield made


def discard_ready(app: App, folder: Path) -> None:
    """Remove the labs of a labd that are nobody's yet."""
    for one in ready(app, folder):
        app.labs.lifecycle.discard(app.labs.running.find(one))


def ready(app: App, folder: Path) -> frozenset[str]:
    """Return the labs of a labd that are nobody's yet."""
    records = state_folder({"XDG_STATE_HOME": str(folder / "state")}) / "instances"
    return app.labs.running.pooled() & {path.stem for path in records.glob("*.json")}


@pytest.mark.alone
def test_labd_fills_its_pool_and_hands_out_of_it(app: App, folder: Path) -> None:
    """It fills while the machine has time: so no other test runs beside it."""
    app.labs.lifecycle.prepare([app.labs.plans.plan(SCENARIO, 7)])
    store = Database(database_url(f"sqlite:///{folder}/records.sqlite", {}))
    with store.write() as writing:
        lea = sign_ins.begin(writing, People(writing).add(NewPerson("lea")), "tests", journal.now())
    store.close()

    def frozen() -> str:
        there = {one.name: one for one in app.labs.running.all()}
        names = [one for one in ready(app, folder) if one in there and app.labs.running.instances.started(one)]
        return names[0] if names else ""

    async def play(lab: str) -> None:
        client = LabdClient(folder / "socket")
        try:
            started = await client.call(lab_contract.START, lab_contract.StartLab(SCENARIO), lea)
            events = await events_until(client, started.lab, lea, "ended", within=LONG, act="start", refusal=None)
            told = [event.body["text"]["en"] for event in events if event.kind == "step"]
            assert (started.lab, told) == (lab, ["A lab stood ready: it goes on"])
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea)).state == "started"
            await stopped(client, lab, lea, LONG)
        finally:
            await client.close()

    with labd_process(folder, ["--pool", f"{SCENARIO}=1", "--pool-reserve", "512M"]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        lab = wait_until(frozen, within=LONG, every=0.5)
        if not lab and processors_busy():
            pytest.skip("the machine is busy with others, so nothing is filled")
        assert lab
        process.kill()
        process.wait()
    with labd_process(folder, ["--pool", f"{SCENARIO}=1", "--pool-reserve", "512M"]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        asyncio.run(play(lab))
