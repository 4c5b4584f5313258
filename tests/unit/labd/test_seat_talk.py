"""Talk from a candidate's seat, over the socket: answered in their time alone, kept as ``session talk`` keeps it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.assessment.candidate import CandidateSeat
from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import same
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.labd import seat_talk as seat_talk_module
from orchestrator.labd import seat_talk_contract as k
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Call
from orchestrator.labd.seat_talk import SeatTalk
from orchestrator.labd.talk_contract import LONGEST_SAID, Said
from orchestrator.labs import Running
from orchestrator.labs.conversations import Conversations
from orchestrator.model.turns import Turn
from orchestrator.personas.conversation_file import turns_in
from tests.labd_talk import SOON

from .conftest import Site
from .test_day import act
from .test_sittings import READING, Room, kept, room, site, subject
from .test_talk import ANNE, MASKED, PASSWORD, SAM, TELLS

__all__ = ["site"]
pytestmark = pytest.mark.slow

ACTS = "Can you unplug the network cable?"


@pytest.fixture
def peopled(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose scenario has two people."""
    planned = site.labs.running.planned

    def with_people(name: str | None) -> Running:
        running = planned(name)
        return replace(running, plan=replace(running.plan, personas={one.name: one for one in (ANNE, SAM)}))

    monkeypatch.setattr(site.labs.running, "planned", with_people)
    return site


def saying(text: str, person: str = "anne", phase: str = "reseau", place: int = 1) -> k.SayAtSeat:
    return k.SayAtSeat(phase, place, person, text, "en")


async def say(here: Room, text: str, person: str = "anne", token: str | None = None) -> Said:
    said: Said = await here.call(k.SAY_AT_SEAT, saying(text, person), token)
    return said


async def talk(here: Room, token: str | None = None) -> k.SeatTalkView:
    view: k.SeatTalkView = await here.call(k.SEAT_TALK, subject(), token)
    return view


def said_in(view: k.SeatTalkView) -> list[list[str]]:
    return [[turn.said for turn in one.conversation.turns] for one in view.people]


def written(site: Site, number: str = "C-01") -> tuple[Turn, ...]:
    return turns_in(kept(site, number, CONVERSATION).encode())


