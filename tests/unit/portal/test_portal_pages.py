"""The pages: who may see which, what they say in both languages, and that they are whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import yaml

from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal
from orchestrator.portal import (
    appeal_words,
    board_words,
    catalogue_words,
    day_words,
    deliberation_words,
    evidence_words,
    help_words,
    in_words,
    plan_words,
    privacy_words,
    replay_words,
    seat_words,
    session_words,
    talk_words,
    terminal_words,
    trainer_words,
    words,
)
from orchestrator.portal.static_files import manifest, static
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_classes import CODE, FakeClass, row
from tests.fakes.labd_privacy import LONG
from tests.fakes.labd_seats import SEATED, WAITING
from tests.unit.portal.browser import Browser, Reading

pytestmark = pytest.mark.slow

TEMPLATES = Path(words.__file__).parent / "templates"

# Who may see which --------------------------------------------------------------------------------------------

PEOPLE = {"": "nobody", "lea": "trainee", "theo": "trainer", "ada": "administrator"}
EVERYBODY = pytest.mark.parametrize(("index", "handle"), [*enumerate(PEOPLE)], ids=PEOPLE.values())
SEEN: dict[str, tuple[int, int, int, int]] = {
    "/": (303, 200, 200, 200),
    "/sign-in": (200, 303, 303, 303),
    "/link": (200, 200, 200, 200),
    "/account": (303, 200, 200, 200),
    "/account/privacy": (303, 200, 200, 200),
    "/people": (303, 403, 403, 200),
    "/people/roles/theo": (303, 403, 403, 200),
    "/people/roles/nobody": (303, 403, 403, 404),
    "/people/erasure/nour": (303, 403, 403, 200),
    "/people/erasure/theo": (303, 403, 403, 404),
    "/attempts/41/replay": (303, 200, 200, 200),
    "/attempts/40/replay": (303, 200, 200, 200),
    "/attempts/39/replay": (303, 404, 404, 404),
    "/attempts/x/replay": (303, 404, 404, 404),
    f"/attempts/41/recordings/{LONG}": (303, 200, 200, 200),
    f"/attempts/41/recordings/{LONG}?at=99999": (303, 404, 404, 404),
    f"/attempts/41/recordings/{LONG}?at=-1": (303, 404, 404, 404),
    "/attempts/41/recordings/..%2Fx": (404, 404, 404, 404),
    "/scenarios/dns-zone-broken": (303, 200, 200, 200),
    "/scenarios/nothing": (303, 404, 404, 404),
    "/classes": (303, 403, 200, 200),
    "/classes/tssr-2026": (303, 404, 200, 200),
    "/classes/tssr-2026/launch": (303, 404, 200, 200),
    "/classes/tssr-2026/board": (303, 404, 200, 200),
    "/classes/tssr-2026/export": (303, 404, 200, 200),
    "/classes/tssr-2026/members/lea/attempts": (303, 404, 200, 200),
    "/classes/tssr-2026/members/theo/attempts": (303, 404, 404, 404),
    "/classes/tssr-2026/members/lea/attempts/7": (303, 404, 200, 200),
    "/classes/tssr-2026/members/lea/attempts/8": (303, 404, 404, 404),
    "/classes/other/members/lea/attempts": (303, 404, 404, 404),
    "/classes/other": (303, 404, 404, 200),
    "/classes/other/board": (303, 404, 404, 200),
    "/classes/nothing": (303, 404, 404, 404),
    "/classes/No%20Name": (303, 404, 404, 404),
    "/catalogue": (303, 403, 200, 200),
    "/catalogue/no-network-after-move": (303, 403, 200, 200),
    "/catalogue/nothing": (303, 403, 404, 404),
    "/proof": (303, 403, 403, 200),
    "/sessions": (303, 403, 403, 200),
    "/new-session": (303, 403, 403, 200),
    "/new-session/text": (303, 403, 403, 200),
    "/sessions/december-2026": (303, 403, 403, 200),
    "/sessions/nothing": (303, 403, 403, 404),
    "/sessions/december-2026/readiness": (303, 403, 403, 200),
    "/sessions/nothing/readiness": (303, 403, 403, 404),
    "/sessions/december-2026/day": (303, 403, 403, 200),
    "/sessions/nothing/day": (303, 403, 403, 404),
    "/sessions/december-2026/day/reseau/C-01": (303, 403, 403, 200),
    "/sessions/december-2026/day/reseau/C-99": (303, 403, 403, 404),
    "/seat": (200, 200, 200, 200),
    "/seat?gone=yes": (200, 200, 200, 200),
    "/seat?left=yes": (200, 200, 200, 200),
    "/seat/terminals": (303, 303, 303, 303),
    "/seat/terminals/reseau/1": (303, 303, 303, 303),
    "/sessions/december-2026/screens/reseau/C-04/moved-desks.pc1-1": (303, 403, 403, 200),
    "/sessions/december-2026/screens/reseau/C-04/moved-desks.pc1-9": (303, 403, 403, 404),
    "/sessions/december-2026/desktops/reseau/C-04/moved-desks.pc1": (303, 403, 403, 200),
    "/sessions/december-2026/desktops/reseau/C-04/moved-desks.pc9": (303, 403, 403, 404),
    "/sessions/december-2026/desktops/reseau/C-04/moved-desks.pc1/pictures/12": (303, 403, 403, 200),
    "/sessions/december-2026/desktops/reseau/C-04/moved-desks.pc1/pictures/11": (303, 403, 403, 404),
    "/sessions/december-2026/desktops/reseau/C-04/moved-desks.pc1/pictures/x": (303, 404, 404, 404),
    "/seat/work/reseau/1": (303, 303, 303, 303),
    "/seat/work/reseau/x": (404, 404, 404, 404),
    "/seat/talk/reseau/1": (303, 303, 303, 303),
    "/seat/talk/reseau/x": (404, 404, 404, 404),
    "/jury": (303, 403, 403, 403),
    "/jury/december-2026": (303, 403, 403, 403),
    "/jury/december-2026/documents": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/evidence/reseau": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/phases/reseau": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/phases/reseau/replay": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/phases/reseau/appeal": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/phases/reseau/recordings/0": (303, 403, 403, 403),
    "/jury/december-2026/candidates/C-01/phases/reseau/desktops/0/0": (303, 403, 403, 403),
    "/join": (200, 200, 200, 200),
    "/nothing": (404, 404, 404, 404),
    static("portal.css"): (200, 200, 200, 200),
    static("portal.css").replace("portal.css", "portal.py"): (404, 404, 404, 404),
    "/static/../words.py": (404, 404, 404, 404),
    "/static/0/portal.css": (404, 404, 404, 404),
}
SENT: dict[str, tuple[dict[str, str], tuple[int, int, int, int]]] = {
    "/sign-in": ({"handle": "lea", "password": "no"}, (422, 422, 422, 422)),
    "/sign-out": ({}, (303, 303, 303, 303)),
    "/language": ({"language": "en", "back": "/"}, (303, 303, 303, 303)),
    "/link": ({"link": "none"}, (404, 404, 404, 404)),
    "/link/password": ({"link": "none", "password": "long enough it is"}, (404, 404, 404, 404)),
    "/account/password": ({"old_password": "no", "new_password": "x"}, (303, 422, 422, 422)),
    "/account/sign-ins": ({"id": "99"}, (303, 404, 404, 404)),
    "/account/privacy/export": ({}, (303, 200, 200, 200)),
    "/account/privacy/erasure": ({"password": "no"}, (303, 422, 422, 422)),
    "/account/privacy/erasure/withdraw": ({}, (303, 303, 303, 303)),
    "/people": ({"handle": "max", "role": "trainee"}, (303, 403, 403, 200)),
    "/people/roles/theo": ({"role": "trainer", "password": "no"}, (303, 403, 403, 422)),
    "/people/roles/nobody": ({"role": "trainer"}, (303, 403, 403, 404)),
    "/people/erasure/nour": ({"confirmed": "nour"}, (303, 403, 403, 303)),
    "/people/erasure/theo": ({"confirmed": "theo"}, (303, 403, 403, 404)),
    "/people/link": ({"handle": "nour"}, (303, 403, 403, 200)),
    "/scenarios/dns-zone-broken": ({}, (303, 303, 303, 303)),
    "/scenarios/nothing": ({}, (303, 404, 404, 404)),
    "/classes": ({"name": "new"}, (303, 403, 303, 422)),
    "/classes/tssr-2026/members": ({"people": "handle\nmia"}, (303, 404, 200, 303)),
    "/classes/tssr-2026/members/remove": ({"handle": "mia"}, (303, 404, 303, 303)),
    "/classes/tssr-2026/code": ({}, (303, 404, 303, 303)),
    "/classes/tssr-2026/code/end": ({}, (303, 404, 303, 303)),
    "/classes/tssr-2026/limits": ({"labs": "8"}, (303, 404, 303, 303)),
    "/classes/tssr-2026/launch": ({"scenario": "backup-script", "for": "all"}, (303, 404, 303, 303)),
    "/classes/tssr-2026/check": ({"lab": world.LAB}, (303, 303, 303, 303)),
    "/classes/tssr-2026/announce": ({"text": "Pause."}, (303, 404, 303, 303)),
    "/classes/tssr-2026/hint": ({"hint": "Read."}, (303, 404, 303, 303)),
    "/classes/tssr-2026/members/lea/attempts/7": ({"text": "Good."}, (303, 404, 303, 303)),
    "/classes/tssr-2026/members/lea/attempts/7/comments/1": ({"text-1": "Good."}, (303, 404, 303, 303)),
    "/classes/tssr-2026/members/lea/attempts/7/comments/1/withdraw": ({}, (303, 404, 303, 303)),
    "/classes/tssr-2026/members/lea/link": ({}, (303, 404, 200, 200)),
    "/classes/other/members/lea/link": ({}, (303, 404, 404, 404)),
    "/classes/tssr-2026/stop": ({}, (303, 404, 303, 303)),
    "/classes/other/stop": ({}, (303, 404, 404, 303)),
    "/catalogue/no-network-after-move/prove": ({"seeds": "1"}, (303, 403, 403, 303)),
    "/catalogue/nothing/prove": ({"seeds": "1"}, (303, 403, 403, 404)),
    "/proof/cancel": ({"number": "1"}, (303, 403, 403, 303)),
    "/new-session": ({"title": "mistake"}, (303, 403, 403, 422)),
    "/new-session/text": ({"plan": "mistake"}, (303, 403, 403, 422)),
    "/sessions/december-2026/day": ({"act": "open", "phase": "reseau"}, (303, 403, 403, 303)),
    "/sessions/nothing/day": ({"act": "open", "phase": "reseau"}, (303, 403, 403, 404)),
    "/sessions/december-2026/day/reseau/C-01": ({"act": "absent"}, (303, 403, 403, 303)),
    "/seat": ({"code": "none"}, (422, 422, 422, 422)),
    "/seat/leave": ({}, (303, 303, 303, 303)),
    "/seat/terminals/reseau/1/pages": ({"host": "pc1", "address": "http://shop.lab/"}, (303, 303, 303, 303)),
    "/seat/terminals/reseau/1/terminals": ({"host": "pc1"}, (303, 303, 303, 303)),
    "/seat/terminals/reseau/1/terminals/0011223344556677/close": ({}, (303, 303, 303, 303)),
    "/seat/work/reseau/1/answer": ({"question": "x", "value": "x"}, (303, 303, 303, 303)),
    "/seat/work/reseau/1/cable": ({"action": "plug"}, (303, 303, 303, 303)),
    "/seat/work/reseau/1/report": ({}, (303, 303, 303, 303)),
    "/seat/talk/reseau/1/say": ({"person": "alice", "text": "x"}, (303, 303, 303, 303)),
    "/sessions/december-2026/codes": ({"number": "C-01"}, (303, 403, 403, 200)),
    "/sessions/nothing/codes": ({"number": ""}, (303, 403, 403, 404)),
    "/sessions/december-2026/seats": ({"act": "end", "number": "C-02"}, (303, 403, 403, 303)),
    "/sessions/nothing/seats": ({"act": "end", "number": "C-02"}, (303, 403, 403, 404)),
    "/sessions/december-2026/withdraw": ({"reason": "Why."}, (303, 403, 403, 303)),
    "/sessions/nothing/withdraw": ({"reason": "Why."}, (303, 403, 403, 404)),
    "/jury/december-2026/sign": ({"password": "none"}, (303, 403, 403, 403)),
    "/jury/december-2026/candidates/C-01/decide": (
        {"subject": "1.3", "verdict": "acquired", "reason": "Why."},
        (303, 403, 403, 403),
    ),
    "/jury/december-2026/candidates/C-01/observe": ({"text": "Seen."}, (303, 403, 403, 403)),
    "/jury/december-2026/candidates/C-01/phases/reseau/appeal": ({}, (303, 403, 403, 403)),
    "/join": ({"code": "none"}, (404, 404, 404, 404)),
    "/join/account": ({"code": "none"}, (404, 404, 404, 404)),
    "/": ({}, (405, 405, 405, 405)),
}


@EVERYBODY
def test_everybody_sees_their_pages_and_no_others(browser: Browser, index: int, handle: str) -> None:
    browser.labd.classes.classes["other"] = FakeClass([], [])
    browser.labd.privacy.asked["nour"] = world.NOW
    if handle:
        browser.sign_in(handle)
    assert {path: browser.get(path).status_code for path in SEEN} == {path: seen[index] for path, seen in SEEN.items()}


@EVERYBODY
def test_everybody_may_send_what_is_theirs(browser: Browser, index: int, handle: str) -> None:
    browser.labd.classes.classes["other"] = FakeClass([], [])
    browser.labd.privacy.asked["nour"] = world.NOW
    if handle == "ada":  # somebody else was there before
        browser.labd.classes.classes["new"] = FakeClass([], [])
        browser.labd.people["mia"] = replace(browser.labd.people["nour"], handle="mia")
    found = {}
    for path, (fields, _) in SENT.items():
        browser.http.cookies.clear()
        if handle:
            browser.sign_in(handle)
        found[path] = browser.post(path, fields, page="/link").status_code
    assert found == {path: seen[index] for path, (_, seen) in SENT.items()}


def test_an_administrator_changes_roles(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("ada", "en")
    assert 'href="/people/roles/theo"' in browser.get("/people").text
    address, password = "/people/roles/theo", labd.people["ada"].password or ""

    def ticked(page: str) -> list[str]:
        return [one["value"] for one in Reading.of(page).all("input") if one.get("name") == "role" and "checked" in one]

    assert ticked(browser.get(address).text) == ["trainer"]
    refused = browser.post(address, {"role": ["organiser", "jury"], "password": password}, page="/")
    assert refused.status_code == 422
    assert ticked(refused.text) == ["jury", "organiser"], "what was ticked stays"
    assert 'id="roles-error"' in refused.text
    wrong = browser.post(address, {"role": ["jury", "boss"], "password": "no"}, page="/")
    assert 'id="password-error"' in wrong.text
    assert labd.people["theo"].roles == ("trainer",)
    done = browser.post(address, {"role": ["jury", "boss"], "password": password}, page="/")
    assert done.headers["location"] == "/people?done=roles"
    assert labd.people["theo"].roles == ("jury",)
    own = browser.post("/people/roles/ada", {"role": "trainer", "password": password}, page="/")
    assert own.headers["location"] == "/", "who is no administrator any more is led to what is theirs"
    assert browser.get("/people").status_code == 403


def test_every_route_stands_in_the_tables(browser: Browser) -> None:
    ours = {path for path in (getattr(route, "path", "") for route in browser.app.routes) if path[:5] != "/labs"}
    known = {re.sub(r"^/scenarios/.*", "/scenarios/{scenario}", path) for path in (*SEEN, *SENT)}
    known = {re.sub(r"^/classes/[^/]+", "/classes/{name}", path) for path in known}
    known = {re.sub(r"^/people/(erasure|roles)/[^/]+", r"/people/\1/{handle}", path) for path in known}
    known = {re.sub(r"^/attempts/[^/]+", "/attempts/{attempt}", path) for path in known}
    known = {re.sub(r"/recordings/[^/]+$", "/recordings/{recording}", path) for path in known}
    known = {re.sub(r"/members/(?!remove)[^/]+/", "/members/{handle}/", path) for path in known}
    known = {re.sub(r"/attempts/\d+", "/attempts/{attempt}", path) for path in known}
    known = {re.sub(r"/comments/\d+", "/comments/{note}", path) for path in known}
    known = {re.sub(r"^/catalogue/[^/]+", "/catalogue/{scenario}", path) for path in known}
    known = {re.sub(r"^/sessions/[^/]+", "/sessions/{session}", path) for path in known}
    known = {re.sub(r"^/jury/[^/]+", "/jury/{session}", path) for path in known}
    known = {re.sub(r"/candidates/[^/]+", "/candidates/{number}", path) for path in known}
    known = {re.sub(r"^/seat/(work|talk)/[^/]+/[^/]+", r"/seat/\1/{phase}/{place}", path) for path in known}
    known = {re.sub(r"/(evidence|phases)/[^/]+", r"/\1/{phase}", path) for path in known}
    known = {re.sub(r"/day/[^/]+/[^/]+$", "/day/{phase}/{number}", path) for path in known}
    known = {re.sub(r"/screens/[^/]+/[^/]+/[^/]+$", "/screens/{phase}/{number}/{terminal}", path) for path in known}
    known = {
        re.sub(r"/desktops/[^/]+/[^/]+/[^/]+(?=/|$)", "/desktops/{phase}/{number}/{desktop}", path) for path in known
    }
    known = {re.sub(r"/pictures/[^/]+$", "/pictures/{picture}", path) for path in known}
    known = {re.sub(r"/desktops/\d+/\d+$", "/desktops/{desktop}/{picture}", path) for path in known}
    known = {re.sub(r"^/seat/terminals/[^/]+/\d+", "/seat/terminals/{phase}/{lab:int}", path) for path in known}
    known = {re.sub(r"/terminals/[0-9a-f]{16}", "/terminals/{terminal}", path) for path in known}
    streams = {
        "/classes/{name}/events",
        "/proof/events",
        "/sessions/{session}/day/events",
        "/sessions/{session}/screens/events",
        "/sessions/{session}/screens/{phase}/{number}/{terminal}/events",
        "/sessions/{session}/desktops/{phase}/{number}/{desktop}/events",
        "/seat/wait/events",
        "/jury/{session}/candidates/{number}/phases/{phase}/appeal/events",
        "/seat/events",
        "/seat/talk/{phase}/{place}/events",
        "/seat/terminals/{phase}/{lab:int}/events",
        "/seat/terminals/{phase}/{lab:int}/terminals/{terminal}",  # a WebSocket
        "/seat/terminals/{phase}/{lab:int}/screens/{host}",  # another one
    }
    assert ours - {"/static/{file:path}", *streams} <= known


# What they say ------------------------------------------------------------------------------------------------

PAGES = (
    "/", "/account", "/people", "/scenarios/dns-zone-broken", "/scenarios/no-network-after-move", "/nothing",
    "/classes", "/classes/tssr-2026", "/classes/tssr-2026/launch", "/classes/tssr-2026/board",
    "/classes/empty", "/classes/empty/launch", "/classes/empty/board", "/join", "/account/privacy",
    "/attempts/41/replay", "/attempts/40/replay", "/people/erasure/nour", "/people/roles/theo",
    "/people?done=roles", "/classes/tssr-2026/members/lea/attempts",
    "/classes/tssr-2026/members/lea/attempts/7", "/classes/tssr-2026/members/lea/attempts/3", "/catalogue",
    "/catalogue?text=none&order=title", "/catalogue/no-network-after-move", "/catalogue/backup-script",
    "/catalogue/backup-script?seed=x", "/proof", "/sessions", "/new-session", "/new-session/text",
    "/new-session?rehearse=yes",
    "/sessions/december-2026?done=planned", "/sessions/december-2026/readiness",
)  # fmt: skip


@cache
def every_page(language: str) -> Mapping[str, str]:
    """Return every page in a language, with what forms say when something is wrong, as a browser has them."""
    with asyncio.Runner() as runner:
        labd = FakeLabd()
        return pages(Browser(runner, labd), labd, language)


def pages(browser: Browser, labd: FakeLabd, language: str) -> dict[str, str]:
    browser.http.headers["Accept-Language"] = language
    labd.links["secret"] = "nour"
    found = {"sign-in": browser.get("/sign-in").text, "link": browser.get("/link").text}
    found["wrong sign-in"] = browser.post("/sign-in", {"handle": "lea", "password": "no"}).text
    found["wrong link"] = browser.post("/link", {"link": "no"}).text
    found["link password"] = browser.post("/link", {"link": "secret"}).text
    found["weak password"] = browser.post("/link/password", {"link": "secret", "password": "short"}).text
    found["no key"] = browser.send("/sign-in", {}).text
    found |= class_forms(browser, labd, language)
    found |= privacy_forms(browser, labd, language)
    labd.labs["more"], labd.owners["more"] = world.lab(), "ada"
    labd.owners[world.LAB] = "ada"
    browser.sign_in("ada", language)
    found |= {path: browser.get(path).text for path in PAGES}
    labd.sign_in("ada")
    found["sign-ins"] = browser.get("/account?done=sign-in").text
    bad = {"old_password": "no", "new_password": "no"}
    found["wrong password"] = browser.post("/account/password", bad, page="/").text
    found["taken"] = browser.post("/people", {"handle": "lea"}, page="/").text
    found["new link"] = browser.post("/people/link", {"handle": "nour"}, page="/").text
    browser.post("/catalogue/no-network-after-move/prove", {"seeds": "1"}, page="/")
    found["proof"] = browser.get("/proof").text
    found |= session_forms(browser)
    found["wrong seed"] = browser.post("/scenarios/backup-script", {"seed": "x"}, page="/").text
    return found


def session_forms(browser: Browser) -> dict[str, str]:
    """Return what the forms of sessions say."""
    found = {
        said: browser.post("/new-session/text", {"plan": said, "rehearsal": rehearsal}, page="/").text
        for said, rehearsal in {"mistake": "", "past": "", "id: x": "x"}.items()
    }
    found["codes"] = browser.post("/sessions/december-2026/codes", {}, page="/").text
    found["wrong code of a candidate"] = browser.post("/seat", {"code": "no"}, page="/").text
    found["wall"] = browser.get("/sessions/december-2026/day?done=confirm").text
    for token in (WAITING, SEATED):
        browser.http.cookies.set("__Host-breakfix-seat", token, domain="portal.test")
        found[token] = browser.get("/seat").text
    found["labs at a seat"] = browser.get("/seat/terminals").text
    found["terminals at a seat"] = browser.get("/seat/terminals/reseau/1").text
    browser.labd.seats.subject = replace(
        browser.labd.seats.subject, map="", segments=browser.labd.seats.subject.segments[:1]
    )  # a picture has one language, and "Internet" is French for "the Internet" elsewhere
    found["a subject"] = browser.get("/seat/work/reseau/1").text
    browser.labd.seat_talk.failed = Refusal("busy", same("Busy."))
    found["talk at a seat"] = browser.get("/seat/talk/reseau/1").text
    browser.labd.seats.subject = replace(browser.labd.seats.subject, people=browser.labd.seats.subject.people[:1])
    found["a subject of one person"] = browser.get("/seat/work/reseau/1").text
    browser.labd.seats.subject = replace(browser.labd.seats.subject, standing="over")
    found["what was handed in"] = browser.get("/seat/work/reseau/2").text
    browser.http.cookies.delete("__Host-breakfix-seat")
    found["no reason"] = browser.post("/sessions/december-2026/withdraw", {}, page="/").text
    browser.post("/new-session/text", {"plan": "id: new", "rehearsal": "2"}, page="/")
    found["a rehearsal"] = browser.get("/sessions/new").text
    browser.post("/sessions/december-2026/withdraw", {"reason": "why"}, page="/")
    browser.post("/sessions/new/withdraw", {"reason": "why"}, page="/")
    found["no session"] = browser.get("/sessions?done=withdrawn").text
    return found


def privacy_forms(browser: Browser, labd: FakeLabd, language: str) -> dict[str, str]:
    """Return what the pages say of what is kept, and of wishes to be forgotten; Nour's is left."""
    base, page = "/account/privacy", "/"
    browser.sign_in("lea", language)
    found = {
        "kept": browser.get(base).text,
        "not asked": browser.post(f"{base}/erasure", {"password": "no"}, page).text,
    }
    browser.post(f"{base}/erasure", {"password": labd.people["lea"].password or ""}, page)
    labd.privacy.running = (world.LAB,)
    found["asked"] = browser.get(f"{base}?done=asked").text
    browser.post(f"{base}/erasure/withdraw", {}, page)
    found["withdrawn"] = browser.get(f"{base}?done=withdrawn").text
    labd.privacy.archives = 2
    found["too often"] = browser.post(f"{base}/export", {}, page).text
    found["own replay"] = browser.get("/attempts/41/replay").text
    browser.post("/sign-out", {}, page="/")
    labd.privacy.asked["nour"] = world.NOW
    browser.sign_in("ada", language)
    found["running labs"] = browser.get("/people/erasure/nour").text
    labd.privacy.running = ()
    found["not confirmed"] = browser.post("/people/erasure/nour", {"confirmed": "lea"}, page).text
    found["erased"] = browser.get("/people?done=erased").text
    browser.post("/sign-out", {}, page="/")
    return found


