"""A jury's day, played in browsers on real hosts: from the plan to the signed record, with what goes wrong on a day."""

from __future__ import annotations

import os
import re
import signal
import socket
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from orchestrator.core.waiting import wait_until
from orchestrator.labd.account_passwords import PasswordHashes
from orchestrator.records import credentials, journal
from orchestrator.records.models import Role
from orchestrator.records.people import NewPerson, People
from tests.labd_talk import labd_process
from tests.live.test_day import Held, held
from tests.portal_talk import CHROMIUM, OPTIONS, SOON, portal_process, rows, typed

__all__ = ["held"]
pytestmark = [pytest.mark.live, pytest.mark.core, pytest.mark.slow]

SCENARIO, TITLE = "no-network-after-move", "No network after a move"
SESSION, PHASE = "held", "reseau"
DAY = f"/sessions/{SESSION}/day"
LONG: Final = 300_000
"""Milliseconds for a start, a grading or a sealing on a machine that is busy with others."""
MINUTE: Final = 40
"""Seconds: nobody waits for the end of the phase's hour, since the candidates hand in early."""
PASSWORD: Final = "a day has many hours"
expect.set_options(timeout=SOON)
CODE: Final = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")
PLAN: Final = f"""\
contract: 1
id: {SESSION}
title: Session tenue dans des navigateurs
referential: rncp-227
ccps: [1]
date: "2099-12-14"
centre: Centre de Nantes
room: B12
proof: recorded
jury:
  - {{id: martin, name: Anne Martin, person: anne, quality: Responsable informatique}}
  - {{id: leroy, name: Paul Leroy, person: paul, quality: Technicien systèmes}}
candidates:
  - {{number: C-01, name: Zoé Faure}}
  - {{number: C-02, name: Ali Benali, extra_time: 1/3}}
phases:
  - {{name: {PHASE}, title: Réseau, minutes: 60, report: true, scenarios: [{SCENARIO}]}}
"""


@dataclass
class Room:
    """The portal of a session's day, and who has a window of it."""

    held: Held
    listener: socket.socket
    browser: Browser
    wrong: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def page(self, path: str) -> Page:
        """Open a window of somebody's own; what its scripts do wrong is noted."""
        page = self.browser.new_context(locale="en-GB", viewport={"width": 1300, "height": 900}).new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)
        page.goto(self.origin + path)
        return page

    def signed_in(self, handle: str) -> Page:
        page = self.page("/sign-in")
        page.locator("#handle").fill(handle)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url(f"{self.origin}/")
        return page

    def at_seat(self, code: str) -> Page:
        """Have somebody type their code."""
        page = self.page("/seat")
        page.locator("#code").fill(code.lower().replace("-", " "))
        page.locator("#code").press("Enter")
        return page

    def hosts_of(self, number: str) -> list[str]:
        """Return the containers of a candidate's lab."""
        app = self.held.app
        (lab,) = app.registry.jury_session(SESSION).state().sittings[PHASE, number].labs
        return [host.container for host in app.labs.running.find(lab.instance).hosts]


