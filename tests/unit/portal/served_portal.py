"""The portal at a loopback address, with the labd in memory behind it, and a Chromium that looks at it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from orchestrator.core.waiting import wait_until
from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes.labd import FakeLabd

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SOON = 60_000
"""Milliseconds in which anything comes that a test waits for, however busy the machine is."""


@dataclass
class ServedPortal:
    """A portal that browsers reach.

    Attributes:
        labd: what is behind it.
        origin: its address.
        browser: looks at it.
        wrong: what scripts did wrong, on any page.
    """

    labd: FakeLabd
    origin: str
    browser: Browser
    wrong: list[str] = field(default_factory=list)

    def context(self, handle: str = "", **options: Any) -> BrowserContext:  # noqa: ANN401 - Playwright's
        """Return a browser of somebody's who is signed in, or of nobody's; what its scripts do wrong is noted."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(SOON)
        if handle:
            token = {"name": "breakfix", "value": self.labd.sign_in(handle), "url": self.origin}
            context.add_cookies([token])  # type: ignore[list-item]
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)
        return context

    def page(self, handle: str, path: str) -> Page:
        """Return a page that somebody has opened."""
        page = self.context(handle, locale="en-GB", viewport={"width": 1300, "height": 900}).new_page()
        page.goto(f"{self.origin}{path}")
        return page


@contextmanager
def served(folder: Path) -> Iterator[ServedPortal]:
    """Serve a portal, and give it with a browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is used

    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    labd = FakeLabd()
    with labd.serving(folder) as path, socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = LabdClient(path)
        app = make_app(PortalSettings((WebOrigin.parse(origin),)), client)
        config = uvicorn.Config(
            app, ws="websockets-sansio", log_level="error", lifespan="off", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            await server.serve([listener])
            await client.close()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started, within=20, every=0.01)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
                yield ServedPortal(labd, origin, browser)
                browser.close()
        finally:
            server.should_exit = True
            thread.join(20)
