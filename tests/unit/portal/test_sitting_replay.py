"""A sitting's time line in a browser: several terminals, followed or chosen, marks of every kind, searching."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.fakes import labd_evidence
from tests.fakes.labd import FakeLabd

from .page_looks import SITTING
from .test_replay_player import CHROMIUM, HOSTILE, OPTIONS, Served, served

pytestmark = pytest.mark.slow


@pytest.fixture
def site() -> Iterator[Served]:
    labd = FakeLabd()
    with tempfile.TemporaryDirectory(prefix="sitting-") as made, served(labd, Path(made)) as origin:
        yield Served(origin, labd)


@pytest.fixture
def page(site: Served) -> Iterator[Page]:
    """The time line, as a member of the jury sees it at first; their browser is in another time zone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        page = browser.new_context(locale="en-GB", timezone_id="America/Cayenne").new_page()
        page.on("console", lambda message: site.said.append(message.text))
        page.on("pageerror", lambda error: site.said.append(str(error)))
        page.goto(f"{site.origin}/sign-in")
        page.fill("#handle", "paul")
        page.fill("#password", site.labd.people["paul"].password or "")
        page.press("#password", "Enter")
        page.wait_for_url(f"{site.origin}/")
        page.goto(f"{site.origin}{SITTING}/replay")
        expect(page.locator(".xterm-rows")).to_be_visible(timeout=60_000)
        yield page
        browser.close()
    assert site.said == []


def test_the_terminal_in_use_is_followed_and_rests_are_skipped(page: Page) -> None:
    rows, chosen, time = page.locator(".xterm-rows"), page.locator("#recording"), page.locator("#time")
    expect(time).to_have_text("0:00 of 10:00")
    expect(page.locator("#standing")).to_have_text("not opened yet")
    page.focus("#bar")
    for _ in range(3):  # the first command of the other terminal
        page.keyboard.press("n")
    page.locator("[data-mark='4'] button").click()
    expect(time).to_have_text("6:20 of 10:00")
    assert chosen.input_value() == "1"
    page.select_option("#speed", "16")
    page.focus("#play")
    page.keyboard.press("Space")
    expect(page.locator("#play-word")).to_have_text("Play", timeout=60_000)
    expect(time).to_have_text("10:00 of 10:00")
    assert chosen.input_value() == "0"
    expect(rows).to_contain_text("systemctl restart named")
    expect(page.locator("#standing")).to_have_text("closed")
    expect(page.locator(".lanes button").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-mark].reached")).to_have_count(len(labd_evidence.MARKS))


def test_a_terminal_that_is_chosen_is_shown_as_it_was_then(page: Page) -> None:
    page.focus("#bar")
    page.keyboard.press("End")
    expect(page.locator(".xterm-rows")).to_contain_text("systemctl restart")
    page.locator(".lanes button").nth(1).click()
    expect(page.locator(".xterm-rows")).to_contain_text("ping -c1 intranet")
    expect(page.locator("#follow")).not_to_be_checked()
    expect(page.locator("#time")).to_have_text("10:00 of 10:00")
    page.focus("#bar")
    page.keyboard.press("Home")
    expect(page.locator(".xterm-rows")).not_to_contain_text("ping")
    assert page.locator("#recording").input_value() == "1"


def test_a_desktop_is_shown_by_its_picture_of_the_moment(page: Page) -> None:
    picture, time, standing = page.locator(".desktop-picture"), page.locator("#time"), page.locator("#standing")
    page.locator(".lanes button", has_text="pc2 (desktop)").click()
    expect(page.locator(".no-picture")).to_have_text("No picture before this moment.")
    expect(standing).to_have_text("not opened yet")
    expect(page.locator(".xterm-rows")).to_have_count(0)
    page.focus("#bar")
    page.evaluate("bar.value = 457; bar.dispatchEvent(new Event('input'))")
    expect(picture).to_have_attribute("src", re.compile("/desktops/0/1$"))
    expect(picture).to_have_attribute("alt", "The desktop of pc2 (desktop), 0:02 after it opened")
    assert loaded(page) == [320, 240]
    expect(standing).to_have_text("")
    page.keyboard.press("End")
    expect(picture).to_have_attribute("src", re.compile("/desktops/0/2$"))
    assert loaded(page) == [160, 100]
    page.keyboard.press("Home")
    expect(picture).to_be_hidden()
    page.evaluate("bar.value = 520; bar.dispatchEvent(new Event('input'))")
    expect(standing).to_have_text("closed")
    page.uncheck("#skip")
    page.select_option("#speed", "16")
    page.focus("#play")
    page.keyboard.press("Space")
    expect(picture).to_have_attribute("src", re.compile("/desktops/0/2$"))
    expect(time).to_have_text("10:00 of 10:00", timeout=60_000)
    expect(page.locator("#recording")).to_have_value("2")


