"""A candidate in a browser: the code, the wait, the time that is left, what is written and saves itself, the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.labd import sitting_contract as g
from orchestrator.portal import seat_pages, sitting_pages
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import CODE, SEATED, SITTING, WAITING
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow

SHOWN = "(text) => document.querySelector('[data-clock=reseau]').textContent === text"


def stand(labd: FakeLabd, standing: g.SittingStanding, left: int) -> None:
    first, later = SITTING.phases
    labd.seats.sitting = replace(SITTING, phases=(replace(first, standing=standing, left=left), later))
    labd.seats.subject = replace(labd.seats.subject, standing=standing)


def answers(labd: FakeLabd) -> list[str]:
    return [one.value for name, _, one in labd.asked if name == "answer-subject"]


def test_a_page_of_who_sat_here_before_is_left(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a room whose computers are shared: an old tab, or the button that leads back."""
    monkeypatch.setattr(sitting_pages, "POLL_SECONDS", 0.1)
    portal.open(page, labd, "", "/seat")
    page.context.add_cookies([{"name": "breakfix-seat", "value": SEATED, "url": page.url}])
    page.goto(page.url.partition("/seat")[0] + "/seat/work/reseau/1")
    assert "C-02" in page.locator("p.crumb").inner_text()
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.locator("#question-1").wait_for()
    labd.seats.sitting = replace(SITTING, number="C-07")
    page.wait_for_url("**/seat")
    assert "C-07" in page.locator("h1").inner_text()
    assert portal.wrong == []


def test_what_is_written_before_the_scripts_are_there_saves_itself(
    portal: ServedPortal, labd: FakeLabd, page: Page
) -> None:
    held: list[Route] = []
    portal.open(page, labd, "", "/seat")
    page.context.add_cookies([{"name": "breakfix-seat", "value": SEATED, "url": page.url}])
    page.route("**/seat_work.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    with page.expect_request("**/seat_work.js"):
        page.goto(page.url.partition("/seat")[0] + "/seat/work/reseau/1", wait_until="commit")
    page.locator("#question-1").fill("the cable")
    page.locator("#report-cause").fill("Un câble.")
    assert answers(labd) == []
    held[0].continue_()
    page.locator("form[data-saves=answer] [data-state=saved]").first.wait_for()
    page.locator("form[data-saves=report] [data-state=saved]").first.wait_for()
    assert answers(labd) == ["the cable"], "what nobody wrote is not saved"
    assert portal.wrong == []


def test_a_line_that_is_lost_is_told_where_somebody_writes(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "", "/seat")
    page.context.add_cookies([{"name": "breakfix-seat", "value": SEATED, "url": page.url}])
    page.set_viewport_size({"width": 1000, "height": 400})
    page.route("**/seat/events", lambda route: route.abort())
    page.goto(page.url.partition("/seat")[0] + "/seat/work/reseau/1")
    lost = page.locator("#seat-lost")
    lost.wait_for()
    page.locator("#report-cause").focus()
    above, below = lost.bounding_box(), page.locator("#report-cause").bounding_box()
    assert above is not None
    assert below is not None
    assert page.evaluate("scrollY") > above["height"]
    assert above["y"] >= 0, "it is in sight"
    assert below["y"] >= above["y"] + above["height"], "what has the focus is not behind it"
    assert portal.wrong == []


def test_a_candidate_from_the_code_to_the_end(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pages in (seat_pages, sitting_pages):
        monkeypatch.setattr(pages, "POLL_SECONDS", 0.1)
    portal.open(page, labd, "", "/seat")
    page.locator("#code").fill(CODE.lower().upper())
    with page.expect_navigation():
        page.locator("form[action='/seat'] button:not([type=button])").click()
    assert page.locator("#waiting").count() == 1
    with page.expect_navigation():
        labd.seats.tokens[WAITING] = True
    assert page.locator("h1").inner_text().endswith("C-02")

    page.evaluate("Date.now = () => 0")  # whatever the browser's clock says
    stand(labd, "working", 3599)
    page.wait_for_function(SHOWN, arg="59:59")
    stand(labd, "stopped", 1800)
    page.wait_for_function(SHOWN, arg="30:00")
    stand(labd, "working", 1700)
    page.locator("a[href='/seat/work/reseau/1']").click()
    page.wait_for_url("**/seat/work/reseau/1")
    stand(labd, "working", 1650)
    page.wait_for_function(SHOWN, arg="27:30")  # the scripts are at work

    field = page.locator("#question-1")
    field.fill("the cable")
    page.locator("form[data-saves=answer] [data-state=saved]").first.wait_for()
    assert answers(labd) == ["the cable"]

    stand(labd, "stopped", 1600)
    page.wait_for_function(SHOWN, arg="26:40")
    field.fill("another cable")
    page.locator("form[data-saves=answer] [data-state=failed]").first.wait_for()
    stand(labd, "working", 1600)
    page.locator("form[data-saves=answer] [data-state=saved]").first.wait_for()
    assert answers(labd)[-1] == "another cable", "what was written meanwhile is saved when time goes on"

    with page.expect_navigation():
        stand(labd, "over", 0)
    assert page.locator("form[data-saves]").count() == 0
    assert "another cable" in page.locator("#hand-in").inner_text()
    del labd.seats.tokens[WAITING]
    page.wait_for_url("**/seat?gone=yes")
    assert portal.wrong == []
