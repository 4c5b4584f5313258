"""A course in a browser, on real hosts: from the first link to the debrief; portal and labd are killed in between."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from orchestrator.app import App
from orchestrator.model.plan import Plan
from tests.labd_labs import discard_begun
from tests.labd_talk import end_keeper, labd_process
from tests.portal_talk import CHROMIUM, OPTIONS, ROWS, SOON, portal_process, rows, typed

pytestmark = [pytest.mark.live, pytest.mark.core]

SCENARIO = "no-network-after-move"
PASSWORD = "a lab is a healthy place"
LONG = 300_000
"""Milliseconds for a start, a grading or a stop on a machine that is busy with others."""
expect.set_options(timeout=SOON)
NUMBERS = 60
WEBSOCKET = """(path) => new Promise((done) => {
  const key = document.querySelector('meta[name="form-key"]').content;
  const socket = new WebSocket(location.origin.replace("http", "ws") + path, ["breakfix", `key-${key}`]);
  socket.onclose = ({ code }) => done(code);
})"""
ATTACK = (
    r"\033]0;evil\007\033]52;c;ZXZpbA==\007\033]8;;http://evil.example\007link\033]8;;\007"
    r"\033]11;?\007\033P$qm\033\\\033[21t\033[>q"
)
"""A title, the clipboard, a link; then what asks for a colour, settings, the title and the terminal's name."""


@dataclass
class Site:
    """The portal and labd of this test, which may be killed and run again."""

    folder: Path
    listener: socket.socket
    browser: Browser
    plan: Plan
    wrong: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def host(self) -> str:
        """The workstation whose cable is not plugged in."""
        return str(self.plan.values["pc"])

    @contextmanager
    def running(self) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
        """Run labd and the portal; give the first link, where there is one, and the processes.

        Unless the test has killed it, labd is told to end, and finishes what it does: of a lab that is cut off while it
        is made, Docker may make more after all of it was removed.
        """
        with labd_process(self.folder) as labd, portal_process(self.folder, self.listener, self.origin) as portal:
            assert labd.stdout is not None
            assert labd.stdout.readline() == "ready\n"
            known = (self.folder / "known").exists()
            link = "" if known else json.loads(labd.stdout.readline())["first_link"]["link"]
            (self.folder / "known").touch()
            try:
                yield link, [labd, portal]
            finally:
                labd.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    labd.wait(LONG / 1000)

    def page(self) -> Page:
        """Open a window of somebody's own; what its scripts do wrong is noted."""
        page = self.browser.new_context(locale="en-GB", viewport={"width": 1300, "height": 900}).new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)
        return page

    def arrive(self, page: Page, address: str) -> None:
        """Choose a password by a link."""
        page.goto(address)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url(f"{self.origin}/")

    def add(self, administrator: Page, handle: str) -> Page:
        """Add a trainee, and have them arrive by their link."""
        administrator.goto(f"{self.origin}/people")
        administrator.locator("details.card summary").click()
        administrator.locator("#given_name").fill(handle.capitalize())
        administrator.locator("#family_name").fill("Martin")
        administrator.locator("#handle").fill(handle)
        administrator.locator("#handle").press("Enter")
        address = administrator.locator("#address").input_value()
        page = self.page()
        self.arrive(page, address)
        return page


