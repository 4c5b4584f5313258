"""A candidate at their seat in labd: their own scenarios in their own time, what they hand in, and nothing besides."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orchestrator.assessment.jury_session import JurySession
from orchestrator.core.text import same
from orchestrator.deliverables.deliverables_store import ANSWERS, REPORT
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labd import seat_calls
from orchestrator.labd import seat_contract as e
from orchestrator.labd import session_contract as contract
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Call, Nothing, Refusal
from orchestrator.labd.day_contract import ACT_ON_DAY, ActOnDay
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat, SeatAccess
from orchestrator.labd.seat_pace import SeatPace
from orchestrator.labd.sitting_desk import LONGEST
from orchestrator.labs import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.model.deliverables import HostQuestion
from tests.labd_talk import SOON

from .conftest import SCENARIO, Member, Site, Stations, refusal_of
from .test_day import act, opened
from .test_sessions import HERE, LIST, PLAN

pytestmark = pytest.mark.slow

READING = PLAN.replace("minutes: 75, scenarios", "minutes: 75, reading_minutes: 10, report: true, scenarios")
REPORTED = PLAN.replace("minutes: 75, scenarios", "minutes: 75, report: true, scenarios")
WRITTEN = g.ReportSubject("reseau", 1, "No network.", "A cable.", "Plugged it in.", "Pinged.", 12, "en")


@dataclass
class Room:
    """A session whose first phase is open, and the seats of its two candidates."""

    client: LabdClient
    organiser: Member
    zoe: str
    ali: str

    async def call(self, call: Call[Any, Any], asked: object, token: str | None = None) -> Any:  # noqa: ANN401
        return await self.client.call(call, asked, token or self.zoe)

    async def refused(self, call: Call[Any, Any], asked: object, token: str | None = None) -> Refusal:
        return await refusal_of(self.client, call, asked, token or self.zoe)

    async def begin(self) -> None:
        await act(self.client, self.organiser, "begin", "reseau")

    async def phase(self) -> g.SittingPhase:
        view: g.SittingView = await self.call(g.SITTING, Nothing())
        return view.phases[0]


@pytest.fixture
def site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Have the scenario ask something, and have nobody see a session that is a second old."""
    site.proofs.known = HERE
    planned = RunningLabs.planned

    def asked(self: RunningLabs, name: str | None) -> Running:
        running = planned(self, name)
        question = HostQuestion(kind="host", question=same("Which host?"), truth="pc1")
        return replace(running, plan=replace(running.plan, questions={"where": question}))

    monkeypatch.setattr(RunningLabs, "planned", asked)
    monkeypatch.setattr(SeatAccess, "look", SeatAccess.look_anew)
    return site


@asynccontextmanager
async def room(site: Site, plan: str = REPORTED, candidates: str = LIST) -> AsyncIterator[Room]:
    organiser = site.member("ines", "organiser")
    async with site.labd() as client:
        await opened(client, organiser, plan, candidates)
        made = await client.call(e.MAKE_CODES, e.MakeCodes("december"), organiser.token)
        tokens = []
        for one in made.codes:
            tokens.append((await client.call(e.TAKE_SEAT, e.TakeSeat(one.code, "192.0.2.1"), None)).token)
            (asked,) = (await client.call(e.SEATS, contract.OfSession("december"), organiser.token)).asked
            confirm = e.AnswerSeat("december", "confirm", one.number, asked.id)
            await client.call(e.ANSWER_SEAT, confirm, organiser.token)
        yield Room(client, organiser, *tokens)


def kept(site: Site, number: str, name: str) -> str:
    """Return what a candidate has handed in, as it is graded and sealed."""
    (lab,) = site.registry.jury_session("december").state().sittings["reseau", number].labs
    data = site.labs.hand_in(site.labs.running.planned(lab.instance))._store.read(lab.instance, name)
    return "" if data is None else data.decode()


def subject(place: int = 1, phase: str = "reseau") -> g.OfSubject:
    return g.OfSubject(phase, place, "en")


def answer(value: str, question: str = "where", place: int = 1, phase: str = "reseau") -> g.AnswerSubject:
    return g.AnswerSubject(phase, place, question, value, "en")


