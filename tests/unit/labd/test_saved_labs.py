"""Labs that were frozen for long: saved, with a warning, told to everybody, and resumed in turn by their owners."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.instances.instance import Instance
from orchestrator.instances.saving import MARK
from orchestrator.labd import calls, lab_contract, lab_work_contract, path_contract
from orchestrator.labd import class_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.lab_limits import LabLimits, memory_of
from orchestrator.labd.labd_client import LabdClient
from tests.labd_talk import SOON, events_until, stopped

from .conftest import SCENARIO, Member, Site, refusal_of, started

FREEZE_S, SAVE_S = 0.5, 100.0
"""Of the clock that a test moves; a round comes each twentieth of a second."""


@dataclass
class Clock:
    """A clock that goes on only where a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(site: Site) -> Clock:
    made = Clock()
    site.clock, site.limits = made, LabLimits(freeze_s=FREEZE_S, save_s=SAVE_S)
    return made


async def frozen(client: LabdClient, member: Member, lab: str, clock: Clock, after: int = 0) -> int:
    """Have a lab be frozen, and return the number of the event that says so."""
    clock.now += FREEZE_S * 0.6
    await events_until(client, lab, member.token, "idle", after=after)
    clock.now += FREEZE_S * 0.6
    return (await events_until(client, lab, member.token, "frozen", after=after))[-1].number


async def saved(client: LabdClient, member: Member, lab: str, clock: Clock, after: int = 0) -> int:
    """Have a lab be frozen and saved, and return the number of the event that says so."""
    after = await frozen(client, member, lab, clock, after)
    clock.now += SAVE_S
    return (await events_until(client, lab, member.token, "saved", after=after))[-1].number


def states(site: Site, lab: str) -> set[str]:
    return {host.state for host in site.labs.running.find(lab).hosts}


async def view_of(client: LabdClient, member: Member, lab: str) -> lab_contract.LabView:
    return await client.call(lab_contract.LAB, OfLab(lab), member.token)


async def resumed(client: LabdClient, member: Member, lab: str, after: int) -> int:
    """Resume a lab, and return the number of the event that says that it goes on."""
    await client.call(lab_contract.RESUME, OfLab(lab), member.token)
    ended = await events_until(client, lab, member.token, "ended", after=after, act="resume")
    assert ended[-1].body["refusal"] is None
    told = [event.kind for event in ended if event.kind in {"idle", "saved", "began", "state"}]
    assert told == ["began", "state", "state"], "a lab is saved once, and not warned of being frozen"
    return ended[-1].number


@pytest.mark.slow
def test_a_frozen_lab_says_when_it_is_saved_and_is_resumed(site: Site, clock: Clock) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            opening = lab_work_contract.OpenTerminal(lab, "pc1", "root")
            await client.call(lab_work_contract.OPEN_TERMINAL, opening, lea.token)
            await client.call(
                lab_work_contract.CABLE, lab_work_contract.MoveCable(lab, "pc1", "eth0", "move", "office"), lea.token
            )
            last = await frozen(client, lea, lab, clock)
            view = await view_of(client, lea, lab)
            assert (view.state, bool(view.saves)) == ("frozen", True)
            clock.now += SAVE_S
            last = (await events_until(client, lab, lea.token, "saved", after=last))[-1].number
            view = await view_of(client, lea, lab)
            assert (view.state, view.saves, view.busy, view.terminals) == ("saved", "", "", ())
            assert states(site, lab) == {"exited"}
            for call in (lab_work_contract.CHECK, lab_contract.THAW):
                for who in (lea, ada):
                    refusal = await refusal_of(client, call, OfLab(lab), who.token)
                    assert (refusal.kind, "saved" in refusal.text.en) == ("busy", True)
            cable = lab_work_contract.MoveCable(lab, "pc1", "eth0", "unplug")
            assert "saved" in (await refusal_of(client, lab_work_contract.OPEN_TERMINAL, opening, lea.token)).text.en
            assert "saved" in (await refusal_of(client, lab_work_contract.CABLE, cable, lea.token)).text.en
            await client.call(lab_work_contract.HINT, OfLab(lab), lea.token)
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert [(one.name, one.state) for one in path.running] == [(lab, "saved")]
            assert (await client.call(lab_contract.START, StartLab(SCENARIO, 9), lea.token)).lab == lab, (
                "it is theirs already"
            )
            await resumed(client, lea, lab, last)
            assert states(site, lab) == {"running"}
            assert (await view_of(client, lea, lab)).state == "started"
            await client.call(lab_contract.RESUME, OfLab(lab), lea.token)  # a second click does nothing
            assert site.world.fabric.cables["pc1", "eth0"].segment == "office"
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", after=last, act="check", refusal=None)
            await stopped(client, lab, lea.token)

    asyncio.run(play())