@pytest.fixture
def room(held: Held) -> Iterator[Room]:
    """A room with a browser; accounts that have a password."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Ubuntu's Chromium is a snap, which no test can start")
    word = PasswordHashes().made(PASSWORD)
    with held.app.database.write() as writing:
        known: dict[str, Role] = {"remi": "invigilator", "paul": "jury"}
        people = People(writing)
        added = [people.add(NewPerson(name, roles=frozenset({role}))) for name, role in known.items()]
        for person in (*added, people.find("ines"), people.find("anne")):
            credentials.choose_password(writing, person, word, now=journal.now(), way="link")
    with ExitStack() as ends:
        listener = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        playwright = ends.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        ends.callback(browser.close)
        yield Room(held, listener, browser)


def test_a_day_in_browsers(room: Room, tmp_path: Path) -> None:
    with labd_process(room.held.folder) as labd, portal_process(room.held.folder, room.listener, room.origin):
        assert labd.stdout is not None
        assert labd.stdout.readline() == "ready\n"
        organiser, invigilator = room.signed_in("ines"), room.signed_in("remi")
        codes = planned(room, organiser)
        zoe, ali = (room.at_seat(code) for code in codes)
        for number, page in (("C-01", zoe), ("C-02", ali)):
            confirmed(invigilator, number, page)
        begun(organiser, invigilator)
        worked(zoe)
        expect(organiser.locator("#screens-list")).to_contain_text("seen-by-all", timeout=SOON)
        stood_still(organiser, zoe)
        zoe = moved(room, invigilator, codes[0], zoe)
        replaced(room, organiser, ali)
        supervised_again(room, organiser)
        for number in ("C-01", "C-02"):
            on_candidate(invigilator, number, "finished", "details:has(button[value=finished]) > summary")
        expect(organiser.locator("tr.sealed")).to_have_count(2, timeout=LONG)
        decided(room, tmp_path / "documents.zip")
    assert room.wrong == []


def planned(room: Room, organiser: Page) -> list[str]:
    """Plan the session by text, and make the candidates' codes."""
    organiser.goto(f"{room.origin}/new-session/text")
    organiser.locator("#plan").fill(PLAN)
    organiser.locator("#rehearsal").fill(str(MINUTE))
    organiser.locator("#plan-form .acts button:not([name])").click()
    organiser.wait_for_url(re.compile("done=planned"))
    organiser.locator("section:has(#codes-title) button").click()
    codes = CODE.findall(organiser.locator("main").inner_text())
    assert len(codes) == 2
    return list(codes)


def confirmed(invigilator: Page, number: str, page: Page) -> None:
    """Have the invigilator let somebody in who waits."""
    invigilator.goto(f"{invigilator.url.partition('/sessions')[0].rstrip('/')}{DAY}")
    invigilator.locator(f"form:has(input[value='{number}']) button[value=confirm]").click()
    expect(page.locator("h1")).to_contain_text(number)


def on_candidate(page: Page, number: str, act: str, fold: str = "", **fields: str) -> None:
    """Do something on a candidate's page, and go back to the wall."""
    wall = f"{page.url.partition('/sessions')[0]}{DAY}"
    page.goto(f"{wall}/{PHASE}/{number}")
    if fold:
        page.locator(fold).click()
    for name, value in fields.items():
        page.locator(f"#{act}-{name}").fill(value)
    page.locator(f"button[value={act}]").click()
    expect(page.locator(".notice.done")).to_be_visible()
    page.goto(wall)


def begun(organiser: Page, invigilator: Page) -> None:
    """Open the phase, and begin; one of the two comes late."""
    organiser.goto(f"{organiser.url.partition('/sessions')[0]}{DAY}")
    organiser.locator(f"#phase-{PHASE}-open").click()
    organiser.locator("button[value=begin]").wait_for(state="attached", timeout=LONG)
    on_candidate(invigilator, "C-02", "absent")
    organiser.locator("details:has(button[value=begin]) > summary").click()
    organiser.locator("button[value=begin]").click()
    expect(organiser.locator(f"#phase-{PHASE}-row-C-01")).to_have_class(re.compile("working"))
    expect(organiser.locator(f"#phase-{PHASE}-row-C-02")).to_have_class(re.compile("absent"))
    on_candidate(invigilator, "C-02", "arrived")


def to_terminals(page: Page) -> None:
    """Go to the terminals of the scenario, and open one where there is none."""
    page.locator(".seat-subjects a").click()
    page.locator("a[href*='/seat/terminals/']").first.click()


def worked(page: Page) -> None:
    """Write into the report, which saves itself, and work in a terminal."""
    page.locator(".seat-subjects a").click()
    page.locator("#report-cause").fill("Un câble débranché.")
    expect(page.locator("form[data-saves=report] [role=status]")).to_have_text(re.compile(r"\d"))
    page.locator("a[href*='/seat/terminals/']").first.click()
    page.locator("#terminal-empty button[data-host=web1]").click()
    typed(page, "kept=7; echo seen-by''-all", "seen-by-all")