@pytest.fixture
def site(app: App) -> Iterator[Site]:
    """A folder with a short path, for sockets; the labs that its labd has begun are removed, also after a failure."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    plans = (app.labs.plans.preview(SCENARIO, seed) for seed in range(100))
    plan = next(plan for plan in plans if plan.cases["cause"] == "unplugged")
    with contextlib.ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="portal-")))
        ends.callback(discard_begun, app.labs, folder)
        ends.callback(end_keeper, folder / "keeper")
        listener = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        playwright = ends.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        ends.callback(browser.close)
        yield Site(folder, listener, browser, plan)


def test_a_course_in_a_browser(site: Site) -> None:
    with site.running() as (link, processes):
        administrator = site.page()
        site.arrive(administrator, f"{site.origin}/link#{link}")
        lea, tom = site.add(administrator, "lea"), site.add(administrator, "tom")
        lab = started(site, lea)
        red(site, lea)
        typed(lea, "kept=$((6 * 7)); echo ma''rker-$kept", "marker-42")
        nothing_happens(lea)
        nothing_for(tom, lab, terminal_of(lea))
        lea.reload()
        rows(lea, "marker-42")
        sign = f"for n in $(seq {NUMBERS}); do printf '%s.' $n; sleep 0.1; done; echo en''d"
        typed(lea, f"clear; {sign}", "1.2.3.")
        for process in processes:
            process.kill()
    with site.running():
        rows(lea, "".join(f"{n}." for n in range(1, NUMBERS + 1)) + "end")
        typed(lea, "echo sa''me-$kept", "same-42")
        repaired(site, lea)
        lea.locator('[data-opens="lab-stop"]').click()
        lea.locator("#lab-stop .lab-danger").click()
        lea.wait_for_url(f"{site.origin}/", timeout=LONG)
        assert cast("Any", lea.goto(lab)).status == 404
    assert site.wrong == []


def test_a_class_in_browsers(site: Site) -> None:
    with site.running() as (link, _):
        trainer = site.page()
        site.arrive(trainer, f"{site.origin}/link#{link}")
        trainer.goto(f"{site.origin}/classes")
        trainer.locator("#name").fill("tssr-1")
        trainer.locator("#name").press("Enter")
        trainer.wait_for_url(re.compile("/classes/tssr-1"))
        members = {handle: joined(site, trainer, handle) for handle in ("lea", "tom", "zoe")}
        launched(site, trainer)
        trainer.locator("#check-now-tom").click()
        expect(trainer.locator("#row-tom .mark.fail").first).to_be_visible(timeout=LONG)
        assert trainer.locator("#row-zoe .mark.fail").count() == 0, "nobody has asked for it"
        watched(site, trainer, members["lea"])
        board(site, trainer)
        trainer.locator("#text").fill("Five minutes <b>left</b>")
        trainer.locator("#text").press("Enter")
        expect(trainer.locator(".notice.done")).to_be_visible()  # else what follows may meet the page before this one
        expect(members["lea"].locator("#lab-announced")).to_contain_text("Five minutes <b>left</b>")
        trainer.locator("details summary").click()
        trainer.locator("button.danger").click()
        for handle in members:
            expect(trainer.locator(f"#row-{handle}")).to_have_class(re.compile("ended"), timeout=LONG)
    assert site.wrong == []


def joined(site: Site, trainer: Page, handle: str) -> Page:
    """Have somebody new join the class by its code, which the first one gets made."""
    trainer.goto(f"{site.origin}/classes/tssr-1")
    if not trainer.locator(".join-code").count():
        trainer.locator('form[action$="/code"] button').click()
    code = trainer.locator(".join-code").inner_text()
    page = site.page()
    page.goto(f"{site.origin}/join")
    page.locator("#code").fill(code)
    page.locator("#code").press("Enter")
    for name, value in {"given_name": handle, "family_name": "Martin", "handle": handle}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(f"{site.origin}/")
    return page


def launched(site: Site, trainer: Page) -> None:
    """Launch the scenario for all, and see each lab come up on the board."""
    trainer.goto(f"{site.origin}/classes/tssr-1/launch")
    trainer.locator(f'input[name="scenario"][value="{SCENARIO}"]').check()
    trainer.locator("#launch p button").click()
    trainer.wait_for_url(re.compile("/board"))
    for handle in ("lea", "tom", "zoe"):
        expect(trainer.locator(f"#row-{handle}")).to_have_class(re.compile("running"), timeout=LONG)


def board(site: Site, trainer: Page) -> None:
    trainer.goto(f"{site.origin}/classes/tssr-1/board")


def watched(site: Site, trainer: Page, page: Page) -> None:
    """Have the trainer look at a member's terminal: the member is told, and what the trainer types goes nowhere."""
    page.goto(f"{site.origin}{trainer.locator('#lab-lea').get_attribute('href')}")
    page.locator('g[data-host="web1"]').press("Enter")
    typed(page, "echo ma''rker", "marker")
    expect(page.locator("#lab-watched")).to_be_hidden()
    trainer.goto(page.url)
    rows(trainer, "marker")
    expect(page.locator("#lab-watched")).to_be_visible()
    trainer.locator(".lab-screen:not([hidden]) .xterm-helper-textarea").focus()
    trainer.keyboard.type("echo in''truder")
    trainer.keyboard.press("Enter")
    typed(page, "echo af''ter", "after")
    assert "intruder" not in page.evaluate(ROWS)
    assert posted(trainer, f"{page.url.partition('#')[0]}/stop") == 404


