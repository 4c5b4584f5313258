"""The pages of a session's day: the wall as it changes, one candidate, what is done and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

import pytest
from starlette.requests import Request

from orchestrator.core.text import same
from orchestrator.labd import day_contract as d
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.portal import day_pages
from orchestrator.portal.day_wall import Wall, clock, essence
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit
from tests.fakes import labd_day as fake
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import SEATS
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import ORIGIN, Browser, Reading

WALL = f"/sessions/{SESSION}/day"
CANDIDATE = f"{WALL}/reseau/C-04"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}'


@pytest.fixture
def ines(browser: Browser) -> Browser:
    browser.sign_in("ines", "en")
    return browser


def acts(labd: FakeLabd) -> list[d.ActOnDay]:
    return [request for call, _, request in labd.asked if call == "act-on-day"]


def acts_on(page: str) -> list[tuple[str, str]]:
    """Return which forms of a page do what: where each is sent, and what it does."""
    reading = Reading.of(page)
    return [(one.get("name", ""), one.get("value", "")) for one in reading.all("button") if one.get("name") == "act"]


@pytest.mark.parametrize("handle", ["lea", "theo"])
def test_nobody_else_sees_or_holds_a_day(browser: Browser, labd: FakeLabd, handle: str) -> None:
    browser.sign_in(handle)
    assert browser.get(WALL).status_code == browser.get(CANDIDATE).status_code == 403
    assert browser.post(WALL, {"act": "begin", "phase": "reseau"}, page="/").status_code == 403
    assert labd.day.view == fake.DAY


def test_who_invigilates_sees_the_room_and_no_scenario(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("remi", "en")
    sessions, wall, candidate = (browser.get(path).text for path in ("/sessions", WALL, CANDIDATE))
    assert f'href="{WALL}"' in sessions
    assert "/new-session" not in sessions
    assert browser.get(f"/sessions/{SESSION}").status_code == browser.get("/new-session").status_code == 403
    assert "8f14e45fceea167a5a36dedd4bea2543" not in wall
    assert "pc1 does not start." not in wall
    for page in (wall, candidate):
        assert Reading.of(page).wrong == []
        theirs = {"arrived", "absent", "finished", "announce", "incident", "confirm", "refuse", "end"}
        assert {value for _, value in acts_on(page)} <= theirs
    assert f'href="{WALL}/reseau/C-04"' in wall
    assert browser.post(WALL, {"act": "pause", "text": "Alarme"}, page=WALL).status_code == 403
    assert browser.post(CANDIDATE, {"act": "absent"}, page=CANDIDATE).status_code == 303
    assert acts(labd)[-1] == d.ActOnDay(SESSION, "absent", "reseau", "C-04")


def test_the_wall_shows_each_candidate_with_what_is_left(ines: Browser) -> None:
    page = ines.get(WALL).text
    assert Reading.of(page).wrong == []
    for row in fake.ROWS:
        assert f'href="{WALL}/reseau/{row.number}"' in page
        assert row.state.en in page
    assert page.count("data-left=") == sum(row.standing in {"reading", "working"} for row in fake.ROWS)
    for seen in ("23 of 24", "being prepared", "Begun at 09:30", "pc1 does not start.", "a host is gone", "1:08:01",
                 "8f14e45fceea167a5a36dedd4bea2543", "it is the same", "The engine does not answer.",
                 "Incident: unwell.", "Inès Roy", "Breakfix", "A program supervises"):  # fmt: skip
        assert seen in page, seen
    assert ("act", "pause") in acts_on(page)
    assert ("act", "resume") not in acts_on(page)


def test_a_wall_that_nobody_supervises_says_so(ines: Browser, labd: FakeLabd) -> None:
    labd.day.view = replace(fake.DAY, supervision="off", trouble=same("It has ended."), paused=True, acts=("resume",))
    page = ines.get(WALL).text
    assert "Nobody supervises" in page
    assert "It has ended." in page
    assert ("act", "resume") in acts_on(page)


def test_a_day_that_is_over_offers_nothing(ines: Browser, labd: FakeLabd) -> None:
    rows = tuple(replace(row, acts=()) for row in fake.ROWS)
    phases = tuple(replace(phase, acts=(), rows=rows if phase.rows else ()) for phase in fake.PHASES)
    labd.day.view = replace(fake.DAY, stage="closed", acts=(), phases=phases)
    sealed = replace(SEATS, asked=(), over=True)
    labd.seats.view = sealed
    wall = ines.get(WALL).text
    assert "Who has one reads there what they handed in" in wall
    assert set(acts_on(wall)) == {("act", "end")}, "an access can still be ended"
    labd.seats.view = replace(SEATS, asked=(), seats=(), over=True, closed=True)
    assert "access has ended." in ines.get(WALL).text
    assert acts_on(ines.get(WALL).text) == acts_on(ines.get(CANDIDATE).text) == []
    assert "nothing to be done now" in ines.get(CANDIDATE).text


@pytest.mark.parametrize(
    ("path", "sent", "asked"),
    [
        (WALL, {"act": "begin", "phase": "reseau"}, d.ActOnDay(SESSION, "begin", "reseau")),
        (WALL, {"act": "draw", "phase": "ecrit", "text": " ab "}, d.ActOnDay(SESSION, "draw", "ecrit", "", "ab")),
        (WALL, {"act": "pause", "text": "Alarme"}, d.ActOnDay(SESSION, "pause", "", "", "Alarme")),
        (WALL, {"act": "resume", "candidate": "C-01"}, d.ActOnDay(SESSION, "resume")),
        (CANDIDATE, {"act": "absent"}, d.ActOnDay(SESSION, "absent", "reseau", "C-04")),
        (
            CANDIDATE,
            {"act": "extend", "text": "Panne", "minutes": "20"},
            d.ActOnDay(SESSION, "extend", "reseau", "C-04", "Panne", 20),
        ),
        (
            CANDIDATE,
            {"act": "replace", "text": "Panne", "scenario": "address-conflict"},
            d.ActOnDay(SESSION, "replace", "reseau", "C-04", "Panne", scenario="address-conflict"),
        ),
        (CANDIDATE, {"act": "incident", "text": "Chute"}, d.ActOnDay(SESSION, "incident", "reseau", "C-04", "Chute")),
    ],
)
def test_what_is_done_leads_back_and_is_said(
    ines: Browser, labd: FakeLabd, path: str, sent: Mapping[str, str], asked: d.ActOnDay
) -> None:
    answer = ines.post(path, dict(sent), page=path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done={asked.act}")
    assert acts(labd) == [asked]
    page = ines.get(answer.headers["location"]).text
    assert 'class="notice done" role="status"' in page
    assert f"{asked.act}: {asked.text}" in page


@pytest.mark.parametrize("path", [WALL, CANDIDATE])
def test_words_that_are_missing_are_asked_for_beside_their_field(ines: Browser, labd: FakeLabd, path: str) -> None:
    page = ines.post(path, {"act": "announce", "text": ""}, page=path)
    assert page.status_code == 422
    assert Reading.of(page.text).wrong == []
    assert '<a href="#announce-text">' in page.text
    (field,) = [one for one in Reading.of(page.text).all("input") if one.get("id") == "announce-text"]
    assert field["aria-invalid"] == "true"
    labd.refusals["act-on-day"] = Refusal("wrong", same("Too late."))
    page = ines.post(path, {"act": "announce", "text": EVIL}, page=path)
    assert "Too late." in page.text
    assert "<script>alert" not in page.text
    (field,) = [one for one in Reading.of(page.text).all("input") if one.get("id") == "announce-text"]
    assert field["value"] == EVIL, "what was typed is there to be sent again"


@pytest.mark.parametrize("said", ["", "sign", "open-everything", "Begin"])
def test_nothing_else_is_done(ines: Browser, labd: FakeLabd, said: str) -> None:
    assert ines.post(WALL, {"act": said, "phase": "reseau"}, page=WALL).status_code == 404
    assert acts(labd) == []


@pytest.mark.parametrize("path", [f"{WALL}/reseau/C-99", f"{WALL}/nowhere/C-01", "/sessions/nowhere/day"])
def test_what_is_not_there(ines: Browser, path: str) -> None:
    assert ines.get(path).status_code == 404


@pytest.mark.parametrize("act", get_args(d.DayAct))
def test_each_act_is_said_once_it_is_done(ines: Browser, act: str) -> None:
    assert 'class="notice done" role="status"' in ines.get(f"{WALL}?done={act}").text
    assert 'role="status"><svg' not in ines.get(f"{WALL}?done={act}-").text


# As it changes ------------------------------------------------------------------------------------------------


def request_of(browser: Browser, handle: str = "ines") -> Request:
    who = browser.labd._seen(browser.labd.people[handle])
    visit = Visit(who, browser.labd.sign_in(handle), "en", "nonce", "key", "192.0.2.1", WebOrigin.parse(ORIGIN))
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": WALL, "headers": []}
    return Request({**scope, "query_string": b"", "app": browser.app, "state": {"visit": visit}})


def test_only_changes_are_told_and_each_minute(
    browser: Browser, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_pages, "POLL_SECONDS", 0.0)
    labd = browser.labd

    def with_left(seconds: int) -> d.DayView:
        rows = (replace(fake.ROWS[3], left=seconds), *fake.ROWS[4:])
        return replace(fake.DAY, phases=(replace(fake.PHASES[0], rows=rows), *fake.PHASES[1:]))

    labd.day.view = with_left(119)

    async def look() -> list[bytes]:
        frames = day_pages.day_frames(request_of(browser), SESSION)
        heard = [await anext(frames), await anext(frames)]
        labd.day.view = replace(with_left(61), at=fake.AT[:17] + "59+01:00")
        waiting = asyncio.ensure_future(anext(frames))
        before = len(labd.asked)
        while len(labd.asked) < before + 3:
            await asyncio.sleep(0)
        assert not waiting.done(), "a second less is no news"
        labd.day.view = with_left(59)
        heard.append(await waiting)
        labd.day.view = replace(with_left(59), supervision="off")
        return [*heard, await anext(frames)]

    opened, first, minute, last = runner.run(look())
    assert opened == b": \n\n"
    pages = [
        cast("dict[str, str]", json.loads(one.decode().partition("data: ")[2]))["html"] for one in (first, minute, last)
    ]
    assert all(Reading.of(page).wrong == [] for page in pages)
    assert 'data-left="119"' in pages[0]
    assert 'data-left="59"' in pages[1]
    assert "Nobody supervises" in pages[2]


@pytest.mark.parametrize(("kind", "over"), [("missing", True), ("forbidden", True), ("machine", False)])
def test_a_stream_ends_with_the_right_to_look(
    browser: Browser, runner: asyncio.Runner, kind: RefusalKind, over: bool
) -> None:
    browser.labd.refusals["day"] = Refusal(kind, same("No."))

    async def whole() -> list[bytes]:
        return [frame async for frame in day_pages.day_frames(request_of(browser), SESSION)]

    assert runner.run(whole())[1:] == ([f'event: end\ndata: {{"kind": "{kind}"}}\n\n'.encode()] if over else [])


def test_hours_are_the_sessions_own() -> None:
    assert clock("2026-12-14T09:41:07+01:00") == "09:41"
    assert clock("2026-12-14T09:41:07+01:00", seconds=True) == "09:41:07"
    assert clock("") == "—"
    wall = Wall(fake.DAY, SEATS)
    assert essence(wall) != essence(replace(wall, day=replace(fake.DAY, paused=True)))
    assert essence(wall) != essence(replace(wall, seats=replace(SEATS, asked=())))