def stood_still(organiser: Page, page: Page) -> None:
    """Stop everybody's time: terminals close, and come back with it."""
    organiser.locator("main details summary").first.click()
    organiser.locator("#pause-text").fill("Alarme incendie.")
    organiser.locator("button[value=pause]").click()
    expect(page.locator("#terminal-state")).to_be_visible()
    organiser.locator("#resume-all").click()
    rows(page, "seen-by-all")
    typed(page, "echo still-$((kept * 6))", "still-42")


def moved(room: Room, invigilator: Page, code: str, former: Page) -> Page:
    """Have a candidate change seats: the former one's access ends, the terminal is as it was left."""
    page = room.at_seat(code)
    invigilator.goto(f"{room.origin}{DAY}")
    expect(invigilator.locator(".seats-asked .flag")).to_be_visible()
    confirmed(invigilator, "C-01", page)
    expect(former.locator("#lab-sign-in")).to_be_visible()
    to_terminals(page)
    rows(page, "still-42")
    typed(page, "echo there-$((kept * 7))", "there-49")
    return page


def replaced(room: Room, organiser: Page, page: Page) -> None:
    """Lose a host of somebody's: their time is stopped, they get another variant, and minutes by decision."""
    before = room.hosts_of("C-02")
    room.held.app.engine.remove(before[0])
    row = organiser.locator(f"#phase-{PHASE}-row-C-02")
    expect(row).to_have_class(re.compile("trouble"))
    on_candidate(organiser, "C-02", "pause", text="Une machine a disparu.")
    on_candidate(organiser, "C-02", "replace", text="Une machine a disparu.")
    expect(row).not_to_have_class(re.compile("trouble"), timeout=LONG)
    assert wait_until(lambda: set(room.hosts_of("C-02")).isdisjoint(before), within=SOON / 1000)
    on_candidate(organiser, "C-02", "extend", text="Une machine a disparu.", minutes="5")
    on_candidate(organiser, "C-02", "resume")
    page.goto(f"{room.origin}/seat")
    expect(page.locator(".seat-said")).to_contain_text("5 min more")
    to_terminals(page)
    page.locator("#terminal-empty button[data-host=web1]").click()
    typed(page, "echo anew-$((6 * 7))", "anew-42")


def supervised_again(room: Room, organiser: Page) -> None:
    """Kill who supervises: another does within seconds."""
    (first,) = room.held.supervisors()
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: set(room.held.supervisors()) - {first}, within=SOON / 1000)
    organiser.goto(f"{room.origin}{DAY}")
    expect(organiser.locator("#day-head .notice.done")).to_be_visible()


def decided(room: Room, documents: Path) -> None:
    """Read what was seen, decide on everything, sign by both, and take the documents."""
    anne, paul = room.signed_in("anne"), room.signed_in("paul")
    anne.goto(f"{room.origin}/jury/{SESSION}/candidates/C-01/phases/{PHASE}")
    expect(anne.locator("main")).to_contain_text("Un câble débranché.")
    for number in ("C-01", "C-02"):
        anne.goto(f"{room.origin}/jury/{SESSION}/candidates/{number}")
        undecided = anne.locator(".subject:not(:has(.decided)) form.decide")
        while undecided.count():
            for fold in anne.locator("details.card:not([open]):has(form.decide) > summary").all():
                fold.click()
            form = undecided.first
            form.locator("input[name=verdict]").first.check()
            form.locator("textarea[name=reason]").fill("Vu dans les preuves.")
            with anne.expect_navigation():
                form.locator("button").click()
    for juror in (anne, paul):
        juror.goto(f"{room.origin}/jury/{SESSION}")
        if juror.locator("#anyway").count():
            juror.locator("#anyway").check()
        juror.locator("#password").fill(PASSWORD)
        with juror.expect_navigation():
            juror.locator("form[action$='/sign'] button:not([type])").click()
    expect(paul.locator("main .notice.done").first).to_be_visible()
    with paul.expect_download() as download:
        paul.locator("a[href$='/documents']").click()
    download.value.save_as(documents)
    names = zipfile.ZipFile(documents).namelist()
    assert {Path(name).suffix for name in names} >= {".pdf", ".csv", ".json"}
    assert room.held.app.registry.jury_session(SESSION).state().closed
