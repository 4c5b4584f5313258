"""The lab's page in a browser: a session of root is a terminal of the page, not a command that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.text import Text, same
from orchestrator.portal.browser_wording import for_browser
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser

LABS = Path(__file__).parents[3] / "labs"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("- `breakfix shell MACHINE` ouvre une session.", "- Un terminal de cette page ouvre une session."),
        ("Texte.\n\n`breakfix shell MACHINE` ouvre", "Texte.\n\nUn terminal de cette page ouvre"),
        ("Un compte. `breakfix\nshell pc1` ouvre", "Un compte. Un terminal de cette page ouvre"),
        ("machine (`breakfix shell pc1`) ; de", "machine (dans un terminal de cette page) ; de"),
        ("La console de `breakfix shell` n'est", "La console d'un terminal de cette page n'est"),
        ("avec `breakfix shell pc1`.", "avec un terminal de cette page."),
        ("`breakfix map` ; `breakfix forward web1:80`", "`breakfix map` ; `breakfix forward web1:80`"),
    ],
)
def test_a_session_of_root_is_a_terminal_of_the_page(written: str, read: str) -> None:
    assert for_browser(Text(fr=written, en="x")).fr == read


def test_english_says_it_too() -> None:
    written = "- `breakfix shell HOST` opens a session, or the console (`breakfix shell`), or by `breakfix shell a-b`."
    read = "- A terminal on this page opens a session, or the console (in a terminal on this page), or by a terminal on"
    assert for_browser(same(written)).en == f"{read} this page."


@pytest.mark.parametrize("page", sorted(LABS.glob("*/README.*.md")), ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_no_lab_sends_its_reader_to_the_command_line_for_a_session(page: Path) -> None:
    text = page.read_text()
    assert "breakfix shell" not in for_browser(same(text)).in_("fr" if page.stem.endswith("fr") else "en")


def test_the_lab_page_says_it(browser: Browser, labd: FakeLabd) -> None:
    labd.change(about=same("# Lab\n\n- `breakfix shell MACHINE` ouvre une session de root.\n"))
    browser.sign_in("lea", "fr")
    assert "Un terminal de cette page ouvre une session de root." in browser.get(f"/labs/{world.LAB}").text
