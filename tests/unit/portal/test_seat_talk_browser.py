"""Talk at a candidate's seat under their hands: sent by keyboard, shown once in each window, closed with their time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.portal import seat_talk_pages
from tests.fakes import labd_people as people
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import SEATED, SITTING
from tests.unit.portal.page_looks import _at_seat
from tests.unit.portal.served_portal import ServedPortal
from tests.unit.portal.test_talk_in_browser import turns, until

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow

TALK = "/seat/talk/reseau/1"


def test_a_candidate_talks_as_long_as_time_runs(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_talk_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "", "/seat")
    _at_seat(SEATED, TALK)(page)
    page.locator("#talk-1-text").press_sequentially("Hello, <b>Alice</b>")
    page.keyboard.press("Enter")
    until(page, 3)
    assert turns(page)[1:] == ["Hello, <b>Alice</b>", "« Hello, <b>Alice</b> » ?"]
    assert page.locator("#talk-1-text").input_value() == ""

    labd.seat_talk.turns["alice"] += (replace(people.TURNS[0], said="From another window"),)
    until(page, 5)
    labd.seat_talk.answering = "alice"
    page.locator("#talk-1 .talk-answering").wait_for(state="visible")
    labd.seat_talk.answering = ""
    page.locator("#talk-1 .talk-answering").wait_for(state="hidden")

    page.locator("[data-person=talk-2]").press("Enter")
    page.locator("#talk-2-menu summary").press("Enter")
    page.locator("#talk-2-phrases button").nth(1).press("Enter")
    assert page.locator("#talk-2-text").input_value() == people.PHRASES["en"][1]

    labd.seats.subject = replace(labd.seats.subject, standing="stopped")
    page.keyboard.press("Enter")
    page.locator("#lab-trouble").get_by_text("Time stands still.").wait_for()
    assert page.locator("#talk-2-text").input_value() == people.PHRASES["en"][1], "it is there for later"

    held: list[Route] = []

    def slow(route: Route) -> None:
        if route.request.is_navigation_request():
            held.append(route)
        else:
            route.continue_()

    page.route(f"**{TALK}", slow)  # what is told meanwhile may not begin the way out anew
    labd.seats.subject = replace(labd.seats.subject, standing="over")
    labd.seats.sitting = replace(SITTING, phases=(replace(SITTING.phases[0], standing="over", left=0),))
    page.wait_for_timeout(500)
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_url("**/seat/work/reseau/1")
    assert portal.wrong == []


@pytest.mark.parametrize("told", [False, True], ids=["told here", "told in another page"])
def test_talk_ends_with_the_seat(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """The page that is told first loses the browser its token: the others say why the code is asked for, too."""
    monkeypatch.setattr(seat_talk_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "", "/seat")
    _at_seat(SEATED, TALK)(page)
    page.locator("#talk-1-text").wait_for()
    if told:
        page.context.clear_cookies()
    labd.seats.tokens.clear()
    page.wait_for_url("**/seat?gone=yes")
    assert portal.wrong == []
