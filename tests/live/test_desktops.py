"""Hosts' desktops in a browser: seen by a colour that nobody can guess, typed at as on a French keyboard."""

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

from grader.report import Difference
from orchestrator.app import App
from orchestrator.core.errors import BreakfixError
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.model.image import VolatilePath
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.look import changes_since
from tests.labd_talk import end_keeper
from tests.live.test_portal import LONG, Site, joined
from tests.portal_talk import CHROMIUM, OPTIONS, SOON

pytestmark = pytest.mark.live

PASSWORD = "Rabot-41"
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


@dataclass(frozen=True)
class Desk:
    """A desktop of a lab.

    Attributes:
        scenario: one whose fault leaves the desktop alone, whatever the variant.
        screen: the host whose screen shows it.
        session: the host where its programs run.
        login: whose it is.
    """

    scenario: str
    screen: str
    session: str
    login: str

    @property
    def is_opened(self) -> bool:
        """Whether somebody opens it on the screen, as on a thin terminal; else it opens for whoever looks."""
        return self.screen != self.session


THIN = Desk("work-not-saved", "term1", "ts1", "afaure")
STATIONS = (
    Desk("bad-gateway", "pc1", "pc1", "utilisateur"),
    Desk("no-web-sites", "pc1", "pc1", "utilisateur"),
)


@dataclass
class Terminal:
    """A desktop in a lab that runs."""

    fabric: Fabric
    lab: str
    desk: Desk
    volatile: tuple[VolatilePath, ...]

    def run(self, host: str, *command: str) -> str:
        """Return what a command prints in a host."""
        return self.fabric.run(HostRef(self.lab, host), command, timeout=60).stdout.decode()

    def open(self) -> None:
        """Open the desktop on the screen."""
        self.run(self.desk.screen, "bureau", "open", self.desk.login, PASSWORD)

    def wait(self) -> None:
        """Wait for the window that the desktop begins with: later it could lie above others, and take their keys."""
        assert wait_until(lambda: "# 0x" in self._windows(), within=60, every=0.5), self.in_session("xprop", "-root")

    def _windows(self) -> str:
        return self.in_session("xprop", "-root", "_NET_CLIENT_LIST")

    def changes(self) -> tuple[Difference, ...]:
        """Return what a grading would tell of the host that has the screen."""
        found, _ = changes_since(self.fabric, self.lab, {self.desk.screen: ()})
        volatile = {self.desk.screen: self.volatile}
        return differences(found, Expectations(VariantWords({}), volatile=volatile))

    def in_session(self, *command: str) -> str:
        """Return what a command prints on the desktop."""
        login, host = self.desk.login, self.desk.session
        server = re.search(r"X(?:org|tigervnc) (:\d+) ", self.run(host, "ps", "-ww", "-u", login, "-o", "args="))
        if not server:  # it is not open
            return ""
        screen = (f"DISPLAY={server[1]}", f"XAUTHORITY=/home/{login}/.Xauthority", "LANG=fr_FR.UTF-8")
        return self.run(host, "runuser", "-u", login, "--", "/usr/bin/env", *screen, *command)

    def window(self, *options: str) -> None:
        """Open a window on the desktop, in a place of its own."""
        self.in_session("sh", "-c", 'xterm +sb "$@" >/dev/null 2>&1 &', "window", *options)

    def typed(self, name: str) -> str:
        """Return what was typed into the window that keeps it by a name."""
        return self.run(self.desk.session, "cat", f"/home/{self.desk.login}/{name}")

    def keeps(self, name: str, page: Page) -> None:
        """Open a window that keeps what is typed, and give it the keyboard."""
        self.in_session("touch", f"/home/{self.desk.login}/{name}")
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
        yield Site(Path(made), listener, browser, app.labs.plans.preview(THIN.scenario, 1))
        browser.close()
        end_keeper(Path(made, "keeper"))


@pytest.mark.parametrize("desk", [THIN, *STATIONS], ids=lambda desk: desk.scenario)
def test_a_desktop_in_a_browser(site: Site, app: App, desk: Desk) -> None:
    with site.running() as (link, _), contextlib.ExitStack() as after:
        trainer = site.page()
        site.arrive(trainer, f"{site.origin}/link#{link}")
        trainer.goto(f"{site.origin}/classes")
        trainer.locator("#name").fill("tssr-1")
        trainer.locator("#name").press("Enter")
        trainer.wait_for_url(re.compile("/classes/tssr-1"))
        lea = joined(site, trainer, "lea")
        terminal = Terminal(app.labs.running.fabric(), started(site, lea, desk.scenario), desk, volatile(app, desk))
        after.callback(discard, app, terminal.lab)
        expect(lea.locator("#lab")).to_be_visible(timeout=LONG)
        before = terminal.changes()
        assert terminal.in_session("echo", "open") == ""
        lea.locator(f'#terminal-empty [data-host="{desk.screen}"][data-kind="screen"]').click()
        if desk.is_opened:
            expect(lea.locator("#terminal-state")).to_contain_text("off")
            terminal.open()
        terminal.wait()
        expect(lea.locator("#terminal-state")).to_be_hidden(timeout=SOON)
        a_colour(terminal, lea)
        azerty(terminal, lea)
        if desk is THIN:  # what all screens have in common
            another_layout(terminal, lea)
            text(terminal, lea)
            clipboard(terminal, lea)
            again(terminal, lea)
        watched(terminal, lea, trainer)
        assert terminal.changes() == before
        if desk.is_opened:
            terminal.run(desk.screen, "bureau", "close")
            expect(lea.locator("#terminal-state")).to_contain_text("off")
    assert site.wrong == []


def volatile(app: App, desk: Desk) -> tuple[VolatilePath, ...]:
    """Return what changes by itself in the host that has the screen."""
    hosts = app.labs.plans.preview(desk.scenario, 1).hosts
    return next(host.volatile for host in hosts if host.name == desk.screen)


def discard(app: App, lab: str) -> None:
    """Remove the lab of this test, and no other."""
    for instance in app.labs.running.all():
        if instance.name == lab:
            with contextlib.suppress(BreakfixError):
                app.labs.lifecycle.discard(instance)


def started(site: Site, page: Page, scenario: str) -> str:
    """Start the scenario, and return its lab's name."""
    page.goto(f"{site.origin}/scenarios/{scenario}")
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
    terminal.run(terminal.desk.session, "pkill", "-f", f"cat >~/{name}")


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
    trainer.locator(f'#terminal-empty [data-kind="screen"][data-host="{terminal.desk.screen}"]').click()
    expect(page.locator("#lab-watched")).to_contain_text(f"screen of {terminal.desk.screen}")
    terminal.keeps("watched", page)
    trainer.locator(".lab-desktop canvas").click()
    trainer.keyboard.type("intruder")
    page.keyboard.type("after")
    page.keyboard.press("Enter")
    written(terminal, "watched", "after")
