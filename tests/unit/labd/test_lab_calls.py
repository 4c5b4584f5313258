"""One act at a time with a lab; labs that did not come up; whose labs there are; a labd that was ended in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text, same
from orchestrator.labd import calls, lab_contract, lab_work_contract, path_contract
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.model.seeds import SECRET
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records.people import People
from tests.labd_talk import events_until, stopped

from .conftest import SCENARIO, Site, refusal_of, started

pytestmark = pytest.mark.slow

PLUG = ("pc1", "eth0", "plug")


def test_one_act_at_a_time(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            site.may_grade.clear()
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            await asyncio.to_thread(site.entered.wait)
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert (view.state, view.busy) == ("started", "check")
            for call in (lab_work_contract.CHECK, lab_contract.RESET, lab_contract.STOP, lab_work_contract.HINT):
                refusal = await refusal_of(client, call, OfLab(lab), lea.token)
                assert (refusal.kind, refusal.text.en) == ("busy", "This lab is busy: a grading is running.")
            move = lab_work_contract.MoveCable(lab, *PLUG)  # type: ignore[arg-type]
            moved = await refusal_of(client, lab_work_contract.CABLE, move, lea.token)
            assert moved.kind == "busy"
            site.may_grade.set()
            await events_until(client, lab, lea.token, "ended", act="check")
            await client.call(lab_work_contract.HINT, OfLab(lab), lea.token)

    asyncio.run(play())


def test_more_gradings_than_may_run_wait_and_say_so(site: Site) -> None:
    members = [site.member(handle) for handle in ("lea", "tom", "zoe")]

    async def play() -> None:
        async with site.labd() as client:
            labs = [await started(client, member) for member in members]
            site.may_grade.clear()
            for lab, member in zip(labs, members, strict=True):
                await client.call(lab_work_contract.CHECK, OfLab(lab), member.token)
            last = labs[-1]
            said = await events_until(client, last, members[-1].token, "step", text={"fr": WAITS.fr, "en": WAITS.en})
            assert said[-2].kind == "began"
            site.may_grade.set()
            for lab, member in zip(labs, members, strict=True):
                await events_until(client, lab, member.token, "ended", act="check", refusal=None)

    asyncio.run(play())


WAITS = Text(fr="En attente : d'autres labs passent d'abord.", en="Waiting: other labs come first.")


def broken_start(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LabError(same("the host pc1 did not come up"), same("'breakfix doctor' looks at the machine."))

    monkeypatch.setattr(site.world.fabric, "wait_ready", fail)


def test_a_lab_that_did_not_come_up_can_be_tried_again_or_dismissed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea, tom = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            with monkeypatch.context() as broken:
                broken_start(site, broken)
                lab = await started(client, lea)
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert (view.state, view.since, {host.state for host in view.hosts}) == ("failed", "", {"created"})
            assert view.trouble is not None
            assert (view.trouble.kind, view.trouble.text.en) == ("machine", "the host pc1 did not come up")
            assert "breakfix" not in (view.trouble.hint or same("-")).en, "nobody in a browser has that command"
            assert (await refusal_of(client, lab_work_contract.CHECK, OfLab(lab), lea.token)).kind == "wrong"
            assert (await refusal_of(client, lab_contract.LAB, OfLab(lab), tom.token)).kind == "missing"
            assert (
                "<svg" in (await client.call(lab_work_contract.MAP, lab_work_contract.MapOf(lab, "en"), lea.token)).svg
            )

            await client.call(lab_contract.RESET, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", after=view.last_event, refusal=None)
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert (view.state, view.seed, view.trouble) == ("started", "7", None)

            with monkeypatch.context() as broken:
                broken_start(site, broken)
                await client.call(lab_contract.RESET, OfLab(lab), lea.token)
                await events_until(client, lab, lea.token, "ended", after=view.last_event, act="reset")
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "failed"
            path = await client.call(path_contract.PATH, calls.Nothing(), lea.token)
            assert [line.state for line in path.running] == ["failed"]
            await stopped(client, lab, lea.token)
            path = await client.call(path_contract.PATH, calls.Nothing(), lea.token)
            assert path.running == ()
            card = await client.call(path_contract.SCENARIO, path_contract.LookAtScenario(SCENARIO), lea.token)
            assert [attempt.running for attempt in card.attempts] == [False], "the one that was there before the reset"

    asyncio.run(play())


def test_a_new_start_replaces_one_that_failed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            with monkeypatch.context() as broken:
                broken_start(site, broken)
                failed = await started(client, lea)
            lab = await started(client, lea)
            assert lab != failed
            assert (await refusal_of(client, lab_contract.LAB, OfLab(failed), lea.token)).kind == "missing"

    asyncio.run(play())


def test_whose_labs_there_are(site: Site) -> None:
    """A lab of the command line is its account's; a jury's, a bare one and one of nobody are nobody's here."""
    lea = site.member("lea")
    with site.store.write() as writing:
        People(writing).find("lea").account = "alice"
    practice = PracticeRecorder.of_account(lambda: site.store, "alice", site.world.content.scenario_document)
    mine = site.labs.lifecycle.start(site.world.plan(), site.world.progress)
    assert practice.started(mine) is None
    nobodys = site.world.start()
    bare = site.world.start(site.world.bare())
    jurys = site.labs.lifecycle.start(replace(site.world.plan(), seed=SECRET + 7), site.world.progress)

    async def play() -> None:
        async with site.labd() as client:
            view = await client.call(lab_contract.LAB, OfLab(mine.instance.name), lea.token)
            assert view.state == "started"
            for other in (nobodys, bare, jurys.instance):
                assert (await refusal_of(client, lab_contract.LAB, OfLab(other.name), lea.token)).kind == "missing"
            path = await client.call(path_contract.PATH, calls.Nothing(), lea.token)
            assert [line.name for line in path.running] == [mine.instance.name]
            site.labs.lifecycle.stop(mine.instance.name)  # at the command line
            assert (await refusal_of(client, lab_contract.LAB, OfLab(mine.instance.name), lea.token)).kind == "missing"

    asyncio.run(play())


