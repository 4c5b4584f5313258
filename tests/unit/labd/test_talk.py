"""Talk with the people of a lab, over the socket: answered, told, kept with the attempt, refused where it must be."""

from __future__ import annotations

import asyncio
import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text, same
from orchestrator.labd import help_contract, lab_contract, lab_work_contract, path_contract, privacy_contract
from orchestrator.labd import talk_contract as contract
from orchestrator.labd.calls import Refusal
from orchestrator.labd.lab_contract import LabPerson, OfLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.talk_calls import TalkCalls
from orchestrator.labd.trainee_view import turns_of
from orchestrator.labs import Running
from orchestrator.model.plan import Plan
from orchestrator.model.turns import PersonaAct, Turn
from tests.labd_talk import SOON, events_until, stopped
from tests.unit.personas.conftest import PERSONA, persona

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow

PASSWORD = "Sapin-4417"
TELLS = f"Your new password is {PASSWORD}."
MASKED = "Your new password is •••• (password)."
ANNE = persona()
SAM = replace(persona(f"{PERSONA}language: en\n".replace("Anne", "Sam")), name="sam")


@pytest.fixture
def peopled(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose scenario has two people."""
    people = {one.name: one for one in (ANNE, SAM)}

    def with_people(plan: Plan) -> Plan:
        return replace(plan, personas=people)

    running, preview = site.labs.running.planned, site.labs.plans.preview

    def ran(name: str | None) -> Running:
        found = running(name)
        return replace(found, plan=with_people(found.plan))

    monkeypatch.setattr(site.labs.running, "planned", ran)
    monkeypatch.setattr(site.labs.plans, "preview", lambda scenario, seed: with_people(preview(scenario, seed)))
    return site


async def say(client: LabdClient, member: Member, lab: str, text: str, person: str = "anne") -> contract.Said:
    return await client.call(contract.SAY, contract.Say(lab, person, text, "en"), member.token)


async def read(client: LabdClient, member: Member, lab: str, person: str = "anne") -> contract.ConversationView:
    return await client.call(contract.CONVERSATION, contract.OfConversation(lab, person), member.token)


def test_what_is_said_is_answered_told_and_kept(peopled: Site) -> None:
    lea, ada = peopled.member("lea"), peopled.member("ada", "trainer")
    peopled.a_class("tssr", ada, lea)

    async def play() -> None:
        async with peopled.labd() as client:
            lab = await started(client, lea)
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            role = Text(fr="comptable", en="accountant")
            assert view.people == (LabPerson("anne", "Anne Faure", role, ""), LabPerson("sam", "Sam Faure", role, "en"))
            assert await read(client, lea, lab) == contract.ConversationView(
                view.people[0], Text(fr="Allô ?", en="Hello?"), ()
            )
            asked = contract.PhrasesFor(lab, "anne", "fr")
            phrases = await client.call(contract.PHRASES, asked, lea.token)
            assert "Est-ce que le clavier répond" in phrases
            assert "Oui" not in phrases
            of_sam = await client.call(contract.PHRASES, replace(asked, person="sam"), lea.token)
            assert "Does the keyboard answer" in of_sam

            said = await say(client, lea, lab, "  Can you unplug\tthe network cable? ")
            assert said.turn is not None
            assert (said.turn.said, said.turn.reply) == ("Can you unplug the network cable?", "I unplug it?")
            told = await events_until(client, lab, lea.token, "said", after=view.last_event)
            assert [event.kind for event in told] == ["talking", "said"]
            assert told[-1].body == {"person": "anne", "refusal": None}
            assert (await client.call(contract.PHRASES, asked, lea.token))[0] == "Oui"
            said = await say(client, lea, lab, "Yes")
            assert said.turn is not None
            assert said.turn.reply == "It is back in."
            assert [(act.kind, act.host, act.what, act.told.fr) for act in said.turn.acts] == [
                ("cable", "pc1", "eth0 unplug", "Anne Faure débranche le câble de pc1 (eth0)."),
                ("cable", "pc1", "eth0 plug", "Anne Faure branche le câble de pc1 (eth0)."),
            ]
            await say(client, lea, lab, "Bonjour", "sam")
            await say(client, lea, lab, TELLS, "sam")
            assert [(await read(client, who, lab, "sam")).turns[-1].said for who in (lea, ada)] == [TELLS, MASKED]

            mine = await read(client, lea, lab)
            assert mine == await read(client, ada, lab)
            assert mine.turns[-1] == said.turn
            assert len(mine.turns) == 2, "what was only begun is no turn"
            await kept(client, lab, lea, ada, mine)

    asyncio.run(play())


async def kept(client: LabdClient, lab: str, lea: Member, ada: Member, mine: contract.ConversationView) -> None:
    """See the talk with the attempt: for its trainer and its trainee, while it runs, after it, and in the export."""
    number = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).attempt
    of_attempt = privacy_contract.OfAttempt(number)
    asked = help_contract.OfMemberAttempt("tssr", "lea", number)
    seen = (await client.call(help_contract.MEMBER_ATTEMPT, asked, ada.token)).talks
    assert [one.person.name for one in seen] == ["anne", "sam"]
    assert seen[1].turns[-1].said == MASKED
    assert seen[0] == mine
    await stopped(client, lab, lea.token)
    for who in (lea, ada):
        assert (await client.call(privacy_contract.REPLAY, of_attempt, who.token)).talks == seen
    scenario = path_contract.LookAtScenario(SCENARIO)
    assert await client.call(privacy_contract.RECORDED_ATTEMPTS, scenario, lea.token) == (number,)
    archive = b"".join([piece async for piece in client.my_data("en", lea.token)])
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        (name,) = (one for one in files.namelist() if one.endswith("conversation.jsonl"))
        given = files.read(name).decode()
    assert "Can you unplug the network cable?" in given
    assert (PASSWORD in given, MASKED in given) == (False, True)


def test_what_cannot_be_said_is_refused(peopled: Site) -> None:
    lea = peopled.member("lea")

    async def play() -> None:
        async with peopled.labd() as client:
            lab = await started(client, lea)
            for text in ("", "  \t ", "a" * (contract.LONGEST_SAID + 1), "\x1b]0;x\x07", "a\u202eb"):
                refusal = await refusal_of(client, contract.SAY, contract.Say(lab, "anne", text, "en"), lea.token)
                assert (refusal.kind, refusal.field) == ("wrong", "text"), text
            for name in ("nobody", "Anne Faure", ""):
                for call, asked in (
                    (contract.SAY, contract.Say(lab, name, "hello", "en")),
                    (contract.CONVERSATION, contract.OfConversation(lab, name)),
                    (contract.PHRASES, contract.PhrasesFor(lab, name, "en")),
                ):
                    refusal = await refusal_of(client, call, asked, lea.token)
                    assert (refusal.kind, refusal.field) == ("missing", "person"), name
            assert (await read(client, lea, lab)).turns == ()

    asyncio.run(play())


def slow(site: Site, monkeypatch: pytest.MonkeyPatch, may: threading.Event, then: Callable[[], object]) -> None:
    """Have everybody answer slowly, within what labd waits for."""
    own = site.labs.conversations.say

    def said(*asked: Any) -> Turn:  # noqa: ANN401 - passed on
        assert may.wait(SOON)
        then()
        return own(*asked)

    monkeypatch.setattr(site.labs.conversations, "say", said)


def test_whoever_acts_for_long_is_waited_for_by_the_page(peopled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea, may = peopled.member("lea"), threading.Event()
    slow(peopled, monkeypatch, may, lambda: None)
    monkeypatch.setattr("orchestrator.labd.talk_calls._PATIENCE_S", 0.05)
    monkeypatch.setattr(TalkCalls.__init__, "__defaults__", (0.05,))

    async def play() -> None:
        async with peopled.labd() as client:
            lab = await started(client, lea)
            assert (await say(client, lea, lab, "Hello")).turn is None
            assert (await read(client, lea, lab)).answering
            assert not (await read(client, lea, lab, "sam")).answering
            for call, asked in (
                (contract.SAY, contract.Say(lab, "sam", "Hello", "en")),
                (lab_work_contract.CHECK, OfLab(lab)),
            ):
                refusal = await refusal_of(client, call, asked, lea.token)
                assert refusal.kind == "busy"
                assert "answering" in refusal.text.en
            may.set()
            await events_until(client, lab, lea.token, "said", person="anne")
            told = await read(client, lea, lab)
            assert not told.answering
            assert [turn.said for turn in told.turns] == ["Hello"]

    asyncio.run(play())


def test_a_refusal_that_comes_late_is_told(peopled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea, may = peopled.member("lea"), threading.Event()

    def fail() -> None:
        raise LabError(same("The host does not answer."))

    slow(peopled, monkeypatch, may, fail)
    monkeypatch.setattr(TalkCalls.__init__, "__defaults__", (0.05,))

    async def play() -> None:
        async with peopled.labd() as client:
            lab = await started(client, lea)
            assert (await say(client, lea, lab, "Hello")).turn is None
            may.set()
            told = await events_until(client, lab, lea.token, "said")
            told = await events_until(client, lab, lea.token, "said", after=told[-1].number)
            assert "does not answer" in str(told[-1].body["refusal"])
            monkeypatch.setattr(TalkCalls.__init__, "__defaults__", (SOON,))
            assert not (await read(client, lea, lab)).turns

    asyncio.run(play())


def test_a_frozen_lab_is_thawed_by_talk_and_a_saved_one_refuses_it(peopled: Site) -> None:
    lea = peopled.member("lea")
    now = [1000.0]
    peopled.clock, peopled.limits = lambda: now[0], LabLimits(freeze_s=0.5, save_s=100.0)

    async def play() -> None:
        async with peopled.labd() as client:
            lab = await started(client, lea)

            async def frozen(after: int) -> int:
                now[0] += 0.3
                await events_until(client, lab, lea.token, "idle", after=after)
                now[0] += 0.3
                return (await events_until(client, lab, lea.token, "frozen", after=after))[-1].number

            after = await frozen(0)
            await read(client, lea, lab)
            await client.call(contract.PHRASES, contract.PhrasesFor(lab, "anne", "en"), lea.token)
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "frozen", "the page only shows"
            assert (await say(client, lea, lab, "What is the problem?")).turn is not None
            await events_until(client, lab, lea.token, "thawed", after=after)
            after = await frozen(after)
            now[0] += 100.0
            await events_until(client, lab, lea.token, "saved", after=after)
            refusal: Refusal = await refusal_of(client, contract.SAY, contract.Say(lab, "anne", "Hi", "en"), lea.token)
            assert (refusal.kind, "saved" in refusal.text.en) == ("busy", True)
            assert len((await read(client, lea, lab)).turns) == 1

    asyncio.run(play())


def test_an_authors_lines_are_not_shown_and_nothing_acts_on_a_page() -> None:
    def act(kind: str, what: str) -> PersonaAct:
        return PersonaAct("2026-11-30T10:00:00Z", kind, "pc1", what)  # type: ignore[arg-type]

    acts = (act("shell", "rm /secret"), act("looks", "cat /secret"), act("types", "id\x1b"), act("reboot", "reboot"))
    begun = Turn("anne", "2026-11-30T10:00:00Z", "en", "Yes", begun=True)
    (shown,) = turns_of([begun, replace(begun, reply="a\u202eb", acts=acts, begun=False)], ANNE, words=True)
    assert [(one.kind, one.host, one.what, one.told.en) for one in shown.acts] == [
        ("shell", "pc1", "", "Anne Faure acts on pc1."),
        ("types", "pc1", "id\\u001b", "Anne Faure types on pc1: id\\u001b"),
        ("reboot", "pc1", "", "Anne Faure restarts pc1."),
    ]
    assert shown.reply == "a\\u202eb"
