"""The lab page under somebody's hands: menus, the check as it goes, terminals, the map, and the other language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.text import same
from orchestrator.labd.calls import Refusal, RefusalKind
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_map import drawn_map
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

LAB = f"/labs/{world.LAB}"
HEAD = """() => [...document.querySelectorAll("#terminal-tabs li, .lab-terminal-head > button")].map((one) => {
  const { x, y, height } = one.getBoundingClientRect(); return [x, y, height]; })"""
OUTSIDE = """() => [...document.querySelectorAll("#terminal-menu button")].filter((one) => {
  const { top, bottom, left, right } = one.getBoundingClientRect();
  const box = document.getElementById("terminal-menu").getBoundingClientRect();
  return top < Math.max(0, box.top) || bottom > Math.min(innerHeight, box.bottom) || left < 0 || right > innerWidth;
}).map((one) => one.textContent)"""


def open_terminal(page: Page, host: str = "pc1") -> None:
    """Open a host's terminal, and wait until it is drawn."""
    page.locator(f'#terminal-empty [data-host="{host}"][data-kind]').first.click()
    page.wait_for_selector(".lab-screen:not([hidden]) .xterm-rows", state="attached")


# Menus --------------------------------------------------------------------------------------------------------


def open_menu(page: Page) -> None:
    """Open the menu of new terminals; it is at its place before it is seen."""
    page.locator("#terminal-new").click()
    page.wait_for_selector("#terminal-menu:popover-open")
    page.wait_for_function("document.getElementById('terminal-menu').style.maxHeight.endsWith('px')")


def test_trouble_of_the_service_is_over_when_it_answers_again(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "lea", LAB)
    trouble = page.locator("#lab-trouble")

    def refused(kind: RefusalKind) -> None:
        labd.refusals["hint"] = Refusal(kind, same("No."))
        page.locator("#next-hint").click()
        trouble.wait_for(state="visible")
        del labd.refusals["hint"]

    page.locator("#tab-hints").click()
    refused("machine")
    with page.expect_response("**/events?*"):  # the line is there again
        page.evaluate("() => ['pagehide', 'online'].forEach((one) => window.dispatchEvent(new Event(one)))")
    trouble.wait_for(state="hidden")
    refused("machine")
    page.locator("#next-hint").click()
    trouble.wait_for(state="hidden")
    refused("wrong")  # what was wrong with one's own act stays until it is read
    page.locator("#next-hint").click()
    page.wait_for_selector("#hint-2")
    assert trouble.is_visible()


@pytest.mark.parametrize(("width", "height"), [(1400, 950), (320, 700)])
def test_the_menu_of_terminals_shows_all_of_it_and_moves_nothing(
    portal: ServedPortal, labd: FakeLabd, page: Page, width: int, height: int
) -> None:
    hosts = [replace(labd.labs[world.LAB].hosts[2], name=f"srv{number}") for number in range(2, 7)]
    labd.change(hosts=(*labd.labs[world.LAB].hosts, *hosts))
    page.set_viewport_size({"width": width, "height": height})
    portal.open(page, labd, "lea", f"{LAB}#terminals")
    open_terminal(page)
    before = page.evaluate(HEAD)
    assert {height for _, y, height in before} == {before[0][2]}
    open_menu(page)
    assert page.evaluate(OUTSIDE) == []
    assert page.locator("#terminal-menu button").count() == 11  # nine hosts, a switch's shell, a screen
    assert page.evaluate(HEAD) == before


def test_the_menu_of_terminals_closes_as_menus_do(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "lea", LAB)
    open_terminal(page)

    def closed(focus: str) -> None:
        page.wait_for_selector("#terminal-menu", state="hidden")
        page.wait_for_function("(id) => document.activeElement.closest(id)", arg=focus)

    open_menu(page)
    page.keyboard.press("Escape")
    closed("#terminal-new")
    open_menu(page)
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.closest('#terminal-menu')")
    page.keyboard.press("Escape")
    closed("#terminal-new")
    open_menu(page)
    page.locator("#ticket").click()
    closed("body")
    open_menu(page)
    page.locator("[data-opens=lab-pages]").evaluate("(button) => button.click()")
    closed("#lab-pages")
    page.keyboard.press("Escape")
    open_menu(page)
    page.locator('g[data-host="srv1"]').press("Enter")
    closed(".lab-screen")
    open_menu(page)
    page.locator('#terminal-menu [data-host="sw1"][data-kind="device"]').click()
    closed(".lab-screen")
    assert page.locator("#terminal-tabs li").count() == 3


# The check as it goes -----------------------------------------------------------------------------------------


def test_what_is_being_checked_is_said_once_and_not_as_a_result(
    portal: ServedPortal, labd: FakeLabd, page: Page
) -> None:
    portal.open(page, labd, "lea", f"{LAB}#check")
    labd.emit("began", {"act": "check"})
    red = {"fr": "Les messages n'arrivent pas.", "en": "Messages do not arrive."}
    kept = {"fr": "Ce qui marchait", "en": "What worked"}
    labd.emit("running", {"sentences": [red, kept, kept, red, kept]})
    page.wait_for_selector("#lab-running li")
    assert page.locator("#lab-running li").all_inner_texts() == ["Messages do not arrive.", "What worked"]
    assert page.get_by_role("list", name="Being checked (no result yet)").is_visible()
    labd.emit("running", {"sentences": []})
    page.wait_for_selector("#lab-running-title", state="hidden")


