"""Every form of the portal, with whatever its fields may hold: no mistake of ours, nothing said again unescaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from orchestrator.portal.visit import form_key_of
from tests.fakes import labd_classes as fake
from tests.fakes import labd_sessions as sessions
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd

from .browser import ORIGIN, Browser, Reading

pytestmark = pytest.mark.slow

FIELDS: Final[Mapping[str, str]] = {
    "/sign-in": "handle password next",
    "/sign-out": "",
    "/link": "link",
    "/link/password": "link password",
    "/language": "language back",
    "/scenarios/{scenario}": "seed",
    "/account/password": "old_password new_password",
    "/account/sign-ins": "id",
    "/account/privacy/export": "",
    "/account/privacy/erasure": "password",
    "/account/privacy/erasure/withdraw": "",
    "/people": "handle given_name family_name role",
    "/people/link": "handle",
    "/people/roles/{handle}": "role role password",
    "/people/erasure/{handle}": "confirmed",
    "/classes": "name",
    "/classes/{name}/members": "people",
    "/classes/{name}/members/remove": "handle",
    "/classes/{name}/members/{handle}/link": "",
    "/classes/{name}/members/{handle}/attempts/{attempt}": "text",
    "/classes/{name}/members/{handle}/attempts/{attempt}/comments/{note}": "text",
    "/classes/{name}/members/{handle}/attempts/{attempt}/comments/{note}/withdraw": "",
    "/classes/{name}/code": "",
    "/classes/{name}/code/end": "",
    "/classes/{name}/limits": "labs memory processors",
    "/classes/{name}/launch": "scenario for handle",
    "/classes/{name}/check": "lab",
    "/classes/{name}/announce": "text",
    "/classes/{name}/hint": "hint",
    "/classes/{name}/stop": "",
    "/catalogue/{scenario}/prove": "seeds",
    "/new-session": (
        "do do title scope ccps date notes rehearsal anyway list jury-0-name jury-1-person candidates-0-number "
        "candidates-7-extra_time phases-0-title phases-0-minutes phases-0-hints phases-0-draw-0-competence "
        "phases-0-scenarios-0 phases-99-name"
    ),
    "/new-session/text": "plan candidates rehearsal anyway do",
    "/sessions/{session}/withdraw": "reason",
    "/sessions/{session}/day": "act phase text",
    "/sessions/{session}/codes": "number",
    "/sessions/{session}/seats": "act number id",
    "/seat": "code",
    "/seat/leave": "",
    "/seat/terminals/{phase}/{lab:int}/pages": "host address proxy",
    "/seat/terminals/{phase}/{lab:int}/terminals": "host kind rows columns",
    "/seat/terminals/{phase}/{lab:int}/terminals/{terminal}/close": "",
    "/seat/work/{phase}/{place}/answer": "question value",
    "/seat/work/{phase}/{place}/cable": "host interface action segment",
    "/seat/talk/{phase}/{place}/say": "person text",
    "/seat/work/{phase}/{place}/report": "symptom cause action test minutes",
    "/jury/{session}/sign": "password digest anyway",
    "/jury/{session}/candidates/{number}/decide": "subject verdict reason",
    "/jury/{session}/candidates/{number}/observe": "competence text question",
    "/jury/{session}/candidates/{number}/phases/{phase}/appeal": "",
    "/sessions/{session}/day/{phase}/{number}": "act text minutes scenario",
    "/proof/cancel": "number",
    "/join": "code",
    "/join/account": "code handle given_name family_name password",
    "/labs/{lab}/check": "",
    "/labs/{lab}/hint": "",
    "/labs/{lab}/reset": "",
    "/labs/{lab}/stop": "",
    "/labs/{lab}/thaw": "",
    "/labs/{lab}/resume": "",
    "/labs/{lab}/pages": "host address proxy",
    "/labs/{lab}/cable": "host interface action segment",
    "/labs/{lab}/answer": "question value",
    "/labs/{lab}/say": "person text",
    "/labs/{lab}/report": "symptom cause action test minutes",
    "/labs/{lab}/terminals": "host kind rows columns",
    "/labs/{lab}/terminals/{terminal}/close": "",
    "/labs/{lab}/typing/ask": "terminal",
    "/labs/{lab}/typing/answer": "id allow",
    "/labs/{lab}/typing/end": "id",
    "/labs/{lab}/trainer-hint": "text",
}
"""Each address that takes a form -> its fields."""
_PLACES: Final[Mapping[str, Sequence[str]]] = {
    "scenario": [world.SCENARIO, "nowhere"],
    "name": [fake.CLASS, "elsewhere"],
    "handle": ["lea", "nobody"],
    "attempt": ["41", "0"],
    "note": ["1", "0", "a"],
    "lab": [world.LAB, "nowhere"],
    "terminal": ["1", "a"],
    "session": [sessions.SESSION, "nowhere"],
    "phase": ["reseau", "nowhere"],
    "number": ["C-01", "C-99"],
    "place": ["1", "0", "a"],
}
_RIGHT: Final = [
    world.SCENARIO, world.LAB, fake.CLASS, "lea", "theo", "pc1", "eth0", "office", "plug", "root", "1", "12", "all",
    "http://web1/", "some", "yes", "en", "trainee", "correct horse battery", "/account", "handle,name\nzed,Zed\n",
    "pause", "begin", "reseau", "1.3", "acquired", "id: new-one\n", "id: mistake\n", "past\nid: old\n",
    "add-jury", "add-phases-0-draw", "remove-candidates-0", "remove-phases-0", "list", "text", "file", "fields",
    "check", "mistake", "2026-12-14", "number,name\nC-01,Zoé\n",
]  # fmt: skip
_EVIL: Final = (
    '"><script>evil()</script>', "'><img src=x onerror=evil()>", "</textarea><evil>", "</script><evil>", "<!--<evil>",
    "{{ 7 * 7 }}<evil>", "javascript:evil()", "//evil.test", "/\\evil.test", "https://evil.test/", "/%2e%2e/%2e%2e/x",
    "\r\nSet-Cookie: evil=1", "\0", "\x1b]0;evil\x07", "\u202e\u2066evil", "=cmd|' /C calc'!A0", "é" * 9000,
    "\U0001f600", "9" * 5000, "-1", "1e9", "²", "\ufeffhandle\nx", 'handle,name\n"', "handle,role\nzed,administrator\n",
    "handle;name\n=1;<evil>\n",
)  # fmt: skip
_VALUES: Final = st.one_of(
    st.sampled_from(_RIGHT).map(str.encode),
    st.sampled_from(_EVIL).map(str.encode),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=8),
)
_SECRET: Final = "k" * 32
_PLAIN: Final = "application/x-www-form-urlencoded"
_KEYS: Final = ("right", "right", "right", "in a header", "none", "another's", "twice")


@st.composite
def _forms(draw: st.DrawFn, path: str, fields: Sequence[str]) -> dict[str, Any]:
    """Draw what is sent to an address: its fields, a field of others, some twice; or no form at all."""
    for name, values in _PLACES.items():
        path = path.replace(f"{{{name}}}", draw(st.sampled_from(values)))
    names = [*(name for name in fields if draw(st.integers(0, 9))), *draw(st.lists(st.sampled_from(_ANY), max_size=2))]
    sent = [(name, draw(_VALUES)) for name in names]
    kind = draw(st.sampled_from([_PLAIN, _PLAIN, _PLAIN, f"{_PLAIN}; charset=latin-1", "json", "files", "bytes"]))
    return {
        "path": path,
        "kind": kind,
        "sent": sent,
        "key": draw(st.sampled_from(_KEYS)),
        "who": draw(st.sampled_from(["", "lea", "theo", "ines", "paul", "ada"])),
        "script": draw(st.booleans()),
    }


_ANY: Final = sorted({"form_key_", "", "\u202e", *(name for names in FIELDS.values() for name in names.split())})


def _body(kind: str, sent: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return a content type and a body of it."""
    if kind == "json":
        return "application/json", b'{"handle": "lea", "password": {}}'
    if kind == "bytes":
        return "application/octet-stream", b"".join(value for _, value in sent)
    if kind == "files":
        head = 'Content-Disposition: form-data; name="{}"; filename="../../x.csv"\r\n\r\n'
        parts = [b"--x\r\n" + head.format(name).encode() + value + b"\r\n" for name, value in sent]
        return "multipart/form-data; boundary=x", b"".join([*parts, b"--x--\r\n"])
    return kind, "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sent).encode()


