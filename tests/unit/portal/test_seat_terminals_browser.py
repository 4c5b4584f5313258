"""A candidate's terminals in a browser: opened, typed in, stopped and given back with the time; and from a stranger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.text import Text, same
from orchestrator.labd.sitting_contract import Announcement
from orchestrator.portal import seat_terminal_pages
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seat_terminals import PLACE
from tests.fakes.labd_seats import SEATED
from tests.unit.portal.page_looks import _at_seat
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

LAB = "/seat/terminals/reseau/1"
STOPPED = Text(fr="Le temps est arrêté.", en="Time stands still.")


def state(word: str) -> str:
    return f"() => document.getElementById('terminal-state').dataset.state === '{word}'"


def test_a_candidate_works_as_long_as_time_runs(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_terminal_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "", "/seat")
    _at_seat(SEATED, LAB)(page)
    assert page.locator("#seat-left").inner_text().startswith("1:")
    for absent in ("Check", "Hint", "Évaluer", "Indice"):
        assert page.get_by_text(absent).count() == 0
    assert "no-network" not in page.content()
    page.locator("#terminal-empty [data-host=pc1][data-kind=root]").click()
    page.locator(".xterm-rows >> text=root@lab").wait_for()
    page.keyboard.type("hello")
    page.locator(".xterm-rows >> text=hello").wait_for()
    ((_, terminal),) = [(key, one) for key, one in labd.terminals.items() if key[0] == PLACE]
    assert (terminal.view.host, terminal.view.kind) == ("pc1", "root")

    said = Announcement("2026-12-14T23:59:00+01:00", same("<b>Evacuate</b>"))
    labd.seats.sitting = replace(labd.seats.sitting, announced=(said, *labd.seats.sitting.announced))
    page.locator("#seat-said-list >> text=<b>Evacuate</b>").wait_for()
    page.locator("#seat-said button").click()
    assert page.locator("#seat-said").is_hidden()

    labd.seat_terminals.shut = STOPPED
    terminal.ears.call()
    page.wait_for_function(state("stopped"))
    page.locator(".xterm-screen").first.click()
    page.keyboard.type("nothing")
    labd.seat_terminals.shut = None
    page.wait_for_function(state("connected"))
    page.keyboard.type("-again")
    page.locator(".xterm-rows >> text=hello-again").wait_for()
    assert b"nothing" not in terminal.output

    page.reload()  # a lost browser: the screen comes back
    page.locator(".xterm-rows >> text=hello-again").wait_for()
    assert page.locator("#seat-said").is_hidden()

    labd.seat_terminals.over = True
    labd.seat_terminals.shut = STOPPED
    terminal.ears.call()
    page.wait_for_function(state("over"))
    assert portal.wrong == []


def test_a_browser_whose_seat_is_another_s_is_told(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_terminal_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "", "/seat")
    _at_seat(SEATED, "/seat/terminals")(page)
    page.get_by_role("link", name="Lab 1").click()
    page.locator("#terminal-empty [data-host=sw1]").click()
    page.locator(".xterm-rows >> text=root@lab").wait_for()
    labd.seats.tokens.clear()
    page.locator("#lab-sign-in").wait_for()
    assert portal.wrong == []
