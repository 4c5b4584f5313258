"""The trainer's pages: classes and their members, links shown once, the code to join by, launching."""

from __future__ import annotations

import pytest

from orchestrator.labd import class_contract as k
from orchestrator.portal.web_safety import LARGEST_BODY
from tests.fakes import labd_classes as fake
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser, Reading

BASE = f"/classes/{fake.CLASS}"
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}<!--'


@pytest.fixture
def theo(browser: Browser) -> Browser:
    browser.sign_in("theo", "en")
    return browser


def asked(labd: FakeLabd, name: str) -> list[object]:
    return [request for call, _, request in labd.asked if call == name]


@pytest.mark.parametrize(("handle", "seen"), [("lea", False), ("theo", True), ("ada", True)])
def test_classes_stand_in_the_navigation_of_trainers_and_administrators(
    browser: Browser, handle: str, seen: bool
) -> None:
    browser.sign_in(handle)
    assert ('href="/classes"' in browser.get("/").text) == seen


# Classes and members ------------------------------------------------------------------------------------------


def test_a_class_is_made_and_led_to(theo: Browser, labd: FakeLabd) -> None:
    answer = theo.post("/classes", {"name": " tssr-2027 "}, page="/classes")
    assert answer.headers["location"] == "/classes/tssr-2027"
    assert labd.classes.classes["tssr-2027"].trainers == ["theo"]
    again = theo.post("/classes", {"name": "tssr-2027"}, page="/classes")
    assert again.status_code == 422
    assert 'value="tssr-2027"' in again.text


def test_links_of_new_people_are_shown_once(theo: Browser, labd: FakeLabd) -> None:
    people = "handle,name\nmia,Mia Roy\nlea,known\nmax,Max <b>\n"
    page = theo.post(f"{BASE}/members", {"people": people}, page=BASE)
    reading = Reading.of(page.text)
    assert reading.wrong == []
    addresses = {one["value"] for one in reading.all("input") if one.get("id", "").startswith("address-")}
    assert len(addresses) == 2
    assert all(one.startswith("https://portal.test/link#") for one in addresses)
    assert {one["aria-label"] for one in reading.all("button") if "data-copy" in one} == {
        "Copy the link of Mia Roy", "Copy the link of Max <b>",
    }  # fmt: skip
    assert page.headers["cache-control"] == "no-store"
    assert not any(one.partition("#")[2] in theo.get(BASE).text for one in addresses)
    assert asked(labd, "add-members") == [k.AddMembers(fake.CLASS, people.strip())]


def test_known_people_need_no_link(theo: Browser) -> None:
    answer = theo.post(f"{BASE}/members", {"people": "handle\nada"}, page=BASE)
    assert answer.headers["location"] == f"{BASE}?done=added"
    assert "no links" in theo.get(f"{BASE}?done=added").text


def test_a_wrong_list_is_kept_for_another_try(theo: Browser) -> None:
    answer = theo.post(f"{BASE}/members", {"people": f"nom\n</textarea>{EVIL}"}, page=BASE)
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    assert reading.wrong == []
    assert [one["aria-invalid"] for one in reading.all("textarea")] == ["true"]
    assert "open" in reading.all("details")[0]
    assert "&lt;/textarea&gt;" in answer.text


def test_a_list_that_is_too_large_is_refused_unread(theo: Browser, labd: FakeLabd) -> None:
    answer = theo.post(f"{BASE}/members", {"people": "handle\n" + "a" * LARGEST_BODY}, page=BASE)
    assert answer.status_code == 413
    assert asked(labd, "add-members") == []


def test_somebody_is_removed_but_nobody_removes_themselves(theo: Browser, labd: FakeLabd) -> None:
    offered = {one.get("value") for one in Reading.of(theo.get(BASE).text).all("button")}
    assert {"lea", "nour"} <= offered
    assert "theo" not in offered
    assert theo.post(f"{BASE}/members/remove", {"handle": "lea"}, page=BASE).headers["location"].endswith("removed")
    assert labd.classes.classes[fake.CLASS].members == ["nour"]
    assert theo.post(f"{BASE}/members/remove", {"handle": "lea"}, page=BASE).status_code == 404


