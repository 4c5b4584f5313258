"""Labs in which nobody does anything: warned, frozen, thawed by the next act; and those that are left alone."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.labd import calls, lab_contract, lab_work_contract, path_contract
from orchestrator.labd import class_contract as contract
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_freezing import last_typed
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.model.seeds import is_secret
from orchestrator.practice.recorder import PracticeRecorder
from tests.labd_talk import SOON, events_until, shown, stopped, told

from .conftest import SCENARIO, Member, Site, started

LIMIT_S = 0.5
"""Of the clock that a test moves; a round comes each twentieth of a second."""


@dataclass
class Clock:
    """A clock that goes on only where a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self) -> None:
        """Have so much time go by that a lab is warned; once more, and it is frozen."""
        self.now += LIMIT_S * 0.6


@pytest.fixture
def clock(site: Site) -> Clock:
    made = Clock()
    site.clock, site.limits = made, LabLimits(freeze_s=LIMIT_S)
    return made


def paused(site: Site, lab: str) -> set[bool]:
    return {host.state == "paused" for host in site.labs.running.find(lab).hosts}


async def frozen(client: LabdClient, member: Member, lab: str, clock: Clock, after: int = 0) -> int:
    """Have a lab be frozen, and return the number of the event that says so."""
    clock.pass_by()
    warned = await events_until(client, lab, member.token, "idle", after=after)
    assert warned[-1].body["until"]
    assert (await client.call(lab_contract.LAB, OfLab(lab), member.token)).freezes == warned[-1].body["until"]
    clock.pass_by()
    return (await events_until(client, lab, member.token, "frozen", after=after))[-1].number


@pytest.mark.slow
def test_an_idle_lab_is_warned_frozen_and_thawed(site: Site, clock: Clock) -> None:
    """An open page brings itself up to date, which is no act; whatever somebody does is."""
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await frozen(client, lea, lab, clock)
            for _ in range(2):
                view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
                assert (view.state, view.freezes, view.busy) == ("frozen", "", "")
            assert {host.state for host in view.hosts} == {"paused"}
            assert paused(site, lab) == {True}
            acts: list[tuple[calls.Call[OfLab, calls.Nothing], Member]] = [
                (lab_contract.THAW, lea),
                (lab_work_contract.CHECK, lea),
                (lab_work_contract.CHECK, ada),
                (lab_contract.THAW, ada),
            ]
            for call, who in acts:
                await client.call(call, OfLab(lab), who.token)
                last = (await events_until(client, lab, lea.token, "thawed", after=last))[-1].number
                assert paused(site, lab) == {False}
                if call is lab_work_contract.CHECK:
                    ended = await events_until(client, lab, lea.token, "ended", after=last, act="check")
                    assert ended[-1].body["refusal"] is None
                assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "started"
                last = await frozen(client, lea, lab, clock, last)
            await stopped(client, lab, lea.token)

    asyncio.run(play())


@pytest.mark.slow
def test_whoever_is_there_is_warned_in_time(site: Site, clock: Clock) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            clock.pass_by()
            warned = (await events_until(client, lab, lea.token, "idle"))[-1].number
            await client.call(lab_contract.THAW, OfLab(lab), lea.token)
            again = await events_until(client, lab, lea.token, "idle", after=warned)
            assert again[-1].body == {"until": ""}
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).freezes == ""
            await frozen(client, lea, lab, clock, again[-1].number)

    asyncio.run(play())


@pytest.mark.slow
def test_a_key_at_a_terminal_thaws_and_a_trainers_look_does_not(site: Site, clock: Clock) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            opening = lab_work_contract.OpenTerminal(lab, "pc1", "root")
            terminal = (await client.call(lab_work_contract.OPEN_TERMINAL, opening, lea.token)).id
            async with (
                client.terminal(lab, terminal, lea.token, None) as typing,
                client.terminal(lab, terminal, ada.token, None) as looking,
            ):
                await told(typing)
                await told(looking)
                last = await frozen(client, lea, lab, clock)
                await looking.send(b"x")
                async with client.terminal(lab, terminal, lea.token, None) as again:
                    await told(again)
                assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "frozen"
                await typing.send(b"ls\r")
                last = (await events_until(client, lab, lea.token, "thawed", after=last))[-1].number
            await frozen(client, lea, lab, clock, last)
            await client.call(lab_work_contract.OPEN_TERMINAL, opening, lea.token)
            assert paused(site, lab) == {False}, "a terminal is opened in a lab that goes on"

    asyncio.run(play())


