"""A trainer helps, on the pages: typing with consent, hints, attempts and comments, a new link."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from html import unescape

import pytest

from orchestrator.core.text import Text
from orchestrator.labd import calls, lab_contract, lab_work_contract
from orchestrator.labd import help_contract as h
from orchestrator.portal import help_words, lab_words
from tests.fakes import labd_classes as fake
from tests.fakes import labd_help
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

LAB = f"/labs/{world.LAB}"
BASE = f"/classes/{fake.CLASS}"
ATTEMPTS = f"{BASE}/members/lea/attempts"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}<!--\n\n# no heading'


@pytest.fixture
def theo(browser: Browser) -> Browser:
    browser.sign_in("theo", "en")
    return browser


@pytest.fixture
def lea(runner: asyncio.Runner, labd: FakeLabd) -> Browser:
    lea = Browser(runner, labd)
    lea.sign_in("lea", "en")
    return lea


def opened(labd: FakeLabd) -> str:
    labd._open_terminal(labd.people["lea"], lab_work_contract.OpenTerminal(world.LAB, "pc1", "root"))
    return labd.labs[world.LAB].terminals[0].id


def asked(labd: FakeLabd, name: str) -> list[object]:
    return [request for call, _, request in labd.asked if call == name]


def band(browser: Browser) -> tuple[str, list[str]]:
    """Return what the lab page says of typing, and what it offers to do about it."""
    page = browser.get(LAB).text
    part = re.search(r'<div id="lab-typing".*?(?=<div class="lab" |$)', page, re.DOTALL)
    assert part
    reading = Reading.of(page)
    assert reading.wrong == []
    actions = [one["action"] for one in reading.all("form") if "/typing/" in one.get("action", "")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part[0])).split()), actions


# Typing -------------------------------------------------------------------------------------------------------


def test_both_see_who_asks_and_who_types(theo: Browser, lea: Browser, labd: FakeLabd) -> None:
    terminal = opened(labd)
    assert (band(theo), band(lea)) == (("", []), ("", []))
    theo.post(f"{LAB}/typing/ask", {"terminal": terminal}, page=LAB)
    said, actions = band(lea)
    assert said.startswith("Théo Bernard asks to type in your terminal pc1.")
    assert said.endswith("Allow Refuse")
    assert actions == [f"{LAB}/typing/answer"]
    assert band(theo) == (
        "You have asked to type in pc1: your trainee has not answered yet. Take it back",
        [f"{LAB}/typing/end"],
    )
    consent = labd.labs[world.LAB].typing[0].id
    lea.post(f"{LAB}/typing/answer", {"id": consent, "allow": "yes"}, page=LAB)
    assert band(lea) == ("Théo Bernard types with you in pc1. End it", [f"{LAB}/typing/end"])
    assert "You type in pc1" in band(theo)[0]
    assert band(theo)[1] == [f"{LAB}/typing/end"]
    lea.post(f"{LAB}/typing/end", {"id": consent}, page=LAB)
    assert (band(theo), band(lea)) == (("", []), ("", []))


def test_another_trainer_sees_it_and_can_end_nothing(lea: Browser, labd: FakeLabd) -> None:
    labd.help.refs["q"] = "P-000000000003"
    view = lab_contract.TypingView("q", opened(labd), "pc1", "Ada Petit", "allowed", yours=False)
    labd.change(typing=(view,))
    theo = Browser(lea._runner, labd)
    theo.sign_in("theo", "en")
    assert band(theo) == ("Ada Petit types in pc1 with the trainee's consent.", [])


@pytest.mark.parametrize(("said", "allow"), [("yes", True), ("no", False), ("", False), ("YES", False), ("1", False)])
def test_only_yes_is_consent(lea: Browser, labd: FakeLabd, said: str, allow: bool) -> None:
    lea.post(f"{LAB}/typing/answer", {"id": "x", "allow": said}, page=LAB)
    assert asked(labd, "answer-typing") == [h.AnswerTyping(world.LAB, "x", allow)]


@pytest.mark.parametrize("action", ["typing/ask", "typing/answer", "typing/end", "trainer-hint"])
def test_nothing_is_done_without_a_key_of_ours(lea: Browser, labd: FakeLabd, action: str) -> None:
    before = len(labd.asked)
    assert lea.send(f"{LAB}/{action}", {"form_key": "0" * 64}).status_code == 403
    assert {name for name, _, _ in labd.asked[before:]} <= {"me"}


def test_the_page_s_scripts_know_which_terminal_may_be_typed_in(theo: Browser, labd: FakeLabd) -> None:
    terminal = opened(labd)
    theo.post(f"{LAB}/typing/ask", {"terminal": terminal}, page=LAB)
    found = re.search(r'id="lab-data">(.*?)</script>', theo.get(LAB).text, re.DOTALL)
    assert found
    assert json.loads(found[1])["typing"] == [{"terminal": terminal, "state": "asked", "yours": True}]


# Hints --------------------------------------------------------------------------------------------------------


def test_a_hint_stands_among_the_hints_as_its_trainer_s(theo: Browser, lea: Browser, labd: FakeLabd) -> None:
    theo.post(f"{LAB}/trainer-hint", {"text": EVIL}, page=LAB)
    theo.post(f"{BASE}/hint", {"hint": "Read the ticket again."}, page=f"{BASE}/board")
    page = lea.get(LAB).text
    assert "<script>alert" not in page
    reading = Reading.of(re.sub(r"</?noscript>", "", page))
    assert reading.wrong == []
    assert reading.texts.count("Hint from Théo Bernard") == 2
    assert "Read the ticket again." in reading.texts
    assert f"{LAB}/trainer-hint" not in {one.get("action") for one in reading.all("form")}
    assert [event.kind for event in labd.events[world.LAB]] == ["trainer-hint", "trainer-hint"]


def test_what_trainers_wrote_is_in_the_debrief(lea: Browser, labd: FakeLabd) -> None:
    notes = (
        lab_contract.TrainerNote("hint", "Théo Bernard", world.NOW, "Look at the cables."),
        lab_contract.TrainerNote("comment", "Théo Bernard", world.NOW, "Well documented."),
    )
    labd.change(solved=True, grading=world.GRADING, notes=notes)
    debrief = lea.get(LAB).text.partition('id="part-debrief"')[2]
    assert re.findall(r"<h4>(.*?)</h4><p>(.*?)</p>", debrief) == [
        ("Hint from Théo Bernard", "Look at the cables."),
        ("Comment by Théo Bernard", "Well documented."),
    ]


def test_a_hint_to_the_class_that_is_refused_is_kept_at_its_field(theo: Browser, labd: FakeLabd) -> None:
    answer = theo.post(f"{BASE}/hint", {"hint": ""}, page=f"{BASE}/board")
    assert answer.status_code == 422
    areas = Reading.of(answer.text).all("textarea")
    assert [(one["id"], one.get("aria-invalid")) for one in areas] == [("hint", "true")]
    labd.refusals["give-class-hint"] = calls.Refusal("wrong", Text(fr="Personne.", en="Nobody."), field="text")
    assert (
        "</textarea>" in theo.post(f"{BASE}/hint", {"hint": "Kept."}, page=f"{BASE}/board").text.partition("Kept.")[2]
    )


# Attempts and comments ----------------------------------------------------------------------------------------


def test_a_member_s_attempts_are_listed_and_read(theo: Browser) -> None:
    assert f'href="{ATTEMPTS}"' in theo.get(BASE).text
    listed = Reading.of(theo.get(ATTEMPTS).text)
    assert [one["href"] for one in listed.all("a") if ATTEMPTS in one["href"]] == [f"{ATTEMPTS}/7", f"{ATTEMPTS}/3"]
    assert {"not repaired", "repaired", "1 of 2"} <= set(listed.texts)
    whole = Reading.of(theo.get(f"{ATTEMPTS}/7").text)
    for expected in ("eth0", "physical", "Câble débranché.", "pc1 has an address of the network", "No comment yet."):
        assert expected in whole.texts, expected
    assert f"{LAB}" in {one["href"] for one in whole.all("a")}
    gone = Reading.of(theo.get(f"{ATTEMPTS}/3").text)
    assert {"The answers are gone.", "A trainer could type in a terminal, with the trainee's consent."} <= set(
        gone.texts
    )
    assert "has not tried anything yet." in theo.get(f"{BASE}/members/nour/attempts").text


def test_an_attempt_tells_its_changes_and_whether_points_count(theo: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden = lab_contract.ChangeView(
        "forbidden", "pc1", Text(fr="Un compte est nouveau.", en="A user is new."), None, "x"
    )
    asked = replace(forbidden, standing="unexplained", sentence=Text(fr="Un fichier.", en="A <b>file</b>."))
    for changes, told in (((), set()), ((asked,), {asked}), ((forbidden, asked), {forbidden, asked})):
        monkeypatch.setattr(world, "GRADING", replace(world.GRADING, changes=changes))
        texts = " ".join(Reading.of(theo.get(f"{ATTEMPTS}/7").text).texts)
        assert {one for one in (forbidden, asked) if one.sentence.en in texts} == told
        assert (lab_words.POINTS_DO_NOT_COUNT.en in texts) == (forbidden in told)


@pytest.mark.parametrize("path", ["x", "-1", "7x", "²", "9" * 19])
def test_what_can_be_no_attempt_is_not_asked_for(theo: Browser, labd: FakeLabd, path: str) -> None:
    assert theo.get(f"{ATTEMPTS}/{path}").status_code == 404
    assert theo.get(f"{BASE}/members/Not%20A%20Name/attempts").status_code == 404
    assert asked(labd, "member-attempt") == asked(labd, "member-attempts") == []


def test_a_comment_is_read_by_its_trainee_and_is_news_until_then(theo: Browser, lea: Browser) -> None:
    assert "commented" not in lea.get("/").text
    sent = theo.post(f"{ATTEMPTS}/3", {"text": EVIL}, page=f"{ATTEMPTS}/3")
    assert sent.headers["location"] == f"{ATTEMPTS}/3?done=commented"
    trainers = theo.get(f"{ATTEMPTS}/3").text
    path = lea.get("/").text
    assert "Théo Bernard has commented on your attempt" in path
    assert f'href="/scenarios/{labd_help.SOLVED.scenario}#comments"' in path
    card = lea.get(f"/scenarios/{labd_help.SOLVED.scenario}").text
    for page in (trainers, path, card):
        assert Reading.of(page).wrong == []
        assert "<script>alert" not in page
        assert "49" not in Reading.of(page).texts
    assert any(text.startswith('"><script>alert(1)') for text in Reading.of(card).texts), "it is text, all of it"
    assert "new" in Reading.of(card).texts
    assert "not read yet" in Reading.of(trainers).texts
    assert "not read yet" not in Reading.of(theo.get(f"{ATTEMPTS}/3").text).texts
    assert "commented" not in lea.get("/").text


def test_a_comment_that_is_refused_is_kept_for_another_try(theo: Browser, labd: FakeLabd) -> None:
    labd.refusals["comment"] = calls.Refusal("wrong", Text(fr="Trop long.", en="Too long."), field="text")
    answer = theo.post(f"{ATTEMPTS}/7", {"text": "</textarea><b>kept"}, page=f"{ATTEMPTS}/7")
    assert answer.status_code == 422
    assert Reading.of(answer.text).wrong == []
    assert "&lt;/textarea&gt;&lt;b&gt;kept</textarea>" in answer.text
    assert 'href="#text"' in answer.text


def test_a_comment_is_changed_and_withdrawn_by_its_author(theo: Browser, lea: Browser) -> None:
    page = f"{ATTEMPTS}/3"
    theo.post(page, {"text": "Well done."}, page=page)
    lea.get(f"/scenarios/{labd_help.SOLVED.scenario}")
    form = Reading.of(theo.get(page).text)
    assert {f"{page}/comments/1", f"{page}/comments/1/withdraw"} <= {one["action"] for one in form.all("form")}
    assert form.wrong == []
    changed = theo.post(f"{page}/comments/1", {"text-1": EVIL}, page=page)
    assert changed.headers["location"] == f"{page}?done=changed"
    assert "The comment is changed." in theo.get(changed.headers["location"]).text
    assert "commented" in lea.get("/").text, "it is told again"
    card = lea.get(f"/scenarios/{labd_help.SOLVED.scenario}").text
    assert "changed on" in card
    assert "Well done." not in card
    assert "<script>alert" not in card
    assert "/comments/1" not in card, "only its author can change it"

    withdrawn = theo.post(f"{page}/comments/1/withdraw", {}, page=page)
    assert withdrawn.headers["location"] == f"{page}?done=withdrawn"
    for text in (theo.get(page).text, lea.get(f"/scenarios/{labd_help.SOLVED.scenario}").text):
        assert "Comment withdrawn on" in text
        assert "alert(1)" not in text
        assert "/comments/1" not in text
    assert "commented" not in lea.get("/").text


def test_a_change_that_is_refused_stands_open_at_its_comment(theo: Browser, labd: FakeLabd) -> None:
    page = f"{ATTEMPTS}/7"
    theo.post(page, {"text": "Well done."}, page=page)
    labd.refusals["change-comment"] = calls.Refusal("wrong", Text(fr="Trop long.", en="Too long."), field="text")
    answer = theo.post(f"{page}/comments/1", {"text-1": "</textarea><b>kept"}, page=page)
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    assert reading.wrong == []
    areas = [(one["id"], one.get("aria-invalid")) for one in reading.all("textarea")]
    assert areas == [("text-1", "true"), ("text", None)]
    assert "&lt;/textarea&gt;&lt;b&gt;kept</textarea>" in answer.text
    assert 'href="#text-1"' in answer.text
    assert [one.get("open") for one in reading.all("details") if one.get("class") == "note-edit"] == [""]


@pytest.mark.parametrize("number", ["x", "-1", "9" * 19])
def test_what_can_be_no_comment_is_not_asked_for(theo: Browser, labd: FakeLabd, number: str) -> None:
    for act in ("", "/withdraw"):
        answer = theo.post(f"{ATTEMPTS}/7/comments/{number}{act}", {}, page=f"{ATTEMPTS}/7")
        assert answer.status_code == 404
    assert asked(labd, "change-comment") == asked(labd, "withdraw-comment") == []


# A new link ---------------------------------------------------------------------------------------------------


def test_a_new_link_is_shown_once_and_a_refusal_at_the_class(theo: Browser, labd: FakeLabd) -> None:
    offered = {one["action"] for one in Reading.of(theo.get(BASE).text).all("form") if one["action"].endswith("/link")}
    assert offered == {f"{BASE}/members/lea/link", f"{BASE}/members/nour/link"}, "not for trainers"
    answer = theo.post(f"{BASE}/members/lea/link", {}, page=BASE)
    (address,) = [one["value"] for one in Reading.of(answer.text).all("input") if one.get("id") == "address-1"]
    assert address.startswith("https://portal.test/link#")
    assert answer.headers["cache-control"] == "no-store"
    labd.people["nour"] = replace(labd.people["nour"], roles=("trainee", "jury"))
    refused = theo.post(f"{BASE}/members/nour/link", {}, page=BASE)
    assert refused.status_code == 422
    assert "Not only your trainee." in Reading.of(refused.text).texts


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_phrase_of_the_other_language_is_on_the_lab_page(browser: Browser, labd: FakeLabd, language: str) -> None:
    labd.change(notes=(lab_contract.TrainerNote("hint", "Ada", world.NOW, "x"),))
    labd.help.refs["q"] = ""
    labd.change(typing=(lab_contract.TypingView("q", opened(labd), "pc1", "Ada", "asked", yours=False),))
    for handle in ("lea", "theo"):
        browser.sign_in(handle, language)
        texts = Reading.of(browser.get(LAB).text).texts
        for name, phrase in vars(help_words).items():
            if isinstance(phrase, Text) and phrase.fr != phrase.en and "{" not in phrase.fr:
                assert getattr(phrase, "fr" if language == "en" else "en") not in texts, name