def class_forms(browser: Browser, labd: FakeLabd, language: str) -> dict[str, str]:
    """Return what the forms of classes say, and of those who join one."""
    classes = labd.classes
    classes.classes["empty"] = FakeClass([], [])
    classes.rows["nour"] = row(
        "nour", "Nour Haddad", scenario="backup-script", stuck=True, active="", graded="", state="broken",
        trouble=Text(fr="Deux machines manquent.", en="Two machines are missing."),
    )  # fmt: skip
    classes.launching = 3
    browser.sign_in("theo", language)
    base = "/classes/tssr-2026"
    found = {"no code": browser.get(base).text, "done": browser.get(f"{base}/board?done=checking").text}
    for action, fields in {
        "code": {}, "launch": {"scenario": "backup-script", "for": "all"}, "launch#1": {"for": "some"},
        "launch#2": {"scenario": "backup-script", "for": "all", "handle": "lea"},
        "launch#3": {"scenario": "backup-script", "for": "some"},
        "members#1": {"people": "no"}, "members#2": {"people": "handle,name\nmia,Mia Roy"}, "announce": {"text": ""},
    }.items():  # fmt: skip
        found[action] = browser.post(f"{base}/{action.partition('#')[0]}", fields, page="/").text
    found["a name twice"] = browser.post("/classes", {"name": "tssr-2026"}, page="/").text
    del found["code"], found["launch"]
    found["wrong code"] = browser.post("/join", {"code": "no"}, page="/").text
    found["right code"] = browser.post("/join", {"code": CODE}, page="/").text
    found["taken name"] = browser.post("/join/account", {"code": CODE, "handle": "lea"}, page="/").text
    browser.post("/sign-out", {}, page="/")
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_whole_and_in_one_language(language: str) -> None:
    other = "en" if language == "fr" else "fr"
    foreign = {getattr(text, other) for text in every_text() if text.fr != text.en}
    foreign -= {getattr(text, language) for text in every_text()} | {words.CERTIFICATION.fr}
    for name, page in every_page(language).items():
        reading = Reading.of(page)
        assert reading.wrong == [], name
        assert page.startswith("<!doctype html>\n<html lang="), name
        assert reading.all("html") == [{"lang": language}], name
        assert len(reading.all("h1")) == len(reading.all("main")) == len(reading.all("title")) == 1, name
        assert not foreign.intersection(reading.texts), name
        assert not unlabelled(reading), name
        assert jumps(reading) == [], name
        if language == "fr":
            assert [text for text in reading.texts if re.search(r"\w'\w| [;:?!»]|« ", text)] == [], name


