"""What pages say of a lab that waits for its start, and of one that is frozen or saved, or soon will be."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator.core.text import Text
from orchestrator.labd import calls, lab_contract
from orchestrator.portal import share_words
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading
from tests.unit.portal.test_lab_pages import PAGE, data_of, page, said

FRESH = {"X-Fresh": "1"}


def read(text: str) -> Reading:
    return Reading.of(re.sub(r"</?noscript>", "", text))


UNTIL = "2026-11-28T10:30:00Z"


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        (lab_contract.QueueView(3, 7, "turn", 190), ("Place 3 of 7", "in about 3 minutes")),
        (lab_contract.QueueView(1, 7, "turn", 61), ("It is the next one.", "in about a minute")),
        (lab_contract.QueueView(1, 1, "turn", 0), ("It is the only one that waits.", "within a minute")),
        (lab_contract.QueueView(2, 2, "turn", None), ("Place 2 of 2", "cannot be told yet")),
        (lab_contract.QueueView(2, 2, "room", None), ("Nobody knows when",)),
        (lab_contract.QueueView(2, 2, "class", None), ("Your class has as many labs as it may have",)),
        (lab_contract.QueueView(2, 2, "jury", None), ("kept for the labs of a jury",)),
    ],
)
def test_a_waiting_lab_tells_its_place_and_how_long(
    browser: Browser, labd: FakeLabd, queue: lab_contract.QueueView, expected: tuple[str, ...]
) -> None:
    labd.change(state="waiting", queue=queue)
    browser.sign_in("lea", "en")
    text = said(page(browser))
    for part in (*expected, "Your lab waits for its turn", "Stop waiting"):
        assert part in text
    assert "Since the move my PC" not in text, "the ticket comes with the start, as the time does"
    assert data_of(browser.get(PAGE).text)["phase"] == "waiting"


def test_a_trainer_cannot_take_a_start_back(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="waiting", queue=lab_contract.QueueView(3, 7, "turn", 190))
    browser.sign_in("theo", "en")
    text = said(page(browser))
    assert "This lab waits for its turn" in text
    assert "Stop waiting" not in text


def test_waiting_ends_without_scripts_too(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="waiting", queue=lab_contract.QueueView(1, 1, "room", None))
    browser.sign_in("lea")
    assert f'action="{PAGE}/stop"' in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/stop", {}, PAGE).headers["location"] == PAGE
    assert labd.labs[world.LAB].state == "gone"


def test_opening_the_page_thaws_and_bringing_it_up_to_date_does_not(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    for change in ({"state": "frozen"}, {"freezes": UNTIL}):
        labd.change(**change)
        fresh = browser.get(PAGE, **FRESH).text
        assert data_of(fresh)["idle"] is True
        assert (f'action="{PAGE}/thaw"' in fresh, data_of(fresh)["phase"]) == (True, "started")
        opened = browser.get(PAGE).text
        assert (data_of(opened)["idle"], f'action="{PAGE}/thaw"' in opened) == (False, False)
    assert labd.labs[world.LAB].state == "started"


def test_a_frozen_lab_goes_on_by_its_button(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    key = browser.form_key(PAGE)
    labd.change(state="frozen")
    assert "This lab is frozen" in browser.get(PAGE, **FRESH).text
    assert browser.send(f"{PAGE}/thaw", {"form_key": key}).status_code == 303
    assert labd.labs[world.LAB].state == "started"


def test_a_lab_that_cannot_be_thawed_is_shown_all_the_same(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="frozen")
    labd.refusals["thaw"] = calls.Refusal("machine", Text(fr="Non.", en="No."))
    browser.sign_in("lea", "en")
    assert "This lab is frozen" in said(page(browser))


def test_a_frozen_lab_tells_when_it_is_saved_and_what_is_lost_then(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    labd.change(state="frozen")
    assert "will be saved" not in said(read(browser.get(PAGE, **FRESH).text))
    labd.change(saves=UNTIL)
    shown = browser.get(PAGE, **FRESH).text
    assert f'<time datetime="{UNTIL}" data-when>28 November 2026, 10:30 UTC</time>' in shown
    for part in ("it will be saved on", "files, cables", "will be lost"):
        assert part in said(read(shown))


def test_a_saved_lab_tells_what_is_left_and_is_resumed(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="saved")
    browser.sign_in("lea", "en")
    shown = browser.get(PAGE).text
    assert (data_of(shown)["phase"], labd.labs[world.LAB].state) == ("saved", "saved"), "to open it resumes nothing"
    for part in ("This lab is saved", "Kept:", "Lost, as when a computer is shut down", "Since the move my PC"):
        assert part in said(read(shown))
    assert (f'action="{PAGE}/reset"' in shown, f'action="{PAGE}/stop"' in shown) == (True, True)
    assert f'action="{PAGE}/check"' not in shown
    assert browser.post(f"{PAGE}/resume", {}, PAGE).headers["location"] == PAGE
    assert labd.labs[world.LAB].state == "started"


def test_a_trainer_sees_that_a_lab_is_saved_and_cannot_resume_it(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="saved")
    browser.sign_in("theo", "en")
    shown = browser.get(PAGE).text
    assert "Its trainee resumes it on this page." in said(read(shown))
    assert f'action="{PAGE}/resume"' not in shown


def test_why_a_lab_could_not_be_resumed_is_told(browser: Browser, labd: FakeLabd) -> None:
    labd.change(state="saved", trouble=calls.Refusal("machine", Text(fr="Non.", en="pc1 has not booted.")))
    browser.sign_in("lea", "en")
    assert "pc1 has not booted." in said(page(browser))


def test_resuming_has_its_words(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    labd.change(state="starting", busy="resume")
    assert "boot with their files and cables as they were" in said(page(browser))
    labd.change(state="waiting", busy="", queue=lab_contract.QueueView(1, 1, "room", None))
    assert "Nothing of this lab is lost while it waits." in said(page(browser))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_phrase_of_the_other_language(browser: Browser, labd: FakeLabd, language: str) -> None:
    browser.sign_in("lea", language)
    texts = []
    for seconds in (0, 60, 600, None):
        labd.change(state="waiting", queue=lab_contract.QueueView(1, 2, "turn", seconds))
        texts.append(browser.get(PAGE, **FRESH).text)
    labd.change(queue=lab_contract.QueueView(1, 1, "room", None))
    texts.append(browser.get(PAGE, **FRESH).text)
    for state in ("started", "frozen", "saved"):
        labd.labs[world.LAB] = replace(world.lab(), state=state, freezes=UNTIL, saves=UNTIL)
        texts.append(browser.get(PAGE, **FRESH).text)
    for busy in ("start", "resume"):
        labd.labs[world.LAB] = replace(world.lab(), state="starting", busy=busy)
        texts.append(browser.get(PAGE, **FRESH).text)
    whole, other = "".join(texts), "fr" if language == "en" else "en"
    for name, phrase in vars(share_words).items():
        if isinstance(phrase, Text) and "{" not in phrase.fr:
            assert getattr(phrase, other).replace("'", "’") not in whole, name
