"""The replay in a browser: played, sought, by keyboard, with marks; a recording can do nothing but be shown."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from orchestrator.core.waiting import wait_until
from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes import labd_privacy
from tests.fakes.labd import FakeLabd

pytestmark = pytest.mark.slow

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
HOSTILE = (
    "\x1b]0;a title\x07\x1b]52;c;aGVsbG8=\x07\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\x1b[c\x1b[6n\x1b[?1049h"
    "<img src=x onerror=alert(1)>\r\n"
)


@dataclass
class Served:
    """A portal, and what its pages complained of."""

    origin: str
    labd: FakeLabd
    said: list[str] = field(default_factory=list)


@contextmanager
def served(labd: FakeLabd, folder: Path) -> Iterator[str]:
    """Serve the portal on this machine, and give its address."""
    with labd.serving(folder) as path, socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = LabdClient(path)
        app = make_app(PortalSettings((WebOrigin.parse(origin),)), client)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio"))

        async def serve() -> None:
            await server.serve(sockets=[listener])
            await client.close()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started, within=20, every=0.01)
            yield origin
        finally:
            server.should_exit = server.force_exit = True
            thread.join(20)


@pytest.fixture
def site() -> Iterator[Served]:
    labd = FakeLabd()
    with tempfile.TemporaryDirectory(prefix="replay-") as made, served(labd, Path(made)) as origin:
        yield Served(origin, labd)


@pytest.fixture
def page(site: Served) -> Iterator[Page]:
    """The replay, as its owner sees it at first."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        page = browser.new_context(locale="en-GB", timezone_id="Europe/Paris").new_page()
        page.on("console", lambda message: site.said.append(message.text))
        page.on("pageerror", lambda error: site.said.append(str(error)))
        page.goto(f"{site.origin}/sign-in")
        page.fill("#handle", "lea")
        page.fill("#password", site.labd.people["lea"].password or "")
        page.press("#password", "Enter")
        page.wait_for_url(f"{site.origin}/")
        page.goto(f"{site.origin}/attempts/41/replay")
        expect(page.locator(".xterm-rows")).to_be_visible(timeout=60_000)
        yield page
        browser.close()
    assert site.said == []


def test_it_is_played_and_sought_by_keyboard_alone(page: Page) -> None:
    time, told, rows = page.locator("#time"), page.locator("#told"), page.locator(".xterm-rows")
    expect(time).to_have_text("0:00 of 4:44")
    page.select_option("#speed", "16")
    page.focus("#play")
    page.keyboard.press("Space")
    expect(page.locator("#play-word")).to_have_text("Pause")
    expect(told).to_have_text("End of the recording", timeout=60_000)
    expect(rows).to_contain_text("systemctl restart named")
    page.focus("#bar")
    page.keyboard.press("Home")
    expect(time).to_have_text("0:00 of 4:44")
    expect(rows).not_to_contain_text("systemctl")
    page.keyboard.press("n")
    expect(told).to_contain_text("1:10: The intranet answers – red · 1:10: pc2 has the network – green")
    page.keyboard.press("ArrowRight")
    expect(time).to_have_text("1:15 of 4:44")
    page.keyboard.press("End")
    expect(time).to_have_text("4:44 of 4:44")
    page.keyboard.press("p")
    expect(time).to_have_text("4:40 of 4:44")
    expect(page.locator("[data-mark].reached")).to_have_count(5)


def test_a_mark_leads_to_what_came_before_it(page: Page) -> None:
    page.select_option("#recording", "1")
    expect(page.locator("#time")).to_have_text("0:00 of 0:03")
    page.locator("[data-mark='2'] button").click()
    expect(page.locator("#time")).to_have_text("1:55 of 4:44")
    assert page.locator("#recording").input_value() == "0"
    expect(page.locator(".xterm-rows")).to_contain_text("not loaded")


def test_a_recording_can_only_be_shown(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"version": 2, "width": 80, "height": 24, "timestamp": 0}, [0.1, "o", HOSTILE], [1, "r", "0x99999"]]
    wild = [*lines, [2, "r", "120x40"], [3, "x", "?"], [4, "o", "end\r\n"], {"no": "event"}, [5], "text"]
    cast = "".join(f"{json.dumps(line)}\n" for line in wild) + '[284, "o", "cut o'
    monkeypatch.setitem(labd_privacy.CASTS, labd_privacy.LONG, cast)
    title = page.title()
    page.reload()
    expect(page.locator(".xterm-rows")).to_be_visible(timeout=60_000)
    page.focus("#bar")
    page.keyboard.press("End")
    expect(page.locator(".xterm-rows")).to_contain_text("end")
    expect(page.locator(".xterm-rows")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.title() == title
    assert page.locator("#screen a, #screen img").count() == 0
    page.locator("#screen").click()
    page.keyboard.type("typed")
    assert "typed" not in page.locator(".xterm-rows").inner_text()


def test_a_recording_that_is_gone_is_told(page: Page, site: Served) -> None:
    page.route("**/recordings/**", lambda route: route.fulfill(status=404, json={"text": "gone"}))
    page.select_option("#recording", "1")
    expect(page.locator("#told")).to_contain_text("could not be read")
    site.said.clear()  # the browser's own line about the answer