PHRASES = (
    (words, "w|words"), (trainer_words, "c|trainer_words"), (board_words, "b|board_words"),
    (privacy_words, "p|privacy_words"), (replay_words, "r|replay_words"), (help_words, "h|help_words"),
    (catalogue_words, "k|catalogue_words"), (talk_words, "q|talk_words"), (session_words, "s|session_words"),
    (plan_words, "f|plan_words"),
    (day_words, "y|day_words"), (deliberation_words, "j|deliberation_words"),
    (seat_words, "g|seat_words"),
    (terminal_words, "z|terminal_words"),
    (evidence_words, "e|evidence_words"),
    (appeal_words, "a|appeal_words"),
)  # fmt: skip


def every_text() -> list[Text]:
    found: list[Text] = []
    for value in (one for part, _ in PHRASES for one in vars(part).values()):
        refusals = [value.text, value.hint] if isinstance(value, Refusal) else []
        within = [*value.values()] if isinstance(value, dict) else value if isinstance(value, tuple) else []
        found += [one for one in [value, *refusals, *within] if isinstance(one, Text)]
    return found


def unlabelled(reading: Reading) -> list[dict[str, str]]:
    """Return the fields that nothing names; a hidden one needs no name."""
    labelled = {label.get("for", "") for label in reading.all("label")}
    return [
        field
        for field in reading.all("input")
        if field.get("type", "text") not in {"hidden", "radio", "checkbox"}
        and "hidden" not in field
        and field.get("id") not in labelled
        and "aria-label" not in field
    ]