def test_a_candidate_waits_works_and_sees_what_they_handed_in(site: Site) -> None:
    async def play() -> None:
        async with room(site) as here:
            assert (await here.phase()).standing == "waiting"
            assert (await here.phase()).subjects == ()
            assert (await here.refused(g.SUBJECT, subject())).kind == "missing", "not before it begins"
            await here.begin()
            phase = await here.phase()
            assert (phase.standing, [one.place for one in phase.subjects]) == ("working", [1])
            assert (phase.left or 0) > 74 * 60
            ali: g.SittingView = await here.call(g.SITTING, Nothing(), here.ali)
            assert (ali.phases[0].left or 0) > 99 * 60, "extra time is in it"
            view: g.SittingSubject = await here.call(g.SUBJECT, subject())
            assert "<svg" in view.map
            assert {host.name for host in view.hosts} >= {"pc1"}
            assert (view.ticket is not None, view.about is not None) == (True, True)
            await here.call(g.ANSWER_SUBJECT, answer("pc1"))
            await here.call(g.REPORT_SUBJECT, WRITTEN)
            view = await here.call(g.SUBJECT, subject())
            assert view.questions[0].answer == "pc1"
            assert view.report is not None
            assert (view.report.cause, view.report.minutes) == ("A cable.", 12)
            await act(here.client, here.organiser, "announce", text="Une heure <b>.")
            await act(here.client, here.organiser, "announce", "", "C-02", text="Pour Ali.")
            said = (await here.call(g.SITTING, Nothing())).announced
            assert [one.text for one in said] == [same("Une heure <b>.")]
            more = ActOnDay("december", "extend", "reseau", "C-01", "Panne.", 20)
            await here.client.call(ACT_ON_DAY, more, here.organiser.token)
            said = (await here.call(g.SITTING, Nothing())).announced
            assert [one.text.en for one in said] == ["20 min more, by decision: Panne.", "Une heure <b>."]
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            assert (await here.phase()).standing == "over"
            view = await here.call(g.SUBJECT, subject())
            assert (view.standing, view.map, view.hosts, view.about) == ("over", "", (), None)
            assert view.questions[0].answer == "pc1"

    asyncio.run(play())
    assert "where: pc1" in kept(site, "C-01", ANSWERS)
    assert "A cable." in kept(site, "C-01", REPORT)
    assert kept(site, "C-02", ANSWERS) == kept(site, "C-02", REPORT) == ""


def test_a_candidate_is_told_nothing_that_is_not_theirs(site: Site) -> None:
    undrawn = LIST.replace("Zoé Faure", "Perséphone Quartz").replace("Ali Benali", "Hyacinthe Opale")

    async def play() -> str:
        async with room(site, candidates=undrawn) as here:
            await here.begin()
            await act(here.client, here.organiser, "incident", "", "C-01", text="Une chute.")
            view, day = await here.call(g.SUBJECT, subject()), await here.call(g.SITTING, Nothing())
            plan = site.labs.running.planned(
                site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs[0].instance
            ).plan
            said = f"{view} {day}"
            spoiled = [*(hint.en for hint in plan.hints), *(fault.fault for fault in plan.faults)]
            assert spoiled
            for secret in spoiled:
                assert secret not in said
            return said

    said = asyncio.run(play())
    # The people of a lab draw their names, and its networks their addresses: these are of neither.
    for secret in ("C-02", "Perséphone", "Quartz", "Hyacinthe", "Opale", "chute", repr("1.3"), "seed", SCENARIO):
        assert secret not in said, secret


def test_reading_time_has_tickets_and_no_machines(site: Site) -> None:
    async def play() -> None:
        async with room(site, READING) as here:
            await here.begin()
            phase = await here.phase()
            assert phase.standing == "reading"
            assert 590 <= phase.opens <= 600
            view: g.SittingSubject = await here.call(g.SUBJECT, subject())
            assert view.ticket is not None
            assert (view.hosts, view.map, view.about) == ((), "", None)
            assert "reading time" in (await here.refused(g.ANSWER_SUBJECT, answer("pc1"))).text.en
            assert "reading time" in (await here.refused(g.REPORT_SUBJECT, WRITTEN)).text.en

    asyncio.run(play())
    assert kept(site, "C-01", ANSWERS) == kept(site, "C-01", REPORT) == ""


def test_nothing_is_kept_outside_the_candidates_time(site: Site) -> None:
    """A pause, an early end, the deadline: a request that is sent again behind it is refused, and changes nothing."""

    async def play() -> None:
        async with room(site) as here:
            assert (await here.refused(g.ANSWER_SUBJECT, answer("pc1"))).kind == "missing"
            await here.begin()
            await here.call(g.ANSWER_SUBJECT, answer("pc1"))
            await act(here.client, here.organiser, "pause", text="Alarme.")
            assert (await here.phase()).standing == "stopped"
            assert "stands still" in (await here.refused(g.ANSWER_SUBJECT, answer(""))).text.en
            await act(here.client, here.organiser, "resume")
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            for asked, call in ((answer(""), g.ANSWER_SUBJECT), (WRITTEN, g.REPORT_SUBJECT)):
                assert "over" in (await here.refused(call, asked)).text.en
            await here.call(g.ANSWER_SUBJECT, answer("pc1"), here.ali)

    asyncio.run(play())
    assert "where: pc1" in kept(site, "C-01", ANSWERS)
    assert kept(site, "C-01", REPORT) == ""