@pytest.mark.slow
def test_whoever_goes_on_in_time_keeps_all(site: Site, clock: Clock) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await frozen(client, lea, lab, clock)
            clock.now += SAVE_S / 2
            await client.call(lab_contract.THAW, OfLab(lab), lea.token)
            last = await frozen(client, lea, lab, clock, last)
            clock.now += SAVE_S / 2  # of all the time that it has again
            first = (await view_of(client, lea, lab)).saves
            await frozen(client, site.member("tom"), await started(client, site.again("tom")), clock)
            assert (await view_of(client, lea, lab)).saves == first
            assert states(site, lab) == {"paused"}

    asyncio.run(play())


@pytest.mark.slow
def test_never_saved_where_the_settings_say_so(site: Site, clock: Clock) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    site.limits = LabLimits(freeze_s=FREEZE_S, save_s=0)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await frozen(client, lea, lab, clock)
            clock.now += 1e9
            await frozen(client, tom, await started(client, tom), clock)
            assert ((await view_of(client, lea, lab)).saves, states(site, lab)) == ("", {"paused"})

    asyncio.run(play())


@pytest.mark.slow
def test_a_new_labd_knows_since_when_a_lab_is_frozen_and_warns_again(site: Site, clock: Clock) -> None:
    """It has the rest of its time, or that of a warning where it is longer."""
    lea = site.member("lea")

    async def before() -> str:
        async with site.labd() as client:
            lab = await started(client, lea)
            await frozen(client, lea, lab, clock)
            return lab

    async def after(lab: str) -> None:
        async with site.labd() as client:
            async with asyncio.timeout(SOON):
                while not (await view_of(client, lea, lab)).saves:
                    pass
            assert states(site, lab) == {"paused"}
            clock.now += SAVE_S
            await events_until(client, lab, lea.token, "saved")

    lab = asyncio.run(before())
    site.limits = LabLimits(freeze_s=FREEZE_S, save_s=0.1)  # it is over already
    asyncio.run(after(lab))


@pytest.mark.slow
def test_the_room_of_a_saved_lab_is_given_to_others_and_resuming_waits(site: Site, clock: Clock) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    one = memory_of(site.world.plan(7))
    site.limits = LabLimits(memory=one, labs=1, freeze_s=FREEZE_S, save_s=SAVE_S)

    async def waits(client: LabdClient, call: calls.Call[OfLab, Nothing], lab: str) -> None:
        await client.call(call, OfLab(lab), lea.token)
        view = await view_of(client, lea, lab)
        assert (view.state, view.queue and view.queue.why) == ("waiting", "room")
        assert "saved" in (await refusal_of(client, lab_work_contract.CHECK, OfLab(lab), lea.token)).text.en
        assert (await refusal_of(client, lab_contract.RESUME, OfLab(lab), lea.token)).kind == "busy"

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await saved(client, lea, lab, clock)
            other = await started(client, tom)
            clock.now += FREEZE_S * 0.6
            await events_until(client, other, tom.token, "idle")  # a round has passed since it was saved
            for call in (lab_contract.RESUME, lab_contract.RESET):
                await waits(client, call, lab)
                await client.call(lab_contract.STOP, OfLab(lab), lea.token)  # waits no longer, and is there still
                found = await events_until(client, lab, lea.token, "state", after=last, state="saved")
                assert {event.kind for event in found} == {"queued", "state"}, "it is saved once, and warned of nothing"
                last = found[-1].number
                assert (await view_of(client, lea, lab)).state == "saved"
            await waits(client, lab_contract.RESUME, lab)
            await stopped(client, other, tom.token)
            await events_until(client, lab, lea.token, "ended", after=last, act="resume", refusal=None)
            assert states(site, lab) == {"running"}

    asyncio.run(play())


