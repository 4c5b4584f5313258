"""Talk under somebody's hands: sent by keyboard, shown once in each window, phrases at hand, long acts told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal
from orchestrator.labd.talk_contract import Said, Say
from tests.fakes import labd_people as people
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_world import FakePerson
from tests.unit.portal.served_portal import ServedPortal, browsing, served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

LAB = f"/labs/{world.LAB}"
ADDED = """(log) => { window.added = []; new MutationObserver((all) => {
  for (const { addedNodes } of all) for (const one of addedNodes) if (one.className) window.added.push(one.className);
}).observe(log, { childList: true }); }"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserContext]:
    with browsing() as browser:
        yield browser.new_context(locale="en-GB", reduced_motion="reduce")


@pytest.fixture(scope="module")
def portal() -> Iterator[ServedPortal]:
    with served() as one:
        yield one


@pytest.fixture
def labd(portal: ServedPortal) -> Iterator[FakeLabd]:
    with portal.labd() as one:
        one.lab_people.come(people.ALICE, people.SAM)
        yield one


@pytest.fixture
def page(portal: ServedPortal, chromium: BrowserContext, labd: FakeLabd) -> Iterator[Page]:
    page = portal.page(chromium)
    page.set_viewport_size({"width": 1300, "height": 800})
    portal.open(page, labd, "lea", f"{LAB}#talk")
    page.wait_for_selector("#talk-1 .talk-log")
    yield page
    page.close()
    assert portal.wrong == []


def turns(page: Page, person: int = 1) -> list[str]:
    """Return what a conversation shows as said."""
    return page.locator(f"#talk-{person} li:not(.talk-pending) .talk-text").all_inner_texts()


def until(page: Page, count: int, person: int = 1) -> None:
    """Wait until a conversation shows so many things that were said."""
    from playwright.sync_api import expect  # noqa: PLC0415 - only where it is used

    expect(page.locator(f"#talk-{person} li:not(.talk-pending) .talk-text")).to_have_count(count)
    expect(page.locator(".talk-pending")).to_have_count(0)


def test_what_is_typed_is_said_and_shown_once_in_each_window(
    portal: ServedPortal, page: Page, chromium: BrowserContext
) -> None:
    other = portal.page(chromium)
    other.goto(f"{portal.origin}{LAB}#talk")
    other.wait_for_selector("#talk-1 .talk-log")
    page.locator("#talk-1 .talk-turns").evaluate(ADDED)
    page.locator("#talk-1-text").press_sequentially("Hello, <b>Alice</b>")
    page.keyboard.press("Enter")
    until(page, 3)
    until(other, 3)
    assert turns(page) == ["Hello? Alice Durand speaking.", "Hello, <b>Alice</b>", "« Hello, <b>Alice</b> » ?"]
    assert page.evaluate("() => window.added") == ["talk-mine talk-pending", "talk-mine", "talk-theirs"]
    assert page.locator("#talk-1-text").input_value() == ""
    assert page.evaluate("() => document.activeElement.id") == "talk-1-text"
    for text in ("a", "b", "c", "d", "e", "f"):
        page.locator("#talk-1-text").fill(text)
        page.keyboard.press("Enter")
        until(page, 3 + 2 * ("abcdef".index(text) + 1))
    assert page.locator("#talk-1 .talk-log").evaluate(
        "(log) => log.scrollTop > 0 && Math.abs(log.scrollHeight - log.clientHeight - log.scrollTop) < 2"
    )
    other.close()


def test_a_phrase_fills_the_field_of_whom_one_talks_to(page: Page) -> None:
    assert page.locator("#talk-2").is_hidden()
    page.locator("[data-person=talk-2]").press("Enter")
    assert page.locator("#talk-1").is_hidden()
    page.locator("#talk-2-menu summary").press("Enter")
    page.locator("#talk-2-phrases button").nth(1).press("Enter")
    assert page.locator("#talk-2-text").input_value() == people.PHRASES["en"][1]
    assert page.evaluate("() => document.activeElement.id") == "talk-2-text"
    page.keyboard.press("Enter")
    until(page, 3, 2)
    assert len(page.locator("#talk-1 .talk-text").all()) == 1


def test_whoever_acts_for_long_is_said_to(labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    own, held = labd.lab_people.say, labd.lab_people

    def late(_who: FakePerson, asked: Say) -> Said:
        held.answering = (asked.lab, asked.person)
        labd.emit("talking", {"person": asked.person})
        return Said(None)

    monkeypatch.setattr(labd, "_calls", {**labd._calls, "say": (labd._calls["say"][0], late)})
    page.locator("#talk-1-text").fill("Restart it")
    page.keyboard.press("Enter")
    line = page.locator("#talk-1 .talk-answering")
    line.wait_for(state="visible")
    assert line.inner_text() == "Alice Durand is answering…"
    page.get_by_text("Alice Durand is seeing to it…").wait_for()
    page.locator("#talk-1-text").fill("And now?")
    page.keyboard.press("Enter")
    assert page.locator("#talk-1-text").input_value() == "And now?", "they are at it still"
    held.answering = ("", "")
    own(labd.people["lea"], Say(world.LAB, "alice", "Restart it", "en"))
    until(page, 3)
    line.wait_for(state="hidden")


def test_what_is_refused_stays_in_the_field(labd: FakeLabd, page: Page) -> None:
    labd.refusals["say"] = Refusal("busy", Text(fr="Occupé.", en="Busy."))
    page.locator("#talk-1-text").fill("Hello")
    page.keyboard.press("Enter")
    page.locator("#lab-trouble").get_by_text("Busy.").wait_for()
    assert page.locator("#talk-1-text").input_value() == "Hello"
    assert page.locator(".talk-pending").count() == 0
    labd.refusals.clear()
    labd.emit("said", {"person": "alice", "refusal": Refusal("machine", same("The host is gone."))})
    page.locator("#lab-trouble").get_by_text("The host is gone.").wait_for()


def test_a_conversation_that_is_over_says_so(labd: FakeLabd, page: Page) -> None:
    over = page.locator("#talk-1 .talk-over")
    assert over.is_hidden()
    labd.lab_people.turns[world.LAB, "alice"] = (people.TURNS[0], replace(people.TURNS[1], acts=()))
    labd.emit("said", {"person": "alice", "refusal": None})
    over.wait_for(state="visible")
    assert page.locator("#talk-1 .talk-end").inner_text() == "End of the conversation"
