"""The live board: what it shows, what its stream tells and when it ends, what is done from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from starlette.requests import Request

from orchestrator.core.text import same
from orchestrator.labd import class_contract as k
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.labd.lab_contract import OfLab
from orchestrator.portal import board_stream, polled_frames
from orchestrator.portal.board_view import essence, outcomes
from orchestrator.portal.browser_events import BEAT
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit
from tests.fakes import labd_classes as fake
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import ORIGIN, Browser, Reading

BASE = f"/classes/{fake.CLASS}"
BOARD = f"{BASE}/board"


@pytest.fixture
def theo(browser: Browser) -> Browser:
    browser.sign_in("theo", "en")
    return browser


def board(*rows: k.BoardRow) -> k.BoardView:
    return k.BoardView(fake.CLASS, world.SCENARIO, world.MOVE.title, fake.CHECKS, rows, 0)


# What it shows ------------------------------------------------------------------------------------------------


def test_every_result_is_told_by_a_mark_and_in_words(theo: Browser, labd: FakeLabd) -> None:
    labd.classes.rows["lea"] = fake.row("lea", "Léa Martin", colours=("pass", "error", ""))
    texts = Reading.of(theo.get(BOARD).text).texts
    at = texts.index("Léa Martin")
    assert texts[at : at + 8] == [
        "Léa Martin", "running", "✔", "1 green", "!", "2 no judgement", "·", "3 not asked yet",
    ]  # fmt: skip


def test_every_check_is_named_in_the_head_and_in_the_legend(theo: Browser) -> None:
    reading = Reading.of(theo.get(BOARD).text)
    assert "Check 1: pc1 has an address of the network" in reading.texts
    assert "pc1 has an address of the network" in reading.texts
    ids = {attributes.get("id") for _, attributes in reading.tags}
    assert {one["href"][1:] for one in reading.all("a") if "data-check" in one} <= ids


def test_the_stuck_and_those_in_trouble_are_told_in_words(theo: Browser, labd: FakeLabd) -> None:
    trouble = same("Two machines are missing.")
    labd.classes.rows["nour"] = fake.row("nour", "Nour Haddad", stuck=True, state="broken", trouble=trouble)
    labd.classes.launching = 4
    texts = Reading.of(theo.get(BOARD).text).texts
    assert {"stuck", "broken down", "Two machines are missing.", "Labs that are still to start: 4"} <= set(texts)
    assert "Trainees: 2 · solved: 0 · running: 1 · stuck: 1 · in trouble: 1" in texts


def test_a_lab_is_led_to_and_graded_only_where_there_is_one(theo: Browser) -> None:
    reading = Reading.of(theo.get(BOARD).text)
    assert f"/labs/{world.LAB}" in {one["href"] for one in reading.all("a")}
    assert [one["value"] for one in reading.all("button") if one.get("name") == "lab"] == [world.LAB]
    assert "Nour Haddad" in reading.texts


def test_results_of_another_scenario_are_not_taken_for_the_board_s() -> None:
    view = board()
    assert outcomes(view, fake.row("lea", "Léa", scenario="other")) == ("none", "none", "none")
    assert outcomes(view, fake.row("lea", "Léa", colours=("pass", "odd", "fail", "pass"))) == ("pass", "none", "fail")
    assert outcomes(view, fake.row("lea", "Léa", colours=("pass",))) == ("pass", "none", "none")


# What its stream tells ----------------------------------------------------------------------------------------


def test_what_goes_on_by_itself_is_no_change() -> None:
    old = fake.row("lea", "Léa")
    later = replace(old, seconds=old.seconds + 3, looked="2026-11-28T09:42:03+00:00")
    assert essence(board(old)) == essence(board(later))
    assert essence(board(old)) != essence(board(replace(old, hints=2)))
    solved = replace(old, state="solved")
    assert essence(board(solved)) != essence(board(replace(solved, seconds=1)))


def request_of(browser: Browser, handle: str = "theo") -> Request:
    """Return a request of somebody's, as what makes pages sees one."""
    who = browser.labd._seen(browser.labd.people[handle])
    token = browser.labd.sign_in(handle)
    visit = Visit(who, token, "en", "nonce", "key", "192.0.2.1", WebOrigin.parse(ORIGIN))
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": f"{BASE}/events", "headers": []}
    return Request({**scope, "query_string": b"", "app": browser.app, "state": {"visit": visit}})


async def told(frames: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(frames) for _ in range(count)]


def data_of(frame: bytes) -> dict[str, str]:
    line = next(line for line in frame.decode().splitlines() if line.startswith("data: "))
    return cast("dict[str, str]", json.loads(line.removeprefix("data: ")))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_stream, "POLL_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
