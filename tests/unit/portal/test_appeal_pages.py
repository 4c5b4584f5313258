"""The page of an appeal: what can be graded again, a button, what came of it; for the jury alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.text import same
from orchestrator.labd.evidence_contract import OfSitting
from orchestrator.portal import appeal_pages
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import Browser, Reading
from tests.unit.portal.served_portal import ServedPortal

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SITTING = f"/jury/{SESSION}/candidates/C-01/phases/reseau"
APPEAL = f"{SITTING}/appeal"


@pytest.mark.parametrize(("handle", "status"), [("lea", 403), ("ines", 403), ("ada", 403), ("paul", 200)])
def test_the_jury_sees_it_and_nobody_else(browser: Browser, handle: str, status: int) -> None:
    browser.sign_in(handle, "en")
    answer = browser.get(APPEAL)
    assert answer.status_code == status
    if status == 200:
        assert Reading.of(answer.text).wrong == []
        assert "<b>" not in answer.text
        for said in (
            "lab kept",
            "lab removed: answers only",
            "not satisfied → satisfied",
            "asked for by Anne Martin",
            "may come from",
        ):
            assert said in answer.text
        assert f'href="{APPEAL}"' in browser.get(SITTING).text


def test_a_click_grades_again_and_no_second_one_meanwhile(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("paul", "en")
    answer = browser.post(APPEAL, {}, page="/")
    assert (answer.status_code, answer.headers["location"]) == (303, APPEAL)
    assert labd.asked[-1][2] == OfSitting(SESSION, "reseau", "C-01")
    page = browser.get(APPEAL).text
    assert "It is being graded again" in page
    assert f'data-events="{APPEAL}/events"' in page
    assert f'action="{APPEAL}"' not in page
    refused = browser.post(APPEAL, {}, page="/")
    assert refused.status_code == 409
    assert "Another sitting is being graded." in refused.text
    labd.appeals.view = replace(labd.appeals.view, running=False, trouble=same("pc1 <i>is</i> gone"))
    assert "The last grading came to nothing: pc1 &lt;i&gt;is&lt;/i&gt; gone" in browser.get(APPEAL).text


def test_the_page_brings_itself_up_to_date(
    portal: ServedPortal, labd: FakeLabd, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appeal_pages, "POLL_SECONDS", 0.05)
    portal.open(page, labd, "paul", APPEAL)
    page.locator(f"form[action='{APPEAL}'] button").press("Enter")
    page.locator("#grading").wait_for()
    labd.appeals.view = replace(labd.appeals.view, running=False)
    page.locator("#grading").wait_for(state="detached")
    page.locator(f"form[action='{APPEAL}'] button").wait_for()
    assert portal.wrong == []