def posted(page: Page, address: str) -> int:
    """Send an empty form with the key of the page that is open, as a page of ours would; return the status."""
    key = page.locator('meta[name="form-key"]').get_attribute("content")
    origin = address.partition("/labs/")[0]
    return page.request.post(address, headers={"Origin": origin}, form={"form_key": key or ""}).status


def started(site: Site, page: Page) -> str:
    """Start the scenario, and return its lab's address once it can be worked in."""
    page.goto(f"{site.origin}/scenarios/{SCENARIO}")
    page.locator("details summary").click()
    page.locator("#seed").fill(str(site.plan.seed))
    page.locator("button.large").click()
    page.wait_for_url(re.compile("/labs/"))
    expect(page.locator("html.lab-scripts #lab")).to_be_visible(timeout=LONG)  # a page that loads itself again
    return page.url.partition("#")[0]


def red(site: Site, page: Page) -> None:
    """Have the lab graded, and open a terminal by keyboard on the map."""
    page.locator("#lab-check-form button").press("Enter")
    expect(page.locator(".lab-verdict")).to_have_class(re.compile("lab-not_repaired"), timeout=LONG)
    expect(page.locator("#part-check .lab-fail").first).to_be_visible()
    opened(site, page)


def opened(site: Site, page: Page) -> None:
    """Open a terminal by keyboard on the map while the page asks for itself: what it gets does not list it yet."""
    lab = page.url.partition("#")[0]
    held: list[Route] = []

    def answer(route: Route) -> None:
        if held:
            route.continue_()
            return
        without = route.fetch()
        if 'id="hint-1"' in without.text():  # nothing is clicked any more: what the check asked for is past
            held.append(route)
            page.locator(f'g[data-host="{site.host}"]').press("Enter")
            expect(page.locator("#terminal-tabs li")).to_have_count(1)
        route.fulfill(response=without)

    page.route(lab, answer)
    page.locator("#tab-hints").click()
    page.locator("#part-hints form button").click()
    expect(page.locator("#part-hints")).to_contain_text("Hint 1")
    page.unroute_all(behavior="wait")  # a handler that is at work would find its request taken over
    assert held
    expect(page.locator("#terminal-tabs li")).to_have_count(1)
    expect(page.locator(".xterm-helper-textarea")).to_be_focused()


def nothing_happens(page: Page) -> None:
    """See that output changes no title, makes no link, and has nothing typed."""
    title = page.title()
    typed(page, rf"printf '{ATTACK}'; echo sho''wn", "linkshown")
    typed(page, "echo af''ter", "after")
    assert page.title() == title
    assert page.locator(".xterm a, .xterm [href]").count() == 0
    assert not re.search(r"1;2c|\$r|rgb:|\d+;\d+R", page.evaluate(ROWS))


def terminal_of(page: Page) -> str:
    """Return the id of the page's terminal, as the page is told it when it is loaded."""
    page.reload()
    told = json.loads(page.locator("#lab-data").text_content() or "")
    return str(told["terminals"][0]["id"])


def nothing_for(page: Page, lab: str, terminal: str) -> None:
    """See that somebody else's lab is not there."""
    assert cast("Any", page.goto(lab)).status == 404
    origin = lab.partition("/labs/")[0]
    assert posted(page, f"{lab}/check") == 404
    assert page.evaluate(WEBSOCKET, f"{lab.removeprefix(origin)}/terminals/{terminal}") == 4404


def repaired(site: Site, page: Page) -> None:
    """Plug the cable in by keyboard, see the intranet open, and have the lab graded; read the debrief."""
    page.locator("#fold-cables > summary").press("Enter")
    cable = page.locator(f'[id="cable-{site.host}:eth0"]')
    expect(cable).to_have_text("Plug in")
    cable.press("Enter")
    expect(cable).to_have_text("Unplug", timeout=SOON)
    expect(cable).to_be_focused()
    expect(page.locator(".lab-map")).not_to_contain_text("unplugged")
    script = site.plan.solutions[0].steps[-1].shell
    assert script is not None
    typed(page, script.script.strip(), "</h1>")
    page.locator("#lab-check-form button").press("Enter")
    expect(page.locator(".lab-verdict")).to_have_class(re.compile(r"lab-repaired\b"), timeout=LONG)
    page.locator("#tab-debrief").click()
    expect(page.locator("#part-debrief")).to_contain_text("What was broken")
