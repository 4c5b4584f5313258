"""A screen on the lab page in a browser, before a VNC server in memory: what is seen, typed, pasted and copied."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from orchestrator.core.waiting import wait_until
from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.rfb import FakeScreen

pytestmark = pytest.mark.slow

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PIXEL = """() => {
  const canvas = document.querySelector(".lab-desktop canvas");
  return canvas?.width ? [...canvas.getContext("2d").getImageData(9, 9, 1, 1).data].slice(0, 3) : null;
}"""
SHIFT, CONTROL, LEVEL3, INSERT, ENTER, CIRCUMFLEX = 0xFFE1, 0xFFE3, 0xFE03, 0xFF63, 0xFF0D, 0xFE52
WITHIN = 30
MILLISECONDS = 1000 * WITHIN
expect.set_options(timeout=MILLISECONDS)


@dataclass
class Site:
    """A portal with a labd in memory behind it, and a browser."""

    labd: FakeLabd
    origin: str
    page: Page
    wrong: list[str] = field(default_factory=list)

    @property
    def screen(self) -> FakeScreen:
        assert self.labd.screen is not None
        return self.labd.screen

    def open(self, handle: str = "lea") -> None:
        """Sign somebody in, and show the screen of pc1."""
        person, page = self.labd.people[handle], self.page
        person.language = "en"
        page.goto(f"{self.origin}/sign-in")
        page.locator("#handle").fill(handle)
        page.locator("#password").fill(person.password or "")
        page.locator("#password").press("Enter")
        page.wait_for_url(f"{self.origin}/")
        page.goto(f"{self.origin}/labs/{world.LAB}")
        page.locator('#terminal-empty [data-kind="screen"]').click()

    def shows(self, colour: tuple[int, int, int]) -> None:
        """Wait until the screen is seen."""
        assert wait_until(lambda: self.page.evaluate(PIXEL) == list(colour), within=WITHIN, every=0.05)

    def typed(self, *keys: int | str) -> None:
        """Wait until keys were pressed, and no others since the last time."""
        wanted = [ord(key) if isinstance(key, str) else key for key in keys]
        wait_until(lambda: len(self.screen.keys) >= len(wanted), within=WITHIN, every=0.02)
        assert self.screen.keys == wanted
        self.screen.keys.clear()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    labd = FakeLabd()
    labd.screen = FakeScreen()
    with (
        labd.serving(tmp_path) as path,
        served(path) as origin,
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])) as browser,
    ):
        page = browser.new_context(locale="en-GB", viewport={"width": 1300, "height": 900}).new_page()
        page.set_default_timeout(MILLISECONDS)
        site = Site(labd, origin, page)
        page.on("pageerror", lambda error: site.wrong.append(str(error)))
        page.on("console", lambda said: site.wrong.append(said.text) if said.type == "error" else None)
        yield site
        assert site.wrong == []


@contextlib.contextmanager
def served(labd: Path) -> Iterator[str]:
    """Serve a portal, whose address is given, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = LabdClient(labd)
        app = make_app(PortalSettings((WebOrigin.parse(origin),)), client)
        server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_level="error", lifespan="off"))

        async def serve() -> None:
            await server.serve([listener])
            await client.close()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        try:
            assert wait_until(lambda: server.started, within=WITHIN, every=0.01)
            yield origin
        finally:
            server.should_exit = server.force_exit = True
            thread.join(WITHIN)


def press(page: Page, key: str, code: str) -> None:
    """Press a key as a browser with another layout tells of it."""
    devtools = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        devtools.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code})
    devtools.detach()


def test_it_is_seen_and_typed_at(site: Site) -> None:
    site.open()
    site.shows(site.screen.colour)
    page = site.page
    page.keyboard.type("aB")
    site.typed("a", "B")
    press(page, "é", "Digit2")
    site.typed("é")
    dead = ("Dead", "BracketLeft")
    for second in (("e", "KeyE"), ("ê", "KeyE"), dead, ("^", "Space"), (" ", "Space"), ("1", "Digit1")):
        press(page, *dead)
        press(page, *second)
    site.typed(CIRCUMFLEX, "e", CIRCUMFLEX, "e", "^", "^", "^", "^", "1")


