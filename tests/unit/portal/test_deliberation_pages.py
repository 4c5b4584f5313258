"""The jury's pages: its sessions, one candidate with evidence beside decisions, what is refused, signatures, files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.text import same
from orchestrator.labd import deliberation_contract as j
from orchestrator.labd.calls import Refusal
from tests.fakes import labd_deliberation as fake
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import Browser, Reading

BASE = f"/jury/{SESSION}"
SHEET = f"{BASE}/candidates/C-01"
EVIL = "</textarea><script>alert(1)</script>{{ 7 * 7 }}"


@pytest.fixture
def paul(browser: Browser) -> Browser:
    browser.sign_in("paul", "en")
    return browser


def asked(labd: FakeLabd, name: str) -> list[object]:
    return [request for call, _, request in labd.asked if call == name]


@pytest.mark.parametrize(("handle", "seen"), [("lea", False), ("theo", False), ("ines", False), ("paul", True)])
def test_the_jury_stands_in_the_navigation_of_its_members(browser: Browser, handle: str, seen: bool) -> None:
    browser.sign_in(handle)
    assert ('href="/jury"' in browser.get("/").text) == seen
    assert browser.get("/jury").status_code == browser.get(SHEET).status_code == (200 if seen else 403)


def test_a_sheet_has_what_was_seen_beside_each_decision(paul: Browser) -> None:
    page = paul.get(SHEET).text
    reading = Reading.of(page)
    assert reading.wrong == []
    for said in (
        "The PC has the network.", "not satisfied", "no judgement", "pc1: no route", "Not repaired", "to ask about",
        "pc1: /etc/sudoers", "forbidden", "Explique bien", "Réparé et expliqué.", "no result", "CCP 1",
        "Still to be decided",
    ):  # fmt: skip
        assert said in page, said
    assert '<a href="#subject-1.4">1.4</a>, <a href="#subject-ccp-1">CCP 1</a>' in page
    forms = [one["value"] for one in reading.all("input") if one.get("name") == "subject"]
    assert forms == ["1.3", "1.4", "1.5", "ccp-1", "2.1", "ccp-2", "title"]
    assert f'href="{BASE}/candidates/C-02"' in page
    assert f'href="{SHEET}/evidence/reseau" download' in page


def test_what_runs_is_not_decided_and_what_is_closed_is_corrected(paul: Browser, labd: FakeLabd) -> None:
    labd.deliberation.sheet = replace(fake.SHEET, running=("Dépannage",))
    page = paul.get(SHEET).text
    assert "before the evidence is sealed: Dépannage" in page
    assert [one for one in Reading.of(page).all("input") if one.get("name") == "verdict"] == []
    labd.deliberation.sheet = replace(fake.SHEET, closed=True, undecided=())
    page = paul.get(SHEET).text
    assert "Propose this correction" in page
    assert "/observe" not in page
    assert "All is decided for this candidate." in page


def test_a_decision_leads_back_to_where_it_stands(paul: Browser, labd: FakeLabd) -> None:
    sent = {"subject": "1.4", "verdict": "not-acquired", "reason": "Rien de fait."}
    answer = paul.post(f"{SHEET}/decide", sent, page=SHEET)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SHEET}?done=decided#subject-1.4")
    assert asked(labd, "decide") == [j.Decide(SESSION, "C-01", "1.4", "not-acquired", "Rien de fait.")]
    page = paul.get(f"{SHEET}?done=decided").text
    assert "Rien de fait." in page
    assert "The decision is recorded." in page


@pytest.mark.parametrize("verdict", ["", "acquire", "ACQUIRED"])
def test_a_decision_is_one_of_three(paul: Browser, labd: FakeLabd, verdict: str) -> None:
    page = paul.post(f"{SHEET}/decide", {"subject": "1.4", "verdict": verdict, "reason": EVIL}, page=SHEET)
    assert page.status_code == 422
    assert asked(labd, "decide") == []
    assert "Choose a decision." in page.text
    assert "<script>alert" not in page.text
    assert "&lt;/textarea&gt;" in page.text, "what was typed is there to be sent again"


def test_a_reason_that_is_missing_is_asked_for_where_it_belongs(paul: Browser) -> None:
    page = paul.post(f"{SHEET}/decide", {"subject": "1.4", "verdict": "acquired", "reason": ""}, page=SHEET)
    assert page.status_code == 422
    reading = Reading.of(page.text)
    assert reading.wrong == []
    wrong = [one["id"] for one in reading.all("textarea") if one.get("aria-invalid")]
    assert wrong == ["reason-1-4"]
    checked = [one for one in reading.all("input") if one.get("name") == "verdict" and "checked" in one]
    assert [one["value"] for one in checked] == ["acquired"]


def test_an_observation_is_recorded_or_asked_for(paul: Browser) -> None:
    answer = paul.post(f"{SHEET}/observe", {"text": "Calme.\r\nPrécise."}, page=SHEET)
    assert answer.headers["location"] == f"{SHEET}?done=observed#subject-general"
    assert "Précise." in paul.get(SHEET).text
    page = paul.post(f"{SHEET}/observe", {"competence": "1.3", "text": ""}, page=SHEET)
    assert page.status_code == 422
    assert [one["id"] for one in Reading.of(page.text).all("textarea") if one.get("aria-invalid")] == [
        "observation-1-3"
    ]


def test_a_signature_takes_what_was_seen_and_the_password(paul: Browser, labd: FakeLabd) -> None:
    page = paul.get(BASE).text
    assert Reading.of(page).wrong == []
    (digest,) = [one["value"] for one in Reading.of(page).all("input") if one.get("name") == "digest"]
    sent = {"digest": digest, "password": " a b "}
    refused = paul.post(f"{BASE}/sign", sent, page=BASE)
    assert (refused.status_code, "Tick it." in refused.text) == (422, True)
    refused = paul.post(f"{BASE}/sign", {**sent, "anyway": "1"}, page=BASE)
    assert (refused.status_code, "Not this password." in refused.text) == (422, True)
    assert asked(labd, "sign-record")[-1] == j.SignRecord(SESSION, " a b ", digest, anyway=True)
    answer = paul.post(f"{BASE}/sign", {**sent, "anyway": "1", "password": fake.PASSWORD}, page=BASE)
    assert answer.headers["location"] == f"{BASE}?done=signed"
    page = paul.get(f"{BASE}?done=signed").text
    assert "It is signed." in page
    assert 'name="password"' not in page


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (f"{BASE}/documents", "/v1/session-documents/december-2026"),
        (f"{SHEET}/evidence/reseau", "/v1/session-evidence/december-2026/reseau/C-01"),
    ],
)
def test_files_come_as_labd_sends_them(paul: Browser, path: str, sent: str) -> None:
    answer = paul.get(path)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.content == f"archive {sent}".encode()


@pytest.mark.parametrize(
    "path",
    ["/jury/nowhere", "/jury/nowhere/documents", f"{BASE}/candidates/C-99", "/jury/../documents", "/jury/./documents"],
)
def test_what_is_not_there(paul: Browser, path: str) -> None:
    assert paul.get(path).status_code == 404


def test_a_journal_that_was_changed_is_told(paul: Browser, labd: FakeLabd) -> None:
    labd.refusals["sheet"] = Refusal("machine", same("The journal is not what was written."))
    answer = paul.get(SHEET)
    assert answer.status_code == 503
    assert "The journal is not what was written." in answer.text


def test_what_is_open_and_what_is_missing_stand_beside_the_decision(paul: Browser, labd: FakeLabd) -> None:
    page = paul.get(SHEET).text
    assert Reading.of(page).wrong == []
    for said in (
        "one more &lt;b&gt;file&lt;/b&gt;. What happened there, and why?", "{braces}", "Pourquoi ce redémarrage ?",
        f'<a href="{SHEET}/phases/reseau">look</a>', '<a href="#subject-ccp-1">CCP 1</a>', "to be asked",
        "No observation by Paul Leroy.",
    ):  # fmt: skip
        assert said in page, said
    assert "no report was handed in" in paul.get(BASE).text
    labd.deliberation.sheet = replace(fake.SHEET, closed=True, questions=(), missing=(), general=())
    page = paul.get(SHEET).text
    assert "Nothing was left open in what was seen." in page
    assert 'name="question"' not in page


def test_a_members_own_question_is_kept_as_one(paul: Browser, labd: FakeLabd) -> None:
    answer = paul.post(f"{SHEET}/observe", {"question": "1", "text": EVIL}, page=SHEET)
    assert answer.headers["location"] == f"{SHEET}?done=observed#subject-questions"
    assert asked(labd, "observe") == [j.RecordObservation(SESSION, "C-01", EVIL, "", question=True)]
    assert "<script>alert" not in paul.get(SHEET).text
    page = paul.post(f"{SHEET}/observe", {"question": "1", "text": ""}, page=SHEET)
    wrong = [one["id"] for one in Reading.of(page.text).all("textarea") if one.get("aria-invalid")]
    assert (page.status_code, wrong) == (422, ["observation-question"])
