"""How tests talk with the portal, whatever it serves: its process, and what a terminal in a page shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.core.waiting import wait_until

if TYPE_CHECKING:
    import socket

    from playwright.sync_api import Page

CHROMIUM: Final = "/usr/bin/chromium"
OPTIONS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SOON: Final = 60_000
"""Milliseconds for what a page does."""
ROWS: Final = """() => [...document.querySelectorAll(".lab-screen:not([hidden]) .xterm-rows > div")]
  .map((row) => row.textContent.trimEnd()).join("")"""
_TOP: Final = Path(__file__).parents[1]


@contextmanager
def portal_process(folder: Path, listener: socket.socket, origin: str) -> Iterator[subprocess.Popen[str]]:
    """Run the portal of the labd of a folder on a socket that listens; end it at the block's end if it still runs."""
    number = listener.fileno()
    places = [f"--labd={folder / 'socket'}", f"--fd={number}", f"--origin={origin}"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "orchestrator.portal", *places],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[number],
        env={**os.environ, "PYTHONPATH": str(_TOP)},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def rows(page: Page, text: str) -> None:
    """Wait until the terminal shows a text, over the ends of its lines."""
    assert wait_until(lambda: text in page.evaluate(ROWS), within=SOON / 1000), page.evaluate(ROWS)


def typed(page: Page, command: str, shown: str) -> None:
    """Type a command once the terminal takes it, and wait for what it shows and the typed line does not hold."""
    page.locator("#terminal-state").wait_for(state="hidden", timeout=SOON)
    page.locator(".lab-screen:not([hidden]) .xterm-helper-textarea").focus()
    page.keyboard.type(command)
    page.keyboard.press("Enter")
    rows(page, shown)