def test_a_layout_can_be_chosen(site: Site) -> None:
    site.open()
    site.shows(site.screen.colour)
    page = site.page
    page.locator('[data-tool="layout"]').select_option("fr")
    for code in ("KeyQ", "Digit2", "Shift+Digit2", "Semicolon"):
        page.keyboard.press(code)
    site.typed("a", "é", SHIFT, "2", "m")
    page.keyboard.down("AltRight")
    for code in ("Digit0", "Digit3", "Digit4", "Equal"):
        page.keyboard.press(code)
    page.keyboard.up("AltRight")
    site.typed(LEVEL3, "@", "#", "{", "}")
    page.keyboard.press("Control+KeyQ")
    site.typed(CONTROL, "a")
    page.keyboard.press("BracketLeft")
    page.keyboard.press("KeyE")
    site.typed(CIRCUMFLEX, "e")
    page.reload()
    expect(page.locator('[data-tool="layout"]')).to_have_value("fr")


def test_a_text_is_typed_and_pasted(site: Site) -> None:
    site.open()
    site.shows(site.screen.colour)
    page = site.page
    page.locator('[data-tool="menu"] summary').click()
    page.locator('[data-tool="text"]').fill("é@ê\n")
    page.locator('[data-tool="type"]').click()
    site.typed("é", "@", CIRCUMFLEX, "e", ENTER)
    page.locator('[data-tool="give"]').click()
    assert wait_until(lambda: site.screen.texts == ["é@ê\n"], within=WITHIN, every=0.02)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => navigator.clipboard.writeText('été')")
    page.locator(".lab-desktop canvas").click()
    page.keyboard.press("Shift+Insert")
    page.keyboard.press("x")
    site.typed(SHIFT, INSERT, "x")
    assert site.screen.texts[1:] == ["été"], "it came before the key"


def test_what_is_copied_there_waits_unless_a_key_copied_it(site: Site) -> None:
    site.open()
    site.shows(site.screen.colour)
    page, read = site.page, "() => navigator.clipboard.readText()"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => navigator.clipboard.writeText('mine')")
    site.labd.copy("theirs")
    page.locator('[data-tool="menu"] summary').click()
    copies = page.locator('[data-tool="copy"]')
    expect(copies).to_be_visible()
    assert page.evaluate(read) == "mine"
    copies.click()
    assert wait_until(lambda: page.evaluate(read) == "theirs", within=WITHIN, every=0.05)
    page.locator(".lab-desktop canvas").click()
    page.keyboard.press("Control+c")
    site.typed(CONTROL, "c")
    site.labd.copy("by a key")
    assert wait_until(lambda: page.evaluate(read) == "by a key", within=WITHIN, every=0.05)


def test_it_comes_back_and_can_be_left(site: Site) -> None:
    site.labd.screen = None
    site.open()
    page, state = site.page, site.page.locator("#terminal-state")
    expect(state).to_contain_text("off")
    site.labd.screen = FakeScreen(colour=(7, 77, 177))
    site.shows((7, 77, 177))
    expect(state).to_be_hidden()
    page.context.set_offline(True)
    expect(state).to_contain_text("Offline")
    page.context.set_offline(False)
    site.shows((7, 77, 177))
    page.reload()
    site.shows((7, 77, 177))
    page.locator(".lab-desktop canvas").click()
    page.keyboard.press("Control+Shift+ArrowUp")
    expect(page.locator(".lab-terminal-tab")).to_be_focused()
    page.locator(".lab-terminal-close").click()
    expect(page.locator("#terminal-empty")).to_be_visible()
    site.wrong = [one for one in site.wrong if "ERR_INTERNET_DISCONNECTED" not in one]


def test_a_trainer_has_no_keyboard_there(site: Site) -> None:
    site.labd.change(yours=False)
    site.open("theo")
    site.shows(site.screen.colour)
    site.page.locator(".lab-desktop canvas").click()
    site.page.keyboard.type("x")
    expect(site.page.locator('[data-tool="full"]')).to_be_visible()
    expect(site.page.locator('[data-tool="layout"], [data-tool="text"]')).to_have_count(0)
    site.screen.colour = (1, 2, 3)
    site.page.reload()
    site.shows((1, 2, 3))
    assert (site.screen.keys, site.screen.points) == ([], [])
