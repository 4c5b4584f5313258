"""What a trainer sets for their class: kept within the administrator's limits, and counted from the next start on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.labd import class_contract as contract
from orchestrator.labd import lab_contract
from orchestrator.labd.class_contract import ClassLimitsView, LimitClass, OfClass
from orchestrator.labd.lab_contract import StartLab
from orchestrator.labd.lab_limits import RAISE, LabLimits, memory_of
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.records.class_limits import ClassLimits
from tests.labd_talk import events_until, stopped

from .conftest import SCENARIO, Site, refusal_of
from .test_shares import TSSR, Machine, board_has, end_all, processors

MIB = 1 << 20


@pytest.mark.parametrize(
    ("usual", "own", "begun"),
    [
        pytest.param(LabLimits(), {"tssr": ClassLimits(labs=1)}, ["c1"], id="its own"),
        pytest.param(LabLimits(class_labs=1), {"tssr": ClassLimits(labs=2)}, ["c1", "c2"], id="not each class's"),
        pytest.param(LabLimits(class_labs=1), {"other": ClassLimits(labs=2)}, ["c1"], id="not another's"),
        pytest.param(LabLimits(), {"tssr": ClassLimits(memory=25)}, ["c1", "c2"], id="memory"),
        pytest.param(LabLimits(), {"tssr": ClassLimits(processors=1)}, ["c1", "c2", "c3"], id="processors keep none"),
    ],
)
def test_the_queue_goes_by_a_class_s_own_limits(
    tmp_path: Path, usual: LabLimits, own: dict[str, ClassLimits], begun: list[str]
) -> None:
    machine = Machine(tmp_path, usual, replace(TakenRoom({}, 100), limits=own))

    async def play() -> None:
        queue = machine.queue()
        for lab in ("c1", "c2", "c3"):
            await queue.put(machine.start(lab, TSSR))
            end_all(machine)
        assert machine.begun == begun
        queue.close()
        await queue.finish()

    asyncio.run(play())


@pytest.mark.slow
def test_what_a_trainer_may_set(site: Site) -> None:
    ada, lea = site.member("ada", "trainer"), site.member("lea")
    site.a_class("tssr", ada, lea)
    site.limits = LabLimits(memory=4 << 30, class_labs=12, host_processors=2.0)
    right = [LimitClass("tssr", 12, 4096, 0.5), LimitClass("tssr", memory=64), LimitClass("tssr")]
    wrong = [
        ("labs", LimitClass("tssr", labs=13), "1 to 12 labs"),
        ("labs", LimitClass("tssr", labs=0), "1 to 12 labs"),
        ("memory", LimitClass("tssr", memory=4097), "0.0625 to 4 GiB"),
        ("memory", LimitClass("tssr", memory=63), "0.0625 to 4 GiB"),
        ("processors", LimitClass("tssr", processors=2.5), "0.05 to 2 processors"),
        ("processors", LimitClass("tssr", labs=1, processors=-1.0), "0.05 to 2 processors"),
    ]

    async def play() -> None:
        async with site.labd() as client:
            for asked in right:
                await client.call(contract.LIMIT_CLASS, asked, ada.token)
                view = await client.call(contract.CLASS, OfClass("tssr"), ada.token)
                assert view.limits == ClassLimitsView(asked.labs, asked.memory, asked.processors)
                assert view.most == ClassLimitsView(12, 4096, 2.0)
            for field, asked, said in wrong:
                refusal = await refusal_of(client, contract.LIMIT_CLASS, asked, ada.token)
                assert (refusal.kind, refusal.field) == ("wrong", field)
                assert said in refusal.text.en
            assert (await client.call(contract.CLASS, OfClass("tssr"), ada.token)).limits == ClassLimitsView()

    asyncio.run(play())


@pytest.mark.slow
def test_a_class_has_what_its_trainer_lets_it_have_and_more_at_once_when_they_raise_it(site: Site) -> None:
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea, tom)

    async def play() -> None:
        async with site.labd() as client:
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr", labs=1), ada.token)
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            board = await board_has(client, ada, "running", "waiting")
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr", labs=2), ada.token)
            await events_until(client, board.rows[1].lab, tom.token, "ended", act="start", refusal=None)

    asyncio.run(play())


@pytest.mark.slow
def test_a_lab_that_is_larger_than_what_the_trainer_lets_a_class_have_is_refused(site: Site) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)
    mib = memory_of(site.world.plan(7)) // MIB

    async def play() -> None:
        async with site.labd() as client:
            launch = contract.LaunchForClass("tssr", SCENARIO)
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr", memory=mib - 1), ada.token)
            refusal = await refusal_of(client, contract.LAUNCH, launch, ada.token)
            assert (refusal.kind, refusal.hint) == ("wrong", RAISE)
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr", memory=mib), ada.token)
            await client.call(contract.LAUNCH, launch, ada.token)
            await board_has(client, ada, "running")

    asyncio.run(play())


@pytest.mark.slow
def test_only_the_labs_that_are_launched_for_a_class_have_its_processors(site: Site) -> None:
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)
    site.limits = LabLimits(host_processors=2.0)

    async def play() -> None:
        async with site.labd() as client:
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr", processors=0.5), ada.token)
            alone = (await client.call(lab_contract.START, StartLab(SCENARIO, 7), tom.token)).lab
            await events_until(client, alone, tom.token, "ended", act="start", refusal=None)
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            launched = (await board_has(client, ada, "running")).rows[0].lab
            assert (processors(site, alone), processors(site, launched)) == ({2.0}, {0.5})
            await client.call(contract.LIMIT_CLASS, LimitClass("tssr"), ada.token)
            before = (await client.call(lab_contract.LAB, lab_contract.OfLab(launched), lea.token)).last_event
            await client.call(lab_contract.RESET, lab_contract.OfLab(launched), lea.token)
            await events_until(client, launched, lea.token, "ended", act="reset", after=before, refusal=None)
            assert processors(site, launched) == {2.0}
            for lab, who in ((alone, tom), (launched, lea)):
                await stopped(client, lab, who.token)

    asyncio.run(play())
