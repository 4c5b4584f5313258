"""Two tabs and double clicks: what is asked at the same moment, and who looks between two steps."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from orchestrator.labd import calls, lab_contract, lab_work_contract
from orchestrator.labd.event_log import EventLog
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import RefusedError
from tests.labd_talk import events_until

from .conftest import SCENARIO, Site, refusal_of, started
from .test_lab_calls import broken_start

pytestmark = pytest.mark.slow


def test_many_starts_at_once_are_one_lab(site: Site) -> None:
    lea = site.member("lea")
    site.limits = LabLimits(per_person=1)

    async def play() -> None:
        async with site.labd() as client:
            asked = (client.call(lab_contract.START, StartLab(SCENARIO, seed), lea.token) for seed in range(6))
            labs = {one.lab for one in await asyncio.gather(*asked)}
            assert len(labs) == 1
            await events_until(client, labs.pop(), lea.token, "ended", act="start", refusal=None)
            assert len(site.labs.running.all()) == 1

    asyncio.run(play())


def test_of_checks_at_once_one_is_done_and_the_others_are_told(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            site.may_grade.clear()

            async def check() -> str:
                try:
                    await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
                except RefusedError as error:
                    return error.refusal.kind
                return ""

            assert sorted(await asyncio.gather(*(check() for _ in range(5)))) == ["", *["busy"] * 4]
            site.may_grade.set()

    asyncio.run(play())


def test_a_failed_lab_counts_once_it_is_made_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")

    async def fail() -> str:
        async with site.labd() as client:
            with monkeypatch.context() as broken:
                broken_start(site, broken)
                return await started(client, lea)

    async def again(lab: str) -> calls.Refusal:
        async with site.labd() as client:
            return await refusal_of(client, lab_contract.RESET, OfLab(lab), lea.token)

    lab = asyncio.run(fail())
    site.limits = LabLimits(per_person=0)
    assert asyncio.run(again(lab)).kind == "busy"
    assert site.labs.running.all() == ()


def test_a_lab_that_comes_up_while_it_is_looked_for_is_not_forgotten(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            real, early = site.labs.running.all, [()]
            with monkeypatch.context() as late:
                late.setattr(site.labs.running, "all", lambda: early.pop() if early else real())
                assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "started"
            assert await events_until(client, lab, lea.token, "ended", act="start")

    asyncio.run(play())


def test_a_lab_is_held_as_long_as_its_log_does_not_say_how_it_ended() -> None:
    seen: list[tuple[str, str]] = []
    jobs, threads = LabJobs(), WorkThreads(1, "test")

    class Log:
        def add(self, kind: str, _body: object) -> None:
            seen.append((kind, jobs.act_on("a")))

    def log() -> EventLog:
        seen.append(("made", jobs.act_on("a")))
        return cast("EventLog", Log())

    def fail() -> None:
        raise OSError

    async def play() -> None:
        jobs.begin("a", "start", log, threads, fail)
        await jobs.finish()
        threads.close()

    asyncio.run(play())
    assert seen == [("made", "start"), ("began", "start"), ("ended", "start")]
    assert jobs.act_on("a") == ""
