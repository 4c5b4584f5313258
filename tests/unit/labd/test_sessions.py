"""Jury sessions in labd: planned with every mistake at its line, agreed to where in doubt, looked at, withdrawn."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from orchestrator.assessment.events import Draft, SessionEvent
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.labd import session_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.proof.proof_status import Status

from .conftest import SCENARIO, Site, refusal_of, started

pytestmark = pytest.mark.slow

PLAN = f"""\
contract: 1
id: december
title: Session de décembre
referential: rncp-227
date: "2099-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {{id: martin, name: Anne Martin, quality: Responsable informatique}}
  - {{id: leroy, name: Paul Leroy, quality: Technicien}}
phases:
  - {{name: reseau, title: Réseau, minutes: 75, scenarios: [{SCENARIO}]}}
  - {{name: tirage, title: Tirage, minutes: 50, reading_minutes: 10, draw: [{{competence: "1.3"}}]}}
"""
LIST = "number;name;extra_time;attendance\nC-01;Zoé Faure;;\nC-02;Ali Benali;1/3;remote\n"
HERE = Status("here", "2026-11-27T10:00:00Z", seeds=(1,), program="0.1.0+p")


@pytest.fixture
def site(site: Site) -> Site:
    site.proofs.known = HERE
    return site


def kept(site: Site) -> tuple[SessionEvent, ...]:
    """Return all that the journal has of the session."""
    return site.registry.log.events("december")


async def planned(client: LabdClient, token: str, plan: str = PLAN, **other: Any) -> contract.PlanOutcome:  # noqa: ANN401
    asked = contract.PlanSession(plan, **{"candidates": LIST, **other})
    return await client.call(contract.PLAN_SESSION, asked, token)


def test_a_session_is_planned_looked_at_and_withdrawn(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            assert await planned(client, organiser.token) == contract.PlanOutcome("december")
            (line,) = await client.call(contract.SESSIONS, Nothing(), organiser.token)
            assert line == contract.SessionLine("december", "planned", "Session de décembre", "2099-12-14", 2, 2)
            view = await client.call(contract.SESSION, contract.OfSession("december"), organiser.token)
            assert (view.by, view.stage, view.minute, view.proof) == ("ines", "planned", 60, "here")
            zoe, ali = view.candidates
            assert [one.en.replace("\N{NO-BREAK SPACE}", " ") for one in ali.times] == [
                "1 h 15 + 1/3 = 1 h 40", "1 h + 1/3 = 1 h 20",
            ]  # fmt: skip
            assert (ali.attendance, zoe.attendance, zoe.extra_time) == ("remote", "on-site", "")
            fixed, drawn = view.phases
            assert [one.id for one in fixed.pools[0].scenarios] == [SCENARIO]
            assert drawn.pools[0].competence == "1.3"
            assert all(one.relied and one.proof.state == "here" for one in drawn.pools[0].scenarios)
            asked = contract.WithdrawSession("december", "  Une autre date.  ")
            await client.call(contract.WITHDRAW_SESSION, asked, organiser.token)
            assert await client.call(contract.SESSIONS, Nothing(), organiser.token) == ()
            missing = await refusal_of(client, contract.SESSION, contract.OfSession("december"), organiser.token)
            assert missing.kind == "missing"
            assert (await planned(client, organiser.token)).session == "december", "its name is free again"

    asyncio.run(play())
    assert [event.kind for event in kept(site)][:1] == ["planned"]
    assert {event.by for event in kept(site) if event.kind in {"planned", "identity", "withdrawn"}} == {
        organiser.who.ref
    }
    (withdrawn,) = [event for event in kept(site) if event.kind == "withdrawn"]
    assert withdrawn.details == {"reason": "Une autre date."}
    assert kept(site)[0].content_hash == hashlib.sha256(PLAN.encode()).hexdigest()


@pytest.mark.parametrize(
    ("plan", "listed", "part", "line", "column", "said"),
    [
        (PLAN.replace("minutes: 75", "minuts: 75"), LIST, "plan", 12, "", 'did you mean "minutes"?'),
        (PLAN.replace(SCENARIO, "moved-desk"), LIST, "plan", 12, "", f'did you mean "{SCENARIO}"?'),
        (PLAN, LIST.replace("remote", "remot"), "candidates", 3, "attendance", 'did you mean "remote"?'),
        (PLAN, LIST.replace("1/3", "third"), "candidates", 3, "extra_time", "1/3"),
        (PLAN, LIST.replace(";name", ";nom"), "candidates", 1, "nom", 'unknown column "nom"'),
        (PLAN, "", "plan", 1, "", 'the key "candidates" is missing'),
        ("a: [b", LIST, "plan", 1, "", "not closed"),
    ],
)
def test_each_mistake_is_told_at_its_line_and_nothing_is_made(
    site: Site, plan: str, listed: str, part: str, line: int, column: str, said: str
) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> contract.PlanOutcome:
        async with site.labd() as client:
            return await planned(client, organiser.token, plan, candidates=listed, anyway=True)

    outcome = asyncio.run(play())
    assert (outcome.session, outcome.doubts) == ("", ())
    found = [(one.part, one.line, one.column) for one in outcome.mistakes if said in one.text.en]
    assert found == [(part, line, column)], outcome.mistakes
    assert kept(site) == ()


def test_what_is_not_proven_is_told_without_a_command(site: Site) -> None:
    organiser = site.member("ines", "organiser")
    site.proofs.known = Status("unproven")

    async def play() -> contract.PlanOutcome:
        async with site.labd() as client:
            return await planned(client, organiser.token)

    mistakes = asyncio.run(play()).mistakes
    assert any(f"{SCENARIO} is not proven." in one.text.en for one in mistakes)
    assert all(one.hint and "breakfix" not in one.hint.en and "catalogue" in one.hint.en for one in mistakes)


def test_what_is_hardly_ever_meant_has_to_be_agreed_to(site: Site) -> None:
    organiser = site.member("ines", "organiser")
    past, long = PLAN.replace("2099", "2020"), LIST.replace("1/3", "4/3")

    async def play() -> None:
        async with site.labd() as client:
            outcome = await planned(client, organiser.token, past, candidates=long)
            assert [text.en for text in outcome.doubts] == [
                "The date is in the past: 2020-12-14.",
                "C-02 has more than 100% of extra time (4/3): reseau, tirage.",
            ]
            assert (outcome.session, outcome.mistakes, kept(site)) == ("", (), ())
            assert (await planned(client, organiser.token, past, candidates=long, anyway=True)).session == "december"
            again = await planned(client, organiser.token)
            assert [(one.part, one.line) for one in again.mistakes] == [("plan", 2)]
            assert "exists already" in again.mistakes[0].text.en

    asyncio.run(play())


@pytest.mark.parametrize("seconds", [0, 60, -1, 10**6])
def test_a_rehearsal_has_short_minutes(site: Site, seconds: int) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            asked = contract.PlanSession(PLAN, LIST, seconds)
            refusal = await refusal_of(client, contract.PLAN_SESSION, asked, organiser.token)
            assert (refusal.kind, refusal.field) == ("wrong", "rehearsal")
            past = PLAN.replace("2099", "2020")
            assert (await planned(client, organiser.token, past, rehearsal=2)).session == "december", "nothing is asked"
            view = await client.call(contract.SESSION, contract.OfSession("december"), organiser.token)
            assert view.minute == 2
            assert view.phases[0].length.en.replace("\N{NO-BREAK SPACE}", " ") == "2 min 30 s"

    asyncio.run(play())


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x1b[2J"])
def test_a_plan_is_withdrawn_for_a_reason_only(site: Site, reason: str) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            asked = contract.WithdrawSession("december", reason)
            refusal = await refusal_of(client, contract.WITHDRAW_SESSION, asked, organiser.token)
            assert (refusal.kind, refusal.field) == ("wrong", "reason")

    asyncio.run(play())
    assert "withdrawn" not in {event.kind for event in kept(site)}


def opened(site: Site, *, sealed: bool = False) -> None:
    """Have the journal say that all labs of the session are open, or all is over."""
    session = site.registry.jury_session("december")
    for phase in ("reseau", "tirage"):
        session.draw(phase, "root", "0" * 32)
        for number in ("C-01", "C-02"):
            details = {"scenario": SCENARIO, "instance": f"{phase}-{number}", "variant": 0, "hosts": ["pc1"]}
            opens = Draft("opened", "breakfix", 0, number, phase, details, "d" * 64)
            session.keep(opens, *([replace(opens, kind="sealed", details={})] if sealed else []))


def test_a_session_that_was_opened_stays(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            opened(site)
            asked = contract.WithdrawSession("december", "why")
            refusal = await refusal_of(client, contract.WITHDRAW_SESSION, asked, organiser.token)
            assert "can be withdrawn no longer" in refusal.text.en
            (line,) = await client.call(contract.SESSIONS, Nothing(), organiser.token)
            assert line.stage == "open"
            view = await client.call(contract.SESSION, contract.OfSession("december"), organiser.token)
            assert all(phase.drawn for phase in view.phases)

    asyncio.run(play())


def test_stages_and_a_damaged_journal(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def stage(client: LabdClient) -> str:
        return (await client.call(contract.SESSIONS, Nothing(), organiser.token))[0].stage

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            opened(site, sealed=True)
            assert await stage(client) == "sealed"
            session = site.registry.jury_session("december")
            session.keep(Draft("closed", "leroy", 0))
            assert await stage(client) == "closed"
            session.keep(Draft("finished", "root", 0, details={"at": "nonsense"}, candidate="C-01", phase="reseau"))
            session.keep(Draft("warned", "root", 0, "C-01", "nowhere"))
            assert await stage(client) == "damaged"
            refusal = await refusal_of(client, contract.SESSION, contract.OfSession("december"), organiser.token)
            assert refusal.kind == "machine"

    asyncio.run(play())


@pytest.mark.parametrize("session", ["", "none", "../labd", "é" * 300])
def test_a_session_that_is_not_there(site: Site, session: str) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            asked = contract.OfSession(session)
            assert (await refusal_of(client, contract.SESSION, asked, organiser.token)).kind == "missing"
            gone = contract.WithdrawSession(session, "why")
            assert (await refusal_of(client, contract.WITHDRAW_SESSION, gone, organiser.token)).kind == "missing"

    asyncio.run(play())


# Readiness ----------------------------------------------------------------------------------------------------


async def looked(client: LabdClient, token: str) -> contract.ReadinessView:
    return await client.call(contract.READINESS, contract.OfSession("december"), token)


def by_subject(points: Iterable[contract.ReadinessPoint]) -> dict[str, contract.ReadinessPoint]:
    return {point.subject.en: point for point in points}


def test_what_is_ready_is_said_point_by_point(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            view = await looked(client, organiser.token)
            fixed, drawn = view.phases
            assert (fixed.labs, fixed.opened, fixed.known, drawn.labs, drawn.known) == (2, 0, True, 2, False)
            for phase in view.phases:
                assert [point.verdict for point in phase.points] == ["ok", "ok", "ok"], phase.points
                assert phase.unproven == ()
            assert by_subject(fixed.points)["Proofs"].seen.en == "1 of 1 scenarios proven"
            machine = by_subject(view.machine)
            assert {"Memory for the labs", "Places for the labs", "Free disk", "Clock", "Supervision"} <= set(machine)
            assert machine["Places for the labs"].seen.en == "4 to open; no limit is set"
            assert (machine["Supervision"].verdict, machine["Supervision"].step) == ("ok", None)
            opened(site)
            session = site.registry.jury_session("december")
            session.keep(Draft("started", "root", 0, phase="reseau"))
            running = by_subject((await looked(client, organiser.token)).machine)
            assert running["Supervision"].verdict == "fail"
            assert "breakfix session run --session december" in str(running["Supervision"].step)
            with site.registry.jury_session("december").folder.supervised():
                now = by_subject((await looked(client, organiser.token)).machine)
            assert now["Supervision"].verdict == "ok"

    before = kept(site)
    asyncio.run(play())
    kinds = [event.kind for event in kept(site)]
    assert kinds[:6] == ["planned", *["identity"] * 4, "clock"]
    assert set(kinds[6:]) == {"drawn", "opened", "started"}, "looking keeps nothing"
    assert before == ()


def test_what_is_missing_is_named_with_its_next_step(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            site.proofs.known = Status("changed", "2026-11-27T10:00:00Z")
            site.unbuilt.add("workstation")
            view = await looked(client, organiser.token)
            for phase in view.phases:
                points = by_subject(phase.points)
                assert points["Proofs"].verdict == "fail"
                assert SCENARIO in [one.id for one in phase.unproven]
                (one,) = [one for one in phase.unproven if one.id == SCENARIO]
                assert one.why.en == f"{SCENARIO} is not proven."
                assert one.step is not None
                assert f"breakfix prove {SCENARIO}" in one.step.en

    asyncio.run(play())


def test_images_that_are_not_built_are_named(site: Site) -> None:
    organiser = site.member("ines", "organiser")
    site.unbuilt |= {host.image for host in site.labs.plans.preview(SCENARIO, 0).hosts}

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            point = by_subject((await looked(client, organiser.token)).phases[0].points)["Images of the hosts"]
            assert point.verdict == "warn"
            assert all(image in point.seen.en for image in site.unbuilt)
            assert "breakfix images build" in str(point.step)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("limits", "subject", "verdict"),
    [
        (LabLimits(labs=4), "Places for the labs", "ok"),
        (LabLimits(labs=3), "Places for the labs", "fail"),
        (LabLimits(memory=1 << 40), "Memory for the labs", "ok"),
        (LabLimits(memory=1 << 20), "Memory for the labs", "fail"),
    ],
)
def test_labs_are_held_against_what_labd_s_limits_leave(
    site: Site, limits: LabLimits, subject: str, verdict: str
) -> None:
    organiser = site.member("ines", "organiser")
    site.limits = limits

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            point = by_subject((await looked(client, organiser.token)).machine)[subject]
            assert point.verdict == verdict, point
            assert (point.step is None) == (verdict == "ok")

    asyncio.run(play())


def test_labs_of_others_leave_less(site: Site) -> None:
    organiser, trainee = site.member("ines", "organiser"), site.member("lea")
    site.limits = LabLimits(labs=4)

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            await started(client, trainee)
            point = by_subject((await looked(client, organiser.token)).machine)["Places for the labs"]
            assert (point.verdict, point.seen.en) == ("warn", "4 to open; 3 of 4 free")

    asyncio.run(play())


def test_what_was_opened_needs_nothing_more(site: Site) -> None:
    organiser = site.member("ines", "organiser")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            opened(site)
            view = await looked(client, organiser.token)
            assert [(phase.labs, phase.opened, phase.points) for phase in view.phases] == [(0, 2, ())] * 2
            refusal = await refusal_of(client, contract.READINESS, contract.OfSession("none"), organiser.token)
            assert refusal.kind == "missing"

    asyncio.run(play())


def test_an_engine_that_does_not_answer_is_no_verdict(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    organiser = site.member("ines", "organiser")

    def silent(*_: object) -> NoReturn:
        raise MachineError(Text(fr="Docker se tait.", en="Docker is silent."))

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            monkeypatch.setattr(type(site.labs.running), "all", silent)
            view = await looked(client, organiser.token)
            assert by_subject(view.machine)["Memory for the labs"].verdict == "unknown"

    asyncio.run(play())


# Who organises does not judge -----------------------------------------------------------------------------------


def test_who_organises_does_not_judge(site: Site) -> None:
    """Neither who plans, nor another organiser, is taken as a member; a jury member is, until they organise as well."""
    ines, ada = site.member("ines", "organiser"), site.member("ada", "administrator")
    site.member("omar", "organiser"), site.member("anne", "jury")

    def with_member(person: str) -> str:
        return PLAN.replace("id: martin", f"id: martin, person: {person}")

    async def play() -> None:
        async with site.labd() as client:
            for person, token, said in (
                ("ines", ines.token, "this account is yours"),
                (ines.who.ref, ines.token, "this account is yours"),
                ("omar", ines.token, '"omar" organises sessions'),
                ("ada", ada.token, "this account is yours"),
            ):
                for rehearsal in (None, 2):
                    outcome = await planned(client, token, with_member(person), rehearsal=rehearsal, anyway=True)
                    (mistake,) = outcome.mistakes
                    assert (mistake.part, mistake.line, outcome.session) == ("plan", 9, "")
                    assert said in mistake.text.en
                    assert mistake.hint is not None
            assert (await planned(client, ines.token, with_member("anne"))).session == "december"
            point = by_subject((await looked(client, ines.token)).machine)["Roles"]
            assert (point.verdict, point.step) == ("ok", None)
            site.give_both_roles("omar")
            point = by_subject((await looked(client, ines.token)).machine)["Roles"]
            assert (point.verdict, point.seen.en) == ("warn", "organisers and jury at once: omar")
            site.give_both_roles("anne")
            point = by_subject((await looked(client, ines.token)).machine)["Roles"]
            assert (point.verdict, point.seen.en) == ("fail", "judge and organise: anne")

    asyncio.run(play())
