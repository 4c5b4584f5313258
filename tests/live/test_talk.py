"""A fault that is repaired by talking only, in a browser, on real hosts: whoever sits there plugs the cable in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orchestrator.app import App
from tests.live.test_portal import LONG, Site, site  # noqa: F401 - a fixture

pytestmark = pytest.mark.live

MODEL = "no-network-after-move"
SCENARIO = "no-network-by-telephone"
PERSONA = """\
contract: 1
person: user
role: {fr: "devant {{ pc }}", en: "at {{ pc }}"}
host: "{{ pc }}"
account: root
opens: {fr: "Allô ? {{ user.first }} à l'appareil.", en: "Hello? {{ user.first }} speaking."}
answers:
  - to: [ask_problem]
    says: {fr: "Je n'ai plus de réseau.", en: "I have no network."}
  - to: [ask_unplug]
    restates: {fr: "Je débranche et je rebranche ?", en: "I unplug it and plug it in again?"}
    acts:
      - cable: {interface: eth0, plug: false}
      - cable: {interface: eth0, plug: true}
    says: {fr: "Voilà, c'est rebranché.", en: "There, it is back in."}
  - to: [ask_retry]
    looks: {run: [cat, /sys/class/net/eth0/carrier], prints: "1"}
    says: {fr: "Oui, ça marche !", en: "Yes, it works!"}
    otherwise: {says: {fr: "Toujours rien.", en: "Still nothing."}}
dialogues:
  - kind: good
    lines:
      - say: {fr: "Quel est votre problème ?", en: "What is the problem?"}
        understood: ask_problem
    comes_of: {acted: []}
  - kind: rude
    lines:
      - say: {fr: "Vous êtes nul.", en: "You are useless."}
        understood: rude
    comes_of: {acted: []}
  - kind: forgetful
    lines:
      - say: {fr: "Essayez maintenant.", en: "Try again now."}
        understood: ask_retry
    comes_of: {acted: []}
"""
_TOP = Path(__file__).parents[2]


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Content with the scenario in which somebody answers; labd finds it, too."""
    (model,) = (_TOP / "scenarios").glob(f"*/{MODEL}")
    made = tmp_path / "content" / "scenarios" / model.parent.name / SCENARIO
    shutil.copytree(model, made, ignore=shutil.ignore_patterns("proof.json"))
    scenario = made / "scenario.yaml"
    scenario.write_text(scenario.read_text().replace(f"id: {MODEL}", f"id: {SCENARIO}"))
    (made / "persona.yaml").write_text(PERSONA)
    monkeypatch.setenv("BREAKFIX_CONTENT", str(tmp_path / "content"))
    return tmp_path / "content"


@pytest.fixture
def seed(content: Path) -> int:
    """A variant in which the cable is out."""
    labs = App([content]).labs
    return next(seed for seed in range(100) if labs.preview(SCENARIO, seed).cases["cause"] == "unplugged")


def say(page: Page, text: str, answer: str) -> None:
    """Say something by keyboard, and wait for the answer."""
    page.locator("#talk-1-text").fill(text)
    page.locator("#talk-1-text").press("Enter")
    expect(page.locator(".talk-theirs .talk-text").last).to_contain_text(answer, timeout=LONG)


def test_a_fault_is_repaired_by_talking_only(seed: int, site: Site) -> None:  # noqa: F811
    with site.running() as (link, _):
        page = site.page()
        site.arrive(page, f"{site.origin}/link#{link}")
        page.goto(f"{site.origin}/scenarios/{SCENARIO}")
        page.locator("details summary").click()
        page.locator("#seed").fill(str(seed))
        page.locator("button.large").click()
        page.wait_for_url(re.compile("/labs/"))
        expect(page.locator("html.lab-scripts #lab")).to_be_visible(timeout=LONG)
        beside = page.context.new_page()
        beside.goto(f"{page.url.partition('#')[0]}#talk")
        page.locator("#tab-talk").click()
        expect(page.locator(".talk-log")).to_contain_text("speaking.")
        say(page, "Hello, service desk. What is the problem?", "I have no network.")
        say(page, "Could you try again?", "Still nothing.")
        say(page, "Can you unplug the network cable and plug it back in?", "I unplug it and plug it in again?")
        expect(page.locator(".lab-map")).to_contain_text("unplugged")
        say(page, "Yes, please.", "There, it is back in.")
        expect(page.locator(".talk-act").last).to_contain_text("in.")
        expect(page.locator(".lab-map")).not_to_contain_text("unplugged")
        say(page, "Try again now, please", "Yes, it works!")
        expect(beside.locator(".talk-theirs .talk-text").last).to_contain_text("Yes, it works!")
        page.locator("#lab-check-form button").press("Enter")
        expect(page.locator(".lab-verdict")).to_have_class(re.compile(r"lab-repaired\b"), timeout=LONG)
        page.locator("#tab-debrief").click()
        page.locator("#debrief-talk-1 summary").click()
        expect(page.locator("#debrief-talk-1")).to_contain_text("There, it is back in.")
        page.goto(page.locator("#part-debrief a[href$=replay]").evaluate("(link) => link.href"))
        expect(page.locator(".talk-kept")).to_have_count(1)
    assert site.wrong == []
