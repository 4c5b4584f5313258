"""A plan by fields: rows come and go without a script, each mistake at its field, to text and back, nothing lost."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.core.text import same
from orchestrator.labd import plan_contract as plans
from orchestrator.labd import plan_form_contract as form
from orchestrator.labd import session_contract as k
from orchestrator.portal.plan_rows import changed, plan_fields
from tests.fakes import labd_sessions as fake
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

TYPED = {
    "title": "Session", "id": "new", "referential": "rncp-227", "scope": "ccps", "date": "2099-12-14",
    "centre": "Nantes", "room": "B12", "timezone": "Europe/Paris", "notes": "Deux rangées.\r\n  Une horloge.",
    "proof": "recorded", "columns": "candidate subject decision", "retention_months": "12",
    "jury-0-name": "Anne Martin", "jury-0-quality": "Responsable",
    "jury-0-person": "anne", "jury-0-id": "", "jury-1-name": "Paul Leroy", "jury-1-quality": "Tech",
    "jury-1-person": "gone", "jury-1-id": "leroy", "candidates-0-number": "C-01", "candidates-0-name": "Zoé <b>",
    "candidates-0-extra_time": "1/3", "candidates-0-attendance": "remote", "candidates-0-trainers": "petit roux",
    "candidates-0-person": "zoe", "phases-0-title": "Réseau", "phases-0-minutes": "75",
    "phases-0-reading_minutes": "10", "phases-0-name": "reseau", "phases-0-network": "internet",
    "phases-0-report": "yes", "phases-0-draw-0-competence": "1.9", "phases-0-draw-0-easiest": "2",
    "phases-0-draw-0-hardest": "7", "phases-0-draw-0-count": "3", "phases-0-scenarios-0": "backup-script",
    "rehearsal": "7", "list": "number,name\nC-09,Nour",
}  # fmt: skip
"""A form in which something stands in every field, some of it wrong."""


@pytest.fixture
def ines(browser: Browser) -> Browser:
    browser.sign_in("ines", "en")
    return browser


def standing(page: str) -> dict[str, str]:
    """Return what stands in the fields of the form, as a browser would send it again."""
    reading = Reading.of(page)
    assert reading.wrong == []
    found: dict[str, str] = {}
    for tag, attributes in reading.tags:
        name = attributes.get("name", "")
        if tag == "input" and (attributes.get("type") not in {"radio", "checkbox"} or "checked" in attributes):
            found[name] = attributes.get("value", "")
        elif tag == "select":
            select, found[name] = name, found.get(name, "\0")
        elif tag == "option" and ("selected" in attributes or found[select] == "\0"):
            found[select] = attributes.get("value", found[select])
    for part in page.split("<textarea ")[1:]:
        name = part.split('name="', 1)[1].split('"', 1)[0]
        found[name] = html.unescape(part.split(">\n", 1)[1].split("</textarea>", 1)[0])
    for name in ("form_key", "back", "", "ccps"):
        found.pop(name, None)
    return found


def sent(typed: Mapping[str, str]) -> form.PlanFields:
    return plan_fields({name: [value] for name, value in typed.items()})


def planned(labd: FakeLabd) -> list[k.PlanSession]:
    return [one for name, _, one in labd.asked if name == "plan-session" and isinstance(one, k.PlanSession)]


def test_the_fields_are_sent_as_they_were_typed(ines: Browser, labd: FakeLabd) -> None:
    answer = ines.post("/new-session", {**TYPED, "do": "check"}, page="/")
    assert answer.headers["location"] == "/sessions/new?done=planned"
    (asked,) = planned(labd)
    assert (asked.rehearsal, asked.anyway, asked.plan) == (7, False, "")
    assert asked.fields is not None
    assert asked.fields.notes == "Deux rangées.\n  Une horloge."
    assert asked.fields.jury[1] == form.MemberFields("leroy", "Paul Leroy", "Tech", "gone")
    assert asked.fields.candidates == (form.CandidateFields("C-01", "Zoé <b>", "1/3", "remote", "petit roux", "zoe"),)
    (phase,) = asked.fields.phases
    assert (phase.report, phase.hints, phase.network) == (True, False, "internet")
    assert phase.draw == (form.DrawFields("1.9", "2", "7", "3"),)
    assert phase.scenarios == ("backup-script",)


@pytest.mark.parametrize("act", ["check", "add-jury", "list", "nothing", ""])
def test_nothing_typed_is_lost(ines: Browser, act: str) -> None:
    """Whatever comes back holds it: what no list offers as well, and what a field of days would not show."""
    typed = {**TYPED, "title": "mistake", "date": "14/12/2099", "list": "number,nom\nC-09,Nour"}
    page = ines.post("/new-session", {**typed, "do": act}, page="/").text
    back = standing(page)
    if act == "add-jury":
        assert back.pop("jury-2-name") == ""
        back = {name: value for name, value in back.items() if not name.startswith("jury-2")}
    assert back == {**typed, "notes": typed["notes"].replace("\r\n", "\n")}
    assert "<b>" not in page


def test_each_mistake_stands_at_its_field(ines: Browser, labd: FakeLabd) -> None:
    answer = ines.post("/new-session", {**TYPED, "title": "mistake"}, page="/")
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    ids = {attributes["id"]: attributes for _, attributes in reading.tags if "id" in attributes}
    for one in fake.FIELD_MISTAKES:
        if one.key and one.key != "jury-1-person":
            assert f"#{one.key}" in {attributes.get("href") for attributes in reading.all("a")}
        if one.key:
            assert one.key in ids, one.key
            assert f"{one.key}-error" in ids, one.key
    for key in ("title", "jury-1-person", "candidates-0-extra_time", "phases-0-draw-0-competence"):
        assert ids[key]["aria-invalid"] == "true"
        assert f"{key}-error" in ids[key]["aria-describedby"]
    assert "aria-invalid" not in ids["centre"]
    texts = " ".join(reading.texts)
    for said in ("Member 2: Account in the portal", "Candidate 1: Extra time", "Phase 1, Drawing 1: Competence",
                 "all of it is wrong", "Name another member."):  # fmt: skip
        assert said in texts, said
    assert list(labd.sessions.sessions) == [fake.SESSION]


def test_a_doubt_is_agreed_to_for_this_very_form(ines: Browser, labd: FakeLabd) -> None:
    typed = {**TYPED, "title": "past"}
    first = ines.post("/new-session", typed, page="/")
    assert (first.status_code, len(labd.sessions.sessions)) == (200, 1)
    (button,) = [one for one in Reading.of(first.text).all("button") if one.get("name") == "anyway"]
    for other in ({"room": "B13"}, {"phases-0-hints": "yes"}, {"rehearsal": "8"}, {"anyway": "yes"}):
        page = ines.post("/new-session", {**typed, "anyway": button["value"], **other}, page="/").text
        assert "The date is in the past" in page
    assert ines.post("/new-session", {**typed, "anyway": button["value"]}, page="/").status_code == 303


def test_a_rehearsal_s_minute_is_said_at_its_field(ines: Browser, labd: FakeLabd) -> None:
    for typed in ("x", "60"):
        answer = ines.post("/new-session", {**TYPED, "rehearsal": typed}, page="/")
        wrong = [one["id"] for one in Reading.of(answer.text).all("input") if one.get("aria-invalid") == "true"]
        assert (answer.status_code, wrong) == (422, ["rehearsal"])
    assert list(labd.sessions.sessions) == [fake.SESSION]


def test_rows_come_and_go_without_a_script(ines: Browser, labd: FakeLabd) -> None:
    page = ines.post("/new-session", {**TYPED, "do": "add-candidates"}, page="/").text
    assert "Row added." in page
    assert [one["id"] for _, one in Reading.of(page).tags if "autofocus" in one] == ["candidates-1-number"]
    typed = {**standing(page), "candidates-1-number": "C-02", "candidates-1-name": "Ali", "do": "remove-candidates-0"}
    page = ines.post("/new-session", typed, page="/").text
    back = standing(page)
    assert (back["candidates-0-number"], back["candidates-0-name"]) == ("C-02", "Ali")
    assert "candidates-1-number" not in back
    assert [one["id"] for _, one in Reading.of(page).tags if "autofocus" in one] == ["add-candidates"]
    page = ines.post("/new-session", {**back, "do": "add-phases-0-draw"}, page="/").text
    assert standing(page)["phases-0-draw-1-count"] == "1"
    page = ines.post("/new-session", {**standing(page), "do": "remove-phases-0-scenarios-0"}, page="/").text
    assert "phases-0-scenarios-0" not in standing(page)
    assert planned(labd) == []


@pytest.mark.parametrize(
    "act",
    ["add-jury-0", "remove-jury", "remove-jury-2", "remove-phases-1", "add-phases-1-draw", "remove-phases-0-draw-1",
     "add-draw-0", "add-candidates-0-number", "remove-candidates--1", "add-", "remove-phases-0-draw", "add-jury\n"],
)  # fmt: skip
def test_a_row_that_is_not_there_changes_nothing(act: str) -> None:
    assert changed(sent(TYPED), act) is None


def test_no_list_grows_beyond_its_rows() -> None:
    typed = sent(TYPED)
    for act, rows in (("add-jury", 12), ("add-candidates", 60), ("add-phases", 8)):
        now = typed
        while (more := changed(now, act)) is not None:
            now = more.fields
        assert len(getattr(now, act.removeprefix("add-"))) == rows
    many = {f"candidates-{i}-number": f"C-{i}" for i in range(900)}
    assert [one.number for one in sent(many).candidates] == [f"C-{i}" for i in range(60)]


def test_sixty_candidates_and_eight_phases_fit_into_one_form(ines: Browser, labd: FakeLabd) -> None:
    typed = dict(TYPED)
    for i in range(60):
        typed |= {name.replace("-0-", f"-{i}-"): value for name, value in TYPED.items() if name[:10] == "candidates"}
    for i in range(8):
        typed |= {name.replace("-0-", f"-{i}-", 1): value for name, value in TYPED.items() if name[:6] == "phases"}
        typed |= {f"phases-{i}-draw-{j}-{name}": "1" for j in range(8) for name in ("easiest", "hardest", "count")}
    assert ines.post("/new-session", typed, page="/").status_code == 303
    (asked,) = planned(labd)
    assert asked.fields is not None
    assert (len(asked.fields.candidates), len(asked.fields.phases)) == (60, 8)


def test_a_list_is_put_into_the_rows(ines: Browser, labd: FakeLabd) -> None:
    listed = "number;name;extra_time;trainers\nC-01;Zoé Faure;20 min;\nC-02;Ali;;petit roux\n"
    page = ines.post("/new-session", {**TYPED, "list": listed, "do": "list"}, page="/").text
    back = standing(page)
    assert "Candidates put into the rows: 2" in page
    assert (back["candidates-0-name"], back["candidates-0-extra_time"]) == ("Zoé Faure", "20 min"), "the same number"
    assert (back["candidates-1-trainers"], back["list"]) == ("petit roux", "")
    many = "number,name\n" + "".join(f"D-{i},x\n" for i in range(60))
    for wrong, said in (("number,nom\nC-01,Zoé", "unknown column"), (many, "At most 60"), ('"', "CSV")):
        answer = ines.post("/new-session", {**TYPED, "list": wrong, "do": "list"}, page="/")
        assert answer.status_code == 422
        assert said in answer.text
        assert standing(answer.text)["list"].strip() == wrong.strip()
        areas = [one for one in Reading.of(answer.text).all("textarea") if one["id"] == "list"]
        assert areas[0]["aria-invalid"] == "true"
    assert planned(labd) == []


def test_fields_become_text_and_text_fields(ines: Browser) -> None:
    typed = {**TYPED, "phases-0-draw-0-competence": "1.3"}
    page = ines.post("/new-session", {**typed, "do": "text"}, page="/").text
    text = standing(page)
    assert "id: new\n" in text["plan"]
    assert text["rehearsal"] == "7"
    page = ines.post("/new-session/text", {**text, "do": "fields"}, page="/").text
    back = standing(page)
    expected = {**typed, "list": "", "notes": "Deux rangées.\n  Une horloge.", "jury-0-id": "martin"}
    assert back == {**expected, "scope": "title"}
    page = ines.post("/new-session/text", {"plan": f"# mine\n{text['plan']}", "do": "fields"}, page="/").text
    assert "comments are not in the fields" in page
    wrong = ines.post("/new-session/text", {"plan": "id: a\ntitel: b", "do": "fields"}, page="/")
    assert wrong.status_code == 422
    assert "did you mean" in wrong.text
    assert standing(wrong.text)["plan"] == "id: a\ntitel: b"
    empty = standing(ines.post("/new-session/text", {"do": "fields"}, page="/").text)
    assert (empty["referential"], empty["jury-1-name"], empty["phases-0-draw-0-count"]) == ("rncp-227", "", "1")


@pytest.mark.parametrize(
    ("name", "file"), [("december", "december.yaml"), ("", "session.yaml"), ('x"\r\nSet-Cookie: a=b', "session.yaml")]
)
def test_a_plan_is_kept_as_a_file(ines: Browser, name: str, file: str) -> None:
    answer = ines.post("/new-session", {**TYPED, "id": name, "do": "file"}, page="/")
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
    assert answer.headers["content-type"] == "application/yaml; charset=utf-8"
    assert "title: Session\n" in answer.text


def test_nobody_else_fills_in_a_plan(browser: Browser) -> None:
    for handle in ("lea", "theo", "paul"):
        browser.sign_in(handle)
        for act in ("check", "file", "text", "list", "add-jury"):
            assert browser.post("/new-session", {**TYPED, "do": act}, page="/").status_code == 403
        assert browser.post("/new-session/text", {"do": "fields"}, page="/").status_code == 403
        browser.post("/sign-out", {}, page="/")


def test_what_is_offered_is_labd_s(ines: Browser, labd: FakeLabd) -> None:
    labd.sessions.offered = replace(
        fake.CHOICES,
        members=(),
        scenarios=(plans.ScenarioChoice("only-one", same("Only one"), 2, here=True, recorded=True),),
    )
    page = ines.post("/new-session", {"do": "add-phases-0-scenarios", "phases-0-title": ""}, page="/").text
    assert "No account has the role of a jury member" in page
    assert "only-one" in {one.get("value") for one in Reading.of(page).all("option")}


def test_a_whole_day_is_rehearsed_with_made_up_people(ines: Browser, labd: FakeLabd) -> None:
    assert 'href="/new-session?rehearse=yes"' in ines.get("/new-session").text
    page = ines.get("/new-session?rehearse=yes").text
    back = standing(page)
    assert "all of it is made up" in page
    assert back["rehearsal"] == "2"
    assert [back[f"candidates-{i}-name"] for i in range(6)] == [f"Made-up Candidate {n}" for n in range(1, 7)]
    assert (back["candidates-1-extra_time"], back["candidates-4-attendance"]) == ("1/3", "remote")
    assert 'href="/new-session?rehearse=yes"' not in page, "what was typed is not left for it"
    assert ines.post("/new-session", back, page="/").status_code == 303
    (asked,) = planned(labd)
    assert asked.fields is not None
    assert [(len(one.draw), len(one.scenarios)) for one in asked.fields.phases] == [(0, 1), (0, 1)]
    labd.sessions.offered = replace(fake.CHOICES, scenarios=())
    empty = ines.get("/new-session?rehearse=yes").text
    assert "No scenario is proven" in empty
    assert standing(empty)["title"] == ""


def test_what_no_form_holds_is_refused_before_it_is_read(ines: Browser, labd: FakeLabd) -> None:
    """Thousands of rows carry no key that is read, and megabytes are not read at all."""
    rows = {f"candidates-{i}-number": "C" for i in range(3000)}
    assert ines.post("/new-session", rows, page="/").status_code == 403
    assert ines.post("/new-session", {"list": "C-01,x\n" * 1_500_000}, page="/").status_code == 413
    assert not {"plan-session", "plan-choices", "read-plan"} & {name for name, _, _ in labd.asked}
