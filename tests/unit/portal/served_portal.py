"""The portal at a loopback address, with the labd in memory behind it, and a Chromium that looks at it."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

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
    """A portal that browsers reach, with one labd after another behind it.

    Attributes:
        origin: its address.
        folder: where labd listens.
        wrong: what scripts did wrong, on any page.
    """

    origin: str
    folder: Path
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def labd(self) -> Iterator[FakeLabd]:
        """Have a labd that knows nothing of those before it."""
        labd = FakeLabd()
        with labd.serving(self.folder):
            yield labd

    def page(self, context: BrowserContext) -> Page:
        """Return a new page; what its scripts do wrong is noted."""
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)
        return page

    def open(self, page: Page, labd: FakeLabd, handle: str, path: str) -> None:
        """Open an address as somebody who is signed in, or as nobody."""
        page.context.clear_cookies()
        if handle:
            token = {"name": "breakfix", "value": labd.sign_in(handle), "url": self.origin}
            page.context.add_cookies([token])  # type: ignore[list-item]
        page.goto(f"{self.origin}{path}")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Give a browser; Debian's Chromium is there wherever the tests' own requirements are."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is used

    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served() -> Iterator[ServedPortal]:
    """Serve a portal."""
    with (
        tempfile.TemporaryDirectory(prefix="portal-") as made,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        folder, origin = Path(made), f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = LabdClient(folder / "labd.sock")
        pages = WebOrigin("http", "localhost", listener.getsockname()[1])
        app = make_app(PortalSettings((WebOrigin.parse(origin),), pages=pages), client)
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            log_level="error",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            await server.serve([listener])
            await client.close()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started, within=20, every=0.01)
            yield ServedPortal(origin, folder)
        finally:
            server.should_exit = True
            thread.join(20)
