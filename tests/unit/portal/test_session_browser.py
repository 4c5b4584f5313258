"""An organiser plans a session in a browser: files become text, a mistake leads to its line, a doubt is agreed to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.portal import day_pages, screen_pages
from tests.fakes import labd_sessions as fake
from tests.fakes.labd import FakeLabd
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow

PLAN = "contract: 1\nid: spring\n  a mistake\nfour\n" + "# more\n" * 60
LIST = "number;name\nC-01;Zoé Faure\n"
LEFT = "document.querySelector('#phase-reseau-row-C-04 [data-left]').textContent"
CHOSEN = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"


def test_an_organiser_plans_and_withdraws_a_session(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "ines", "/sessions")
    page.locator("a[href='/new-session']").click()
    with page.expect_navigation():
        page.locator("button[value=text]").click()
    plan, listed = page.locator("#plan"), page.locator("#candidates")
    for name in ("#plan-file", "#list-file"):  # a script shows them once it hears them
        page.locator(name).wait_for()
    page.locator("#plan-file").set_input_files(
        {"name": "session.yaml", "mimeType": "text/yaml", "buffer": PLAN.encode()}
    )
    page.locator("#list-file").set_input_files(
        {"name": "candidates.csv", "mimeType": "text/csv", "buffer": LIST.encode("windows-1252")}
    )
    page.wait_for_function("(text) => document.getElementById('plan').value === text", arg=PLAN)
    page.wait_for_function("(text) => document.getElementById('candidates').value === text", arg=LIST)
    with page.expect_navigation():
        page.locator("#plan-form .acts button:not([name])").click()
    assert page.evaluate("document.activeElement.id") == "summary"
    assert (plan.input_value(), listed.input_value()) == (PLAN, LIST)
    page.locator("#summary a[data-line='3']").press("Enter")
    assert page.evaluate("document.activeElement.id") == "plan"
    assert plan.evaluate(CHOSEN) == "  a mistake"
    page.locator("#summary a[data-field='candidates'][data-line='2']").click()
    assert listed.evaluate(CHOSEN) == "C-01;Zoé Faure"

    plan.fill("id: spring\npast")
    with page.expect_navigation():
        page.locator("#plan-form .acts button:not([name])").click()
    assert "spring" not in labd.sessions.sessions
    with page.expect_navigation():
        page.locator("button[name=anyway]").press("Enter")
    assert page.url.endswith("/sessions/spring?done=planned")
    assert [one for name, _, one in labd.asked if name == "plan-session"][-1].candidates == LIST

    page.locator("main details summary").last.click()
    page.locator("#reason").fill("Une autre date.")
    with page.expect_navigation():
        page.locator("form[action$='/withdraw'] button").click()
    assert list(labd.sessions.sessions) == [fake.SESSION]
    assert portal.wrong == []


def test_an_organiser_fills_in_a_plan_by_keyboard(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "ines", "/new-session")
    page.locator("#title").fill("Session")
    page.locator("#add-candidates").focus()
    with page.expect_response("**/new-session"):
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'candidates-3-number'")
    assert page.locator("#title").input_value() == "Session", "the page is the same"
    page.keyboard.type("C-01")
    page.keyboard.press("Tab")
    page.keyboard.type("Zoé")
    with page.expect_response("**/new-session"):
        page.locator("[name=do][value=remove-candidates-0]").press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'add-candidates'")
    assert page.locator("#candidates-2-name").input_value() == "Zoé"
    assert page.locator("#rows-said").inner_text() != ""

    page.locator("summary", has_text="CSV").click()
    page.locator("#list-file").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.replace("C-01", "C-02").encode()}
    )
    page.wait_for_function("() => document.getElementById('list').value !== ''")
    with page.expect_navigation():
        page.locator("button[value=list]").click()
    assert page.locator("#candidates-1-name").input_value() == "Zoé Faure"

    page.locator("#title").fill("mistake")
    with page.expect_navigation():
        page.locator("#title").press("Enter")
    assert page.evaluate("document.activeElement.id") == "summary", "Enter checks; it takes no row away"
    page.locator("#summary a[href='#jury-1-person']").press("Enter")
    assert page.evaluate("document.activeElement.id") == "jury-1-person"
    with page.expect_download() as download:
        page.locator("button[value=file]").click()
    assert download.value.suggested_filename == "session.yaml"
    page.locator("#title").fill("past")
    page.locator("#id").fill("spring")
    with page.expect_navigation():
        page.locator("#title").press("Enter")
    with page.expect_navigation():
        page.locator("button[name=anyway]").press("Enter")
    assert page.url.endswith("/sessions/spring?done=planned")
    assert portal.wrong == []


def test_an_organiser_holds_the_day_from_the_wall(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "ines", f"/sessions/{fake.SESSION}/day")
    left = page.locator("#phase-reseau-row-C-04 [data-left]")
    first = left.inner_text()
    page.wait_for_function(f"(was) => {LEFT} < was", arg=first)
    view = labd.day.view
    rows = [replace(row, left=3000) if row.number == "C-04" else row for row in view.phases[0].rows]
    labd.day.view = replace(view, phases=(replace(view.phases[0], rows=tuple(rows)), *view.phases[1:]))
    page.wait_for_function(f"() => !{LEFT}.startsWith('1:')")

    page.locator("main details summary").first.click()
    page.locator("#announce-text").fill("Une annonce en cours de frappe")
    page.locator("#phase-reseau-to-C-04").focus()
    labd.day.view = replace(labd.day.view, supervision="off")
    page.wait_for_selector("#day-head .notice.wrong")
    assert page.locator("#announce-text").input_value() == "Une annonce en cours de frappe", "the wall alone changes"
    assert page.evaluate("document.activeElement.id") == "phase-reseau-to-C-04"

    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("details:has(button[value=finished]) summary").click()
    with page.expect_navigation():
        page.locator("button[value=finished]").click()
    assert [one.act for name, _, one in labd.asked if name == "act-on-day"] == ["finished"]
    assert portal.wrong == []


def test_a_page_of_codes_that_is_read_again_makes_none(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    """The codes that were just printed would hold no longer."""
    portal.open(page, labd, "ines", f"/sessions/{fake.SESSION}")
    with page.expect_navigation():
        page.locator("form[action$='/codes'] button").click()
    page.locator("#print").wait_for()
    with page.expect_navigation():
        page.reload()
    page.locator("#codes-for").wait_for()
    assert [name for name, _, _ in labd.asked].count("make-codes") == 1
    assert portal.wrong == []


def test_an_organiser_sees_the_terminals_of_all(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "ines", f"/sessions/{fake.SESSION}/day")
    first = page.locator("#screens-list figure").first
    first.wait_for()
    assert page.locator("#screens-list figure").count() == len(labd.day.screens) + len(labd.day.desktops)
    page.wait_for_function("() => document.querySelector('#screens-list img').naturalWidth === 80")
    assert first.locator("pre").text_content() == labd.day.screens[0].text  # its <script> is text
    assert page.locator("#screens script").count() == 0
    one, *others = labd.day.screens
    labd.day.screens = (replace(one, text="changed"), others[1])
    page.wait_for_function("() => document.querySelector('#screens-list pre').textContent === 'changed'")
    page.wait_for_function("() => document.querySelectorAll('#screens-list figure').length === 3")
    (desktop,) = labd.day.desktops
    labd.day.desktops = (replace(desktop, picture=13),)
    page.wait_for_function("() => /13.size=small$/.test(document.querySelector('#screens-list img').src)")
    labd.day.desktops = (replace(desktop, open=False),)
    page.wait_for_function("() => document.querySelectorAll('#screens-list img').length === 0")

    switch = page.locator("#screens-switch")
    switch.press("Enter")
    assert page.locator("#screens-list").is_hidden()
    lines: list[str] = []
    page.on("request", lambda asked: lines.append(asked.url) if asked.resource_type == "eventsource" else None)
    with page.expect_navigation():
        page.reload()
    page.locator("#screens").wait_for()  # its script shows it
    assert page.locator("#screens-list").is_hidden()
    assert not any(line.endswith("/screens/events") for line in lines)
    switch.press("Enter")
    page.locator("#screens-list figure a").first.click()
    page.locator("#screen").wait_for()
    assert page.locator("#screen").text_content() == "changed"
    page.keyboard.type("rm -rf /")
    labd.day.screens = (replace(one, text="and again"),)
    page.wait_for_function("() => document.getElementById('screen').textContent === 'and again'")
    labd.day.screens = ()
    page.locator("#screens-lost").wait_for()
    assert {name for name, _, _ in labd.asked} <= {"me", "day", "seats", "screens", "look-at-screen", "desktop-picture"}
    assert portal.wrong == []


def test_what_a_picture_shows_is_said_before_it_is_there(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    held: list[Route] = []
    page.route("**/pictures/*", lambda route: held.append(route))  # noqa: PLW0108 - a method takes no notes
    portal.open(page, labd, "ines", f"/sessions/{fake.SESSION}/day")
    image = page.locator("#screens-list img")
    image.wait_for()
    asked = {name: image.get_attribute(name) for name in ("src", "alt", "width")}
    assert asked["src"] is None
    assert asked["alt"] == "The desktop of pc1, candidate C-04"
    assert asked["width"] == "320"
    for one in held:
        one.continue_()
    page.unroute("**/pictures/*")
    page.wait_for_function("() => document.querySelector('#screens-list img').naturalWidth === 80")
    assert image.get_attribute("alt") == asked["alt"]


def test_the_desktop_that_somebody_looks_at_follows(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_pages, "POLL_SECONDS", 0.05)
    (desktop,) = labd.day.desktops
    portal.open(page, labd, "ines", f"/sessions/{fake.SESSION}/desktops/reseau/C-04/moved-desks.pc1")
    page.wait_for_function("() => document.querySelector('#desktop img').naturalWidth === 320")
    assert page.locator("#desktop-closed").is_hidden()
    labd.day.desktops = (replace(desktop, picture=13, width=640, height=480, open=False),)
    page.wait_for_function("() => document.querySelector('#desktop img').naturalWidth === 640")
    page.locator("#desktop-closed").wait_for()
    page.keyboard.type("rm -rf /")
    labd.day.desktops = ()
    page.locator("#screens-lost").wait_for()
    assert {name for name, _, _ in labd.asked[-5:]} <= {"me", "look-at-desktop", "desktop-picture"}
