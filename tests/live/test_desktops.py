"""A thin terminal's desktop in a browser: seen by a colour that nobody can guess, typed at as on a French keyboard."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from orchestrator.app import App
from orchestrator.core.errors import BreakfixError
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from tests.labd_talk import end_keeper
from tests.live.test_portal import CHROMIUM, LONG, OPTIONS, SOON, Site, joined

pytestmark = pytest.mark.live

SCENARIO = "home-not-writable"
LOGIN, PASSWORD = "afaure", "Rabot-41"
"""Somebody whose desktop the scenario's fault leaves alone, whatever the variant."""
POINT = (120, 640)
CLIPBOARD = (
    "-xrm", "XTerm*selectToClipboard: true",
    "-xrm", "XTerm.VT100.Translations: #override Ctrl <Key>c: copy-selection(CLIPBOARD)",
)  # fmt: skip
"""An xterm that uses the clipboard, not the selection, and copies by the key of other programs."""
SHOWN = """([x, y]) => {
  const canvas = document.querySelector(".lab-desktop:not([hidden]) canvas");
  return canvas?.width ? [...canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3) : null;
}"""
KEYS = {
    "a": ("KeyQ", False), "q": ("KeyA", False), "é": ("Digit2", False), "à": ("Digit0", False),
    "@": ("Digit0", True), "#": ("Digit3", True), "{": ("Digit4", True), "}": ("Equal", True), " ": ("Space", False),
}  # fmt: skip
"""What an AZERTY keyboard types: at which key, and whether with AltGr."""
TEXT = "aq é à @#{} "


@dataclass
class Terminal:
    """A thin terminal of a lab, and the desktop that is open on it."""

    fabric: Fabric
    lab: str

    def run(self, host: str, *command: str) -> str:
        """Return what a command prints in a host."""
        return self.fabric.run(HostRef(self.lab, host), command, timeout=60).stdout.decode()

    def open(self) -> None:
        """Open the desktop, and wait for its window manager."""
        self.run("term1", "bureau", "open", LOGIN, PASSWORD)
        assert wait_until(lambda: "window id" in self._shown(), within=60, every=0.5), self.run(
            "term1", "bureau", "status"
        )

    def _shown(self) -> str:
        return self.in_session("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")

    def in_session(self, *command: str) -> str:
        """Return what a command prints on the desktop."""
        found = re.search(r"Xorg (:\d+) ", self.run("ts1", "ps", "-ww", "-u", LOGIN, "-o", "args="))
        if not found:
            return ""
        screen = (f"DISPLAY={found[1]}", f"XAUTHORITY=/home/{LOGIN}/.Xauthority", "LANG=fr_FR.UTF-8")
        return self.run("ts1", "runuser", "-u", LOGIN, "--", "/usr/bin/env", *screen, *command)

    def window(self, *options: str) -> None:
        """Open a window on the desktop, in a place of its own."""
        self.in_session("sh", "-c", 'xterm +sb "$@" >/dev/null 2>&1 &', "window", *options)

    def typed(self, name: str) -> str:
        """Return what was typed into the window that keeps it by a name."""
        return self.run("ts1", "cat", f"/home/{LOGIN}/{name}")

    def keeps(self, name: str, page: Page) -> None:
        """Open a window that keeps what is typed, and give it the keyboard."""
        self.in_session("touch", f"/home/{LOGIN}/{name}")
        colour = secrets.token_bytes(3)
        look = (*CLIPBOARD, "-u8", "-bg", f"rgb:{colour.hex('/')}", "-geometry", "60x10+20+400")
        self.window(*look, "-e", f"stty -icanon; cat >~/{name}")
        seen(page, (60, 500), colour)
        click(page, 60, 500)


