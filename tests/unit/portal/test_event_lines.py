"""Lines that die in silence: a page notices, and takes up again whatever it had open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.portal import board_stream, polled_frames
from tests.fakes import labd_classes as fake
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

LIVELY, DEAD = 30_000, 45_000
"""Milliseconds of silence after which a line is kept, and let go."""
STEP = 15_000
"""What a terminal does not take for a computer that slept."""
LAB = f"/labs/{world.LAB}"
BOARD = f"/classes/{fake.CLASS}/board"
BEATS = """() => { window.beats = 0;
  const own = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (kind, hear) {
    own.call(this, kind, (event) => { hear(event); window.beats += kind === "beat"; }); }; }"""
"""Counts the beats that scripts have heard."""


@pytest.fixture
def lines(page: Page) -> list[str]:
    """Return the addresses of the lines that a page opens, as it does; its clock can be put forward."""
    opened: list[str] = []
    page.on("request", lambda asked: opened.append(asked.url) if asked.resource_type == "eventsource" else None)
    page.clock.install()
    page.add_init_script(f"({BEATS})()")
    return opened


def test_a_line_that_beats_is_kept_and_a_silent_one_let_go(
    portal: ServedPortal, labd: FakeLabd, page: Page, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_stream, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(polled_frames, "BEAT_SECONDS", 0.1)
    portal.open(page, labd, "theo", BOARD)
    for _ in range(3):
        before = page.evaluate("beats")
        page.wait_for_function("(before) => beats > before + 1", arg=before)
        page.clock.fast_forward(LIVELY)
    assert len(lines) == 1
    monkeypatch.setattr(polled_frames, "BEAT_SECONDS", 600.0)
    before = -1
    while (now := page.evaluate("beats")) != before:  # those that were on their way
        before = now
        page.wait_for_timeout(300)
    with page.expect_request("**/events"):
        page.clock.fast_forward(DEAD)
    page.locator("#board-lost").wait_for(state="hidden")
    assert len(lines) == 2
    assert portal.wrong == []


def test_terminals_are_taken_up_again_with_the_line(
    portal: ServedPortal, labd: FakeLabd, page: Page, lines: list[str]
) -> None:
    portal.open(page, labd, "lea", LAB)
    with page.expect_websocket():
        page.locator('#terminal-empty [data-host="pc1"][data-kind]').first.click()
    page.wait_for_selector(".lab-screen:not([hidden]) .xterm-rows", state="attached")
    with page.expect_websocket(lambda line: "after=" in line.url):
        for _ in range(DEAD // STEP):
            page.clock.fast_forward(STEP)
    assert len(lines) == 2
    assert portal.wrong == []
