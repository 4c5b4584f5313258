"""How soon the lab page is painted, and what it weighs before a terminal opens: in a Chromium that has nothing kept."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from orchestrator.bench.peer_shells import NoPeerError
from orchestrator.bench.portal_site import PortalSite
from orchestrator.core.text import Text

_CHROMIUM: Final = Path("/usr/bin/chromium")
_OPTIONS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip
_WITHIN_S: Final = 60.0
_LOADS: Final = 5
_PAINTED: Final = """(() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  if (!paint || document.readyState !== "complete") return null;
  return { painted: paint.startTime, bytes: parts.reduce((sum, one) => sum + one.transferSize, 0) };
})()"""


@dataclass(frozen=True)
class Paint:
    """What a page took.

    Attributes:
        painted: milliseconds from the beginning of the navigation to the first content.
        bytes: what came over the line, with headers.
    """

    painted: float
    bytes: int


async def lab_page(site: PortalSite, folder: Path) -> Paint:
    """Return what a lab's page takes, the median of some loads, each with nothing in the browser's cache.

    Raises:
        NoPeerError: there is no Chromium, or it does not start.
    """
    if not _CHROMIUM.exists():
        raise NoPeerError(Text(fr="chromium n'est pas installé", en="chromium is not installed"))
    async with _browser(folder) as browser:
        found = [await _load(browser, site) for _ in range(_LOADS)]
    return Paint(statistics.median(one.painted for one in found), max(one.bytes for one in found))


class _Browser:
    """Speaks the DevTools protocol, one command after another."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._numbers = itertools.count(1)

    async def ask(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """Return what a command answers."""
        number = next(self._numbers)
        asked = {"id": number, "method": method, "params": parameters}
        await self._line.send(json.dumps({**asked, "sessionId": session} if session else asked))
        async with asyncio.timeout(_WITHIN_S):
            while True:
                said = json.loads(await self._line.recv())
                if said.get("id") == number:
                    found: dict[str, Any] = said["result"]
                    return found


@asynccontextmanager
async def _browser(folder: Path) -> AsyncIterator[_Browser]:
    place = folder / "chromium"
    process = await asyncio.create_subprocess_exec(
        str(_CHROMIUM), *_OPTIONS, f"--user-data-dir={place}", "about:blank",
        stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        said = await _said(place / "DevToolsActivePort", process)
        async with connect(f"ws://127.0.0.1:{said[0]}{said[1]}", max_size=None, proxy=None) as line:
            browser = _Browser(line)
            try:
                yield browser
            finally:
                await browser.ask("Browser.close")  # all of its processes
    finally:
        if process.returncode is None:
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
        await process.wait()


async def _said(file: Path, process: asyncio.subprocess.Process) -> list[str]:
    """Return the port and the path that Chromium has written down."""
    for _ in range(int(_WITHIN_S * 10)):
        if process.returncode is not None:
            break
        if file.exists() and len(lines := file.read_text().splitlines()) > 1:
            return lines
        await asyncio.sleep(0.1)
    raise NoPeerError(Text(fr="chromium ne démarre pas", en="chromium does not start"))


async def _load(browser: _Browser, site: PortalSite) -> Paint:
    guest = site.trainees[0]
    context = (await browser.ask("Target.createBrowserContext"))["browserContextId"]
    try:
        cookies = [
            dict(zip(("name", "value"), one.split("=", 1), strict=True)) for one in guest.headers["Cookie"].split("; ")
        ]
        placed = [{**one, "url": site.origin} for one in cookies]
        await browser.ask("Storage.setCookies", browserContextId=context, cookies=placed)
        target = (await browser.ask("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await browser.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        await browser.ask("Page.navigate", session, url=f"{site.origin}/labs/{guest.lab}")
        async with asyncio.timeout(_WITHIN_S):
            while True:
                said = await browser.ask("Runtime.evaluate", session, expression=_PAINTED, returnByValue=True)
                if (value := said["result"].get("value")) is not None:
                    return Paint(value["painted"], value["bytes"])
                await asyncio.sleep(0.05)
    finally:
        await browser.ask("Target.disposeBrowserContext", browserContextId=context)