@pytest.mark.slow
def test_a_frozen_lab_is_seen_as_frozen_after_a_restart(site: Site, clock: Clock) -> None:
    """Also on the board; a warning of the labd before is taken back, and everybody has all their time again."""
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea, tom)

    async def before() -> tuple[str, str]:
        async with site.labd() as client:
            lab = await started(client, lea)
            await frozen(client, lea, lab, clock)
            other = await started(client, tom)
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            clock.pass_by()
            await events_until(client, other, tom.token, "idle")
            return lab, other

    async def after(lab: str, other: str) -> None:
        async with site.labd() as client:
            await events_until(client, other, tom.token, "idle", until="")
            assert (await client.call(lab_contract.LAB, OfLab(other), tom.token)).state == "started"
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "frozen"
            board = await client.call(contract.BOARD, contract.OfClass("tssr"), ada.token)
            assert [(row.state, row.trouble) for row in board.rows] == [("frozen", None), ("running", None)]
            await client.call(lab_work_contract.CHECK, OfLab(lab), ada.token)
            await events_until(client, lab, lea.token, "ended", act="check", refusal=None)
            assert paused(site, lab) == {False}

    asyncio.run(after(*asyncio.run(before())))


def by_hand(site: Site, lea: Member) -> None:
    """Lea has started a lab at the command line."""
    running = site.labs.lifecycle.start(site.world.plan(7), Silent(), name="by-hand")
    document = site.world.content.scenario_document
    assert PracticeRecorder.of_person(lambda: site.store, lea.who.ref, document).started(running) is None


def of_a_jury(site: Site, _lea: Member) -> None:
    seed = next(seed for seed in (1 << bits for bits in range(20, 128)) if is_secret(seed))
    site.labs.lifecycle.start(site.world.plan(seed), Silent(), name="by-hand")


@pytest.mark.slow
@pytest.mark.parametrize("prepare", [by_hand, of_a_jury])
def test_labs_that_are_left_alone(site: Site, clock: Clock, prepare: Callable[[Site, Member], None]) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    prepare(site, lea)

    async def play() -> None:
        async with site.labd() as client:
            await client.call(path_contract.PATH, calls.Nothing(), lea.token)
            lab = await started(client, tom)
            await frozen(client, tom, lab, clock)
            assert (paused(site, lab), paused(site, "by-hand")) == ({True}, {False})

    asyncio.run(play())