@pytest.mark.parametrize(
    "action", ["members", "members/remove", "code", "code/end", "limits", "launch", "announce", "stop"]
)
def test_nothing_is_done_without_a_key_of_ours(theo: Browser, labd: FakeLabd, action: str) -> None:
    before = len(labd.asked)
    assert theo.send(f"{BASE}/{action}", {"form_key": "0" * 64}).status_code == 403
    assert {name for name, _, _ in labd.asked[before:]} <= {"me"}


def test_hostile_names_are_text_everywhere(theo: Browser, labd: FakeLabd) -> None:
    labd.people["lea"].name = EVIL
    labd.classes.rows["lea"] = fake.row("lea", EVIL, scenario=EVIL, lab=EVIL)
    own = labd.classes.classes[fake.CLASS]
    own.code = k.JoinCode(EVIL, EVIL)
    own.launches.append(k.LaunchLine(EVIL, world.MOVE.title, EVIL))
    theo.post(f"{BASE}/announce", {"text": EVIL}, page=BASE)
    for path in (BASE, f"{BASE}/launch", f"{BASE}/board"):
        page = theo.get(path).text
        assert Reading.of(page).wrong == [], path
        assert "<script>alert" not in page, path
        assert "49" not in Reading.of(page).texts, path


# Limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ({"labs": "8", "memory": "12", "processors": "0.5"}, (8, 12288, 0.5), ["8", "12", "0.5"]),
        ({"labs": "", "memory": " 1,5 ", "processors": "2,0"}, (None, 1536, 2.0), ["", "1.5", "2"]),
        ({"memory": "0.333"}, (None, 341, None), ["", "0.333", ""]),
        ({}, (None, None, None), ["", "", ""]),
    ],
)
def test_limits_are_set_and_stand_in_their_form(
    theo: Browser, labd: FakeLabd, typed: dict[str, str], kept: tuple[float | None, ...], shown: list[str]
) -> None:
    answer = theo.post(f"{BASE}/limits", typed, page=BASE)
    assert answer.headers["location"] == f"{BASE}?done=limited"
    labs, memory, processors = kept
    assert [(one.labs, one.memory, one.processors) for one in asked(labd, "limit-class")] == [  # type: ignore[attr-defined]
        (labs, memory, processors)
    ]
    page = theo.get(f"{BASE}?done=limited").text
    assert "The limits of the class are set." in page
    fields = {one["name"]: one for one in Reading.of(page).all("input") if one["type"] == "number"}
    assert [fields[name]["value"] for name in ("labs", "memory", "processors")] == shown
    assert [fields[name]["max"] for name in ("labs", "memory", "processors")] == ["12", "24", "2"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("labs", "1.5", "Write a whole number of labs"),
        ("labs", "13", "That is too much."),
        ("memory", "1e3", "Write a number of GiB"),
        ("memory", "-1", "Write a number of GiB"),
        ("processors", "²", "Write a number of processors"),
        ("processors", EVIL, "Write a number of processors"),
    ],
)
def test_a_wrong_limit_is_said_at_its_field_and_stays_there(
    theo: Browser, labd: FakeLabd, field: str, typed: str, said: str
) -> None:
    answer = theo.post(f"{BASE}/limits", {"labs": "3", field: typed}, page=BASE)
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    assert reading.wrong == []
    assert said in answer.text
    wrong = [one for one in reading.all("input") if one.get("aria-invalid") == "true"]
    assert [(one["id"], one["value"]) for one in wrong] == [(field, typed)]
    assert labd.classes.classes[fake.CLASS].limits == k.ClassLimitsView()
    assert "open" in reading.all("details")[1]