def loaded(page: Page) -> list[int]:
    """Return the size of the picture that is shown, once it is there."""
    page.wait_for_function("() => document.querySelector('.desktop-picture').complete")
    size: list[int] = page.locator(".desktop-picture").evaluate("(one) => [one.naturalWidth, one.naturalHeight]")
    return size


def test_a_desktop_in_use_is_followed(page: Page) -> None:
    page.focus("#bar")
    page.evaluate("bar.value = 458; bar.dispatchEvent(new Event('input'))")
    expect(page.locator("#recording")).to_have_value("2")
    expect(page.locator(".desktop-picture")).to_be_visible()
    page.evaluate("bar.value = 400; bar.dispatchEvent(new Event('input'))")
    expect(page.locator("#recording")).to_have_value("1")
    expect(page.locator(".desktop-picture")).to_have_count(0)
    expect(page.locator(".xterm-rows")).to_be_visible()


def test_a_picture_that_does_not_come_stops_the_player(page: Page, site: Served) -> None:
    page.route(re.compile("/desktops/"), lambda route: route.abort())
    page.locator(".lanes button", has_text="pc2 (desktop)").click()
    page.evaluate("bar.value = 458; bar.dispatchEvent(new Event('input'))")
    expect(page.locator("#told")).to_contain_text("could not be read")
    site.said.clear()  # the browser tells that it is without an answer


def test_marks_are_shown_by_kind_and_by_words(page: Page) -> None:
    shown = page.locator("#marks > li:not([hidden])")
    expect(shown).to_have_count(len(labd_evidence.MARKS))
    page.fill("#marks-words", "PING")
    expect(shown).to_have_count(1)
    page.fill("#marks-words", "")
    page.uncheck("[data-kind-shown='command']")
    expect(shown).to_have_count(len(labd_evidence.MARKS) - 3)
    page.fill("#marks-words", "no such words")
    expect(page.locator("#marks-none")).to_be_visible()
    expect(page.locator("#ticks > span")).to_have_count(0)


def test_what_is_found_leads_to_where_it_was(page: Page) -> None:
    page.fill("#q", "ping")
    page.press("#q", "Enter")
    expect(page.locator("li.found")).to_have_count(2)
    expect(page.locator(".xterm-rows")).to_be_visible(timeout=60_000)
    assert page.locator("li.found b").count() == 0
    page.locator("li.found button").nth(1).click()
    expect(page.locator("#time")).to_have_text("6:21 of 10:00")
    assert page.locator("#recording").input_value() == "1"


def test_hours_are_those_of_the_session(page: Page) -> None:
    expect(page.locator("[data-mark='4'] time")).to_have_text("09:06:25")
    expect(page.locator("#recording option").first).to_contain_text("14 December 2026 at 09:05")


def test_what_a_candidate_wrote_can_only_be_read(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"version": 2, "width": 80, "height": 24, "timestamp": 0}, [0.1, "o", HOSTILE], [1, "o", "end\r\n"]]
    cast = "".join(f"{json.dumps(line)}\n" for line in lines) + '[2, "o", "cut o'
    monkeypatch.setattr(labd_evidence, "CASTS_OF_SITTING", (cast, cast))
    title = page.title()
    page.reload()
    expect(page.locator(".xterm-rows")).to_be_visible(timeout=60_000)
    page.focus("#bar")
    page.keyboard.press("End")
    expect(page.locator(".xterm-rows")).to_contain_text("end")
    assert page.title() == title
    assert page.locator("main img, #screen a").count() == 0
    expect(page.locator("[data-mark='8']")).to_contain_text("echo '<img src=x onerror=alert(1)>' # l'essai : ACDC/XYZ")