@pytest.fixture
def site(app: App) -> Iterator[Site]:
    """A folder with a short path, for sockets."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    with (
        tempfile.TemporaryDirectory(prefix="desk-") as made,
        socket.create_server(("127.0.0.1", 0)) as listener,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        yield Site(Path(made), listener, browser, app.labs.preview(SCENARIO, 1))
        browser.close()
        end_keeper(Path(made, "keeper"))


def test_a_desktop_in_a_browser(site: Site, app: App) -> None:
    with site.running() as (link, _), contextlib.ExitStack() as after:
        trainer = site.page()
        site.arrive(trainer, f"{site.origin}/link#{link}")
        trainer.goto(f"{site.origin}/classes")
        trainer.locator("#name").fill("tssr-1")
        trainer.locator("#name").press("Enter")
        trainer.wait_for_url(re.compile("/classes/tssr-1"))
        lea = joined(site, trainer, "lea")
        terminal = Terminal(app.labs.fabric(), started(site, lea))
        after.callback(discard, app, terminal.lab)
        expect(lea.locator("#lab")).to_be_visible(timeout=LONG)
        lea.locator('#terminal-empty [data-host="term1"][data-kind="screen"]').click()
        expect(lea.locator("#terminal-state")).to_contain_text("off")
        terminal.open()
        expect(lea.locator("#terminal-state")).to_be_hidden(timeout=SOON)
        a_colour(terminal, lea)
        azerty(terminal, lea)
        another_layout(terminal, lea)
        text(terminal, lea)
        clipboard(terminal, lea)
        again(terminal, lea)
        watched(terminal, lea, trainer)
        terminal.run("term1", "bureau", "close")
        expect(lea.locator("#terminal-state")).to_contain_text("off")
    assert site.wrong == []


def discard(app: App, lab: str) -> None:
    """Remove the lab of this test, and no other."""
    for instance in app.labs.all():
        if instance.name == lab:
            with contextlib.suppress(BreakfixError):
                app.labs.discard(instance)


def started(site: Site, page: Page) -> str:
    """Start the scenario, and return its lab's name."""
    page.goto(f"{site.origin}/scenarios/{SCENARIO}")
    page.locator("button.large").click()
    page.wait_for_url(re.compile("/labs/"))
    return page.url.partition("#")[0].rpartition("/")[2]


def seen(page: Page, point: Sequence[int], colour: bytes) -> None:
    """Wait until a point of the screen has a colour in the browser."""

    def shows() -> bool:
        pixel = page.evaluate(SHOWN, list(point))
        return pixel is not None and max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) <= 4

    assert wait_until(shows, within=SOON / 1000, every=0.2), (page.evaluate(SHOWN, list(point)), colour)


def click(page: Page, x: int, y: int, times: int = 1) -> None:
    """Click at a point of the screen, wherever the page shows it."""
    canvas = page.locator(".lab-desktop:not([hidden]) canvas")
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / int(str(canvas.evaluate("(canvas) => canvas.width")))
    page.mouse.click(box["x"] + x * scale, box["y"] + y * scale, click_count=times)


def press(page: Page, key: str, code: str, *, altgr: bool = False) -> None:
    """Press a key as the browser of somebody with another layout tells of it; Playwright's own is American."""
    devtools = page.context.new_cdp_session(page)

    def act(kind: str, name: str, place: str) -> None:
        devtools.send("Input.dispatchKeyEvent", {"type": kind, "key": name, "code": place})

    if altgr:
        act("keyDown", "AltGraph", "AltRight")
    act("keyDown", key, code)
    act("keyUp", key, code)
    if altgr:
        act("keyUp", "AltGraph", "AltRight")
    devtools.detach()


def written(terminal: Terminal, name: str, expected: str) -> None:
    """Wait until a line was typed."""
    assert wait_until(lambda: terminal.typed(name).endswith("\n"), within=30, every=0.3), terminal.typed(name)
    assert terminal.typed(name) == f"{expected}\n"
    terminal.run("ts1", "pkill", "-f", f"cat >~/{name}")


def a_colour(terminal: Terminal, page: Page) -> None:
    colour = secrets.token_bytes(3)
    wanted = f"rgb:{colour.hex('/')}"
    terminal.window("-bg", wanted, "-fg", wanted, "-cr", wanted, "-geometry", "40x8+20+570", "-e", "sleep 20")
    seen(page, POINT, colour)


