"""The organiser's pages: a plan with each mistake at its line, agreed to where in doubt, a session, its withdrawal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.text import same
from orchestrator.labd import session_contract as k
from orchestrator.labd.calls import Refusal
from tests.fakes import labd_sessions as fake
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

BASE = f"/sessions/{fake.SESSION}"
EVIL = '"></textarea><script>alert(1)</script>{{ 7 * 7 }}<!--'


@pytest.fixture
def ines(browser: Browser) -> Browser:
    browser.sign_in("ines", "en")
    return browser


def asked(labd: FakeLabd, name: str) -> list[object]:
    return [request for call, _, request in labd.asked if call == name]


def fields(page: str) -> dict[str, str]:
    """Return what stands in the areas of text of a page."""
    parts = page.split("<textarea ")[1:]
    return {
        one.split('name="', 1)[1].split('"', 1)[0]: one.split(">\n", 1)[1].split("</textarea>", 1)[0] for one in parts
    }


@pytest.mark.parametrize(("handle", "seen"), [("lea", False), ("theo", False), ("ines", True), ("ada", True)])
def test_sessions_stand_in_the_navigation_of_organisers_and_administrators(
    browser: Browser, handle: str, seen: bool
) -> None:
    browser.sign_in(handle)
    page = browser.get("/").text
    assert ('href="/sessions"' in page) == seen
    assert ('href="/classes"' in page) == (handle in {"theo", "ada"})


@pytest.mark.parametrize("handle", ["lea", "theo"])
def test_nobody_else_plans_or_withdraws(browser: Browser, labd: FakeLabd, handle: str) -> None:
    browser.sign_in(handle)
    for path in ("/sessions", "/new-session/text", BASE, f"{BASE}/readiness"):
        assert browser.get(path).status_code == 403
    assert browser.post("/new-session/text", {"plan": "id: mine"}, page="/").status_code == 403
    assert browser.post(f"{BASE}/withdraw", {"reason": "why"}, page="/").status_code == 403
    assert list(labd.sessions.sessions) == [fake.SESSION]


def test_a_plan_is_sent_as_it_was_typed(ines: Browser, labd: FakeLabd) -> None:
    plan, listed = "  \r\nid: new\r\n  deep: 1  \r\n", "number,name\r\nC-01,Zoé\r\n"
    answer = ines.post("/new-session/text", {"plan": plan, "candidates": listed, "rehearsal": " 2 "}, page="/")
    assert answer.headers["location"] == "/sessions/new?done=planned"
    assert asked(labd, "plan-session") == [
        k.PlanSession("  \nid: new\n  deep: 1  \n", "number,name\nC-01,Zoé\n", 2, anyway=False)
    ]
    page = ines.get("/sessions/new?done=planned").text
    assert "The session is planned" in page
    assert "a minute lasts 2\N{NO-BREAK SPACE}s" in page


def test_each_mistake_stands_at_its_line_and_nothing_typed_is_lost(ines: Browser, labd: FakeLabd) -> None:
    plan, listed = f"id: one\n\n  mistake: {EVIL}\nfour", "number,name,extra_time\nC-01,Zoé,third"
    answer = ines.post("/new-session/text", {"plan": plan, "candidates": listed, "rehearsal": "7"}, page="/")
    assert answer.status_code == 422
    page = answer.text
    reading = Reading.of(page)
    assert reading.wrong == []
    assert "<script>alert" not in page
    links = [one for one in reading.all("a") if "data-line" in one]
    assert [(one["data-field"], one["data-line"]) for one in links] == [
        ("plan", "3"), ("plan", "4"), ("candidates", "2"), ("candidates", "0"),
    ]  # fmt: skip
    for said in ("Plan, line 3", "Candidates, line 2, column &#34;extra_time&#34;", "<code>C-01,Zoé,third</code>",
                 "<code>four</code>", "did you mean", "Prove it."):  # fmt: skip
        assert said in page, said
    assert [one["aria-invalid"] for one in reading.all("textarea")] == ["true", "true"]
    kept = fields(page)
    assert kept["candidates"] == listed
    assert kept["plan"].startswith("id: one\n\n  mistake: &#34;&gt;&lt;/textarea&gt;")
    assert [one["value"] for one in reading.all("input") if one.get("name") == "rehearsal"] == ["7"]
    assert list(labd.sessions.sessions) == [fake.SESSION]


def test_what_is_in_doubt_is_a_second_step_for_this_very_text(ines: Browser, labd: FakeLabd) -> None:
    sent = {"plan": "id: old\npast", "candidates": "", "rehearsal": ""}
    first = ines.post("/new-session/text", sent, page="/")
    assert first.status_code == 200
    assert "The date is in the past" in first.text
    assert "old" not in labd.sessions.sessions
    (button,) = [one for one in Reading.of(first.text).all("button") if one.get("name") == "anyway"]
    other = ines.post("/new-session/text", {**sent, "plan": "id: older\npast", "anyway": button["value"]}, page="/")
    assert "The date is in the past" in other.text, "another text is asked about again"
    for wrong in ("yes", "1", ""):
        assert "The date is in the past" in ines.post("/new-session/text", {**sent, "anyway": wrong}, page="/").text
    agreed = ines.post("/new-session/text", {**sent, "anyway": button["value"]}, page="/")
    assert agreed.headers["location"] == "/sessions/old?done=planned"
    assert set(labd.sessions.sessions) == {fake.SESSION, "old"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [("x", "Write a whole number"), ("1.5", "Write a whole number"), ("²", "Write a whole number"),
     ("99999", "Write a whole number"), ("60", "From 1 to 59"), ("0", "From 1 to 59")],
)  # fmt: skip
def test_a_rehearsal_s_minute_is_said_at_its_field(ines: Browser, typed: str, said: str) -> None:
    answer = ines.post("/new-session/text", {"plan": "id: new", "rehearsal": typed}, page="/")
    assert answer.status_code == 422
    wrong = [one for one in Reading.of(answer.text).all("input") if one.get("aria-invalid") == "true"]
    assert [(one["id"], one["value"]) for one in wrong] == [("rehearsal", typed)]
    assert said in answer.text
    assert fields(answer.text)["plan"] == "id: new"


def test_a_session_s_page_says_what_its_plan_says(ines: Browser) -> None:
    texts = " ".join(Reading.of(ines.get(BASE).text).texts)
    for said in ("1 h 15 + 1/3 = 1 h 40", "at a distance", "petit, roux", "Anne Martin", "CCP 1", "B12", "14 December",
                 "Planned by Inès Roy", "1 of 2 have a proof", "gone-since", "documentation"):  # fmt: skip
        assert said in texts, said


@pytest.mark.parametrize("stage", ["open", "sealed", "closed"])
def test_only_what_was_not_opened_can_be_withdrawn(ines: Browser, labd: FakeLabd, stage: k.SessionStage) -> None:
    labd.sessions.sessions[fake.SESSION] = replace(fake.VIEW, stage=stage)
    assert f'action="{BASE}/withdraw"' not in ines.get(BASE).text
    assert ines.post(f"{BASE}/withdraw", {"reason": "why"}, page="/").status_code == 422


def test_a_session_is_withdrawn_with_its_reason(ines: Browser, labd: FakeLabd) -> None:
    assert f'action="{BASE}/withdraw"' in ines.get(BASE).text
    empty = ines.post(f"{BASE}/withdraw", {"reason": "  "}, page="/")
    assert empty.status_code == 422
    assert "Say why." in empty.text
    done = ines.post(f"{BASE}/withdraw", {"reason": " Another day. "}, page="/")
    assert done.headers["location"] == "/sessions?done=withdrawn"
    assert asked(labd, "withdraw-session")[-1] == k.WithdrawSession(fake.SESSION, "Another day.")
    assert "No session is planned." in ines.get("/sessions?done=withdrawn").text


def test_hostile_names_are_text(ines: Browser, labd: FakeLabd) -> None:
    labd.sessions.sessions[fake.SESSION] = replace(
        fake.VIEW, title=EVIL, centre=EVIL, room=EVIL, notes=EVIL, by=EVIL,
        candidates=(replace(fake.CANDIDATES[0], name=EVIL, trainers=(EVIL,)),),
        jury=(k.MemberLine(EVIL, EVIL, EVIL),),
        phases=(replace(fake.PHASES[0], title=EVIL, name=EVIL), fake.PHASES[1]),
    )  # fmt: skip
    labd.sessions.damaged.append(EVIL)
    for path in (BASE, "/sessions"):
        page = ines.get(path).text
        assert Reading.of(page).wrong == [], path
        assert "<script>alert" not in page, path
        assert "49" not in Reading.of(page).texts, path


def test_a_machine_in_trouble_is_another_page(ines: Browser, labd: FakeLabd) -> None:
    labd.refusals["plan-session"] = Refusal("machine", same("no store"))
    assert ines.post("/new-session/text", {"plan": "id: new"}, page="/").status_code == 503


def test_readiness_names_what_is_missing_with_the_next_step(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("ines", "en")
    page = browser.get(f"{BASE}/readiness").text
    texts = " ".join(Reading.of(page).texts)
    for said in ("Something is not right", "breakfix prove address-conflict", "Labs to open: 6", "why not",
                 "nothing left to open", "breakfix session run", "largest lab", "RAM-4: 12 GiB"):  # fmt: skip
        assert said in texts, said
    assert 'href="/catalogue/address-conflict"' not in page, "an organiser proves nothing"
    browser.http.cookies.clear()
    browser.sign_in("ada", "en")
    assert 'href="/catalogue/address-conflict"' in browser.get(f"{BASE}/readiness").text
    assert asked(labd, "readiness") == [k.OfSession(fake.SESSION)] * 2


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("ok", "Everything is ready."), ("warn", "Nothing is in the way"), ("unknown", "cannot be seen now")],
)
def test_the_gravest_point_counts(ines: Browser, labd: FakeLabd, verdict: k.Verdict, said: str) -> None:
    machine = (fake.point("ok", "disk"), fake.point(verdict, "clock"))
    labd.sessions.readiness = replace(fake.READINESS, phases=(), machine=machine)
    assert said in ines.get(f"{BASE}/readiness").text