def jumps(reading: Reading) -> list[str]:
    """Return the headings that are more than one level below the one before."""
    levels = [0, *(int(tag[1]) for tag, _ in reading.tags if re.fullmatch("h[1-6]", tag))]
    return [f"h{two}" for one, two in pairwise(levels) if two > one + 1]


def test_no_template_says_anything_in_one_language_only() -> None:
    jinja = re.compile(r"\{% block body %\}[\w-]*|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
    for path in TEMPLATES.glob("*.html.j2"):
        source = jinja.sub("", path.read_text(encoding="utf-8"))
        spoken = re.findall(r'(?:aria-label|alt|title|placeholder|data-label)="([^"]*\w[^"]*)"', source)
        said = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", " ", source))
        assert (spoken, set(said) - {"Breakfix", "Ctrl", "Esc", "Tab"}) == ([], set()), path.name


def test_every_phrase_is_used() -> None:
    folder = TEMPLATES.parent
    used = "".join(path.read_text() for path in [*folder.glob("*.py"), *folder.rglob("*.j2")] if path.stem != "words")
    for part, short in PHRASES:
        names = [name for name, value in vars(part).items() if name.isupper() and not callable(value)]
        assert len(names) > 10
        assert set(names) - set(re.findall(rf"\b(?:{short})\.([A-Z_]+)\b", used)) == set()


def test_the_certification_is_the_referential_s() -> None:
    document = yaml.safe_load((TEMPLATES.parent.parent / "_referential/rncp-227.yaml").read_text(encoding="utf-8"))
    assert document["title"] == {"fr": words.CERTIFICATION.fr, "en": words.CERTIFICATION.en}
    assert words.RNCP.en == f"RNCP {document['rncp']}"


@pytest.mark.parametrize(("minutes", "said"), [(5, "5 min"), (60, "1 h"), (65, "1 h 05"), (0, "0 min")])
def test_lengths_are_said_in_hours_and_minutes(minutes: int, said: str) -> None:
    assert in_words.minutes(minutes) == said.replace(" ", "\N{NO-BREAK SPACE}")


def test_numbers_in_a_text_are_written_in_its_language() -> None:
    text = Text(fr="{n} Go sur {total}, lab {lab} : {name}", en="{n} GB of {total}, lab {lab}: {name}")
    values = {"n": 12.5, "total": 1024, "lab": "1024", "name": "a1,5.6"}
    french = in_words.said(text, "fr", **values).replace("\N{NO-BREAK SPACE}", "_")
    assert french == "12,5 Go sur 1_024, lab 1024_: a1,5.6"
    assert in_words.said(text, "en", **values) == "12.5 GB of 1,024, lab 1024: a1,5.6"


def test_times_are_said_in_the_reader_s_language() -> None:
    at = "2026-02-03T09:05:00+02:00"
    assert in_words.moment(at, "fr").replace("\N{NO-BREAK SPACE}", " ") == "3 février 2026 à 07 h 05 UTC"
    assert in_words.moment(at, "en") == "3 February 2026, 07:05 UTC"
    assert in_words.moment("", "fr") == "—"


@pytest.mark.parametrize(
    ("minutes", "fr", "en"),
    [(0, "à l’instant", "just now"), (3, "il y a 3 min", "3 min ago"), (61, "il y a 1 h", "1 h ago"),
     (2880, "il y a 2 j", "2 d ago"), (-5, "à l’instant", "just now")],
)  # fmt: skip
def test_ages_are_said_in_the_reader_s_language(minutes: int, fr: str, en: str) -> None:
    at, now = "2026-02-03T09:05:00+00:00", datetime.fromisoformat("2026-02-03T09:05:30+00:00")
    found = [in_words.ago(at, language, now + timedelta(minutes=minutes)) for language in get_args(Language)]
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in found] == [fr, en]
    assert in_words.ago("", "fr", now) == in_words.ago("2026-02-03T09:05:00", "en", now) == "—"


