"""What somebody reads in a browser names parts of the lab's page, not commands that are not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.core.text import Text, same
from orchestrator.portal.browser_wording import for_browser
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser

TOP = Path(__file__).parents[3]
COMMAND = re.compile(r"breakfix\s+[a-z]")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("- `breakfix shell MACHINE` ouvre une session.", "- Un terminal de la page du lab ouvre une session."),
        ("Texte.\n\n`breakfix shell MACHINE` ouvre", "Texte.\n\nUn terminal de la page du lab ouvre"),
        ("Un compte. `breakfix\nshell pc1` ouvre", "Un compte. Un terminal de la page du lab ouvre"),
        ("machine (`breakfix shell pc1`) ; de", "machine (dans un terminal de la page du lab) ; de"),
        ("La console de `breakfix shell` n'est", "La console d'un terminal de la page du lab n'est"),
        ("avec `breakfix shell pc1`.", "avec un terminal de la page du lab."),
        ("| le plan | `breakfix map` |", "| le plan | le plan, sur la page du lab |"),
        ("| un câble | `breakfix cable M:I` |", "| un câble | *Câbles*, sur la page du lab |"),
        ("son navigateur, avec `breakfix forward w:80`.", "son navigateur, par *Pages web*, sur la page du lab."),
        ("ici, `breakfix forward web1:80` ; sur", "ici, *Pages web*, sur la page du lab ; sur"),
        ("Branchez-le, sur le plan ou par « breakfix cable a:b plug ».", "Branchez-le, sur la page du lab."),
        ("Le plan du portail, ou « breakfix cable a:b », le dit", "Le plan de la page du lab le dit"),
        ("et « breakfix cable a:b » où il mène", "et le plan de la page du lab où il mène"),
        ("Un neuf : `breakfix cable a:b replace`. Ainsi", "Un neuf, sur la page du lab. Ainsi"),
        ("NO-CARRIER. `breakfix cable\n   a:b` le confirme", "NO-CARRIER. Le plan de la page du lab le confirme"),
        ("La page du lab (« breakfix lab ») le dit.", "La page du lab le dit."),
        ("- A\n- **En ligne de commande**, la photo :\n  `breakfix exec t -- x`.\n- B", "- A\n- B"),
    ],
)
def test_a_command_is_a_part_of_the_lab_page(written: str, read: str) -> None:
    assert for_browser(Text(fr=written, en="x")).fr == read


def test_english_says_it_too() -> None:
    written = "- `breakfix shell HOST` opens a session, or the console (`breakfix shell`), or by `breakfix shell a-b`."
    read = "- A terminal on the lab's page opens a session, or the console (in a terminal on the lab's page), or by a"
    assert for_browser(same(written)).en == f"{read} terminal on the lab's page."
    assert for_browser(same('The lab\'s page ("breakfix lab") tells.')).en == "The lab's page tells."
    assert for_browser(same("- B\n- **At the command line** x:\n  `breakfix exec t`.\n- C")).en == "- B\n- C"


def test_no_content_sends_its_reader_to_the_command_line() -> None:
    """Labs' pages, hints and debriefs as they are written; hints stand in both languages in one file."""
    files = [*TOP.glob("labs/*/README.*.md"), *TOP.glob("scenarios/*/*/debrief.*.md")]
    files += TOP.glob("scenarios/*/*/scenario.yaml")
    named = [file for file in files if "breakfix" in file.read_text()]
    assert named
    for file in named:
        said = file.read_text()
        for language in ("fr", "en") if file.suffix == ".yaml" else (file.name.split(".")[1],):
            said = for_browser(same(said)).in_("fr" if language == "fr" else "en")
        assert not COMMAND.search(said), file


def test_the_pages_say_it(browser: Browser, labd: FakeLabd) -> None:
    cable = same("Le plan du portail, ou « breakfix cable pc1:eth0 », le dit.")
    labd.change(about=same("# Lab\n\n- `breakfix shell MACHINE` ouvre une session de root.\n"), hints=(cable,))
    browser.sign_in("lea", "fr")
    page = browser.get(f"/labs/{world.LAB}").text
    assert "Un terminal de la page du lab ouvre une session de root." in page
    assert "Le plan de la page du lab le dit." in page