def test_limits_are_for_who_trains_the_class(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    assert browser.post(f"{BASE}/limits", {"labs": "1"}, page="/account").status_code == 404
    assert labd.classes.classes[fake.CLASS].limits == k.ClassLimitsView()


# The code, and joining by it ----------------------------------------------------------------------------------


def test_a_code_is_made_renewed_and_ended(theo: Browser) -> None:
    assert "No code holds now." in theo.get(BASE).text
    theo.post(f"{BASE}/code", {}, page=BASE)
    page = theo.get(BASE).text
    assert f'class="join-code">{fake.CODE}<' in page
    assert "https://portal.test/join" in page
    theo.post(f"{BASE}/code", {}, page=BASE)
    assert f"{fake.CODE}-2" in theo.get(BASE).text
    assert theo.post(f"{BASE}/code/end", {}, page=BASE).headers["location"].endswith("code-ended")
    assert "No code holds now." in theo.get(BASE).text


def test_anybody_joins_by_the_code_and_is_signed_in(browser: Browser, labd: FakeLabd) -> None:
    labd.classes.classes[fake.CLASS].code = k.JoinCode(fake.CODE, fake.UNTIL)
    assert fake.CLASS in browser.post("/join", {"code": fake.CODE}, page="/join").text
    fields = {"code": fake.CODE, "given_name": "Mia", "family_name": "Roy", "password": " a long phrase "}
    taken = browser.post("/join/account", {**fields, "handle": "lea"}, page="/join")
    assert taken.status_code == 422
    assert 'value="Roy"' in taken.text
    assert "a long phrase" not in taken.text
    done = browser.post("/join/account", {**fields, "handle": "mia"}, page="/join")
    assert done.headers["location"] == "/"
    assert labd.tokens[browser.token or ""] == "mia"
    assert labd.people["mia"].password == " a long phrase "


def test_a_code_that_does_not_hold_is_said_at_its_field(browser: Browser) -> None:
    answer = browser.post("/join/account", {"code": "old"}, page="/join")
    assert answer.status_code == 404
    assert 'value="old"' in answer.text


def test_who_is_signed_in_is_told_before_they_join(theo: Browser) -> None:
    assert "You are signed in as Théo Bernard" in theo.get("/join").text


# Launching ----------------------------------------------------------------------------------------------------


def test_every_scenario_of_the_path_may_be_launched(theo: Browser) -> None:
    reading = Reading.of(theo.get(f"{BASE}/launch").text)
    offered = {one["value"] for one in reading.all("input") if one.get("name") == "scenario"}
    assert offered == {"no-network-after-move", "address-conflict", "dns-zone-broken", "backup-script"}
    assert {"25 min", "fault", "proven", "not proven", "All trainees (2)"} <= {
        text.replace("\N{NO-BREAK SPACE}", " ") for text in reading.texts
    }


@pytest.mark.parametrize(
    ("fields", "handles"),
    [({"for": "all"}, ()), ({"for": "some", "handle": ["nour"]}, ("nour",)), ({}, ())],
)
def test_a_launch_is_for_all_or_for_some(
    theo: Browser, labd: FakeLabd, fields: dict[str, str | list[str]], handles: tuple[str, ...]
) -> None:
    answer = theo.post(f"{BASE}/launch", {"scenario": "backup-script", **fields}, page=BASE)
    assert answer.headers["location"] == f"{BASE}/board?done=launched"
    assert asked(labd, "launch") == [k.LaunchForClass(fake.CLASS, "backup-script", handles)]


@pytest.mark.parametrize(
    "fields",
    [
        {"for": "all"},
        {"scenario": "backup-script", "for": "some"},
        {"scenario": "backup-script", "for": "all", "handle": ["nour"]},
    ],
)
def test_nobody_gets_a_lab_by_a_guess(theo: Browser, labd: FakeLabd, fields: dict[str, str | list[str]]) -> None:
    answer = theo.post(f"{BASE}/launch", fields, page=BASE)
    assert answer.status_code == 422
    reading = Reading.of(answer.text)
    target = next(one["href"][1:] for one in reading.all("a") if one["href"] in {"#scenarios", "#for-all", "#for-some"})
    assert target in {one.get("id") for _, one in reading.tags}
    assert asked(labd, "launch") == []


def test_what_was_chosen_is_kept_when_a_launch_is_refused(theo: Browser) -> None:
    answer = theo.post(f"{BASE}/launch", {"scenario": "gone", "for": "some", "handle": ["nour"]}, page=BASE)
    assert answer.status_code == 404
    checked = {(one.get("name"), one["value"]) for one in Reading.of(answer.text).all("input") if "checked" in one}
    assert checked == {("for", "some"), ("handle", "nour")}
