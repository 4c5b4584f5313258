"""The pages of a candidate's terminals: for who has the seat, and nothing of checks, hints or other labs."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from orchestrator.core.text import Text
from orchestrator.portal.seat_terminal_pages import SCRIPT_WORDS, terminal_frames
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seat_terminals import PLACE, SCENARIOS
from tests.fakes.labd_seats import SEATED, WAITING
from tests.unit.portal.browser import Browser, Reading
from tests.unit.portal.test_seat_pages import request_of

LAB = "/seat/terminals/reseau/1"
SHUT = Text(fr="Le temps est arrêté.", en="Time stands still.")


def sit(browser: Browser, token: str = SEATED) -> None:
    browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="lab-data">(.*?)</script>', page, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_page_has_the_labs_machines_and_nothing_that_says_too_much(browser: Browser) -> None:
    sit(browser)
    page = browser.get(LAB).text
    assert Reading.of(page).wrong == []
    data = data_of(page)
    assert data["hosts"] == {"pc1": {"device": False}, "sw1": {"device": True}}
    assert (data["open"], data["over"], data["left"], data["terminals"]) == (True, False, 4201, [])
    assert set(data["words"]) == set(SCRIPT_WORDS)
    second = browser.get("/seat/terminals/reseau/2").text
    assert list(data_of(second)["hosts"]) == ["ns1"]
    for one in SCENARIOS:
        assert one.id not in page + second
    for word in ("hint", "indice", "guard", "graded", "évalu"):
        assert word not in json.dumps(data["words"], ensure_ascii=False).lower()


@pytest.mark.parametrize("path", ["/seat/terminals/reseau/0", "/seat/terminals/reseau/3", "/seat/terminals/ecrit/1"])
def test_what_is_not_there_is_not_there(browser: Browser, path: str) -> None:
    sit(browser)
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("token", ["", WAITING, "made-up"])
def test_nobody_else_gets_anything(browser: Browser, labd: FakeLabd, token: str) -> None:
    browser.sign_in("ines")  # an organiser's sign-in is none at a seat
    if token:
        sit(browser, token)
    for path in ("/seat/terminals", LAB):
        assert browser.get(path).headers.get("location") == "/seat"
    answer = browser.post(f"{LAB}/terminals", {"host": "pc1", "kind": "root"}, page="/")
    assert answer.status_code in {303, 403}
    assert not any(place == PLACE for place, _ in labd.terminals)


def test_terminals_are_opened_and_closed(browser: Browser, labd: FakeLabd) -> None:
    sit(browser)
    opened = browser.post(f"{LAB}/terminals", {"host": "pc1", "kind": "root", "rows": "700", "columns": "x"}, page=LAB)
    assert opened.status_code == 200
    told = opened.json()
    assert (told["host"], told["kind"], told["ended"]) == ("pc1", "root", False)
    kept = labd.terminals[PLACE, told["id"]]
    assert (kept.rows, kept.columns) == (500, 80)
    assert [one["id"] for one in data_of(browser.get(LAB).text)["terminals"]] == [told["id"]]
    assert data_of(browser.get("/seat/terminals/reseau/2").text)["terminals"] == []  # it is another lab's
    other = browser.post("/seat/terminals/reseau/2/terminals", {"host": "pc1"}, page=LAB)
    assert other.status_code == 422
    assert browser.post(f"{LAB}/terminals/{told['id']}/close", {}, page=LAB).status_code == 204
    assert browser.post(f"{LAB}/terminals/{told['id']}/close", {}, page=LAB).status_code == 404
    labd.seat_terminals.shut = SHUT
    shut = browser.post(f"{LAB}/terminals", {"host": "pc1"}, page=LAB)
    assert shut.status_code == 422
    assert data_of(browser.get(LAB).text)["open"] is False


def test_the_terminals_of_sealed_labs_lead_to_what_was_handed_in(
    browser: Browser, labd: FakeLabd, runner: asyncio.Runner
) -> None:
    sit(browser)
    labd.seat_terminals.over = True
    assert browser.get(LAB).status_code == 200, "until it is sealed"
    labd.seat_terminals.scenarios = ()
    answer = browser.get(LAB)
    assert (answer.status_code, answer.headers["location"]) == (303, "/seat/work/reseau/1")
    assert browser.get("/seat/terminals").status_code == 200

    request = request_of(browser, SEATED)
    request.scope["path_params"] = {"phase": "reseau", "lab": 1}

    async def first() -> bytes:
        frames = terminal_frames(request)
        return [await anext(frames) for _ in range(2)][1]

    assert b'"over": true' in runner.run(first())


def test_the_labs_are_listed_with_why_they_are_shut(browser: Browser, labd: FakeLabd) -> None:
    sit(browser)
    labd.seat_terminals.shut = SHUT
    page = browser.get("/seat/terminals").text
    assert Reading.of(page).wrong == []
    assert f'href="{LAB}"' in page
    assert SHUT.fr in page or SHUT.en in page
    assert world.SCENARIO not in page
