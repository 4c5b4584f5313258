"""Pages that change while somebody acts on them: no click is lost, and nothing older takes the place of the newer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.labd import class_contract as k
from orchestrator.portal import board_stream
from tests.fakes import labd_classes as fake
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow

LAB = f"/labs/{world.LAB}"
BOARD = f"/classes/{fake.CLASS}/board"
AT = """(id) => { const box = document.getElementById(id).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2]; }"""
HEARD = """() => { window.heard = 0;
  const own = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (kind, hear) {
    own.call(this, kind, (event) => { hear(event); window.heard += kind === "message"; }); }; }"""
"""Counts the messages of event streams that scripts have taken."""


@pytest.fixture
def page(page: Page) -> Page:
    page.add_init_script(f"({HEARD})()")
    return page


def more_heard(page: Page, before: int) -> None:
    """Wait until the page has taken more messages of its stream."""
    page.wait_for_function("(before) => window.heard > before", arg=before)


def press(page: Page, element: str) -> None:
    """Move the mouse over an element and press its button."""
    page.locator(f'[id="{element}"]').scroll_into_view_if_needed()
    x, y = page.evaluate(AT, element)
    page.mouse.move(x, y)
    page.mouse.down()


def test_a_row_of_the_board_that_changes_under_a_press_is_clicked(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_stream, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "theo", BOARD)
    more_heard(page, 0)
    before = page.evaluate("heard")
    press(page, "check-now-lea")
    labd.classes.rows["lea"] = fake.row("lea", "Léa Martin", lab=world.LAB, hints=2)
    more_heard(page, before)
    with page.expect_request("**/check"):
        page.mouse.up()
    page.wait_for_selector("#row-lea.changed")
    assert [asked for name, _, asked in labd.asked if name == k.BOARD.name]


def test_a_cable_that_changes_under_a_press_is_clicked(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "lea", LAB)
    page.locator("#fold-cables > summary").click()
    press(page, "replace-srv1:eth0")
    with page.expect_response(lambda answer: answer.url.endswith(LAB)) as fresh:
        cables = labd.labs[world.LAB].cables
        other = tuple(replace(one, plugged=one.host != "srv1") for one in cables)
        labd.change(cables=other)
        labd.emit("cable", other[3])
    fresh.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    with page.expect_request("**/cable"):
        page.mouse.up()
    page.wait_for_selector('[id="cable-srv1:eth0"][value="unplug"]')


def test_a_page_that_was_asked_for_before_a_check_began_does_not_end_it(
    portal: ServedPortal, labd: FakeLabd, page: Page
) -> None:
    portal.open(page, labd, "lea", LAB)
    asked: list[bool] = []

    def late(route: Route) -> None:
        older = route.fetch()
        if not asked:
            asked.append(True)
            labd.emit("began", {"act": "check"})
            page.wait_for_selector("#lab-live:not([hidden])", state="attached")
        route.fulfill(response=older)

    page.route(f"**{LAB}", late)
    with page.expect_response(lambda answer: answer.url.endswith(LAB)) as older:
        labd.emit("hint", {})
    older.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert asked
    assert page.locator("#lab-live:not([hidden])").count() == 1
    page.unroute(f"**{LAB}")
    labd.emit("ended", {"act": "check", "refusal": None})
    page.wait_for_selector("#lab-live[hidden]", state="attached")


def test_a_check_is_over_on_the_page_when_its_result_is_there(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "lea", LAB)
    labd.emit("began", {"act": "check"})
    page.wait_for_selector("#lab-live:not([hidden])", state="attached")
    seen: list[int] = []

    def late(route: Route) -> None:
        page.evaluate("() => new Promise(requestAnimationFrame)")
        seen.append(page.locator("#lab-live:not([hidden])").count())
        route.continue_()

    page.route(f"**{LAB}", late)
    labd.emit("ended", {"act": "check", "refusal": None})
    page.wait_for_selector("#lab-live[hidden]", state="attached")
    page.unroute(f"**{LAB}")
    assert seen
    assert seen[0] == 1
