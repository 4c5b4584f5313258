"""A candidate's seat in the browser, and what organisers do about seats: codes on paper, who is let in."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.requests import Request

from orchestrator.core.text import same
from orchestrator.labd import seat_contract as e
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.portal import seat_pages
from orchestrator.portal.open_lines import OpenLines
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import CODE, NAMES, SEATED, WAITING
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import ORIGIN, Browser, Reading

WALL = f"/sessions/{SESSION}/day"
COOKIE = "__Host-breakfix-seat"


def at_seat(browser: Browser, token: str = SEATED) -> None:
    browser.http.cookies.set(COOKIE, token, domain="portal.test")


def asked_of(labd: FakeLabd, call: str) -> list[object]:
    return [request for name, _, request in labd.asked if name == call]


# The door -----------------------------------------------------------------------------------------------------


def test_a_code_leads_to_where_one_waits(browser: Browser, labd: FakeLabd) -> None:
    assert browser.get("/seat").status_code == 200
    answer = browser.post("/seat", {"code": f" {CODE} "}, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/seat")
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert CODE not in cookie
    page = browser.get("/seat").text
    assert 'data-events="/seat/wait/events"' in page
    assert "C-02" in page
    assert asked_of(labd, "take-seat") == [e.TakeSeat(CODE, "127.0.0.1")]
    assert not any(name in page for name in NAMES.values()), "who waits is shown no name"


def test_a_wrong_code_is_said_at_its_field(browser: Browser) -> None:
    answer = browser.post("/seat", {"code": '"><script>evil()</script>'}, page="/seat")
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    assert reading.wrong == []
    assert "set-cookie" not in answer.headers
    (field,) = [one for one in reading.all("input") if one.get("id") == "code"]
    assert field["aria-invalid"] == "true"


def test_a_seat_shows_the_candidates_day(browser: Browser, labd: FakeLabd) -> None:
    at_seat(browser)
    page = browser.get("/seat").text
    assert Reading.of(page).wrong == []
    assert "1:10:01" in page
    assert labd.addresses["sitting"] == "127.0.0.1"


def test_a_seat_that_is_no_more_is_forgotten(browser: Browser) -> None:
    at_seat(browser, "another-token")
    answer = browser.get("/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/seat?gone=yes")
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert "Max-Age=0" in cookie
    browser.http.cookies.clear()
    assert 'id="code"' in browser.get("/seat?gone=yes").text


@pytest.mark.parametrize("token", [WAITING, SEATED])
def test_a_candidate_leaves_the_computer_to_somebody_else(browser: Browser, labd: FakeLabd, token: str) -> None:
    at_seat(browser, token)
    assert 'action="/seat/leave"' in browser.get("/seat").text
    answer = browser.post("/seat/leave", {}, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/seat?left=yes")
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert "Max-Age=0" in cookie
    assert token not in labd.seats.tokens
    browser.http.cookies.clear()
    page = browser.get("/seat?left=yes", **{"Accept-Language": "en"}).text
    assert "Nothing of yours is open in this browser any more." in page
    assert 'id="code"' in page


def test_a_seat_counts_nowhere_else_and_an_account_not_at_a_seat(browser: Browser, labd: FakeLabd) -> None:
    at_seat(browser)
    for path in ("/", "/account", "/sessions", f"{WALL}", "/jury", "/people"):
        assert browser.get(path).headers["location"].startswith("/sign-in"), path
    assert labd.asked == [], "the seat's token is sent to labd for its own pages only"
    browser.http.cookies.clear()
    browser.sign_in("ada")
    labd.asked.clear()
    assert 'id="code"' in browser.get("/seat").text
    assert labd.asked == []


def test_a_form_of_a_seat_needs_its_key(browser: Browser, labd: FakeLabd) -> None:
    for headers in ({}, {"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "same-site"}):
        assert browser.send("/seat", {"code": CODE, "form_key": "0" * 64}, **headers).status_code in {403, 409, 422}
    assert asked_of(labd, "take-seat") == []


def test_the_language_stays_with_the_browser(browser: Browser) -> None:
    at_seat(browser)
    answer = browser.post("/language", {"language": "en", "back": "/seat"}, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/seat")
    assert "Candidate C-02" in browser.get("/seat").text


# While one waits ----------------------------------------------------------------------------------------------


def request_of(browser: Browser, token: str) -> Request:
    visit = Visit(None, token, "en", "n", "k", "", WebOrigin.parse(ORIGIN))
    return Request({"type": "http", "method": "GET", "path": "/seat/wait/events", "headers": [], "app": browser.app,
                    "state": {"visit": visit}})  # fmt: skip


def test_who_waits_is_told_once_somebody_confirms(browser: Browser, runner: asyncio.Runner, labd: FakeLabd) -> None:
    labd.seats.tokens[WAITING] = True

    async def whole() -> list[bytes]:
        return [one async for one in seat_pages.waiting_frames(request_of(browser, WAITING))]

    assert runner.run(whole())[1] == b'data: {"seated": true}\n\n'


@pytest.mark.parametrize(("kind", "over"), [("signed-out", True), ("machine", False)])
def test_waiting_ends_where_somebody_is_refused(
    browser: Browser, runner: asyncio.Runner, kind: RefusalKind, *, over: bool
) -> None:
    browser.labd.refusals["my-seat"] = Refusal(kind, same("No."))

    async def whole() -> list[bytes]:
        return [one async for one in seat_pages.waiting_frames(request_of(browser, WAITING))]

    assert runner.run(whole())[1:] == ([f'event: end\ndata: {{"kind": "{kind}"}}\n\n'.encode()] if over else [])


def test_one_candidates_lines_are_not_anothers(browser: Browser) -> None:
    lines = OpenLines(most=1)
    one, other = request_of(browser, "one"), request_of(browser, "other")
    with lines.one_more(one) as first, lines.one_more(one) as second, lines.one_more(other) as third:
        assert (first, second, third) == (True, False, True)


# Organisers ---------------------------------------------------------------------------------------------------


@pytest.fixture
def ines(browser: Browser) -> Browser:
    browser.sign_in("ines", "en")
    return browser


def test_a_sheet_has_two_halves_and_no_name_beside_the_code(ines: Browser, labd: FakeLabd) -> None:
    answer = ines.post(f"/sessions/{SESSION}/codes", {"number": ""}, page="/")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert asked_of(labd, "make-codes") == [e.MakeCodes(SESSION, "")]
    sheets = answer.text.split('<section class="sheet"')[1:]
    assert len(sheets) == len(NAMES)
    for sheet, (number, name) in zip(sheets, NAMES.items(), strict=True):
        _, organisers, candidates = sheet.split('<div class="half">')
        assert number in organisers
        assert name in organisers
        assert CODE not in organisers
        assert CODE in candidates
        assert not any(one in candidates for one in NAMES.values() if one != "—")
        assert f"{ORIGIN}/seat" in candidates
        assert re.search(r'<time datetime="2026-12-14">', candidates)


@pytest.mark.parametrize(
    ("act", "given"), [("confirm", "0011223344556677"), ("refuse", "0011223344556677"), ("end", "")]
)
def test_a_click_answers_who_asks(ines: Browser, labd: FakeLabd, act: e.SeatAct, given: str) -> None:
    page = ines.get(WALL).text
    assert "192.0.2.17" in page
    assert "another seat than before" in page
    answer = ines.post(f"/sessions/{SESSION}/seats", {"act": act, "number": "C-01", "id": given}, page="/")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{WALL}?done={act}")
    assert asked_of(labd, "answer-seat") == [e.AnswerSeat(SESSION, act, "C-01", given)]


def test_an_answer_that_comes_late_is_said_on_the_wall(ines: Browser) -> None:
    answer = ines.post(f"/sessions/{SESSION}/seats", {"act": "confirm", "number": "C-01", "id": "gone"}, page="/")
    assert answer.status_code == 404
    assert "This request waits no longer." in answer.text
    assert ines.post(f"/sessions/{SESSION}/seats", {"act": "open"}, page="/").status_code == 404


@pytest.mark.parametrize("handle", ["lea", "theo", "paul"])
def test_nobody_else_makes_codes_or_lets_in(browser: Browser, labd: FakeLabd, handle: str) -> None:
    browser.sign_in(handle)
    before = labd.seats.view
    assert browser.post(f"/sessions/{SESSION}/codes", {}, page="/").status_code == 403
    fields = {"act": "end", "number": "C-02"}
    assert browser.post(f"/sessions/{SESSION}/seats", fields, page="/").status_code == 403
    assert labd.seats.view == before