@pytest.mark.slow
def test_a_shell_at_the_command_line_keeps_a_lab_awake(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")
    looks: list[Mapping[str, float]] = []

    def look(*about: Any) -> Mapping[str, float]:  # noqa: ANN401 - its parameters
        looks.append(last_typed(*about))  # only now is it answered: what is typed from here on is another look's
        return looks[-1]

    monkeypatch.setattr("orchestrator.labd.idle_watch.last_typed", look)
    typed = json.dumps({"typed": time.time() + 3600})
    site.fabric.on("activity", stdout=typed)

    async def looked(client: LabdClient, lab: str) -> None:
        seen = len(looks)
        clock.pass_by()
        async with asyncio.timeout(SOON):
            while len(looks) == seen:
                await client.call(lab_contract.LAB, OfLab(lab), lea.token)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for _ in range(3):
                await looked(client, lab)
            site.fabric.on("activity", stdout="{}")
            events = await events_until(client, lab, lea.token, "ended", act="start")
            await frozen(client, lea, lab, clock, events[-1].number)
            events = await events_until(client, lab, lea.token, "frozen")
            assert [event.kind for event in events].count("idle") == 1

    asyncio.run(play())


@pytest.mark.slow
def test_what_does_not_stand_still_goes_on_and_is_tried_again(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")
    tried: list[str] = []

    def refuse(container: str) -> None:
        tried.append(container)
        if len(set(tried)) > 1:
            raise LabError(same("it waits for its disk"))
        real(container)

    real = site.world.engine.pause
    monkeypatch.setattr("orchestrator.instances.freezing._WITHIN", 0.05)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            with monkeypatch.context() as slow:
                slow.setattr(site.world.engine, "pause", refuse)
                clock.pass_by()
                await events_until(client, lab, lea.token, "idle")
                clock.pass_by()
                async with asyncio.timeout(SOON):
                    while len(tried) < 4:
                        await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "frozen")

    asyncio.run(play())


# At the very moment of freezing -----------------------------------------------------------------------------------


@dataclass
class Pausing:
    """The engine while it freezes: a test does something just before the first host stands still.

    Attributes:
        begun: released once for each host that is about to be frozen.
        may: what that waits for.
        thawed: released once for each host that goes on.
    """

    begun: threading.Semaphore
    may: threading.Event
    thawed: threading.Semaphore


@pytest.fixture
def pausing(site: Site, monkeypatch: pytest.MonkeyPatch) -> Pausing:
    made = Pausing(threading.Semaphore(0), threading.Event(), threading.Semaphore(0))
    pause, unpause = site.world.engine.pause, site.world.engine.unpause

    def slowly(container: str) -> None:
        made.begun.release()
        assert made.may.wait(SOON)
        pause(container)

    def told_unpause(container: str) -> None:
        unpause(container)
        made.thawed.release()

    monkeypatch.setattr(site.world.engine, "pause", slowly)
    monkeypatch.setattr(site.world.engine, "unpause", told_unpause)
    return made


async def about_to_freeze(client: LabdClient, member: Member, lab: str, clock: Clock, pausing: Pausing) -> None:
    clock.pass_by()
    await events_until(client, lab, member.token, "idle")
    clock.pass_by()
    assert await asyncio.to_thread(pausing.begun.acquire, timeout=SOON)


async def goes_on(site: Site, client: LabdClient, member: Member, lab: str, pausing: Pausing) -> list[str]:
    """Wait until all hosts have been thawed and nothing is done with the lab; return what was told of it."""
    for _ in site.labs.running.find(lab).hosts:
        assert await asyncio.to_thread(pausing.thawed.acquire, timeout=SOON)
    await client.call(lab_contract.THAW, OfLab(lab), member.token)
    assert paused(site, lab) == {False}
    seen = await events_until(client, lab, member.token, "idle", until="")
    assert (await client.call(lab_contract.LAB, OfLab(lab), member.token)).freezes == ""
    return [event.kind for event in seen]


@pytest.mark.slow
def test_a_key_at_the_moment_of_freezing_is_not_lost(site: Site, clock: Clock, pausing: Pausing) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            opening = lab_work_contract.OpenTerminal(lab, "pc1", "root")
            terminal = (await client.call(lab_work_contract.OPEN_TERMINAL, opening, lea.token)).id
            async with client.terminal(lab, terminal, lea.token, None) as typing:
                await told(typing)
                await about_to_freeze(client, lea, lab, clock, pausing)
                await typing.send(b"key")
                await shown(typing, b"key")
                pausing.may.set()
                assert "frozen" not in await goes_on(site, client, lea, lab, pausing)

    asyncio.run(play())


@pytest.mark.slow
def test_a_key_of_the_command_line_at_the_moment_of_freezing_is_not_lost(
    site: Site, clock: Clock, pausing: Pausing
) -> None:
    """Labd is not told of it: the kernel's date of the terminal is looked at once more."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await about_to_freeze(client, lea, lab, clock, pausing)
            site.fabric.on("activity", stdout=json.dumps({"typed": time.time() + 3600}))
            pausing.may.set()
            assert "frozen" not in await goes_on(site, client, lea, lab, pausing)

    asyncio.run(play())


@pytest.mark.slow
def test_what_was_typed_long_before_stops_no_freezing(site: Site, clock: Clock, pausing: Pausing) -> None:
    lea = site.member("lea")
    pausing.may.set()
    site.fabric.on("activity", stdout=json.dumps({"typed": time.time() - 3600}))

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await frozen(client, lea, lab, clock)
            assert paused(site, lab) == {True}

    asyncio.run(play())


@pytest.mark.slow
def test_a_lab_that_cannot_be_thawed_at_once_is_told_as_frozen(
    site: Site, clock: Clock, pausing: Pausing, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")

    def refuses(_container: str) -> None:
        raise LabError(same("it does not go on"))

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await about_to_freeze(client, lea, lab, clock, pausing)
            site.fabric.on("activity", stdout=json.dumps({"typed": time.time() + 3600}))
            with monkeypatch.context() as stuck:
                stuck.setattr(site.world.engine, "unpause", refuses)
                pausing.may.set()
                last = (await events_until(client, lab, lea.token, "frozen"))[-1].number
            await client.call(lab_contract.THAW, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "thawed", after=last)

    asyncio.run(play())
