"""The pages of what is kept of people do what they say: real values, a file to take along, a wish, an act by name."""

from __future__ import annotations

import re

import pytest

from orchestrator.portal import in_words, privacy_words
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_privacy import CASTS, LONG
from tests.unit.portal.browser import ORIGIN, Browser, Reading

PAGE = "/account/privacy"


def test_the_page_says_what_labd_says(browser: Browser) -> None:
    browser.sign_in("lea", "en")
    said = " ".join(Reading.of(browser.get(PAGE).text).texts).replace("\N{NO-BREAK SPACE}", " ")
    for value in ("400 days", "until 1 January 2028", "45 days after", "after 12 hours", "after 30 days", "1.2 MB"):
        assert value in said
    for value in ("Théo Bernard", "lea@ecole.example", "17 May 2004", "C-77", "tssr-2026"):
        assert value in said
    assert "{" not in said


def test_a_file_is_sent_that_no_cache_keeps(browser: Browser) -> None:
    browser.sign_in("lea", "fr")
    answer = browser.post(f"{PAGE}/export", {}, page="/account")
    assert (answer.status_code, answer.content) == (200, b"PK lea fr")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    name = re.fullmatch(
        r'attachment; filename="breakfix-lea-\d{4}-\d\d-\d\d\.zip"', answer.headers["content-disposition"]
    )
    assert name is not None


def test_what_refuses_a_file_is_said_on_the_page(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    labd.privacy.archives = 2
    answer = browser.post(f"{PAGE}/export", {}, page="/account")
    assert answer.status_code == 429
    assert "That is too often." in Reading.of(answer.text).texts
    assert browser.get(f"{PAGE}/export").status_code == 405


def test_another_page_cannot_have_it_sent(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    assert browser.send(f"{PAGE}/export", {}).status_code == 403, "without the key of a page of ours"
    there = browser.send(f"{PAGE}/export", {"form_key": browser.form_key("/account")}, Origin="https://evil.test")
    assert there.status_code == 403
    assert ORIGIN != "https://evil.test"
    assert labd.privacy.archives == 0


def test_a_wish_needs_the_password_and_can_be_withdrawn(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea", "en")
    wrong = browser.post(f"{PAGE}/erasure", {"password": "no"}, page="/account")
    assert wrong.status_code == 422
    assert "<details open>" in wrong.text
    assert labd.privacy.asked == {}
    right = browser.post(f"{PAGE}/erasure", {"password": labd.people["lea"].password or ""}, page="/account")
    assert right.headers["location"] == f"{PAGE}?done=asked"
    assert privacy_words.ASKED_NEXT.en in browser.get(PAGE).text
    browser.post(f"{PAGE}/erasure/withdraw", {}, page="/account")
    assert labd.privacy.asked == {}


@pytest.mark.parametrize(
    ("typed", "running", "status", "erased"),
    [("", (), 422, []), ("nou", (), 422, []), ("nour", (world.LAB,), 409, []), (" NOUR ", (), 303, ["nour"])],
)
def test_nobody_is_erased_but_by_name(
    browser: Browser, labd: FakeLabd, typed: str, running: tuple[str, ...], status: int, erased: list[str]
) -> None:
    labd.privacy.asked["nour"], labd.privacy.running = world.NOW, running
    browser.sign_in("ada", "en")
    assert 'href="/people/erasure/nour"' in browser.get("/people").text
    answer = browser.post("/people/erasure/nour", {"confirmed": typed}, page="/people")
    assert (answer.status_code, labd.privacy.erased) == (status, erased)
    if erased:
        assert answer.headers["location"] == "/people?done=erased"
        assert browser.get("/people/erasure/nour").status_code == 404


# Replay ---------------------------------------------------------------------------------------------------------


def test_a_recording_comes_in_pieces(browser: Browser) -> None:
    browser.sign_in("lea")
    at, read, pieces = 0, "", 0
    while True:
        answer = browser.get(f"/attempts/41/recordings/{LONG}?at={at}")
        assert answer.headers["cache-control"] == "no-store"
        piece = answer.json()
        read, at, pieces = read + piece["lines"], piece["next"], pieces + 1
        if piece["end"]:
            break
    assert (read, pieces > 2) == (CASTS[LONG], True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/attempts/41/recordings/..", 404), ("/attempts/41/recordings/XYZ", 404), ("/attempts/-1/replay", 404),
        (f"/attempts/41/recordings/{LONG}?at=1e3", 404), (f"/attempts/41/recordings/{LONG}?at={'9' * 30}", 404),
        ("/attempts/²/replay", 404), (f"/attempts/{'9' * 40}/replay", 404),
    ],
)  # fmt: skip
def test_what_can_be_no_recording_is_not_asked_for(browser: Browser, labd: FakeLabd, path: str, status: int) -> None:
    browser.sign_in("lea")
    assert browser.get(path).status_code == status
    assert not {"replay", "replay-piece"} & {name for name, _, _ in labd.asked}


def test_only_recorded_attempts_lead_to_a_replay(browser: Browser) -> None:
    browser.sign_in("lea")
    page = browser.get("/scenarios/dns-zone-broken").text
    assert re.findall(r'href="(/attempts/[^"]+)"', page) == ["/attempts/41/replay"]


def test_the_lab_page_leads_to_its_replay(browser: Browser, labd: FakeLabd) -> None:
    labd.change(solved=True, attempt=41)
    for handle in ("lea", "theo"):
        browser.sign_in(handle)
        assert browser.get(f"/labs/{world.LAB}").text.count("/attempts/41/replay") == 1
        browser.post("/sign-out", {}, page="/")


# In words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "fr", "en"),
    [(0, "0 o", "0 B"), (999, "999 o", "999 B"), (1_500, "1,5 ko", "1.5 kB"), (20 << 20, "21 Mo", "21 MB"),
     (7 * 10**12, "7 000 Go", "7,000 GB")],
)  # fmt: skip
def test_sizes_are_said_in_the_reader_s_units(number: int, fr: str, en: str) -> None:
    found = in_words.size(number, "fr"), in_words.size(number, "en")
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in found] == [fr, en]


def test_dates_and_lengths() -> None:
    assert in_words.day("2026-03-01", "fr") == "1er mars 2026"
    assert in_words.day("2026-03-02", "en") == "2 March 2026"
    assert in_words.day("soon", "en") == "—"
    assert [in_words.length(one) for one in (0, 59.9, 61, 3600)] == ["0:00", "0:59", "1:01", "1:00:00"]