def test_what_a_candidate_says_is_answered_and_kept_as_the_command_lines_is(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            view = await talk(here)
            assert [one.conversation.person.name for one in view.people] == ["anne", "sam"]
            assert said_in(view) == [[], []]
            assert "Does the keyboard answer" in view.people[0].phrases
            assert [one.name for one in (await here.call(g.SUBJECT, subject())).people] == ["anne", "sam"]
            said = await say(here, f"  {ACTS.replace(' ', chr(9), 1)} ")
            assert said.turn is not None
            assert (said.turn.said, said.turn.reply) == (ACTS, "I unplug it?")
            said = await say(here, "Yes")
            assert said.turn is not None
            assert [(one.kind, one.what) for one in said.turn.acts] == [
                ("cable", "eth0 unplug"), ("cable", "eth0 plug"),
            ]  # fmt: skip
            await say(here, TELLS, "sam")
            assert said_in(await talk(here)) == [[ACTS, "Yes"], [TELLS]]
            assert said_in(await talk(here, here.ali)) == [[], []], "another candidate's talk is their own"
            assert (await here.call(g.SUBJECT, subject())).talks == ()
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            view = await talk(here)
            assert (view.standing, view.people) == ("over", ())
            talks = (await here.call(g.SUBJECT, subject())).talks
            assert [[turn.said for turn in one.turns] for one in talks] == [[ACTS, "Yes"], [MASKED]]
            assert PASSWORD not in str(talks)

    asyncio.run(play())
    at_the_seat = written(peopled)
    assert [turn.said for turn in at_the_seat if not turn.begun] == [ACTS, "Yes", TELLS]
    assert [turn.said for turn in at_the_seat if turn.begun] == ["Yes"], "what is done is begun on the disk first"
    assert at_the_seat[-1].secrets == (PASSWORD,)
    assert written(peopled, "C-02") == ()


def test_nobody_talks_outside_a_candidates_time(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled, READING) as here:
            await refused_everywhere(here, "missing", "no such scenario")
            await here.begin()
            view = await talk(here)
            assert (view.standing, view.people) == ("reading", ())
            assert (await here.call(g.SUBJECT, subject())).people == ()
            assert "reading time" in (await here.refused(k.SAY_AT_SEAT, saying("Hello"))).text.en

    asyncio.run(play())
    assert kept(peopled, "C-01", CONVERSATION) == ""


async def refused_everywhere(here: Room, kind: str, words: str, phase: str = "reseau", place: int = 1) -> None:
    asked: tuple[tuple[Call[Any, Any], object], ...] = (
        (k.SEAT_TALK, subject(place, phase)),
        (k.SAY_AT_SEAT, saying("Hello", phase=phase, place=place)),
    )
    for call, request in asked:
        refusal = await here.refused(call, request)
        assert (refusal.kind, words in refusal.text.en) == (kind, True), call.name


def test_a_pause_and_the_end_close_the_talk(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            await say(here, "Hello")
            await act(here.client, here.organiser, "pause", text="Alarme.")
            assert "stands still" in (await here.refused(k.SAY_AT_SEAT, saying("And now?"))).text.en
            view = await talk(here)
            assert (view.standing, said_in(view)) == ("stopped", [["Hello"], []])
            assert [one.phrases for one in view.people] == [(), ()]
            await act(here.client, here.organiser, "resume")
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            assert "over" in (await here.refused(k.SAY_AT_SEAT, saying("And now?"))).text.en
            await say(here, "Hello", token=here.ali)

    asyncio.run(play())
    assert [turn.said for turn in written(peopled)] == ["Hello"]


@pytest.mark.parametrize(
    ("phase", "place"), [("reseau", 0), ("reseau", 2), ("reseau", -1), ("tirage", 1), ("nowhere", 1), ("../reseau", 1)]
)
def test_a_talk_that_is_not_theirs_reads_as_if_it_were_not_there(peopled: Site, phase: str, place: int) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            await refused_everywhere(here, "missing", "no such scenario", phase, place)

    asyncio.run(play())


def test_what_cannot_be_said_at_a_seat_is_refused(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            for text in ("", " \t ", "a" * (LONGEST_SAID + 1), "\x1b]0;x\x07", "a\u202eb"):
                refusal = await here.refused(k.SAY_AT_SEAT, saying(text))
                assert (refusal.kind, refusal.field) == ("wrong", "text"), text
            for name in ("nobody", "Anne Faure", "", "../anne"):
                refusal = await here.refused(k.SAY_AT_SEAT, saying("Hello", name))
                assert (refusal.kind, refusal.field) == ("missing", "person"), name

    asyncio.run(play())
    assert kept(peopled, "C-01", CONVERSATION) == ""


def test_who_floods_slows_themselves(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            flood = [asyncio.create_task(here.call(k.SAY_AT_SEAT, saying(f"Hello {one}"))) for one in range(40)]
            done = await asyncio.gather(*flood, return_exceptions=True)
            assert any("too-often" in repr(one) or "too many" in str(one) for one in done)
            assert (await say(here, "Hello", token=here.ali)).turn is not None

    asyncio.run(play())
    assert len(written(peopled)) <= seat_talk_module._SAID_AT_ONCE + 1


def slow(monkeypatch: pytest.MonkeyPatch, may: threading.Event, then: Callable[[], object] = lambda: None) -> None:
    """Have everybody answer slowly, and candidates' browsers wait for no answer."""
    own = CandidateSeat.say

    def said(*asked: Any) -> Turn:  # noqa: ANN401 - passed on
        assert may.wait(SOON)
        then()
        return own(*asked)

    monkeypatch.setattr(CandidateSeat, "say", said)
    monkeypatch.setattr(SeatTalk.__init__, "__defaults__", (0.05,))


async def until_answered(here: Room) -> k.SeatTalkView:
    async with asyncio.timeout(SOON):
        while True:
            view = await talk(here)
            if not any(one.conversation.answering for one in view.people):
                return view
            await asyncio.sleep(0.25)


def test_who_is_at_it_is_shown_and_nothing_else_is_said_meanwhile(
    peopled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = threading.Event()
    slow(monkeypatch, may)

    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            assert (await say(here, "Hello")).turn is None
            assert [one.conversation.answering for one in (await talk(here)).people] == [True, False]
            refusal = await here.refused(k.SAY_AT_SEAT, saying("Hello", "sam"))
            assert (refusal.kind, "answering" in refusal.text.en) == ("busy", True)
            may.set()
            assert said_in(await until_answered(here)) == [["Hello"], []]

    asyncio.run(play())


def test_what_waits_over_a_pause_is_not_said(peopled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is asked again when it is somebody's turn: what was sent in time is not said out of it."""
    may = threading.Event()
    slow(monkeypatch, may)
    monkeypatch.setattr(TerminalGate.__init__, "__defaults__", (0.0,))  # the gate reads the journal each time

    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            assert (await say(here, ACTS)).turn is None
            await act(here.client, here.organiser, "finished", "reseau", "C-01")
            may.set()

    asyncio.run(play())
    assert kept(peopled, "C-01", CONVERSATION) == ""


def test_the_gate_is_asked_once_the_lab_is_free_and_before_anything_is_done(peopled: Site) -> None:
    labs, told = peopled.labs, list[str]()

    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            (lab,) = peopled.registry.jury_session("december").state().sittings["reseau", "C-01"].labs
            running = labs.running.planned(lab.instance)
            labs.conversations.say(running, "anne", ACTS, "en")

            def may() -> None:
                told.append("asked")
                if len(told) > 1:
                    raise UsageError(same("The time is over."))

            with pytest.raises(UsageError):
                labs.conversations.say(running, "anne", "Yes", "en", may)

    asyncio.run(play())
    assert told == ["asked", "asked"]
    assert [turn.said for turn in written(peopled)] == [ACTS], "nothing was begun"


@pytest.mark.parametrize(
    ("trouble", "words", "hidden"),
    [
        (LabError(same("The host does not answer.")), "does not answer", "Traceback"),
        (BusyError("december-x", Holder(7, "session run december", "root", None)), "busy", "session run"),
    ],
)
def test_why_nothing_came_of_it_is_told_once(
    peopled: Site, monkeypatch: pytest.MonkeyPatch, trouble: LabError, words: str, hidden: str
) -> None:
    own, failing = Conversations.say, [True]

    def said(*asked: Any) -> Turn:  # noqa: ANN401 - passed on
        if failing[0]:
            raise trouble
        return own(*asked)

    monkeypatch.setattr(Conversations, "say", said)

    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            refusal = await here.refused(k.SAY_AT_SEAT, saying("Hello"))
            assert (words in refusal.text.en, hidden in str(refusal)) == (True, False)
            assert (await talk(here)).failed is None, "it was told"
            failing[0] = False
            await say(here, "Hello")
            assert (await talk(here)).failed is None

    asyncio.run(play())


def test_a_late_refusal_waits_for_the_next_look(peopled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    may = threading.Event()

    def fail() -> None:
        raise LabError(same("The host does not answer."))

    slow(monkeypatch, may, fail)

    async def play() -> None:
        async with room(peopled) as here:
            await here.begin()
            assert (await say(here, "Hello")).turn is None
            may.set()
            view = await until_answered(here)
            assert view.failed is not None
            assert "does not answer" in view.failed.text.en
            assert said_in(view) == [[], []]

    asyncio.run(play())