@pytest.mark.slow
def test_a_saved_lab_is_reset_and_stopped_as_any_other(site: Site, clock: Clock) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await saved(client, lea, lab, clock)
            await client.call(lab_contract.RESET, OfLab(lab), lea.token)
            reset = await events_until(client, lab, lea.token, "ended", after=last, act="reset", refusal=None)
            assert states(site, lab) == {"running"}
            await saved(client, lea, lab, clock, reset[-1].number)
            await stopped(client, lab, lea.token)
            assert site.labs.running.all() == ()
            assert site.world.engine.volumes({labels.KIND: None}) == ()

    asyncio.run(play())


@pytest.mark.slow
def test_the_board_says_that_a_lab_is_saved(site: Site, clock: Clock) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            async with asyncio.timeout(SOON):
                while not (path := await client.call(path_contract.PATH, Nothing(), lea.token)).running:
                    pass
            lab = path.running[0].name
            await events_until(client, lab, lea.token, "ended", act="start", refusal=None)
            await saved(client, lea, lab, clock)
        async with site.labd() as client:  # one that has looked at nothing yet
            board = await client.call(contract.BOARD, contract.OfClass("tssr"), ada.token)
            assert [(row.state, row.trouble, row.stuck) for row in board.rows] == [("saved", None, False)]

    asyncio.run(play())


@pytest.mark.slow
def test_what_a_killed_labd_has_left_of_saving_is_done_by_the_next(site: Site, clock: Clock) -> None:
    lea = site.member("lea")

    async def before() -> str:
        async with site.labd() as client:
            lab = await started(client, lea)
            await client.call(
                lab_work_contract.OPEN_TERMINAL, lab_work_contract.OpenTerminal(lab, "pc1", "root"), lea.token
            )
            await frozen(client, lea, lab, clock)
            return lab

    async def after(lab: str) -> None:
        async with site.labd() as client:
            await events_until(client, lab, lea.token, "saved")
            assert states(site, lab) == {"exited"}
            view = await view_of(client, lea, lab)
            assert (view.state, view.terminals) == ("saved", ())

    lab = asyncio.run(before())
    first = site.labs.running.find(lab).hosts[0].container
    site.world.engine.create_volume(MARK + lab, {labels.KIND: "saved", labels.INSTANCE: lab})
    site.world.engine.stop(first)
    asyncio.run(after(lab))


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_saving_and_resuming_at_the_command_line_are_told_on_the_page(site: Site) -> None:
    """Each time; labd does not serve meanwhile, for within this process it shares the lock of the lab."""
    lea = site.member("lea")

    async def begin() -> str:
        async with site.labd() as client:
            return await started(client, lea)

    async def hear(lab: str, after: int, kind: str) -> int:
        async with site.labd() as client:
            return (await events_until(client, lab, lea.token, kind, after=after))[-1].number

    lab, last = asyncio.run(begin()), 0
    for _ in range(2):
        site.labs.lifecycle.save(site.labs.running.find(lab))
        last = asyncio.run(hear(lab, last, "saved"))
        site.labs.lifecycle.resume(site.labs.running.planned(lab), Silent())
        last = asyncio.run(hear(lab, last, "thawed"))


@pytest.mark.slow
def test_trouble_is_told_and_tried_again(site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of saving, by the next round; of resuming, on the page, and the lab is saved as before."""
    lea = site.member("lea")
    tried: list[str] = []

    def refuse(instance: Instance, **_: object) -> None:
        tried.append(instance.name)
        raise LabError(same("it does not stop"))

    def never(*_: object, **__: object) -> None:
        raise LabError(same("pc1 has not booted"))

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await frozen(client, lea, lab, clock)
            with monkeypatch.context() as broken:
                broken.setattr(site.labs.lifecycle, "save", refuse)
                clock.now += SAVE_S
                async with asyncio.timeout(SOON):
                    while len(tried) < 2:
                        await view_of(client, lea, lab)
            last = (await events_until(client, lab, lea.token, "saved", after=last))[-1].number
            with monkeypatch.context() as broken:
                broken.setattr(site.world.fabric, "wait_ready", never)
                await client.call(lab_contract.RESUME, OfLab(lab), lea.token)
                ended = await events_until(client, lab, lea.token, "ended", after=last, act="resume")
            assert ended[-1].body["refusal"] is not None
            view = await view_of(client, lea, lab)
            assert view.trouble is not None
            assert (view.state, view.trouble.text.en) == ("saved", "pc1 has not booted")
            await resumed(client, lea, lab, ended[-1].number)
            assert (await view_of(client, lea, lab)).trouble is None

    asyncio.run(play())