# What they do -------------------------------------------------------------------------------------------------


def test_a_start_leads_to_its_lab(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    answer = browser.post("/scenarios/dns-zone-broken", {"seed": " 7 "}, page="/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/labs/dns-zone-broken-7")
    assert labd.owners["dns-zone-broken-7"] == "lea"
    drawn = browser.post("/scenarios/backup-script", {"seed": ""}, page="/")
    assert drawn.headers["location"] == "/labs/backup-script-42"


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", "²", "9" * 19])
def test_a_seed_that_is_none_is_said_at_its_field(browser: Browser, labd: FakeLabd, seed: str) -> None:
    browser.sign_in("lea")
    answer = browser.post("/scenarios/dns-zone-broken", {"seed": seed}, page="/")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "start" not in {name for name, _, _ in labd.asked}


def test_a_busy_machine_says_so_on_the_card(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    full = Text(fr="La machine est pleine.", en="The machine is full.")
    labd.refusals["start"] = Refusal("busy", full, Text(fr="Arrêtez un lab.", en="Stop a lab."), seconds=30)
    answer = browser.post("/scenarios/dns-zone-broken", {}, page="/")
    assert answer.status_code == 409
    assert all(said in answer.text for said in ("La machine est pleine.", "Arrêtez un lab.", "dans 30"))


def test_a_running_scenario_is_continued_not_started(browser: Browser) -> None:
    browser.sign_in("lea")
    page = browser.get("/scenarios/no-network-after-move").text
    assert f'href="/labs/{world.LAB}"' in page
    assert 'action="/scenarios/' not in page


def test_a_one_time_link_signs_in_with_a_new_password(browser: Browser, labd: FakeLabd) -> None:
    labd.links["secret"] = "nour"
    page = browser.post("/link", {"link": "secret"}).text
    assert "Nour Haddad" in page
    again = browser.post("/link/password", {"link": "secret", "password": "short"})
    assert again.status_code == 422
    assert 'href="#password"' in again.text
    done = browser.post("/link/password", {"link": "secret", "password": "a long enough phrase"})
    assert done.headers["location"] == "/"
    assert labd.tokens[browser.token or ""] == "nour"
    assert browser.post("/link", {"link": "secret"}, page="/").status_code == 404


def test_a_new_link_s_secret_is_shown_once_and_is_in_no_address(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("ada")
    fields: dict[str, str | list[str]] = {
        "handle": "max",
        "given_name": "Max",
        "family_name": "<b>",
        "role": ["trainee", "jury", "root"],
    }
    page = browser.post("/people", fields, page="/").text
    secret = next(link for link, handle in labd.links.items() if handle == "max")
    assert f'value="https://portal.test/link#{secret}"' in page
    assert labd.people["max"].roles == ("trainee", "jury")
    assert "&lt;b&gt;" in page
    assert secret not in browser.get("/people").text


def test_a_refused_person_keeps_what_was_typed(browser: Browser) -> None:
    browser.sign_in("ada")
    fields: dict[str, str | list[str]] = {"handle": "lea", "given_name": "Max", "family_name": "", "role": ["trainer"]}
    page = browser.post("/people", fields, page="/").text
    assert 'value="Max"' in page
    assert 'value="trainer" checked' in page
    assert 'value="trainee" checked' not in page


def test_a_password_is_changed(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    fields = {"old_password": "correct horse battery", "new_password": " another long phrase "}
    answer = browser.post("/account/password", fields, page="/account")
    assert answer.headers["location"] == "/account?done=password"
    assert labd.people["lea"].password == " another long phrase "
    assert "est changé" in browser.get("/account?done=password").text


def test_another_sign_in_is_ended(browser: Browser, labd: FakeLabd) -> None:
    other = labd.sign_in("lea")
    browser.sign_in("lea")
    assert browser.post("/account/sign-ins", {"id": "1"}, page="/account").status_code == 303
    assert other not in labd.tokens
    assert browser.post("/account/sign-ins", {"id": "x"}, page="/account").status_code == 404


def test_what_labd_says_is_text_not_html(browser: Browser, labd: FakeLabd) -> None:
    labd.people["lea"].name = "<script>alert(1)</script>"
    browser.sign_in("lea")
    labd.refusals["path"] = Refusal("machine", Text(fr="<img src=x>", en="<img src=x>"))
    page = browser.get("/").text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_script_of_ours_is_told_what_is_wrong_as_json(browser: Browser, labd: FakeLabd) -> None:
    answer = browser.get("/", Accept="application/json")
    assert (answer.status_code, answer.json()["kind"]) == (401, "signed-out")
    browser.sign_in("lea")
    labd.refusals["path"] = Refusal("busy", Text(fr="Occupé.", en="Busy."), seconds=3)
    answer = browser.get("/", Accept="application/json")
    expected = {"kind": "busy", "text": "Occupé.", "hint": "", "field": "", "seconds": 3}
    assert (answer.status_code, answer.json()) == (409, expected)


# Static files -------------------------------------------------------------------------------------------------


def test_every_file_is_served_with_its_type(browser: Browser) -> None:
    for name in manifest():
        assert browser.get(static(name)).headers["content-type"].split(";")[0] in {
            "text/css", "text/javascript", "image/svg+xml", "image/png", "text/plain", "font/woff2", "application/json",
        }  # fmt: skip


def test_a_file_that_is_none_has_no_address() -> None:
    with pytest.raises(KeyError):
        static("nothing.css")


def test_scripts_and_styles_ask_nobody_else() -> None:
    for name, (path, _) in manifest().items():
        if path.suffix in {".css", ".js"} and "vendor" not in name and "xterm" not in name:
            assert not re.search(r"(?:https?:)?//[\w.-]+\.\w{2,}/|@import|eval\(", path.read_text()), name


def test_no_page_runs_or_styles_anything_inline() -> None:
    for name, page in every_page("fr").items():
        for tag, attributes in Reading.of(page).tags:
            assert tag != "style", name
            data = attributes.get("type") == "application/json"  # which is read, and never run
            assert tag != "script" or data or attributes["src"].startswith("/static/"), name
            assert not [one for one in attributes if one.startswith("on") or one == "style"], name
            for address in (attributes.get(one, "/") for one in ("src", "href", "action")):
                assert address.startswith(("/", "#")), name
                assert not address.startswith("//"), name