def test_a_labd_that_was_ended_knows_what_was_before(site: Site) -> None:
    lea = site.member("lea")
    known: dict[str, Any] = {}

    async def before() -> None:
        async with site.labd() as client:
            lab = known["lab"] = await started(client, lea)
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            known["events"] = await events_until(client, lab, lea.token, "ended", act="check")

    async def after() -> None:
        async with site.labd() as client:
            lab, last = known["lab"], known["events"][-1]
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert view.last_event == last.number
            assert view.grading is not None
            since = {check.id: check.since for check in view.grading.checks}
            assert [check.outcome for check in view.grading.checks] == ["fail", "fail"]
            await client.call(
                lab_work_contract.CABLE, lab_work_contract.MoveCable(lab, "pc1", "eth0", "move", "office"), lea.token
            )
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            events = await events_until(client, lab, lea.token, "ended", after=last.number, act="check")
            assert events[0].number == last.number + 1
            now = {event.body["id"]: event.body for event in events if event.kind == "result"}
            assert now["test_network.py::pc1"]["outcome"] == "pass"
            assert now["test_network.py::pc2"]["since"] == since["test_network.py::pc2"], "it has been red since then"

    asyncio.run(before())
    asyncio.run(after())


def test_what_runs_is_finished_when_labd_ends(site: Site) -> None:
    lea = site.member("lea")

    async def start_only() -> str:
        async with site.labd() as client:
            return (await client.call(lab_contract.START, StartLab(SCENARIO), lea.token)).lab

    async def look(lab: str) -> lab_contract.LabView:
        async with site.labd() as client:
            return await client.call(lab_contract.LAB, OfLab(lab), lea.token)

    view = asyncio.run(look(asyncio.run(start_only())))
    assert (view.state, view.trouble) == ("started", None)


def test_nobody_has_more_labs_than_they_may(site: Site) -> None:
    lea = site.member("lea")
    site.limits = LabLimits(per_person=0)

    async def play() -> None:
        async with site.labd() as client:
            assert (await refusal_of(client, lab_contract.START, StartLab(SCENARIO), lea.token)).kind == "busy"
            assert (await refusal_of(client, lab_contract.START, StartLab("no-such"), lea.token)).kind == "missing"
            assert (await refusal_of(client, lab_contract.START, StartLab(SCENARIO, -1), lea.token)).field == "seed"

    asyncio.run(play())


def test_what_cannot_be_asked_is_told(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)

            async def cable(host: str, interface: str, segment: str) -> calls.Refusal:
                asked = lab_work_contract.MoveCable(lab, host, interface, "move", segment)
                return await refusal_of(client, lab_work_contract.CABLE, asked, lea.token)

            assert (await cable("pc9", "eth0", "office")).text.en == 'The lab has no host "pc9"; did you mean "pc2"?'
            assert (await cable("pc1", "eth9", "office")).kind == "wrong"
            assert (await cable("pc1", "eth0", "offices")).field == "segment"
            report = lab_work_contract.WriteReport(lab, "a", "b", "c", "d", 5, "fr")
            assert (
                await refusal_of(client, lab_work_contract.REPORT, report, lea.token)
            ).text.en == "This lab asks for no report."
            answer = lab_work_contract.AnswerQuestion(lab, "q", "a")
            assert (await refusal_of(client, lab_work_contract.ANSWER, answer, lea.token)).kind == "wrong"
            long = lab_work_contract.WriteReport(lab, "x" * (256 * 1024), "", "", "", None, "fr")
            assert (await refusal_of(client, lab_work_contract.REPORT, long, lea.token)).text.en == "That is too long."
            await not_understood(client, lea.token)

    asyncio.run(play())


async def not_understood(client: LabdClient, token: str) -> None:
    unknown = calls.Call("run-anything", calls.Nothing, calls.Nothing)
    assert (await refusal_of(client, unknown, calls.Nothing(), token)).kind == "missing"
    lab = calls.Call("lab", calls.Nothing, lab_contract.LabView)
    assert (await refusal_of(client, lab, calls.Nothing(), token)).kind == "wrong"
