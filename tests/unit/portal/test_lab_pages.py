"""The lab page: what it shows in each state, what is done on it, and that nothing in it is taken for more than text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, cast

import pytest

from orchestrator.core.text import Text, same
from orchestrator.labd import calls, lab_contract, lab_work_contract
from orchestrator.portal import lab_words
from orchestrator.portal.lab_view import check_groups, diff_lines, phase_of, verdict_said
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

PAGE = f"/labs/{world.LAB}"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}</script><!--'


def page(browser: Browser) -> Reading:
    answer = browser.get(PAGE)
    assert answer.status_code == 200, answer.text
    reading = Reading.of(re.sub(r"</?noscript>", "", answer.text))
    assert reading.wrong == []
    return reading


def data_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="lab-data">(.*?)</script>', text, re.DOTALL)
    assert found
    return cast("dict[str, Any]", json.loads(found[1]))


def said(reading: Reading) -> str:
    return " | ".join(reading.texts)


def asked(labd: FakeLabd, name: str) -> list[object]:
    return [request for call, _, request in labd.asked if call == name]


@pytest.fixture
def lea(browser: Browser) -> Browser:
    browser.sign_in("lea", "en")
    return browser


# What it shows ------------------------------------------------------------------------------------------------


def test_nobody_is_sent_to_sign_in_and_others_find_nothing(browser: Browser) -> None:
    assert browser.get(PAGE).headers["location"] == f"/sign-in?next={PAGE}"
    browser.labd.people["nour"].password = "correct horse battery"
    browser.sign_in("nour")
    assert browser.get(PAGE).status_code == 404


@pytest.mark.parametrize("name", [".x", "a b", "x%3Fy", "-x", "a" * 101])
def test_what_can_be_no_labs_name_is_not_asked_for(lea: Browser, labd: FakeLabd, name: str) -> None:
    assert lea.get(f"/labs/{name}").status_code == 404
    assert asked(labd, "lab") == []


def test_a_lab_is_shown_whole(lea: Browser) -> None:
    text = said(page(lea))
    for expected in (
        "No network after a move", "Since the move my PC", "The small office", "What was unplugged?", "physical",
        "unplugged (socket: The office)", "plugged into The office", "Read hint 1", "Not graded yet",
        "pc1 Alice's PC: open a terminal", "10.20.0.10/24", "Reset, and lose my changes", "Symptom",
    ):  # fmt: skip
        assert expected in text, expected


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_phrase_of_the_other_language_is_in_it(browser: Browser, labd: FakeLabd, language: str) -> None:
    labd.change(grading=world.GRADING, hints=world.HINTS, solved=True)
    browser.sign_in("lea", language)
    text = said(page(browser))
    other = "fr" if language == "en" else "en"
    for name, phrase in vars(lab_words).items():
        if isinstance(phrase, Text) and phrase.fr != phrase.en and "{" not in phrase.fr and len(phrase.fr) > 12:
            assert getattr(phrase, other) not in text, name


def test_a_grading_tells_verdict_points_since_when_and_changes(lea: Browser, labd: FakeLabd) -> None:
    changes = (
        lab_contract.ChangeView("forbidden", "pc1", same("A user is new."), None, "bad:x:0"),
        lab_contract.ChangeView("unexplained", "pc1", same("A file has changed."), "old\nsame", "new\nsame"),
    )
    labd.change(grading=replace(world.GRADING, changes=changes))
    reading = page(lea)
    text = said(reading)
    for expected in ("Not repaired yet.", "Points: 1 of 3", "To be put right", "Must keep working", "red", "green",
                     "pc1 has an address", "Forbidden changes, to undo", "A user is new.", "Changes to explain",
                     "− | old", "+ | new", "+ | bad:x:0", lab_words.POINTS_DO_NOT_COUNT.en):  # fmt: skip
        assert expected in text, expected
    labd.change(grading=replace(world.GRADING, changes=changes[1:]))
    assert lab_words.POINTS_DO_NOT_COUNT.en not in said(page(lea))
    assert world.NOW in {time.get("datetime") for time in reading.all("time")}


@pytest.mark.parametrize(
    ("state", "busy", "phase", "expected"),
    [
        ("starting", "start", "starting", lab_words.STARTING),
        ("started", "reset", "starting", lab_words.RESETTING),
        ("started", "stop", "stopping", lab_words.STOPPING),
        ("stopping", "", "stopping", lab_words.STOPPING),
        ("failed", "", "failed", lab_words.FAILED),
        ("cut off", "", "failed", lab_words.CUT_OFF),
        ("gone", "", "gone", lab_words.GONE),
        ("started", "check", "started", lab_words.TERMINALS),
    ],
)
def test_each_state_has_its_face(lea: Browser, state: str, busy: str, phase: str, expected: Text) -> None:
    trouble = calls.Refusal("machine", same("No memory is left."), same("Stop another lab."))
    lea.labd.change(state=state, busy=busy, trouble=trouble if state == "failed" else None)
    text = said(page(lea))
    assert expected.en in text
    assert ("No memory is left." in text) == (state == "failed")
    assert data_of(lea.get(PAGE).text)["phase"] == phase == phase_of(lea.labd.labs[world.LAB])


def test_the_debrief_comes_once_it_is_solved(lea: Browser, labd: FakeLabd) -> None:
    told = "The cable of | pc1 | was unplugged."
    assert told not in said(page(lea))
    assert asked(labd, "debrief") == []
    labd.change(solved=True)
    assert told in said(page(lea))


@pytest.mark.parametrize(
    ("language", "solved_at", "expected"),
    [
        ("en", world.NOW, "✔ Solved in 30 min | 25 min planned"),
        ("fr", world.NOW, "✔ Résolu en 30 min | 25 min prévues"),
        ("en", "2026-11-28T10:17:00Z", "✔ Solved in 1 h 05 | 25 min planned"),
        ("en", world.EARLIER, "✔ Solved in 1 min | 25 min planned"),
        ("en", "", "✔ Solved | Variant 7 | "),
    ],
)
def test_the_clock_stops_when_it_is_solved(
    browser: Browser, labd: FakeLabd, language: str, solved_at: str, expected: str
) -> None:
    browser.sign_in("lea", language)
    assert "lab-timer" in {attributes.get("id") for _, attributes in page(browser).tags}
    labd.change(solved=True, solved_at=solved_at)
    reading = page(browser)
    assert expected in said(reading).replace("\u00a0", " ")
    assert "lab-timer" not in {attributes.get("id") for _, attributes in reading.tags}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_in_one_language_is_marked_so(browser: Browser, labd: FakeLabd, language: str) -> None:
    reply = lab_contract.QuestionView(
        "reply", same("Votre réponse"), "prose", {}, "Dear all,\nit works.", "en", (same("C'est clair"),)
    )
    labd.change(ticket=same("It's *me* : hello"), ticket_language="en", questions=(reply,))
    browser.sign_in("lea", language)
    reading = page(browser)
    marked = sorted(tag for tag, attributes in reading.tags if attributes.get("lang") == "en")
    marked = [tag for tag in marked if tag not in {"html", "button"}]  # those of every page
    assert marked == (["div", "textarea"] if language == "fr" else [])
    text = said(reading)
    assert "It's | me | : hello" in text  # French would have another apostrophe and another space
    assert "Dear all, it works." in " ".join(text.split())
    assert "clair" in text


def test_a_bare_lab_has_neither_ticket_nor_check(lea: Browser, labd: FakeLabd) -> None:
    labd.change(scenario="", ticket=None, questions=(), report=None, hints_offered=0, since="", minutes=0)
    ids = {attributes.get("id") for _, attributes in page(lea).tags}
    assert {"about", "terminals", "map"} <= ids
    assert not ids & {"ticket", "check", "hints", "hand-in", "debrief", "lab-check-form", "lab-timer"}


def test_a_lab_without_a_picture_still_has_its_lists(lea: Browser, labd: FakeLabd) -> None:
    labd.refusals["map"] = calls.Refusal("machine", same("No."))
    reading = page(lea)
    assert "lab-picture" not in {attributes.get("class") for _, attributes in reading.tags}
    assert "unplugged (socket: The office)" in said(reading)


def test_hostile_names_are_text_everywhere(lea: Browser, labd: FakeLabd) -> None:
    evil = same(EVIL)
    lab = labd.labs[world.LAB]
    check = replace(world.CHECKS[0], id=EVIL, sentence=evil, role="", outcome="error", evidence=evil, since=EVIL)
    change = lab_contract.ChangeView("unexplained", EVIL, evil, f"{EVIL}\na", f"{EVIL}\nb")
    labd.change(
        title=evil, seed=EVIL, since=EVIL, ticket=evil, about=evil, hints=(evil,), solved=True,
        hosts=(lab_contract.HostView(EVIL, evil, EVIL, True, True, {EVIL: EVIL}, EVIL),),
        segments=(lab_contract.SegmentView(EVIL, evil, EVIL), *lab.segments),
        cables=(lab_contract.CableView(EVIL, EVIL, EVIL, plugged=False),),
        terminals=(lab_contract.TerminalView(EVIL, EVIL, "root", EVIL, ended=False),),
        questions=(
            lab_contract.QuestionView(EVIL, evil, "choice", {EVIL: evil}, EVIL),
            lab_contract.QuestionView("a", evil, "text", {}, EVIL),
        ),
        report=lab_contract.ReportView(EVIL, EVIL, f"</textarea>{EVIL}", EVIL, 5),
        grading=lab_contract.GradingView(EVIL, "not_repaired", 1, 2, (check,), (change,)),
    )  # fmt: skip
    reading = page(lea)
    scripts = [attributes for tag, attributes in reading.tags if tag == "script"]
    assert all("src" in one or one.get("id") == "lab-data" for one in scripts)
    assert not [tag for tag, attributes in reading.tags if any(name.startswith("on") for name in attributes)]
    answer = lea.get(PAGE).text
    assert data_of(answer)["terminals"][0]["id"] == EVIL
    assert "{{ 7 * 7 }}" in said(reading)


# What is done on it -------------------------------------------------------------------------------------------


def acted(browser: Browser, action: str, fields: dict[str, str] | None = None, *, script: bool = False) -> Any:  # noqa: ANN401
    sent = {"form_key": browser.form_key(PAGE), **(fields or {})}
    return browser.send(f"{PAGE}/{action}", sent, Accept="application/json" if script else "text/html")


@pytest.mark.parametrize(
    ("action", "fields", "place"),
    [
        ("check", {}, "#check"),
        ("hint", {}, "#hints"),
        ("reset", {}, ""),
        ("stop", {}, ""),
        ("cable", {"host": "pc1", "interface": "eth0", "action": "move", "segment": "internet"}, "#cables"),
        ("answer", {"question": "cause", "value": "the cable"}, "#hand-in"),
        ("report", {"symptom": "s", "cause": "c", "action": "a", "test": "t", "minutes": ""}, "#hand-in"),
    ],
)
def test_what_is_done_is_answered_to_scripts_and_to_people(
    lea: Browser, labd: FakeLabd, action: str, fields: dict[str, str], place: str
) -> None:
    answer = acted(lea, action, fields, script=True)
    assert (answer.status_code, answer.content) == (204, b"")
    labd.change(busy="", state="started")
    answer = acted(lea, action, fields)
    assert (answer.status_code, answer.headers.get("location")) == (303, f"{PAGE}{place}")
    assert len(asked(labd, action)) == 2


def test_fields_arrive_as_they_were_written(lea: Browser, labd: FakeLabd) -> None:
    acted(lea, "cable", {"host": "pc1", "interface": "eth0", "action": "move", "segment": "internet"})
    acted(lea, "answer", {"question": "cause", "value": " é<b> "})
    acted(lea, "report", {"symptom": "un\r\ndeux", "cause": "", "action": "", "test": "", "minutes": " 20 "})
    assert asked(labd, "cable") == [lab_work_contract.MoveCable(world.LAB, "pc1", "eth0", "move", "internet")]
    assert asked(labd, "answer") == [lab_work_contract.AnswerQuestion(world.LAB, "cause", "é<b>")]
    assert asked(labd, "report") == [lab_work_contract.WriteReport(world.LAB, "un\r\ndeux", "", "", "", 20, "en")]


@pytest.mark.parametrize("minutes", ["x", "-1", "1.5", "99999", "²"])
def test_no_number_of_minutes_is_told(lea: Browser, minutes: str) -> None:
    answer = acted(lea, "report", {"symptom": "s", "minutes": minutes}, script=True)
    assert (answer.status_code, answer.json()["field"]) == (422, "minutes")


def test_a_terminal_is_opened_and_closed(lea: Browser, labd: FakeLabd) -> None:
    fields = {"host": "sw1", "kind": "device", "rows": "9999", "columns": "x"}
    opened = acted(lea, "terminals", fields, script=True).json()
    assert {**opened, "id": ""} == {"id": "", "host": "sw1", "kind": "device", "ended": False}
    assert asked(labd, "open-terminal") == [lab_work_contract.OpenTerminal(world.LAB, "sw1", "device", 24, 80)]
    assert [one["id"] for one in data_of(lea.get(PAGE).text)["terminals"]] == [opened["id"]]
    assert acted(lea, f"terminals/{opened['id']}/close", script=True).status_code == 204
    assert labd.terminals == {}


def test_a_refusal_is_told_to_the_script(lea: Browser, labd: FakeLabd) -> None:
    labd.change(busy="reset")
    answer = acted(lea, "check", script=True)
    assert (answer.status_code, answer.json()["text"]) == (409, "The lab is busy.")


def test_an_unknown_act_of_a_cable_is_refused(lea: Browser) -> None:
    assert acted(lea, "cable", {"host": "pc1", "interface": "eth0", "action": "cut"}, script=True).status_code == 422


@pytest.mark.parametrize("action", ["check", "stop", "terminals", "cable"])
def test_nothing_is_done_without_the_key_or_for_others(browser: Browser, labd: FakeLabd, action: str) -> None:
    labd.people["nour"].password = "correct horse battery"
    browser.sign_in("nour", "en")
    assert browser.send(f"{PAGE}/{action}", {}).status_code == 403
    key = browser.form_key("/account")
    assert browser.send(f"{PAGE}/{action}", {"form_key": key, "host": "pc1", "action": "plug"}).status_code == 404


# In words -----------------------------------------------------------------------------------------------------


def test_what_is_gone_and_new_is_shown_with_what_is_around_it() -> None:
    many = "\n".join(str(number) for number in range(100))
    change = lab_contract.ChangeView("unexplained", "pc1", same("x"), many, many.replace("50", "new"))
    shown = [(line.sign, line.text) for line in diff_lines(change)]
    assert shown == [(" ", "48"), (" ", "49"), ("-", "50"), ("+", "new"), (" ", "51"), (" ", "52")]
    assert diff_lines(replace(change, before=None, now=None)) == ()


def test_two_places_of_a_change_are_apart() -> None:
    many = "\n".join(str(number) for number in range(100))
    change = lab_contract.ChangeView("unexplained", "pc1", same("x"), many, many.replace("20", "a").replace("80", "b"))
    assert [line.sign for line in diff_lines(change)].count("…") == 1


@pytest.mark.parametrize(
    ("task", "left", "said_in_english"),
    [
        (False, 0, "Not repaired yet."),
        (True, 0, "Not done yet."),
        (False, 1, "Repaired, but one answer is still to be given or corrected."),
        (False, 2, "Repaired, but 2 answers are still to be given or corrected."),
        (True, 1, "One answer only is still to be given or corrected."),
        (True, 3, "Only 3 answers are still to be given or corrected."),
    ],
)
def test_the_verdict_fits_a_task_and_tells_answers_that_are_left(task: bool, left: int, said_in_english: str) -> None:
    grading = replace(world.GRADING, task=task, answers_left=left)
    assert verdict_said(grading, "en") == said_in_english
    checks = (replace(world.CHECKS[0], role="objective"),)
    [group] = check_groups(replace(grading, checks=checks))
    assert group.heading == (lab_words.TASK_TO_DO if task else lab_words.TO_DO)


def test_checks_are_in_groups_and_none_is_left_out() -> None:
    roles = ("guard", "symptom", "", "objective")
    checks = tuple(replace(world.CHECKS[0], id=str(n), role=role) for n, role in enumerate(roles))
    groups = check_groups(replace(world.GRADING, checks=checks))
    assert [[check.id for check in group.checks] for group in groups] == [["1", "3"], ["0"], ["2"]]
    kept = tuple(replace(world.CHECKS[1], id=str(n), outcome="fail" if n == 1 else "pass") for n in range(4))
    [group] = check_groups(replace(world.GRADING, checks=kept))
    assert [[check.id for check in checks] for checks in (group.checks, group.kept)] == [["1"], ["0", "2", "3"]]
    assert group.said.en == "The rest of what worked still works"
    [group] = check_groups(replace(world.GRADING, checks=tuple(one for one in kept if one.outcome == "pass")))
    assert group.said.en == "What worked still works"