def test_the_deadline_is_the_sessions_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with room(site) as here:
            await here.begin()
            state = site.registry.jury_session("december").state()
            end = state.deadline(state.sittings["reseau", "C-01"])
            assert end is not None

            class Late:
                def now(self) -> int:
                    return end or 0

            monkeypatch.setattr(JurySession, "clock", lambda _self, _state: Late())
            phase = await here.phase()
            assert (phase.standing, phase.left) == ("over", 0)
            assert "over" in (await here.refused(g.ANSWER_SUBJECT, answer("pc1"))).text.en
            await here.call(g.ANSWER_SUBJECT, answer("pc1"), here.ali)

    asyncio.run(play())
    assert kept(site, "C-01", ANSWERS) == ""


@pytest.mark.parametrize(
    ("phase", "place"),
    [("reseau", 0), ("reseau", 2), ("reseau", -1), ("reseau", 10**9), ("tirage", 1), ("nowhere", 1), ("", 1),
     ("../reseau", 1), ("reseau\0", 1), ("x" * 5000, 1)],
)  # fmt: skip
def test_what_is_not_theirs_reads_as_if_it_were_not_there(site: Site, phase: str, place: int) -> None:
    async def play() -> None:
        async with room(site) as here:
            await here.begin()
            report = replace(WRITTEN, phase=phase, place=place)
            calls: tuple[tuple[Call[Any, Any], object], ...] = (
                (g.SUBJECT, subject(place, phase)),
                (g.ANSWER_SUBJECT, answer("pc1", place=place, phase=phase)),
                (g.REPORT_SUBJECT, report),
            )
            for call, asked in calls:
                refused = await here.refused(call, asked)
                assert (refused.kind, refused.text.en) == ("missing", "There is no such scenario here.")

    asyncio.run(play())


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "a\x1b]52;c;aGk=\x07", "\0", "\u202eevil", "a\ud800"])
def test_what_is_no_text_is_not_kept(site: Site, text: str) -> None:
    async def play() -> None:
        async with room(site) as here:
            await here.begin()
            for asked, call in ((answer(text), g.ANSWER_SUBJECT), (replace(WRITTEN, cause=text), g.REPORT_SUBJECT)):
                try:
                    assert (await here.refused(call, asked)).kind == "wrong"
                except UnicodeEncodeError:  # no client can send half a character
                    assert "\ud800" in text

    asyncio.run(play())
    assert kept(site, "C-01", ANSWERS) == kept(site, "C-01", REPORT) == ""


def test_what_is_handed_in_is_text_whatever_is_in_it(site: Site) -> None:
    evil = "</textarea><script>alert(1)</script>{{ 7 * 7 }}\n---\n## Cause\n../../x"

    async def play() -> g.SittingSubject:
        async with room(site) as here:
            await here.begin()
            await here.call(g.REPORT_SUBJECT, replace(WRITTEN, symptom=evil))
            for wrong in ("nowhere", "pc1\nother: x", "- [a]"):
                assert (await here.refused(g.ANSWER_SUBJECT, answer(wrong))).kind == "wrong"
            for question in ("none", "../where", ""):
                assert (await here.refused(g.ANSWER_SUBJECT, answer("pc1", question))).kind == "wrong"
            for minutes in (-1, 10**12):
                assert (await here.refused(g.REPORT_SUBJECT, replace(WRITTEN, minutes=minutes))).kind == "wrong"
            view: g.SittingSubject = await here.call(g.SUBJECT, subject())
            return view

    view = asyncio.run(play())
    assert view.report is not None
    assert (view.report.symptom, view.report.cause) == (evil, "A cable.")


def test_a_hand_in_of_any_size_is_refused_and_the_next_is_heard(site: Site) -> None:
    async def play() -> None:
        async with room(site) as here:
            await here.begin()
            huge = answer("x" * (100 * 1024 * 1024))
            try:
                refused = await here.refused(g.ANSWER_SUBJECT, huge)
                assert refused.kind in {"wrong", "machine"}
            except RefusedError as error:
                assert error.refusal.kind in {"wrong", "machine"}  # noqa: PT017 - it may be cut while it is sent
            await here.call(g.ANSWER_SUBJECT, answer("pc1"))

    asyncio.run(play())
    assert "where: pc1" in kept(site, "C-01", ANSWERS)


