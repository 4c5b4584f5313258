"""Talk at a candidate's seat: a page while the machines are open, what is refused, the stream; nothing but text."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.text import same
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Refusal
from orchestrator.labd.seat_talk_contract import SayAtSeat
from orchestrator.labd.talk_contract import ConversationView, TurnAct
from orchestrator.portal import seat_talk_pages
from tests.fakes import labd_people as people
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import SITTING, WAITING
from tests.unit.portal.browser import Browser, Reading
from tests.unit.portal.test_sitting_pages import request_of, zoe

__all__ = ["zoe"]

SUBJECT = "/seat/work/reseau/1"
TALK = "/seat/talk/reseau/1"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}</p><!--'


def test_the_page_has_the_people_and_what_can_be_said(zoe: Browser, labd: FakeLabd) -> None:
    labd.seat_talk.turns["alice"] = people.TURNS
    assert f'href="{TALK}"' in zoe.get(SUBJECT).text
    assert f'href="{TALK}"' in zoe.get("/seat/terminals/reseau/1").text
    assert "/seat/talk" not in zoe.get("/seat/terminals/reseau/2").text, "nobody is there"
    page = zoe.get(TALK).text
    reading = Reading.of(page.replace("<noscript>", "").replace("</noscript>", ""))
    assert reading.wrong == []
    for expected in ("Alice Durand", "unplugs pc1&#39;s cable", "sealed with your evidence", 'data-clock="reseau"'):
        assert expected in page
    phrases = [one["value"] for one in reading.all("button") if one.get("name") == "text"]
    assert phrases == [*people.PHRASES["en"]] * 2
    assert {one["action"] for one in reading.all("form") if "/say" in one["action"]} == {f"{TALK}/say"}
    for word in ("no-network", "Hint", "Check", "attempt"):
        assert word not in page


def test_what_is_sent_is_said_and_leads_back_to_the_talk(zoe: Browser, labd: FakeLabd) -> None:
    answer = zoe.post(f"{TALK}/say", {"person": "alice", "text": " Hello "}, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{TALK}#talk")
    (asked,) = [request for call, _, request in labd.asked if call == "say-at-seat"]
    assert asked == SayAtSeat("reseau", 1, "alice", "Hello", "en")
    assert "« Hello » ?" in zoe.get(TALK).text
    key = {"form_key": zoe.form_key("/seat")}
    script = {"Accept": "application/json"}
    assert zoe.send(f"{TALK}/say", {**key, "person": "sam", "text": "Hi"}, **script).json() == {"answered": True}
    missing = zoe.send(f"{TALK}/say", {**key, "person": "nobody", "text": "Hi"}, **script)
    assert (missing.status_code, missing.json()["text"]) == (404, "This lab has nobody of that name.")


def test_a_pause_keeps_the_page_and_refuses_what_is_said(zoe: Browser, labd: FakeLabd) -> None:
    labd.seat_talk.turns["alice"] = people.TURNS[:1]
    labd.seats.subject = replace(labd.seats.subject, standing="stopped")
    page = zoe.get(TALK).text
    assert "It says: no network" in page
    assert [one for one in Reading.of(page).all("button") if one.get("name") == "text"] == []
    refused = zoe.post(f"{TALK}/say", {"person": "alice", "text": "Hello"}, page="/seat")
    assert (refused.status_code, "Time stands still." in refused.text) == (422, True)
    assert "It says: no network" in refused.text, "the page is still there"


@pytest.mark.parametrize("standing", ["reading", "over"])
def test_outside_their_time_there_is_nobody(zoe: Browser, labd: FakeLabd, standing: g.SittingStanding) -> None:
    labd.seats.subject = replace(labd.seats.subject, standing=standing)
    assert zoe.get(TALK).headers["location"] == SUBJECT
    answer = zoe.post(f"{TALK}/say", {"person": "alice", "text": "Hello"}, page="/seat")
    assert answer.headers["location"] == SUBJECT
    assert labd.seat_talk.turns == {}


def test_what_was_said_is_read_again_at_the_end(zoe: Browser, labd: FakeLabd) -> None:
    labd.seats.subject = replace(labd.seats.subject, standing="over", people=(), talks=(people.TALK,))
    page = zoe.get(SUBJECT).text
    assert Reading.of(page).wrong == []
    assert "Conversation with Alice Durand" in page
    assert "/say" not in page


def test_nothing_came_of_it_is_told(zoe: Browser, labd: FakeLabd) -> None:
    labd.seat_talk.failed = Refusal("machine", same("<b>The host is gone."))
    assert "&lt;b&gt;The host is gone." in zoe.get(TALK).text


@pytest.mark.parametrize("path", [TALK, SUBJECT])
def test_nothing_that_is_said_at_a_seat_is_more_than_text(zoe: Browser, labd: FakeLabd, path: str) -> None:
    person = replace(people.ALICE, full=EVIL, role=same(EVIL))
    act = TurnAct("types", EVIL, EVIL, same(EVIL))
    turn = replace(people.TURNS[0], said=EVIL, reply=EVIL, acts=(act,), at=EVIL)
    talks = (ConversationView(person, same(EVIL), (turn,)),)
    over = path == SUBJECT
    standing: g.SittingStanding = "over" if over else "working"
    labd.seats.subject = replace(labd.seats.subject, standing=standing, people=(person,), talks=talks if over else ())
    labd.seat_talk.turns["alice"] = (turn,)
    text = zoe.get(path).text
    assert EVIL not in text
    assert "<script>alert" not in text
    assert "49" not in [one.strip() for one in Reading.of(text).texts]


@pytest.mark.parametrize("token", [WAITING, "forged", ""])
def test_without_a_seat_nobody_is_talked_to(browser: Browser, labd: FakeLabd, token: str) -> None:
    if token:
        browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")
    assert browser.get(TALK).headers["location"].startswith("/seat")
    if token:  # such a cookie is forgotten
        browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")
    answer = browser.post(f"{TALK}/say", {"person": "alice", "text": "Hello"}, page="/sign-in")
    assert answer.headers["location"].startswith("/seat")
    assert labd.seat_talk.turns == {}


@pytest.mark.parametrize("path", ["/seat/talk/reseau/9", "/seat/talk/ecrit/1", "/seat/talk/reseau/1e3"])
def test_talk_elsewhere_is_not_there(zoe: Browser, path: str) -> None:
    assert zoe.get(path).status_code == 404


def test_the_stream_tells_that_something_was_said(
    browser: Browser, runner: asyncio.Runner, labd: FakeLabd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_talk_pages, "POLL_SECONDS", 0.0)
    request = request_of(browser)
    request.scope["path_params"] = {"phase": "reseau", "place": "1"}

    async def look() -> list[dict[str, Any]]:
        frames = seat_talk_pages.talk_frames(request)
        await anext(frames)
        heard = [await anext(frames), await anext(frames)]
        labd.seat_talk.turns["alice"] = people.TURNS
        heard.append(await anext(frames))
        labd.seats.sitting = replace(SITTING, announced=())
        heard.append(await anext(frames))
        return [json.loads(one.decode().partition("data: ")[2]) for one in heard]

    first, same_again, talked, board = runner.run(look())
    assert [set(one) for one in (first, same_again, talked, board)] == [
        {"number", "clocks", *more} for more in (("html", "talk"), (), ("talk",), ("html",))
    ]  # fmt: skip
