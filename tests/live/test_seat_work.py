"""What a candidate does at their seat besides terminals, on real hosts: talk, a desktop, a web page; then the seal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest

from orchestrator.assessment.evidence import read_evidence
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.labd import day_contract as d
from orchestrator.labd import seat_talk_contract as k
from orchestrator.labd import seat_terminal_contract as terminals
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Nothing
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.rfb_viewer import GREETING
from orchestrator.labd.session_contract import PLAN_SESSION, PlanSession
from orchestrator.labd.talk_contract import ConversationView
from orchestrator.personas.conversation_file import turns_in
from tests.labd_talk import closing_code, labd_process
from tests.live.test_day import CANDIDATE, LONG, PHASE, PLAN, SESSION, Held, held
from tests.live.test_day import SCENARIO as OTHER
from tests.live.test_seat_terminals import MINUTE, sat_down

__all__ = ["held"]
pytestmark = [pytest.mark.live, pytest.mark.slow]

SCENARIO = "come-and-look"
"""A user at a workstation, which has a desktop."""
SAID = "What is the problem?"
SHUT = 4425


@dataclass
class Seat:
    """A candidate's browser."""

    held: Held
    client: LabdClient
    token: str = ""

    async def act(self, what: d.DayAct, phase: str = "", number: str = "", text: str = "") -> None:
        """Have the organiser act on the day."""
        await self.client.call(d.ACT_ON_DAY, d.ActOnDay(SESSION, what, phase, number, text), self.held.token)

    async def subject(self) -> g.SittingSubject:
        """Return the scenario."""
        found: g.SittingSubject = await self.client.call(g.SUBJECT, g.OfSubject(PHASE, 1, "en"), self.token)
        return found


def test_what_is_done_at_a_seat_ends_with_the_time_and_is_sealed(held: Held) -> None:
    with labd_process(held.folder) as labd:
        assert labd.stdout
        assert labd.stdout.readline() == "ready\n"
        asyncio.run(played(held))
    evidence = read_evidence(held.app.registry.jury_session(SESSION).folder.sealed(PHASE, CANDIDATE))
    said = turns_in(evidence.files[f"{SCENARIO}/{CONVERSATION}"])
    assert [turn.said for turn in said] == [SAID]
    assert said[0].reply


async def played(held: Held) -> None:
    """Hold the day: talk, look at the desktop, open a page, stop, go on, hand in; then read it from the seal."""
    async with held.client() as client:
        seat = Seat(held, client)
        plan = PLAN.replace(OTHER, SCENARIO)
        await client.call(PLAN_SESSION, PlanSession(plan, rehearsal=MINUTE), held.token)
        await seat.act("open", PHASE)
        await held.until(client, lambda view: not view.phases[0].opening)
        seat.token = await sat_down(held, client)
        await seat.act("begin", PHASE)
        async with asyncio.timeout(LONG):
            while (await client.call(g.SITTING, Nothing(), seat.token)).phases[0].standing != "working":
                await asyncio.sleep(0.2)
        (talked,) = (await client.call(k.SEAT_TALK, g.OfSubject(PHASE, 1, "en"), seat.token)).people
        person = talked.conversation.person.name
        assert talked.phrases
        asked = k.SayAtSeat(PHASE, 1, person, SAID, "en")
        async with asyncio.timeout(LONG):
            await client.call(k.SAY_AT_SEAT, asked, seat.token)
            while not (one := (await talk(seat))).turns:
                await asyncio.sleep(0.5)
        assert one.turns[0].reply
        (scenario,) = (await client.call(terminals.SEAT_HOSTS, terminals.OfSeatPhase(), seat.token)).scenarios
        host = next(one.name for one in scenario.hosts if one.desktop)
        async with client.seat_web(PHASE, 1, host, {"name": "127.0.0.1", "port": "9"}, seat.token) as page:
            assert json.loads(await page.recv())["state"] == "refused"
        async with client.seat_display(PHASE, 1, host, seat.token) as screen:
            async with asyncio.timeout(LONG):
                assert await screen.recv() == GREETING
            await seat.act("pause", text="Alarme.")
            assert await closing_code(screen) == SHUT
        async with client.seat_web(PHASE, 1, host, {"name": "127.0.0.1", "port": "9"}, seat.token) as page:
            assert json.loads(await page.recv())["state"] == "shut"
        await seat.act("resume")
        await seat.act("finished", PHASE, CANDIDATE)
        async with asyncio.timeout(LONG):
            while (ended := await seat.subject()).standing != "over":
                await asyncio.sleep(0.2)
        assert [turn.said for turn in ended.talks[0].turns] == [SAID]
        await held.until(client, lambda view: view.phases[0].rows[0].standing == "sealed")
        await asyncio.sleep(1.1)  # a session is looked at anew each second
        sealed = await seat.subject()
        assert (sealed.ticket, sealed.talks, sealed.report) == (ended.ticket, ended.talks, ended.report)


async def talk(seat: Seat) -> ConversationView:
    """Return what was said so far."""
    view: k.SeatTalkView = await seat.client.call(k.SEAT_TALK, g.OfSubject(PHASE, 1, "en"), seat.token)
    return view.people[0].conversation
