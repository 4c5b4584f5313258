"""The debrief on the lab page: each heading once, and names of the lab set as code."""

from __future__ import annotations

import re

import pytest

from orchestrator.core.text import Text, same
from orchestrator.labd import lab_work_contract
from orchestrator.portal.debrief_view import ToldDebrief, told_debrief, with_code
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser

TITLE = Text(fr="L'agence est coupée", en="The branch is cut off")
NAMES = ("fw1", "r1", "relay1")


@pytest.mark.parametrize(
    ("debrief", "expected"),
    [
        ("# The branch is cut off\n\n## What was broken\n\nA cable.\n", ToldDebrief("What was broken", "\nA cable.\n")),
        ("\n# What was broken\nA cable.\n\n# How\n", ToldDebrief("What was broken", "A cable.\n\n# How\n")),
        ("# The branch is cut off\nA cable.\n", ToldDebrief("", "A cable.\n")),
        ("## What was wrong ##\nA rule.\n", ToldDebrief("What was wrong", "A rule.\n")),
        ("# Notes\n\n## What was broken\n", ToldDebrief("", "# Notes\n\n## What was broken\n")),
        ("## How to find it\n", ToldDebrief("", "## How to find it\n")),
        ("# What was broken", ToldDebrief("What was broken", "")),
        ("Begin with layer 1.", ToldDebrief("", "Begin with layer 1.")),
        ("", ToldDebrief("", "")),
    ],
)
def test_headings_that_the_page_has_are_left_out(debrief: str, expected: ToldDebrief) -> None:
    assert told_debrief(Text(fr="", en=debrief), TITLE, "en") == expected


def test_headings_are_the_same_however_french_is_printed() -> None:
    told = told_debrief(Text(fr="# L’agence est coupée\n## Ce qui n’allait pas\nRien.", en=""), TITLE, "fr")
    assert told == ToldDebrief("Ce qui n’allait pas", "Rien.")


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("It printed to socket://192.0.2.9:9100.", ["socket://192.0.2.9:9100"]),
        ("It printed to cups-pdf:/guichet, not there.", ["cups-pdf:/guichet"]),
        ("In the firewall fw1 the rule 'ip saddr $RELAY1 dport 25' was missing.", ["fw1", "ip saddr $RELAY1 dport 25"]),
        ("The variable $RELAY1 was 172.16.50.25/24, not 10.0.0.1.", ["$RELAY1", "172.16.50.25/24", "10.0.0.1"]),
        ("On r1 the application's pg_hba.conf and /etc/x.d/y were gone.", ["r1", "pg_hba.conf", "/etc/x.d/y"]),
        ("relay10 and my-relay1 are no machines; relay1 is.", ["relay1"]),
        ("It carried 0.5 kbit/s, and and/or lost 3% of all.", []),
        ("The rule '<b>' was new & wrong.", ["&lt;b&gt;"]),
    ],
)
def test_what_is_typed_is_set_as_code(sentence: str, code: list[str]) -> None:
    made = with_code(same(sentence), "en", NAMES)
    assert re.findall("<code>(.*?)</code>", made) == code
    assert "<b>" not in made


def test_french_typography_leaves_code_alone() -> None:
    made = with_code(Text(fr="Sur fw1, la règle « a'b : c » n'était pas là !", en=""), "fr", NAMES)
    assert made == "Sur <code>fw1</code>, la règle <code>a&#x27;b : c</code> n’était pas là\N{NO-BREAK SPACE}!"


@pytest.mark.parametrize(("language", "heading"), [("fr", "Ce qui était en panne"), ("en", "What was broken")])
def test_what_was_broken_has_one_heading(browser: Browser, labd: FakeLabd, language: str, heading: str) -> None:
    labd.change(solved=True)
    title = labd.labs[world.LAB].title
    debrief = title.map(lambda said: f"# {said}\n\n## {heading}\n\nA cable.\n")
    labd.debrief = lab_work_contract.DebriefView((same("Le câble de pc1."),), debrief)
    browser.sign_in("lea", language)
    shown = browser.get(f"/labs/{world.LAB}").text
    part = shown[shown.index('id="part-debrief"') : shown.index('id="map"')]
    assert part.count(heading) == 1
    assert re.findall(r"<h(\d)", part) == ["3"]
    assert "Le câble de <code>pc1</code>." in part
