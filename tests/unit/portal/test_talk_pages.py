"""Talk on the lab page, and where it is read again: who speaks, in which language, and nothing is more than text."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from orchestrator.core.text import same
from orchestrator.labd import talk_contract as contract
from orchestrator.labd.calls import Refusal
from orchestrator.portal import talk_words
from orchestrator.portal.privacy_words import ROWS
from tests.fakes import labd_classes as classes
from tests.fakes import labd_people as people
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

pytestmark = pytest.mark.slow

PAGE = f"/labs/{world.LAB}"
ATTEMPT = f"/classes/{classes.CLASS}/members/lea/attempts/7"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}</p><!--'


@pytest.fixture
def lea(browser: Browser, labd: FakeLabd) -> Browser:
    labd.lab_people.come(people.ALICE, people.SAM)
    browser.sign_in("lea", "en")
    return browser


def read(browser: Browser, path: str = PAGE) -> Reading:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    reading = Reading.of(answer.text.replace("<noscript>", "").replace("</noscript>", ""))
    assert reading.wrong == []
    return reading


def said(reading: Reading) -> str:
    return " | ".join(" | ".join(reading.texts).split())


def test_a_lab_without_people_has_nowhere_to_talk(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    text = browser.get(PAGE).text
    assert 'id="talk"' not in text
    assert 'data-view="talk"' not in text
    assert "talk.css" not in text
    assert not [call for call, _, _ in labd.asked if call in {"conversation", "phrases"}]


def test_people_are_shown_with_their_words(lea: Browser, labd: FakeLabd) -> None:
    labd.lab_people.turns[world.LAB, "alice"] = people.TURNS
    reading = read(lea)
    text = said(reading)
    for expected in (
        "Alice Durand", "accountant, at pc1", "Hello? Alice Durand speaking.", "You", "What is the problem?",
        "It says: no network", "unplugs the cable of pc1 (eth0).", "elsewhere: office.", "Alice Durand restarts pc1.",
        "types on pc1: ip route", "acts on pc1.", "End of the conversation", "you call Alice Durand back",
        "Say to Sam O'Neill", "What can I say?",
    ):  # fmt: skip
        assert expected.replace(" ", " | ") in text, expected
    logs = [one for one in reading.all("div") if one.get("role") == "log"]
    assert [one["aria-label"] for one in logs] == ["Conversation with Alice Durand", "Conversation with Sam O'Neill"]
    assert {(one["aria-live"], one["tabindex"]) for one in logs} == {("polite", "0")}
    phrases = [one["value"] for one in reading.all("button") if one.get("name") == "text"]
    assert phrases == [*people.PHRASES["en"], *people.PHRASES["en"]]


def test_who_speaks_another_language_says_so(browser: Browser, labd: FakeLabd) -> None:
    labd.lab_people.come(people.ALICE, people.SAM)
    labd.lab_people.turns[world.LAB, "sam"] = people.TURNS[:1]
    browser.sign_in("lea", "fr")
    reading = read(browser)
    text = said(reading)
    assert "parle | que | l’anglais." in text
    spoken = [one for one in reading.all("p") if one.get("class") == "talk-text"]
    assert [one.get("lang", "") for one in spoken] == ["", "en", "en", "en"]
    fields = [one for one in reading.all("input") if one.get("name") == "text"]
    assert [one.get("lang", "") for one in fields] == ["", "en"]
    buttons = [one for one in reading.all("button") if one.get("name") == "text"]
    assert [one.get("lang", "") for one in buttons] == [""] * 3 + ["en"] * 3


def test_what_is_sent_is_said_and_leads_back(lea: Browser, labd: FakeLabd) -> None:
    answer = lea.post(f"{PAGE}/say", {"person": "alice", "text": " Hello "})
    assert answer.headers["location"] == f"{PAGE}#talk"
    (asked,) = [request for call, _, request in labd.asked if call == "say"]
    assert asked == contract.Say(world.LAB, "alice", "Hello", "en")
    assert "« Hello » ?" in lea.get(PAGE).text


def test_a_refusal_is_told(lea: Browser) -> None:
    refused = lea.post(f"{PAGE}/say", {"person": "nobody", "text": "Hello"})
    assert refused.status_code == 404
    assert "This lab has nobody of that name." in refused.text
    assert lea.post(f"{PAGE}/say", {"person": "alice", "text": ""}).status_code == 422


def test_the_page_says_that_somebody_is_at_it(lea: Browser, labd: FakeLabd) -> None:
    def shown() -> list[bool]:
        lines = [one for one in read(lea).all("p") if "talk-answering" in one.get("class", "")]
        return ["hidden" not in one for one in lines]

    assert shown() == [False, False]
    labd.lab_people.answering = (world.LAB, "alice")
    assert shown() == [True, False]
    assert talk_words.LOAD_AGAIN.en in lea.get(PAGE).text


def test_a_trainer_reads_and_does_not_talk(browser: Browser, labd: FakeLabd) -> None:
    labd.lab_people.come(people.ALICE)
    labd.lab_people.turns[world.LAB, "alice"] = people.TURNS
    browser.sign_in("theo", "en")
    text = browser.get(PAGE).text
    assert "Trainee</strong>" in text
    assert "There, it is back in." in text
    assert f'action="{PAGE}/say"' not in text
    assert not [call for call, _, _ in labd.asked if call == "phrases"]


def test_the_debrief_and_the_attempt_have_what_was_said(lea: Browser, labd: FakeLabd) -> None:
    labd.lab_people.turns[world.LAB, "alice"] = people.TURNS
    labd.change(solved=True)
    ids = {one.get("id") for one in read(lea).all("details")}
    assert "debrief-talk-1" in ids
    assert "debrief-talk-2" not in ids, "nothing was said to Sam"
    labd.privacy.talks = (people.TALK,)
    text = lea.get("/attempts/41/replay").text
    assert "Conversation with Alice Durand" in text
    assert "<strong>You</strong>" in text
    labd.help.talks = (people.TALK,)
    lea.sign_in("theo", "en")
    text = lea.get(ATTEMPT).text
    assert "There, it is back in." in text
    assert "<strong>Léa Martin</strong>" in text


KINDS: tuple[Literal["types", "cable"], ...] = ("types", "cable")


@pytest.mark.parametrize("path", [PAGE, "/attempts/41/replay", ATTEMPT])
def test_nothing_that_is_said_is_more_than_text(browser: Browser, labd: FakeLabd, path: str) -> None:
    person = replace(people.ALICE, full=EVIL, role=same(EVIL))
    labd.lab_people.come(person)
    acts = tuple(contract.TurnAct(kind, EVIL, EVIL, same(EVIL)) for kind in KINDS)
    turn = replace(people.TURNS[0], said=EVIL, reply=EVIL, acts=acts, at=EVIL)
    labd.lab_people.turns[world.LAB, "alice"] = (turn,)
    labd.help.talks = labd.privacy.talks = (contract.ConversationView(person, same(EVIL), (turn,)),)
    browser.sign_in("theo" if path == ATTEMPT else "lea", "en")
    text = browser.get(path).text
    assert EVIL not in text
    assert "<script>alert" not in text
    assert "49" not in [one.strip() for one in Reading.of(text).texts]


def test_a_lab_that_goes_meanwhile_has_nobody(lea: Browser, labd: FakeLabd) -> None:
    labd.refusals["conversation"] = Refusal("missing", same("gone"))
    assert lea.get(PAGE).status_code == 200


def test_the_privacy_page_mentions_what_is_said() -> None:
    assert any("people of a lab" in row.name.en for row in ROWS)