def test_the_clock_stops_once_a_check_finds_it_repaired(portal: ServedPortal, labd: FakeLabd, page: Page) -> None:
    portal.open(page, labd, "lea", LAB)
    page.wait_for_function("/^[0-9:]+$/.test(document.getElementById('lab-elapsed').textContent)")
    grading = replace(world.GRADING, verdict="repaired")
    labd.change(solved=True, solved_at=world.NOW, grading=grading)
    labd.emit("graded", grading)
    page.wait_for_selector("#lab-timer", state="detached")
    assert page.locator("#lab-facts .lab-solved").inner_text() == "✔ Solved in 30\N{NO-BREAK SPACE}min"


# What is read -------------------------------------------------------------------------------------------------

NAMES = ("relay1", "192.168.30.13", "tgarnier@montreval.example", "/var/log/postgresql/postgresql-17-main.log")
BROKEN = """(list) => [...document.querySelectorAll(`${list} td code`)].filter(
  (one) => one.getClientRects().length > (one.querySelector("wbr") ? 4 : 1)).map((one) => one.textContent)"""


@pytest.mark.parametrize(("width", "height"), [(1400, 950), (320, 700)])
def test_names_in_tables_stay_whole(portal: ServedPortal, labd: FakeLabd, page: Page, width: int, height: int) -> None:
    rows = "".join(f"| `{one}` | 203.0.113.10, 203.0.113.13 | what it is for, in some words |\n" for one in NAMES)
    labd.change(about=same(f"# A lab\n\n| name | addresses | role |\n| --- | --- | --- |\n{rows}"))
    page.set_viewport_size({"width": width, "height": height})
    portal.open(page, labd, "lea", f"{LAB}#about")
    page.wait_for_selector("#about td")
    assert page.locator("#about td code").count() == len(NAMES)
    assert page.evaluate(BROKEN, "#about") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# Terminals ----------------------------------------------------------------------------------------------------

LINES = b"".join(b"line %d of an output that is longer than a narrow window is wide\r\n" % one for one in range(90))
LAST = """() => { const rows = [...document.querySelectorAll(".lab-screen:not([hidden]) .xterm-rows > div")];
  const last = rows.at(-1), box = last.getBoundingClientRect();
  const screen = last.closest(".lab-screen").getBoundingClientRect();
  const widest = Math.max(...rows.flatMap((row) => [...row.children].map((one) => one.getBoundingClientRect().right)));
  return last.textContent.startsWith("root@pc1") && box.bottom <= screen.bottom && widest <= screen.right - 14; }"""
"""Whether a terminal shows its last line whole, and no text reaches below its scrollbar."""


@pytest.mark.parametrize("width", [1400, 800, 320])
def test_a_terminal_shows_its_last_line_whole(portal: ServedPortal, labd: FakeLabd, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 703})
    portal.open(page, labd, "lea", f"{LAB}#terminals")
    open_terminal(page)
    next(iter(labd.terminals.values())).write(LINES + b"root@pc1:~# ")
    page.wait_for_function(LAST)
    if width < 900:
        page.locator("#lab-bar [data-view=read]").click()
        page.reload()
        page.locator("#lab-bar [data-view=terminals]").click()
    else:
        page.reload()
    page.wait_for_function(LAST)
    page.set_viewport_size({"width": width, "height": 650})
    page.wait_for_function(LAST)


# The first view, and the map ----------------------------------------------------------------------------------

SIZE = 'viewBox="0 0 1400 900" width="1400" height="900"'
DRAWN = drawn_map(world.lab(), "en")
TALL = f'<svg xmlns="http://www.w3.org/2000/svg" {SIZE}>{DRAWN[DRAWN.index("<g") :]}'
BELOW = """() => [...document.querySelectorAll("#terminal-empty button, #fold-hosts > summary")].filter(
  (one) => one.getBoundingClientRect().bottom > innerHeight).map((one) => one.textContent)"""


@pytest.mark.parametrize(("width", "height"), [(1400, 950), (1300, 768)])
def test_every_button_for_a_terminal_is_seen_at_first_and_the_map_stays_readable(
    portal: ServedPortal, labd: FakeLabd, page: Page, width: int, height: int
) -> None:
    hosts = [replace(labd.labs[world.LAB].hosts[2], name=f"server{number}") for number in range(12)]
    labd.change(hosts=(*labd.labs[world.LAB].hosts, *hosts))
    labd.map = TALL
    page.set_viewport_size({"width": width, "height": height})
    portal.open(page, labd, "lea", LAB)
    page.wait_for_selector("#terminal-empty")
    assert page.evaluate(BELOW) == []
    open_terminal(page, "srv1")
    scale = "document.querySelector('.lab-picture').getBoundingClientRect().height / 900"
    page.wait_for_function(f"{scale} >= 0.5")
    assert page.locator("#fold-hosts > summary").is_visible()


# The other language -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1300, 500])
def test_the_other_language_leaves_somebody_where_they_are(
    portal: ServedPortal, labd: FakeLabd, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    portal.open(page, labd, "lea", f"{LAB}#hints")
    page.locator("#fold-map").evaluate("(fold) => { fold.open = false; }")
    page.locator("#fold-hosts").evaluate("(fold) => { fold.open = true; }")
    for host in ("pc1", "srv1"):
        page.locator(f'#fold-hosts [data-host="{host}"]').first.evaluate("(button) => button.click()")
        page.wait_for_selector(f".lab-terminal-tab[aria-current=true] >> text={host}")
    page.locator(".lab-terminal-tab >> text=pc1").click()
    with page.expect_navigation():
        page.locator('form[action="/language"] button').click()
    page.wait_for_selector(".lab-terminal-tab[aria-current=true] >> text=pc1")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("#tab-hints").get_attribute("aria-selected") == "true"
    assert page.locator("#lab").get_attribute("data-view") == "terminals"
    folds = page.evaluate("() => [...document.querySelectorAll('details.lab-fold')].map(({ open }) => open)")
    assert folds == [False, True, False]
