"""Candidates' terminals on the wall: a browser's and the command line's, as text; who looks is written down."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from orchestrator.assessment.asciicast import TerminalRecorder
from orchestrator.assessment.events import Draft
from orchestrator.assessment.session_clock import Kernel
from orchestrator.assessment.terminal_gate import new_recording
from orchestrator.labd import day_alarms, seat_presence
from orchestrator.labd import day_screen_contract as contract
from orchestrator.labd.day_alarms import alarms_of
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_presence import SeatPresence
from orchestrator.labd.session_contract import OfSession
from tests.labd_talk import SOON, shown

from .conftest import SCENARIO, Member, Site, refusal_of
from .test_day import act, day
from .test_seat_terminals import begun, organiser, seated, site, supervisors, terminal

__all__ = ["organiser", "site", "supervisors"]
pytestmark = pytest.mark.slow


async def screens(client: LabdClient, who: Member, holds: str = "") -> tuple[contract.ScreenView, ...]:
    """Return what the terminals show, once some text is there."""
    async with asyncio.timeout(SOON):
        while True:
            seen = await client.call(contract.SCREENS, OfSession("december"), who.token)
            if not holds or any(holds in one.text for one in seen.screens):
                return seen.screens
            await asyncio.sleep(0.05)


def recorded(site: Site, number: str, host: str, *texts: str) -> None:
    """Record a terminal as ``session seat`` does."""
    folder = site.registry.jury_session("december").folder.sitting("reseau", number)
    path = new_recording(folder, SCENARIO, host)
    with closing(TerminalRecorder(path, rows=24, columns=80, now=time.time, title=f"{SCENARIO} {host}")) as recorder:
        for text in texts:
            recorder.shown(text.encode())


def test_the_wall_has_the_terminals_of_browsers_and_of_the_command_line(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            assert (
                await refusal_of(client, contract.SCREENS, OfSession("december"), organiser.token)
            ).kind == "missing"
            zoe, _ = await begun(client, organiser)
            assert await screens(client, organiser) == ()
            one = await terminal(client, zoe)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await viewer.send(b"<b>hello</b>\r")
                await shown(viewer, b"</b>\r\n<b>hello</b>\r\n")
            recorded(site, "C-02", "pc2", "\x1b]0;evil\x07\x1b[31mroot@pc2:~#\u202e ")
            zoes, alis = await screens(client, organiser, "root@pc2:~#")
            assert (zoes.number, zoes.name, zoes.host, zoes.text) == (
                "C-01", "Zoé Faure", "pc1", "<b>hello</b>\n<b>hello</b>",
            )  # fmt: skip
            assert (alis.number, alis.terminal, alis.text) == ("C-02", f"{SCENARIO}.pc2-1", "root@pc2:~#")
            recorded(site, "C-02", "pc1", "\r\n".join(f"line {number} ".ljust(75, "x") for number in range(200)))
            last = (await screens(client, organiser, "line 199"))[1].text.split("\n")
            assert len(last) == 16
            assert max(map(len, last)) == 75
            for number in range(1, 9):
                recorded(site, "C-02", "pc1", f"terminal {number}")
            seen = await screens(client, organiser, "terminal 8")
            assert [one.number for one in seen] == ["C-01", "C-02", "C-02", "C-02"]

    asyncio.run(play())


def test_who_looks_at_a_terminal_is_written_down_and_types_nothing(site: Site, organiser: Member) -> None:
    theo = site.member("theo", "trainer", "jury")

    async def play() -> None:
        async with site.labd() as client:
            await begun(client, organiser)
            recorded(site, "C-02", "pc2", "".join(f"line {number}\r\n" for number in range(30)))
            of = contract.OfScreen("december", "reseau", "C-02", f"{SCENARIO}.pc2-1")
            for _ in range(3):
                seen = await client.call(contract.LOOK_AT_SCREEN, of, organiser.token)
                assert seen.text.split("\n")[-1] == "line 29"
                assert len(seen.text.split("\n")) == 23
            (noted,) = site.registry.jury_session("december").state().of("looked")
            assert (noted.by, noted.candidate, noted.phase) == (organiser.who.ref, "C-02", "reseau")
            (entry,) = [one for one in (await day(client, organiser)).entries if "looks at" in one.text.en]
            assert (entry.by, entry.candidate) == ("ines", "C-02")
            for wrong in (
                contract.OfScreen("december", "reseau", "C-01", of.terminal),
                contract.OfScreen("december", "tirage", "C-02", of.terminal),
                contract.OfScreen("december", "reseau", "C-02", f"../../C-02/recordings/{of.terminal}"),
                contract.OfScreen("december", "reseau", "../reseau/C-02", of.terminal),
                contract.OfScreen("january", "reseau", "C-02", of.terminal),
            ):
                assert (await refusal_of(client, contract.LOOK_AT_SCREEN, wrong, organiser.token)).kind == "missing"
            assert (await refusal_of(client, contract.LOOK_AT_SCREEN, of, theo.token)).kind == "forbidden"
            assert (await refusal_of(client, contract.SCREENS, OfSession("december"), theo.token)).kind == "forbidden"
            jury_session = site.registry.jury_session("december")
            now = jury_session.clock(jury_session.state()).now()
            jury_session.keep(Draft("sealed", "breakfix", now, "C-02", "reseau", {"file": "x"}))
            assert (await refusal_of(client, contract.LOOK_AT_SCREEN, of, organiser.token)).kind == "missing"
            assert len(jury_session.state().of("looked")) == 1

    asyncio.run(play())


def test_the_day_tells_who_is_at_their_seat(site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            assert [row.browser for row in (await day(client, organiser)).phases[0].rows] == ["unknown", "unknown"]
            one = await terminal(client, zoe)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await shown(viewer, b"")
                first, second = (await day(client, organiser)).phases[0].rows
                assert (first.browser, first.gone, first.moved) == ("there", "", "")
                assert second.browser == "unknown"
            monkeypatch.setattr(seat_presence, "GONE_S", -1.0)
            first = (await day(client, organiser)).phases[0].rows[0]
            assert first.browser == "gone"
            assert first.gone
            await seated(client, organiser, "C-01")
            assert (await day(client, organiser)).phases[0].rows[0].moved
            await act(client, organiser, "finished", "reseau", "C-01")
            assert (await day(client, organiser)).phases[0].rows[0].browser == "unknown"

    asyncio.run(play())


def test_who_is_there_is_known_by_calls_and_terminals() -> None:
    now = [0.0]
    presence, seat = SeatPresence(lambda: now[0]), Seat("december", "C-01")
    assert presence.silent(seat) is None
    presence.heard_of(seat)
    now[0] = seat_presence.GONE_S
    assert presence.silent(seat) == 0
    now[0] += 1
    assert presence.silent(seat) == seat_presence.GONE_S + 1
    with presence.line(seat) as may:
        assert may
        now[0] += 100
        assert presence.silent(seat) == 0
    assert presence.silent(seat) == 0
    lines = [presence.line(seat) for _ in range(30)]
    assert [line.__enter__() for line in lines].count(True) == 24
    for line in lines:
        line.__exit__(None, None, None)
    now[0] += 100
    assert presence.silent(seat) == 100


class _Usage(NamedTuple):
    free: int


def test_a_clock_that_was_set_and_a_disk_that_fills_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(day_alarms.LEAST_FREE))
    assert list(alarms_of(day_alarms.DRIFT, tmp_path)) == []
    (told,) = alarms_of(-3600, tmp_path)
    assert "1\N{NO-BREAK SPACE}h apart" in told.en
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(100 << 20))
    (told,) = alarms_of(0, tmp_path)
    assert "100 MiB" in told.en
    monkeypatch.undo()
    (told,) = alarms_of(0, tmp_path / "gone")
    assert "cannot be read" in told.en


def test_the_day_tells_that_the_clock_was_set(site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await begun(client, organiser)
            assert (await day(client, organiser)).alarms == ()
            monkeypatch.setattr(Kernel, "wall", lambda _self: time.time_ns() + 7200 * 10**9)
            (told,) = (await day(client, organiser)).alarms
            assert "2\N{NO-BREAK SPACE}h apart" in told.en

    asyncio.run(play())
