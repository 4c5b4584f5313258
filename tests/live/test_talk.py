"""A fault that is repaired by words alone, in a browser, on real hosts: whoever sits there plugs the cable in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from orchestrator.app import App
from orchestrator.model.plan import Plan
from tests.live.test_portal import LONG, Site, site  # noqa: F401 - a fixture

pytestmark = pytest.mark.live

SCENARIO = "words-only"
REPORT = {
    "symptom": "The intranet does not open.",
    "cause": "The cable was out of its wall socket.",
    "action": "Plugged back into the blue socket by its user, as I described.",
    "test": "Its user opens the intranet.",
    "minutes": "15",
}


@pytest.fixture
def plan(app: App) -> Plan:
    """A variant in which the cable is out."""
    plans = (app.labs.plans.preview(SCENARIO, seed) for seed in range(100))
    return next(plan for plan in plans if plan.cases["cause"] == "unplugged")


def say(page: Page, text: str, answer: str) -> None:
    """Say something by keyboard once nobody is at anything, and read the answer that is new."""
    expect(page.locator("#talk-1 .talk-answering")).to_be_hidden(timeout=LONG)
    said = page.locator("#talk-1 .talk-mine:not(.talk-pending)")
    before = said.count()
    page.locator("#talk-1-text").fill(text)
    page.locator("#talk-1-text").press("Enter")
    expect(said).to_have_count(before + 1, timeout=LONG)
    expect(page.locator("#talk-1 .talk-theirs .talk-text").last).to_contain_text(answer)


def begun(site: Site, page: Page, plan: Plan) -> str:  # noqa: F811
    """Start the variant, open the talk by its tab, and return the lab's address."""
    page.goto(f"{site.origin}/scenarios/{SCENARIO}")
    page.locator("details summary").click()
    page.locator("#seed").fill(str(plan.seed))
    page.locator("button.large").click()
    page.wait_for_url(re.compile("/labs/"))
    expect(page.locator("html.lab-scripts #lab")).to_be_visible(timeout=LONG)
    page.locator("#tab-talk").click()
    expect(page.locator("#talk-1 .talk-log")).to_contain_text(f"Is it about {plan.values['pc']}?")
    return page.url.partition("#")[0]


def reported(page: Page) -> None:
    """Write the report, which saves itself."""
    page.locator("#tab-hand-in").click()
    for name, text in REPORT.items():
        page.locator(f"#report-{name}").fill(text)
    expect(page.locator('form[data-saves="report"] [role="status"]')).to_have_attribute("data-state", "saved")


def test_a_fault_is_repaired_by_words_alone(site: Site, plan: Plan) -> None:  # noqa: F811
    with site.running() as (link, _):
        page = site.page()
        site.arrive(page, f"{site.origin}/link#{link}")
        lab = begun(site, page, plan)
        beside = page.context.new_page()
        beside.goto(f"{lab}#talk")
        expect(page.locator(".lab-map")).to_contain_text("unplugged")
        say(page, "Hello, this is the service desk. What is the problem?", "The intranet doesn")
        say(page, "Is the light on the network socket lit?", "no light at all")
        say(page, "Which socket is the network cable in?", "dangling behind the desk")
        say(page, "Try again now.", "still nothing")
        say(page, "Plug the cable into the blue socket.", "is that right?")
        say(page, "Yes, go ahead.", "in the blue one")
        expect(page.locator("#talk-1 .talk-act")).not_to_have_count(0)
        expect(page.locator(".lab-map")).not_to_contain_text("unplugged")
        say(page, "Try again now.", "it all works")
        expect(beside.locator("#talk-1 .talk-theirs .talk-text").last).to_contain_text("it all works")
        reported(page)
        page.locator("#lab-check-form button").press("Enter")
        expect(page.locator(".lab-verdict")).to_have_class(re.compile(r"lab-repaired\b"), timeout=LONG)
        page.locator("#tab-debrief").click()
        page.locator("#debrief-talk-1 summary").click()
        expect(page.locator("#debrief-talk-1")).to_contain_text("in the blue one")
        page.goto(page.locator("#part-debrief a[href$=replay]").evaluate("(link) => link.href"))
        expect(page.locator(".talk-kept")).to_have_count(1)
    assert site.wrong == []