def _sent(browser: Browser, asked: Mapping[str, Any]) -> tuple[int, dict[str, str], str]:
    """Send a form; return the status, the headers and the page."""
    token = browser.labd.sign_in(asked["who"]) if asked["who"] else None
    key, other = form_key_of(_SECRET, token), form_key_of(_SECRET, "another's")
    carried = {"right": [key], "twice": [key, key], "another's": [other]}.get(asked["key"], [])
    plain = asked["kind"].startswith(_PLAIN)
    fields = [("form_key", one.encode()) for one in carried] if plain else []
    kind, body = _body(asked["kind"], [*fields, *asked["sent"]])
    headers = {
        "host": "portal.test",
        "origin": ORIGIN,
        "sec-fetch-site": "same-origin",
        "content-type": kind,
        "cookie": f"__Host-breakfix-key={_SECRET}" + (f"; __Host-breakfix={token}" if token else ""),
        **({"accept": "application/json"} if asked["script"] else {}),
        **({"x-form-key": key} if asked["key"] == "in a header" or (asked["key"] == "right" and not plain) else {}),
    }
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": asked["path"], "scheme": "https",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    messages = browser.raw(scope, [{"type": "http.request", "body": body}])
    said = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    page = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], said, page.decode("utf-8", "replace")


def _require_sound(status: int, headers: Mapping[str, str], page: str) -> None:
    """Require an answer in which nothing that was sent is anything but text."""
    assert status < 500
    assert not any(set("\r\n\0") & set(value) for value in headers.values())
    assert urlsplit(headers.get("location", ""))[:2] in {("", ""), ("https", "portal.test")}
    if headers.get("content-type", "").startswith("text/html"):
        reading = Reading.of(page)
        assert reading.wrong == []
        for tag, attributes in reading.tags:
            assert tag != "evil"
            assert not any(name.startswith("on") for name in attributes)
            led = [attributes.get(name, "") for name in ("href", "src", "action", "formaction")]
            assert not any("evil" in one and not one.startswith("/") for one in led)
            assert not any(one.startswith("//") for one in led)
        assert len([tag for tag, attributes in reading.tags if tag == "script" and "src" not in attributes]) == 0
        assert "49<evil>" not in page