def azerty(terminal: Terminal, page: Page) -> None:
    """Type by the browser's own layout, a French one: noVNC's way, with the dead key that it does not know."""
    terminal.keeps("azerty", page)
    for sign in TEXT:
        code, altgr = KEYS[sign]
        press(page, sign, code, altgr=altgr)
    press(page, "Dead", "BracketLeft")
    press(page, "e", "KeyE")
    press(page, "Enter", "Enter")
    written(terminal, "azerty", f"{TEXT}ê")


def another_layout(terminal: Terminal, page: Page) -> None:
    """Type on a French keyboard that the browser takes for an American one."""
    page.locator('[data-tool="layout"]').select_option("fr")
    terminal.keeps("chosen", page)
    for sign in TEXT:
        code, altgr = KEYS[sign]
        with held(page, "AltRight") if altgr else contextlib.nullcontext():
            page.keyboard.press(code)
    for code in ("BracketLeft", "KeyE", "Enter"):
        page.keyboard.press(code)
    written(terminal, "chosen", f"{TEXT}ê")
    page.locator('[data-tool="layout"]').select_option("auto")


@contextlib.contextmanager
def held(page: Page, key: str) -> Iterator[None]:
    """Hold a key within the block."""
    page.keyboard.down(key)
    yield
    page.keyboard.up(key)


def text(terminal: Terminal, page: Page) -> None:
    """Have a text typed."""
    terminal.keeps("text", page)
    page.locator('[data-tool="menu"] summary').click()
    page.locator('[data-tool="text"]').fill(f"{TEXT}ê ça\n")
    page.locator('[data-tool="type"]').click()
    written(terminal, "text", f"{TEXT}ê ça")
    page.locator('[data-tool="menu"] summary').click()


def clipboard(terminal: Terminal, page: Page) -> None:
    """Paste there what was copied here, and copy here what was copied there."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    here, there = f"été-{secrets.token_hex(4)}", secrets.token_hex(6)
    page.evaluate("(text) => navigator.clipboard.writeText(text)", here)
    terminal.keeps("pasted", page)

    def pasted() -> bool:  # through an RDP client and a session server, a new text may take longer than the key
        page.keyboard.press("Shift+Insert")
        return bool(wait_until(lambda: here in terminal.typed("pasted"), within=5, every=0.2))

    assert wait_until(pasted, within=60), terminal.typed("pasted")
    colour = secrets.token_bytes(3)
    shows = f"printf '\\n\\n\\n%s' {there}; sleep 60"
    terminal.window(*CLIPBOARD, "-bg", f"rgb:{colour.hex('/')}", "-geometry", "60x10+20+400", "-e", "sh", "-c", shows)
    seen(page, (300, 500), colour)
    assert page.evaluate("() => navigator.clipboard.readText()") == here

    def copied() -> bool:
        click(page, 45, 468, times=2)
        page.keyboard.press("Control+c")
        read = "() => navigator.clipboard.readText()"
        return bool(wait_until(lambda: page.evaluate(read) == there, within=8, every=0.2))

    assert wait_until(copied, within=60)


def again(terminal: Terminal, page: Page) -> None:
    """Load the page again: the same screen comes back by itself."""
    page.reload()
    a_colour(terminal, page)


def watched(terminal: Terminal, page: Page, trainer: Page) -> None:
    """Have the trainer look: the trainee is told, and what the trainer types goes nowhere."""
    expect(page.locator("#lab-watched")).to_be_hidden()
    trainer.goto(page.url)
    trainer.locator('#terminal-empty [data-kind="screen"][data-host="term1"]').click()
    expect(page.locator("#lab-watched")).to_contain_text("screen of term1")
    terminal.keeps("watched", page)
    trainer.locator(".lab-desktop canvas").click()
    trainer.keyboard.type("intruder")
    page.keyboard.type("after")
    page.keyboard.press("Enter")
    written(terminal, "watched", "after")