def test_only_changes_are_told(browser: Browser, runner: asyncio.Runner) -> None:
    rows = browser.labd.classes.rows

    async def look() -> list[bytes]:
        frames = board_stream.board_frames(request_of(browser), fake.CLASS)
        heard = await told(frames, 2)
        rows["lea"] = replace(rows["lea"], seconds=9999)
        waiting = asyncio.ensure_future(anext(frames))
        while sum(name == "board" for name, _, _ in browser.labd.asked) < 4:
            await asyncio.sleep(0)
        assert not waiting.done()
        rows["lea"] = replace(rows["lea"], looked="2026-11-28T10:00:00+00:00")
        heard.append(await waiting)
        rows["lea"] = replace(rows["lea"], state="solved", colours=("pass", "pass", "pass"))
        return [*heard, *await told(frames, 1)]

    opened, first, looked, solved = runner.run(look())
    assert opened == b": \n\n"
    assert 'class="running"' in data_of(first)["html"]
    assert data_of(looked) == {"looked": "2026-11-28T10:00:00+00:00"}
    reading = Reading.of(data_of(solved)["html"])
    assert reading.wrong == []
    assert [one["class"] for one in reading.all("tr") if one.get("id") == "row-lea"] == ["solved"]


@pytest.mark.usefixtures("at_once")
def test_a_stream_that_is_silent_for_long_says_that_it_lives(
    browser: Browser, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polled_frames, "BEAT_SECONDS", 0.0)
    frames = board_stream.board_frames(request_of(browser), fake.CLASS)
    assert runner.run(told(frames, 3))[2] == BEAT


@pytest.mark.parametrize(("kind", "over"), [("missing", True), ("signed-out", True), ("machine", False)])
def test_a_stream_ends_with_the_right_to_look(
    browser: Browser, runner: asyncio.Runner, kind: RefusalKind, over: bool
) -> None:
    browser.labd.refusals["board"] = Refusal(kind, same("No."))

    async def whole() -> list[bytes]:
        return [frame async for frame in board_stream.board_frames(request_of(browser), fake.CLASS)]

    heard = runner.run(whole())
    assert heard[1:] == ([f'event: end\ndata: {{"kind": "{kind}"}}\n\n'.encode()] if over else [])


def test_a_stream_is_for_who_may_look(browser: Browser) -> None:
    browser.sign_in("lea")
    answer = browser.get(f"{BASE}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith('event: end\ndata: {"kind": "missing"}\n\n')
    assert browser.get("/classes/No Name/events").status_code == 404


# What is done from it -----------------------------------------------------------------------------------------


def test_a_check_is_asked_for(theo: Browser, labd: FakeLabd) -> None:
    answer = theo.post(f"{BASE}/check", {"lab": world.LAB}, page=BOARD)
    assert answer.headers["location"] == f"{BOARD}?done=checking"
    key = theo.form_key(BOARD)
    by_script = theo.send(f"{BASE}/check", {"lab": world.LAB}, Accept="application/json", **{"X-Form-Key": key})
    assert by_script.status_code == 204
    assert [request for name, _, request in labd.asked if name == "check"] == [OfLab(world.LAB)] * 2


def test_an_announcement_reaches_the_class(theo: Browser, labd: FakeLabd) -> None:
    assert theo.post(f"{BASE}/announce", {"text": " Pause. "}, page=BOARD).headers["location"].endswith("announced")
    assert labd.classes.classes[fake.CLASS].announced == ["Pause."]
    assert labd.events[world.LAB][-1].body == {"text": "Pause.", "by": "Théo Bernard"}
    empty = theo.post(f"{BASE}/announce", {"text": ""}, page=BOARD)
    assert empty.status_code == 422
    assert 'href="#text"' in empty.text


def test_all_labs_of_the_class_are_stopped(theo: Browser, labd: FakeLabd) -> None:
    assert theo.post(f"{BASE}/stop", {}, page=BOARD).headers["location"].endswith("stopped")
    assert "ended" in Reading.of(theo.get(BOARD).text).texts
    assert [name for name, _, _ in labd.asked if name == "stop-class"] == ["stop-class"]


def test_results_are_a_file_that_spreadsheets_read(theo: Browser) -> None:
    answer = theo.get(f"{BASE}/export")
    assert answer.content.startswith("\N{ZERO WIDTH NO-BREAK SPACE}scenario,person".encode())
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{fake.CLASS}.csv"'


# A trainer at a member's lab ----------------------------------------------------------------------------------


def test_a_member_s_lab_is_looked_at_and_graded_and_nothing_else(theo: Browser) -> None:
    page = theo.get(f"/labs/{world.LAB}").text
    reading = Reading.of(page)
    assert reading.wrong == []
    assert "This lab is not yours" in page
    offered = {one["action"].rpartition("/")[2] for one in reading.all("form") if "/labs/" in one.get("action", "")}
    assert offered == {"check", "cable", "answer", "report", "trainer-hint"}
    assert "disabled" in reading.all("fieldset")[0]
    buttons = [one for one in reading.all("button") if "data-host" in one or one.get("name") == "action"]
    offers = [(one.get("data-host"), one.get("data-kind")) for one in buttons]
    assert offers == [("pc1", "screen")], "looking is allowed"
    assert not [one for one in reading.all("g") if one.get("role") == "button"]


def test_one_s_own_lab_is_whole(browser: Browser) -> None:
    browser.sign_in("lea", "en")
    reading = Reading.of(browser.get(f"/labs/{world.LAB}").text)
    ids = {attributes.get("id") for _, attributes in reading.tags}
    assert {"lab-announced", "lab-watched", "lab-reset", "lab-stop"} <= ids
    assert "disabled" not in reading.all("fieldset")[0]
