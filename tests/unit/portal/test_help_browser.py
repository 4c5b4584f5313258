"""Two browsers at one lab: the trainer asks to type, is allowed, types, and no longer does once the trainee ends it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from orchestrator.core.waiting import wait_until
from orchestrator.labd import lab_work_contract
from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.labd_talk import SOON

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def portal(labd: FakeLabd, folder: Path) -> Iterator[str]:
    """Serve the portal on a loopback port, and give its address."""
    with labd.serving(folder) as place, socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        servers: list[uvicorn.Server] = []

        async def serve() -> None:
            client = LabdClient(place)
            app = make_app(PortalSettings((WebOrigin.parse(origin),)), client)
            servers.append(
                uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio"))
            )
            await servers[0].serve([listener])
            await client.close()

        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        try:
            wait_until(lambda: bool(servers) and servers[0].started, within=SOON, every=0.01)
            yield origin
        finally:
            servers[0].should_exit = True
            thread.join(SOON)


def at_the_lab(browser: Browser, labd: FakeLabd, origin: str, handle: str, wrong: list[str]) -> Page:
    page = browser.new_context(locale="en-GB", viewport={"width": 1300, "height": 900}).new_page()
    page.set_default_timeout(SOON * 1000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    page.goto(f"{origin}/sign-in?next=/labs/{world.LAB}")
    page.fill("#handle", handle)
    page.fill("#password", labd.people[handle].password or "")
    page.press("#password", "Enter")
    page.wait_for_selector(".xterm-screen")
    return page


def test_a_trainer_types_with_consent(labd: FakeLabd, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    playing = pytest.importorskip("playwright.sync_api")  # here, since others' tests need not wait for it
    expect = playing.expect
    expect.set_options(timeout=SOON * 1000)
    wrong: list[str] = []
    opening = lab_work_contract.OpenTerminal(world.LAB, "pc1", "root")
    terminal = labd.terminal(labd._open_terminal(labd.people["lea"], opening).id)
    folder = tmp_path_factory.mktemp("p")
    with portal(labd, folder) as origin, playing.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        lea, theo = (at_the_lab(browser, labd, origin, handle, wrong) for handle in ("lea", "theo"))
        theo.locator(".xterm-screen").click()
        theo.keyboard.type("too early ")
        theo.get_by_role("button", name="Ask to type here").click()
        lea.get_by_role("button", name="Allow").click()
        expect(theo.locator("#lab-typing")).to_contain_text("You type in pc1")
        expect(lea.locator("#lab-typing")).to_contain_text("Théo Bernard types with you in pc1")
        theo.locator(".xterm-screen").click()
        theo.keyboard.type("by theo ")
        wait_until(lambda: b"by theo " in terminal.output, within=SOON, every=0.01)
        terminal.write(b"\x1b[6n")  # a program asks where the cursor is: one terminal answers, the trainee's
        wait_until(lambda: terminal.output.endswith(b"R"), within=SOON, every=0.01)
        lea.get_by_role("button", name="End it").click()
        expect(theo.get_by_text("You no longer type in pc1.")).to_be_visible()
        theo.locator(".xterm-screen").click()
        theo.keyboard.type("too late ")
        lea.locator(".xterm-screen").click()
        lea.keyboard.type("by lea")
        wait_until(lambda: terminal.output.endswith(b"by lea"), within=SOON, every=0.01)
        browser.close()
    assert b"too" not in terminal.output
    assert terminal.output.count(b"R") == 1
    assert wrong == []
