"""The pages at which a candidate works: time from the service, a scenario in each state, what is handed in."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from starlette.requests import Request

from orchestrator.core.text import same
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.portal import sitting_pages
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.sitting_view import clocks
from orchestrator.portal.visit import Visit
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import SEATED, SITTING, WAITING
from tests.unit.portal.browser import ORIGIN, Browser, Reading

SUBJECT = "/seat/work/reseau/1"
EVIL = '</textarea></script><script>evil()</script>"{{ 7 * 7 }}'


@pytest.fixture
def zoe(browser: Browser) -> Browser:
    browser.http.cookies.set("__Host-breakfix-seat", SEATED, domain="portal.test")
    browser.http.headers["Accept-Language"] = "en"
    return browser


def sent(labd: FakeLabd) -> list[Any]:
    return [request for name, _, request in labd.asked if name in {"answer-subject", "report-subject"}]


def test_a_day_shows_phases_times_and_announcements(zoe: Browser) -> None:
    page = zoe.get("/seat").text
    assert Reading.of(page).wrong == []
    assert 'data-clock="reseau"' in page
    assert "1:10:01" in page
    assert "Restez &lt;assis&gt;." in page
    assert f'href="{SUBJECT}"' in page
    assert "/seat/work/ecrit" not in page, "what has not begun has no scenario"


def test_a_scenario_has_what_is_needed_and_no_more(zoe: Browser, labd: FakeLabd) -> None:
    page = zoe.get(SUBJECT).text
    reading = Reading.of(page)
    assert reading.wrong == []
    assert {one.get("data-saves") for one in reading.all("form")} >= {"answer", "report"}
    assert not any("/labs/" in one.get("href", "") for one in reading.all("a"))
    for word in ("Check", "Hint", "Reset", "Debrief"):
        assert f">{word}<" not in page
    for host in labd.seats.subject.hosts:
        assert host.name in page


@pytest.mark.parametrize("standing", ["reading", "over"])
def test_outside_their_time_nothing_can_be_written(zoe: Browser, labd: FakeLabd, standing: g.SittingStanding) -> None:
    view = replace(labd.seats.subject, standing=standing, hosts=(), map="", about=None)
    labd.seats.subject = replace(view, questions=tuple(replace(one, answer=EVIL) for one in view.questions))
    page = zoe.get(SUBJECT).text
    reading = Reading.of(page)
    assert reading.wrong == []
    assert not any("data-saves" in one for one in reading.all("form"))
    assert "evil()</script>" not in page
    assert "&lt;script&gt;evil()" in page


def test_what_is_written_is_kept_as_it_is(zoe: Browser, labd: FakeLabd) -> None:
    question = labd.seats.subject.questions[0].name
    fields = {"question": question, "value": EVIL}
    answer = zoe.post(f"{SUBJECT}/answer", fields, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SUBJECT}#hand-in")
    script = {"Accept": "application/json"}
    key = {"form_key": zoe.form_key("/seat")}
    written = {"symptom": "a", "cause": EVIL, "action": "", "test": "", "minutes": " 12 "}
    assert zoe.send(f"{SUBJECT}/report", {**key, **written}, **script).status_code == 204
    assert sent(labd) == [
        g.AnswerSubject("reseau", 1, question, EVIL, "en"),
        g.ReportSubject("reseau", 1, "a", EVIL, "", "", 12, "en"),
    ]
    page = zoe.get(SUBJECT).text
    assert Reading.of(page).wrong == []
    assert "<script>evil()" not in page


def test_a_cable_is_moved_by_a_button(zoe: Browser, labd: FakeLabd) -> None:
    assert "Cable pc1:eth0" in zoe.get(SUBJECT).text
    fields = {"host": "pc1", "interface": "eth0", "action": "unplug", "segment": "office"}
    answer = zoe.post(f"{SUBJECT}/cable", fields, page="/seat")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SUBJECT}#cables")
    (asked,) = [one for name, _, one in labd.asked if name == "cable-subject"]
    assert asked == g.MoveSubjectCable("reseau", 1, "pc1", "eth0", "unplug"), "a socket is named to move only"
    assert zoe.post(f"{SUBJECT}/cable", {**fields, "host": "x"}, page="/seat").status_code == 422


def test_what_is_refused_is_said(zoe: Browser, labd: FakeLabd) -> None:
    labd.seats.subject = replace(labd.seats.subject, standing="over")
    fields = {"question": "x", "value": "y"}
    page = zoe.post(f"{SUBJECT}/answer", fields, page="/seat")
    assert (page.status_code, "The time is over." in page.text) == (422, True)
    key = {"form_key": zoe.form_key("/seat")}
    said = zoe.send(f"{SUBJECT}/answer", {**key, **fields}, Accept="application/json")
    assert (said.status_code, said.json()["text"]) == (422, "The time is over.")
    wrong = zoe.send(f"{SUBJECT}/report", {**key, "minutes": "soon"}, Accept="application/json")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "minutes")


@pytest.mark.parametrize("token", [WAITING, "forged", ""])
def test_without_a_seat_there_is_nothing(browser: Browser, labd: FakeLabd, token: str) -> None:
    if token:
        browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")
    assert browser.get(SUBJECT).headers["location"].startswith("/seat")
    if token:  # such a cookie is forgotten
        browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")
    answer = browser.post(f"{SUBJECT}/answer", {"question": "x", "value": "y"}, page="/sign-in")
    assert answer.headers["location"].startswith("/seat")
    assert labd.seats.subject.questions[0].answer != "y"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/seat/work/reseau/9", 404), ("/seat/work/ecrit/1", 404), ("/seat/work/reseau/..%2F1", 404),
     ("/seat/work/reseau/%31", 200), ("/seat/work/%2e%2e/1", 404), ("/seat/work/reseau/1e3", 404),
     ("/seat/work/reseau/9999999", 404), ("/seat/work/reseau/-1", 404), ("/seat/../account", 404)],
)  # fmt: skip
def test_paths_that_are_played_with_lead_nowhere(zoe: Browser, path: str, status: int) -> None:
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "https", "client": ("192.0.2.1", 1)}
    headers = [(b"host", b"portal.test"), (b"cookie", f"__Host-breakfix-seat={SEATED}".encode())]
    found = zoe.raw({**scope, "path": unquote(path), "raw_path": path.encode(), "headers": headers})
    assert found[0]["status"] == status


def test_a_hand_in_of_100_megabytes_is_not_even_read(zoe: Browser, labd: FakeLabd) -> None:
    headers = [(b"host", b"portal.test"), (b"origin", ORIGIN.encode()), (b"content-length", b"104857600")]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "https", "client": ("192.0.2.1", 1)}
    found = zoe.raw({**scope, "path": f"{SUBJECT}/answer", "headers": headers})
    assert found[0]["status"] == 413
    assert labd.asked == []


# As it changes ------------------------------------------------------------------------------------------------


def request_of(browser: Browser) -> Request:
    visit = Visit(None, SEATED, "en", "n", "k", "", WebOrigin.parse(ORIGIN))
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/seat/events", "headers": []}
    return Request({**scope, "query_string": b"", "app": browser.app, "state": {"visit": visit}})


def test_times_come_each_time_and_the_board_when_it_changes(
    browser: Browser, runner: asyncio.Runner, labd: FakeLabd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitting_pages, "POLL_SECONDS", 0.0)

    async def look() -> list[dict[str, Any]]:
        frames = sitting_pages.sitting_frames(request_of(browser))
        await anext(frames)
        heard = [await anext(frames)]
        first, later = SITTING.phases
        labd.seats.sitting = replace(SITTING, phases=(replace(first, left=4199), later))
        heard.append(await anext(frames))
        labd.seats.sitting = replace(SITTING, phases=(replace(first, left=4199, standing="stopped"), later))
        heard.append(await anext(frames))
        return [json.loads(one.decode().partition("data: ")[2]) for one in heard]

    whole, time, stopped = runner.run(look())
    assert whole["clocks"]["reseau"] == {"left": 4201, "opens": 0, "runs": True, "shape": "open"}
    assert Reading.of(whole["html"]).wrong == []
    assert (time["clocks"]["reseau"]["left"], "html" in time) == (4199, False)
    assert (stopped["clocks"]["reseau"]["runs"], stopped["clocks"]["reseau"]["shape"]) == (False, "open")
    assert "time stands still" in stopped["html"]


@pytest.mark.parametrize(("kind", "over"), [("signed-out", True), ("machine", False)])
def test_a_stream_ends_with_the_seat(
    browser: Browser, runner: asyncio.Runner, kind: RefusalKind, *, over: bool
) -> None:
    browser.labd.refusals["sitting"] = Refusal(kind, same("No."))

    async def whole() -> list[bytes]:
        return [one async for one in sitting_pages.sitting_frames(request_of(browser))]

    assert runner.run(whole())[1:] == ([f'event: end\ndata: {{"kind": "{kind}"}}\n\n'.encode()] if over else [])


def test_a_phase_is_one_page_through_a_pause() -> None:
    phase = SITTING.phases[0]
    shapes = {
        standing: clocks(replace(SITTING, phases=(replace(phase, standing=standing),)))["reseau"]["shape"]
        for standing in get_args(g.SittingStanding)
    }
    assert shapes == {
        "waiting": "waiting", "reading": "reading", "working": "open", "stopped": "open", "over": "over",
    }  # fmt: skip
