"""A jury session's day in labd: drawn, opened, begun, held, supervised by a process that outlives labd."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import Opened, Opening
from orchestrator.assessment.state import SessionState
from orchestrator.core.waiting import wait_until
from orchestrator.labd import day_contract as d
from orchestrator.labd import session_contract as contract
from orchestrator.labd.day_openings import DayOpenings
from orchestrator.labd.day_supervision import DaySupervision
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.proof.proof_status import Status
from tests.labd_talk import SOON

from .conftest import SCENARIO, Member, Site, refusal_of
from .test_sessions import HERE, LIST, PLAN, planned

pytestmark = pytest.mark.slow

SUPERVISOR = """\
import fcntl, os, signal, sys
folder = os.path.join({folder!r}, sys.argv[1])
lock = open(os.path.join(folder, "supervisor.lock"), "w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
with open(os.path.join({folder!r}, "supervisors"), "a") as told:
    told.write(f"{{os.getpid()}}\\n")
signal.alarm(600)  # one that a test has not heard of ends as well
signal.pause()
"""
"""Holds a session's lock as ``session run`` does, and tells its number."""


class Supervisors:
    """Processes that hold sessions' locks; those that are left are killed behind a test."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / "supervisors"
        self.command = (sys.executable, "-S", "-c", SUPERVISOR.format(folder=str(folder)))

    def all(self) -> list[int]:
        return [int(line) for line in self._told.read_text().split()] if self._told.exists() else []

    def end(self) -> None:
        for number in self.all():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


@pytest.fixture
def supervisors(site: Site) -> Iterator[Supervisors]:
    made = Supervisors(site.folder / "sessions")
    yield made
    made.end()


@pytest.fixture
def site(site: Site) -> Site:
    site.proofs.known = HERE
    return site


@pytest.fixture
def organiser(site: Site, supervisors: Supervisors) -> Member:
    site.supervising = supervisors.command
    return site.member("ines", "organiser")


async def day(client: LabdClient, who: Member) -> d.DayView:
    return await client.call(d.DAY, contract.OfSession("december"), who.token)


async def act(client: LabdClient, who: Member, act: d.DayAct, *where: str, text: str = "") -> None:
    phase, candidate = (*where, "", "")[:2]
    await client.call(d.ACT_ON_DAY, d.ActOnDay("december", act, phase, candidate, text), who.token)


async def until(client: LabdClient, who: Member, holds: Callable[[d.DayView], bool]) -> d.DayView:
    async with asyncio.timeout(SOON):
        while not holds(view := await day(client, who)):
            await asyncio.sleep(0)
    return view


async def opened(client: LabdClient, who: Member, plan: str = PLAN, candidates: str = LIST) -> d.DayView:
    """Plan the session, and open its first phase."""
    await planned(client, who.token, plan, candidates=candidates)
    await act(client, who, "open", "reseau")
    view = await until(client, who, lambda view: not view.phases[0].opening)
    assert view.phases[0].trouble is None
    return view


def standings(view: d.DayView) -> dict[str, str]:
    return {row.number: row.standing for row in view.phases[0].rows}


def test_a_day_from_the_drawing_to_who_hands_in(site: Site, organiser: Member, supervisors: Supervisors) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            view = await day(client, organiser)
            fixed, drawn = view.phases
            assert (fixed.acts, drawn.acts) == (("open",), ("draw", "open"))
            assert (view.supervision, view.acts, fixed.labs) == ("idle", ("announce", "incident"), 2)
            await act(client, organiser, "draw", "tirage", text="ab" * 16)
            drawn = (await day(client, organiser)).phases[1]
            assert (drawn.seed, drawn.same, len(drawn.drawn), drawn.acts) == ("ab" * 16, True, 2, ("open",))

            await act(client, organiser, "open", "reseau")
            view = await until(client, organiser, lambda view: not view.phases[0].opening)
            assert (view.phases[0].opened, view.phases[0].failures, view.phases[0].trouble) == (2, (), None)
            assert view.phases[0].acts == ("begin",)
            assert standings(view) == {"C-01": "ready", "C-02": "ready"}
            assert not any(row.lost for row in view.phases[0].rows)

            await act(client, organiser, "absent", "reseau", "C-02")
            await act(client, organiser, "begin", "reseau")
            view = await until(client, organiser, lambda view: view.supervision == "on")
            assert standings(view) == {"C-01": "working", "C-02": "absent"}
            zoe, ali = view.phases[0].rows
            assert (zoe.left or 0) > 70 * 60
            assert (ali.left, ali.acts) == (None, ("begin", "arrived", "replace", "announce", "incident"))
            assert supervisors.all() != []

            await act(client, organiser, "arrived", "reseau", "C-02")
            await act(client, organiser, "pause", text="Alarme incendie.")
            view = await day(client, organiser)
            assert (view.paused, "resume" in view.acts) == (True, True)
            assert standings(view) == {"C-01": "stopped", "C-02": "stopped"}
            await act(client, organiser, "resume")
            await act(client, organiser, "pause", "", "C-01", text="Malaise.")
            view = await day(client, organiser)
            assert standings(view) == {"C-01": "stopped", "C-02": "working"}
            assert view.phases[0].rows[0].paused
            await act(client, organiser, "resume", "", "C-01")
            await act(client, organiser, "announce", text="Il reste une heure.")
            await act(client, organiser, "incident", "", "C-01", text="Une chute.")
            await act(client, organiser, "finished", "reseau", "C-01")
            view = await day(client, organiser)
            assert standings(view)["C-01"] == "over"
            said = [(one.by, one.candidate, one.text.en) for one in view.entries]
            assert ("ines", "C-01", "Incident: Une chute.") in said
            assert ("ines", "", "Announcement: Il reste une heure.") in said
            assert ("", "C-01", f"The lab {SCENARIO} is ready.") in said
            assert [one.number for one in view.entries] == sorted((one.number for one in view.entries), reverse=True)

    asyncio.run(play())
    by = {event.by for event in site.registry.log.events("december") if event.kind in {"started", "paused", "absent"}}
    assert by == {organiser.who.ref}


def test_labs_that_come_up_while_the_day_is_read_are_not_missing(
    site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is read, then the labs come up: the page says that they are being prepared, not that they lack."""
    running: list[DayOpenings] = []
    read = threading.Event()
    begin, found, prepare = DayOpenings.begin, SessionDesk.found, Opening.open

    def noted(openings: DayOpenings, session: JurySession, phase: str, work: Callable[[Opening], object]) -> None:
        begin(openings, session, phase, work)
        running.append(openings)

    def held(opening: Opening, phase: str, by: str) -> Opened:
        assert read.wait(SOON)
        return prepare(opening, phase, by)

    def late(desk: SessionDesk, session: str) -> tuple[JurySession, SessionState]:
        seen = found(desk, session)
        if running:
            read.set()
            assert wait_until(lambda: not running[0].of(session), within=SOON, every=0.01)
        return seen

    monkeypatch.setattr(DayOpenings, "begin", noted)
    monkeypatch.setattr(SessionDesk, "found", late)
    monkeypatch.setattr(Opening, "open", held)

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            await act(client, organiser, "open", "reseau")
            seen = (await day(client, organiser)).phases[0]
            assert (seen.opened, seen.opening, seen.acts) == (0, True, ())
            seen = (await day(client, organiser)).phases[0]
            assert (seen.opened, seen.opening, seen.acts) == (2, False, ("begin",))

    asyncio.run(play())


@pytest.mark.parametrize(
    ("act_", "where", "text", "kind", "said"),
    [
        ("open", (), "", "wrong", "for which phase"),
        ("absent", ("reseau",), "", "wrong", "for whom"),
        ("open", ("nowhere",), "", "wrong", "no phase 'nowhere'"),
        ("begin", ("reseau",), "", "wrong", "are not all open"),
        ("finished", ("reseau", "C-01"), "", "wrong", "are not all open"),
        ("announce", ("", "C-99"), "Bonjour.", "wrong", "no candidate 'C-99'"),
        ("pause", (), "  ", "wrong", "Say it"),
        ("extend", ("reseau",), "Panne.", "wrong", "for whom"),
        ("extend", ("reseau", "C-01"), "", "wrong", "Say it"),
        ("replace", ("reseau", "C-01"), "Panne.", "wrong", "are not all open"),
        ("incident", (), "x" * 501, "wrong", "Say it"),
        ("announce", (), "a\x1b[2J", "wrong", "Say it"),
        ("resume", (), "", "wrong", "does not stand still"),
        ("draw", ("nowhere",), "a witness's words", "wrong", "no phase 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_kept(
    site: Site, organiser: Member, act_: d.DayAct, where: tuple[str, ...], text: str, kind: str, said: str
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            before = site.registry.log.events("december")
            phase, candidate = (*where, "", "")[:2]
            asked = d.ActOnDay("december", act_, phase, candidate, text)
            refusal = await refusal_of(client, d.ACT_ON_DAY, asked, organiser.token)
            assert refusal.kind == kind
            assert said in refusal.text.en
            assert "breakfix" not in f"{refusal.text} {refusal.hint}"
            assert site.registry.log.events("december") == before

    asyncio.run(play())


def test_a_phase_whose_proofs_have_gone_is_not_opened_and_says_why(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            site.proofs.known = Status("changed", "2026-11-27T10:00:00Z")
            await act(client, organiser, "open", "reseau")
            view = await until(client, organiser, lambda view: not view.phases[0].opening)
            assert view.phases[0].trouble is not None
            assert view.phases[0].trouble.en == f"{SCENARIO} is not proven."
            assert view.phases[0].acts == ("open",), "it may be tried again"
            site.proofs.known = HERE
            await act(client, organiser, "open", "reseau")
            view = await until(client, organiser, lambda view: view.phases[0].opened == 2)
            assert view.phases[0].trouble is None

    asyncio.run(play())


def test_one_opening_at_a_time_and_the_end_of_labd_stops_it(site: Site, organiser: Member) -> None:
    site.fabric.may_boot.clear()

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            await act(client, organiser, "open", "reseau")
            assert await asyncio.to_thread(site.fabric.booting.acquire, timeout=SOON)
            asked = d.ActOnDay("december", "open", "reseau")
            assert (await refusal_of(client, d.ACT_ON_DAY, asked, organiser.token)).kind == "busy"
            assert (await day(client, organiser)).phases[0].opening
            site.fabric.may_boot.set()
            await until(client, organiser, lambda view: not view.phases[0].opening)

    asyncio.run(play())


def test_who_may_not_prepare_sessions_may_not_hold_them(site: Site, organiser: Member) -> None:
    trainer = site.member("theo", "trainer")

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, candidates=LIST)
            asked = d.ActOnDay("december", "announce", text="Bonjour.")
            assert (await refusal_of(client, d.ACT_ON_DAY, asked, trainer.token)).kind == "forbidden"
            look = contract.OfSession("december")
            assert (await refusal_of(client, d.DAY, look, trainer.token)).kind == "forbidden"

    asyncio.run(play())


def test_a_decision_adds_minutes(site: Site, organiser: Member) -> None:
    async def left(client: LabdClient) -> int:
        return (await day(client, organiser)).phases[0].rows[0].left or 0

    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser)
            await act(client, organiser, "begin", "reseau")
            asked = d.ActOnDay("december", "extend", "reseau", "C-01", "Panne.")
            for minutes in (0, -5, 100_000):
                wrong = replace(asked, minutes=minutes)
                assert "cannot be added" in (await refusal_of(client, d.ACT_ON_DAY, wrong, organiser.token)).text.en
            before = await left(client)
            await client.call(d.ACT_ON_DAY, replace(asked, minutes=20), organiser.token)
            assert before + 15 * 60 < await left(client) <= before + 20 * 60

    asyncio.run(play())


def test_another_variant_is_prepared_for_a_lab_that_failed(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            view = await opened(client, organiser)
            row = view.phases[0].rows[0]
            assert [scenario for scenario, _ in row.subjects] == [SCENARIO]
            assert "replace" in row.acts
            await act(client, organiser, "begin", "reseau")
            asked = d.ActOnDay("december", "replace", "reseau", "C-01", "pc1 a disparu.", scenario=SCENARIO)
            assert "time of C-01 runs" in (await refusal_of(client, d.ACT_ON_DAY, asked, organiser.token)).text.en
            await act(client, organiser, "pause", "", "C-01", text="Panne.")
            unknown = replace(asked, scenario="other")
            assert "no lab" in (await refusal_of(client, d.ACT_ON_DAY, unknown, organiser.token)).text.en
            await client.call(d.ACT_ON_DAY, asked, organiser.token)
            view = await until(client, organiser, lambda view: not view.phases[0].opening)
            assert view.phases[0].trouble is None
            variants = {one.candidate: one.details["variant"] for one in site.registry.log.events("december")
                        if one.kind == "opened"}  # fmt: skip
            assert variants == {"C-01": 1, "C-02": 0}

    asyncio.run(play())


def test_an_invigilator_sees_the_room_and_moves_no_time(site: Site, organiser: Member) -> None:
    invigilator = site.member("remi", "invigilator")

    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser)
            await act(client, organiser, "draw", "tirage", text="ab" * 16)
            assert SCENARIO in str(await day(client, organiser))
            for one in ("draw", "open", "begin", "pause", "resume", "extend"):
                asked = d.ActOnDay("december", one, "reseau", "C-01", "ab" * 16, 20)
                assert (await refusal_of(client, d.ACT_ON_DAY, asked, invigilator.token)).kind == "forbidden"
            await act(client, organiser, "begin", "reseau")
            await act(client, invigilator, "arrived", "reseau", "C-02")
            await act(client, invigilator, "incident", "", "C-01", text="Une chute.")
            view = await day(client, invigilator)
            told = str(view)
            assert SCENARIO not in told
            assert "ab" * 16 not in told
            assert [one.text.en for one in view.entries if one.by] == [
                "Incident: Une chute.", "Arrived late; the end stays where it is.", "The assessment begins.",
            ]  # fmt: skip
            assert {one for row in view.phases[0].rows for one in row.acts} == {
                "arrived", "absent", "finished", "announce", "incident",
            }  # fmt: skip
            assert (view.phases[0].acts, view.phases[1].acts) == ((), ())

    asyncio.run(play())


def test_a_closed_session_is_only_looked_at(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser)
            site.registry.jury_session("december").keep(Draft("closed", "leroy", 0))
            view = await day(client, organiser)
            assert (view.stage, view.acts, {phase.acts for phase in view.phases}) == ("closed", (), {()})
            assert {row.acts for row in view.phases[0].rows} == {()}
            asked = d.ActOnDay("december", "incident", text="Trop tard.")
            assert "closed" in (await refusal_of(client, d.ACT_ON_DAY, asked, organiser.token)).text.en

    asyncio.run(play())


# Supervision --------------------------------------------------------------------------------------------------


def test_a_killed_supervisor_is_back_and_one_outlives_labd(
    site: Site, organiser: Member, supervisors: Supervisors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DaySupervision, "every", 0.05)

    async def play() -> int:
        async with site.labd() as client:
            await opened(client, organiser)
            assert supervisors.all() == [], "nothing runs yet"
            await act(client, organiser, "begin", "reseau")
            await until(client, organiser, lambda view: view.supervision == "on")
            (first,) = supervisors.all()
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(SOON):
                while len(supervisors.all()) < 2:
                    await asyncio.sleep(0)
            view = await until(client, organiser, lambda view: view.supervision == "on")
            assert view.trouble is None
            return supervisors.all()[1]

    second = asyncio.run(play())
    os.kill(second, 0)
    assert site.registry.jury_session("december").folder.is_supervised()

    async def again() -> None:
        async with site.labd() as client:
            assert (await day(client, organiser)).supervision == "on"

    asyncio.run(again())
    assert len(supervisors.all()) == 2, "labd leaves a supervisor that runs alone"


def test_a_supervisor_that_does_not_start_is_told(site: Site, organiser: Member) -> None:
    site.supervising = (sys.executable, "-S", "-c", "import sys; sys.exit('no engine')")

    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser)
            await act(client, organiser, "begin", "reseau")
            view = await until(client, organiser, lambda view: view.trouble is not None)
            assert view.supervision == "off"

    asyncio.run(play())
    log = site.folder / "sessions" / "december" / "supervisor.log"
    assert wait_until(lambda: "no engine" in log.read_text(), within=SOON)


def test_a_damaged_session_keeps_nobody_from_being_supervised(
    site: Site, organiser: Member, supervisors: Supervisors
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            other = PLAN.replace("id: december", "id: worn-out")
            await planned(client, organiser.token, other, candidates=LIST)
            site.registry.jury_session("worn-out").keep(Draft("warned", "root", 0, "C-01", "nowhere"))
            await opened(client, organiser)
            await act(client, organiser, "begin", "reseau")
            await until(client, organiser, lambda view: view.supervision == "on")

    asyncio.run(play())
    assert len(supervisors.all()) == 1