def test_each_address_that_takes_a_form_is_known(browser: Browser) -> None:
    routes = [route for route in browser.app.routes if isinstance(route, Route)]
    assert {route.path for route in routes if "POST" in (route.methods or ())} == set(FIELDS)


@pytest.mark.parametrize("key", ["none", "another's", "twice"])
def test_no_form_does_anything_without_its_key(browser: Browser, labd: FakeLabd, key: str) -> None:
    for path, fields in FIELDS.items():
        place = path
        for name, values in _PLACES.items():
            place = place.replace(f"{{{name}}}", values[0])
        sent = [(field, b"lea") for field in fields.split()]
        asked = {"path": place, "kind": _PLAIN, "sent": sent, "key": key, "who": "ada", "script": False}
        status, _, _ = _sent(browser, asked)
        assert status == 403, path
    assert {name for name, _, _ in labd.asked} == {"me"}


@pytest.mark.parametrize("path", FIELDS)
def test_whatever_a_form_holds_is_text(browser: Browser, labd: FakeLabd, path: str) -> None:
    @settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(_forms(path, FIELDS[path].split()))
    def anything(asked: dict[str, Any]) -> None:
        labd.asked.clear()
        status, headers, page = _sent(browser, asked)
        _require_sound(status, headers, page)
        if asked["key"] in {"none", "another's", "twice"}:
            assert status == 403
            assert {name for name, _, _ in labd.asked} <= {"me"}

    anything()
