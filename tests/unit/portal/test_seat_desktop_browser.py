"""A desktop at a candidate's seat in a browser: seen and typed at, stopped and given back with the time, then over."""

from __future__ import annotations

import pytest

from orchestrator.core.text import Text
from orchestrator.portal import seat_terminal_pages
from tests.fakes.labd_seats import SEATED
from tests.fakes.rfb import FakeScreen
from tests.unit.portal.test_screen_in_browser import Site, site

__all__ = ["site"]
pytestmark = pytest.mark.slow

LAB = "/seat/terminals/reseau/1"
STOPPED = Text(fr="Le temps est arrêté.", en="Time stands still.")


def sit(site: Site) -> None:
    """Sit down, and show the screen of pc1."""
    page = site.page
    page.context.add_cookies([{"name": "breakfix-seat", "value": SEATED, "url": site.origin}])
    page.goto(f"{site.origin}{LAB}")
    page.locator('#terminal-empty [data-kind="screen"]').click()


def state(site: Site, word: str) -> None:
    site.page.wait_for_function(f"() => document.getElementById('terminal-state').dataset.state === '{word}'")


def test_a_desktop_is_there_as_long_as_time_runs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_terminal_pages, "POLL_SECONDS", 0.05)
    sit(site)
    site.shows((32, 96, 160))
    site.page.locator(".lab-desktop canvas").click()
    site.page.keyboard.type("ab")
    site.typed("a", "b")
    site.labd.seat_terminals.shut = STOPPED
    state(site, "screen_stopped")
    assert site.page.locator(".lab-desktop canvas").count() == 0
    site.labd.seat_terminals.shut = None
    state(site, "connected")
    site.page.locator(".lab-desktop canvas").click()
    site.page.keyboard.type("c")
    site.typed("c")
    site.page.reload()  # a lost browser: the screen comes back
    site.shows((32, 96, 160))
    site.labd.seat_terminals.over = True
    site.labd.seat_terminals.shut = STOPPED
    state(site, "over")
    assert isinstance(site.screen, FakeScreen)
