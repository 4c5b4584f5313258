"""A candidate's terminal in the browser, on a real host: from their seat to the sealed evidence."""

from __future__ import annotations

import asyncio
import json

import pytest

from orchestrator.assessment.evidence import read_evidence
from orchestrator.labd import day_contract as d
from orchestrator.labd import day_screen_contract as screens
from orchestrator.labd import seat_contract as seats
from orchestrator.labd import seat_terminal_contract as terminals
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_contract import PLAN_SESSION, OfSession, PlanSession
from tests.labd_talk import closing_code, labd_process, shown
from tests.live.test_day import CANDIDATE, LONG, PHASE, PLAN, SCENARIO, SESSION, Held, held

__all__ = ["held"]
pytestmark = [pytest.mark.live, pytest.mark.core, pytest.mark.slow]

MINUTE = 40
"""Seconds: the phase's eight minutes are never waited for, since the candidate hands in early."""
MARK = "seen-by-the-jury"


def test_a_terminal_in_the_browser_is_evidence(held: Held) -> None:
    with labd_process(held.folder) as labd:
        assert labd.stdout
        assert labd.stdout.readline() == "ready\n"
        asyncio.run(played(held))
    evidence = read_evidence(held.app.registry.jury_session(SESSION).folder.sealed(PHASE, CANDIDATE))
    typed = evidence.files["timeline.csv"].decode()
    assert f"echo {MARK}" in typed
    assert "read -s" in typed
    assert "hunter2" not in typed
    (cast,) = [content.decode() for name, content in evidence.files.items() if name.endswith(".cast")]
    assert MARK in cast
    assert "hunter2" not in cast


async def played(held: Held) -> None:
    """Hold the day: open, sit down, type, stop, go on, hand in."""
    async with held.client() as client:

        async def act(what: d.DayAct, phase: str = "", number: str = "", text: str = "") -> None:
            await client.call(d.ACT_ON_DAY, d.ActOnDay(SESSION, what, phase, number, text), held.token)

        await client.call(PLAN_SESSION, PlanSession(PLAN, rehearsal=MINUTE), held.token)
        await act("open", PHASE)
        await held.until(client, lambda view: not view.phases[0].opening)
        token = await sat_down(held, client)
        await act("begin", PHASE)
        (scenario,) = (await client.call(terminals.SEAT_HOSTS, terminals.OfSeatPhase(), token)).scenarios
        asked = terminals.OpenSeatTerminal(PHASE, SCENARIO, scenario.hosts[0].name, "root", 24, 80)
        one = await client.call(terminals.OPEN_SEAT_TERMINAL, asked, token)
        async with client.seat_terminal(PHASE, one.id, token, None) as viewer:
            await shown(viewer, b"#", LONG)
            await viewer.send(json.dumps({"resize": [30, 100]}))
            await viewer.send(f"echo {MARK}; stty size; read -s -p 'word: '\r".encode())
            await shown(viewer, b"30 100\r\nword: ", LONG)
            await viewer.send(b"hunter2\r")
            await shown(viewer, b"#", LONG)
            await act("pause", text="Alarme.")
            assert await closing_code(viewer) == 4425
        (seen,) = (await client.call(screens.SCREENS, OfSession(SESSION), held.token)).screens
        assert MARK in seen.text
        whole = screens.OfScreen(SESSION, PHASE, CANDIDATE, seen.terminal)
        assert "hunter2" not in (await client.call(screens.LOOK_AT_SCREEN, whole, held.token)).text
        await act("resume")
        async with client.seat_terminal(PHASE, one.id, token, None) as viewer:
            await shown(viewer, MARK.encode(), LONG)
            await act("finished", PHASE, CANDIDATE)
            assert await closing_code(viewer) in {4408, 4409}
        view = await held.until(client, lambda view: view.phases[0].rows[0].standing == "sealed")
        assert any("looks at the terminal" in entry.text.en for entry in view.entries)


async def sat_down(held: Held, client: LabdClient) -> str:
    """Return the token of a browser that has the candidate's seat."""
    (code,) = (await client.call(seats.MAKE_CODES, seats.MakeCodes(SESSION, CANDIDATE), held.token)).codes
    taken = await client.call(seats.TAKE_SEAT, seats.TakeSeat(code.code), None)
    (asked,) = (await client.call(seats.SEATS, OfSession(SESSION), held.token)).asked
    await client.call(seats.ANSWER_SEAT, seats.AnswerSeat(SESSION, "confirm", CANDIDATE, asked.id), held.token)
    return taken.token