def test_twelve_who_flood_are_slowed_each_alone(site: Site) -> None:
    async def play() -> None:
        async with room(site) as here:
            await here.begin()

            async def one() -> str:
                try:
                    await here.call(g.SITTING, Nothing())
                except RefusedError as error:
                    return error.refusal.kind
                return ""

            said = await asyncio.gather(*(one() for _ in range(200)))
            assert set(said) == {"", "too-often"}
            assert said.count("") < 100
            await here.call(g.ANSWER_SUBJECT, answer("pc1"), here.ali)
            assert (await here.client.call(e.SEATS, contract.OfSession("december"), here.organiser.token)).seats

    asyncio.run(play())


def test_a_seat_has_a_pace_of_its_own() -> None:
    now = 0.0
    pace = SeatPace(lambda: now)

    async def heard(seat: Seat) -> bool:
        try:
            async with pace.turn(seat):
                return True
        except Exception:
            return False

    async def play() -> None:
        nonlocal now
        zoe, ali = Seat("december", "C-01"), Seat("december", "C-02")
        assert [await heard(zoe) for _ in range(50)].count(True) == 40
        assert await heard(ali)
        now = 1.0
        assert [await heard(zoe) for _ in range(10)].count(True) == 5

    asyncio.run(play())


def test_a_save_that_takes_long_keeps_no_other_candidate_s_waiting(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a deadline all save at once."""
    may, entered = threading.Event(), threading.Event()
    planned = RunningLabs.planned

    async def play() -> None:
        async with room(site) as here:
            await here.begin()
            (slow,) = site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs

            def waits(self: RunningLabs, name: str | None) -> Running:
                if name == slow.instance:
                    entered.set()
                    assert may.wait(SOON)
                return planned(self, name)

            monkeypatch.setattr(RunningLabs, "planned", waits)
            saving = asyncio.create_task(here.call(g.ANSWER_SUBJECT, answer("pc1")))
            try:
                assert await asyncio.to_thread(entered.wait, SOON)
                await asyncio.wait_for(here.call(g.ANSWER_SUBJECT, answer("pc2"), here.ali), SOON)
                assert not saving.done()
            finally:
                may.set()
            await saving

    asyncio.run(play())
    assert ("pc1" in kept(site, "C-01", ANSWERS), "pc2" in kept(site, "C-02", ANSWERS)) == (True, True)


def test_an_hour_of_acts_on_cables_is_a_short_journal() -> None:
    now = [0]
    pace = SeatPace(lambda: now[0], a_second=seat_calls._CABLES_A_SECOND, at_once=seat_calls._CABLES_AT_ONCE)
    refusals: list[Refusal] = []

    async def play() -> int:
        acts = 0
        for now[0] in range(3600):
            try:
                async with pace.turn(Seat("december", "C-01")):
                    acts += 1
            except RefusedCallError as error:
                refusals.append(error.refusal)
        return acts

    assert 180 <= asyncio.run(play()) <= 240
    assert 10 < refusals[0].seconds <= 20, "who waits is told how long"


def test_a_cable_is_moved_within_the_candidates_time_and_noted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    touched: set[str] = set()
    really = Stations.set_port

    def set_port(self: Stations, target: HostRef, interface: str, **other: Any) -> None:  # noqa: ANN401
        touched.add(target.instance)
        really(self, target, interface, **other)

    def move(action: Any, host: str = "pc1", **other: Any) -> g.MoveSubjectCable:  # noqa: ANN401
        return g.MoveSubjectCable("reseau", 1, host, "eth0", action, **other)

    async def play() -> None:
        async with room(site) as here:
            assert (await here.refused(g.CABLE_SUBJECT, move("unplug"))).kind == "missing"
            await here.begin()
            monkeypatch.setattr(Stations, "set_port", set_port)
            await here.call(g.CABLE_SUBJECT, move("plug"))
            await here.call(g.CABLE_SUBJECT, move("unplug"))
            (cable,) = [one for one in (await here.call(g.SUBJECT, subject())).cables if one.host == "pc1"]
            assert not cable.plugged
            await here.call(g.CABLE_SUBJECT, move("move", segment=cable.at))
            for wrong in (move("cut"), move("plug", "none"), move("move", segment="none"), move("move")):
                assert (await here.refused(g.CABLE_SUBJECT, wrong)).kind == "wrong"
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            assert "over" in (await here.refused(g.CABLE_SUBJECT, move("plug"))).text.en

    asyncio.run(play())
    (lab,) = site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs
    assert touched == {lab.instance}, "the other's lab is another"
    noted = [one for one in site.registry.log.events("december") if one.kind == "cabled"]
    assert [(one.by, one.candidate, one.details["act"].split()[2]) for one in noted] == [
        ("C-01", "C-01", "plug"), ("C-01", "C-01", "unplug"), ("C-01", "C-01", "move"),
    ]  # fmt: skip
