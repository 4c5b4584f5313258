"""A candidate's desktop in the browser, on a real host: recorded from their seat to the sealed evidence."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from orchestrator.assessment.desktop_pictures import LIST, pictures_of
from orchestrator.assessment.evidence import read_evidence
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labd import day_contract as d
from orchestrator.labd import day_screen_contract as screens
from orchestrator.labd import seat_terminal_contract as terminals
from orchestrator.labd.rfb_viewer import GREETING
from orchestrator.labd.session_contract import PLAN_SESSION, OfSession, PlanSession
from tests.labd_talk import labd_process
from tests.live.test_day import CANDIDATE, LONG, PHASE, PLAN, SESSION, Held, held
from tests.live.test_day import SCENARIO as OTHER
from tests.live.test_seat_terminals import MINUTE, sat_down

__all__ = ["held"]
pytestmark = [pytest.mark.live, pytest.mark.slow]

SCENARIO, HOST = "no-web-sites", "pc1"
"""A lab whose workstation has a desktop that opens for whoever looks."""
ASK = b"\x02\x00\x00\x01\x00\x00\x00\x00\x03\x00" + bytes(4) + b"\x00\x10\x00\x10"


def test_a_desktop_in_the_browser_is_evidence(held: Held) -> None:
    with labd_process(held.folder) as labd:
        assert labd.stdout
        assert labd.stdout.readline() == "ready\n"
        asyncio.run(played(held))
    evidence = read_evidence(held.app.registry.jury_session(SESSION).folder.sealed(PHASE, CANDIDATE))
    folder = f"desktops/{SCENARIO}.{HOST}"
    said = pictures_of(evidence.files[f"{folder}/{LIST}"])
    assert len(said) >= 2
    found = [Image.open(BytesIO(evidence.files[f"{folder}/{one.number:06}.png"])).convert("RGB") for one in said]
    assert {one.size for one in found} == {(1024, 768)}
    assert found[0].tobytes() != found[-1].tobytes(), "something was seen to change"
    assert len({one.getpixel((x, y)) for one in found[-1:] for x in range(0, 1024, 64) for y in range(0, 768, 48)}) > 2


async def played(held: Held) -> None:
    """Hold the day: open, sit down, look at a desktop, hand in."""
    async with held.client() as client:

        async def act(what: d.DayAct, phase: str = "", number: str = "", text: str = "") -> None:
            await client.call(d.ACT_ON_DAY, d.ActOnDay(SESSION, what, phase, number, text), held.token)

        await client.call(PLAN_SESSION, PlanSession(PLAN.replace(OTHER, SCENARIO), rehearsal=MINUTE), held.token)
        await act("open", PHASE)
        await held.until(client, lambda view: not view.phases[0].opening)
        token = await sat_down(held, client)
        await act("begin", PHASE)
        (scenario,) = (await client.call(terminals.SEAT_HOSTS, terminals.OfSeatPhase(), token)).scenarios
        assert {one.name for one in scenario.hosts if one.desktop} >= {HOST}
        async with client.seat_display(PHASE, 1, HOST, token) as viewer:
            assert (await viewer.recv()) == GREETING
            await viewer.send(GREETING + b"\1\0" + ASK)
            folder = held.app.registry.jury_session(SESSION).folder.recordings(PHASE, CANDIDATE)
            path = folder / f"{SCENARIO}.{HOST}.desktop" / LIST
            async with asyncio.timeout(LONG):
                while not (view := await client.call(screens.SCREENS, OfSession(SESSION), held.token)).desktops:
                    await asyncio.sleep(0.5)
            (seen,) = view.desktops
            assert (seen.number, seen.host, seen.width, seen.height) == (CANDIDATE, HOST, 1024, 768)
            lab = held.app.registry.jury_session(SESSION).state().sittings[PHASE, CANDIDATE].labs[0].instance
            changed = asyncio.to_thread(_change, held, lab, path)
            assert await changed, "nothing was seen to change"
        await act("finished", PHASE, CANDIDATE)
        await held.until(client, lambda view: view.phases[0].rows[0].standing == "sealed")


def _change(held: Held, lab: str, path: Path) -> bool:
    """Have the desktop show something else, and return whether another picture of it is kept."""
    before = len(pictures_of(path.read_bytes()))
    held.app.fabric.run(
        HostRef(lab, HOST),
        (
            "/bin/sh",
            "-c",
            "for home in /home/*; do DISPLAY=:1 XAUTHORITY=$home/.Xauthority xsetroot -solid orange; done",
        ),
        timeout=30,
    )
    return bool(wait_until(lambda: len(pictures_of(path.read_bytes())) > before, within=LONG, every=0.5))
