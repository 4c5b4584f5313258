"""Whatever is sent to the portal: a page or a refusal with all its headers, never a mistake of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.types import Message

from orchestrator.portal.visit import form_key_of
from tests.fakes import labd_world as world
from tests.fakes.labd_privacy import LONG

from .browser import ORIGIN, Browser

_KEY: Final = "k" * 32
_WORDS: Final = st.one_of(
    st.sampled_from(
        [
            "", "0", "-1", "9" * 19, "9" * 5000, "1e9", "\0", "\r\nSet-Cookie: a=b", "../../etc/passwd", "..%2f",
            "//evil.test", "/\\evil.test", "https://evil.test/", "javascript:alert(1)", "{{ 7 * 7 }}",
            "<script>alert(1)</script>", "lea", "admin", "en", "root", "pc1", "eth0", world.SCENARIO, world.LAB,
            "\u202e", "é" * 300, "²", "\U0001f600",
        ]
    ),
    st.text(max_size=12),
)  # fmt: skip
_FIELDS: Final = (
    "handle", "password", "new_password", "old_password", "next", "back", "language", "link", "id", "seed", "role",
    "given_name", "family_name", "host", "interface", "action", "segment", "question", "value", "minutes", "symptom",
    "kind", "rows", "columns", "form_key", "confirmed",
)  # fmt: skip
_HEADERS: Final = (
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "accept-language", "accept", "user-agent", "range",
    "content-type", "content-length", "origin", "sec-fetch-site", "host", "x-form-key", "last-event-id", "cookie",
    "if-none-match", "x-http-method-override",
)  # fmt: skip


def _paths(browser: Browser) -> Sequence[str]:
    routes = [route.path for route in browser.app.routes if isinstance(route, Route)]
    return [*(path for path in routes if not path.endswith("/events")), "/nothing/{lab}"]


@st.composite
def _requests(draw: st.DrawFn, paths: Sequence[str]) -> dict[str, Any]:
    path = draw(st.sampled_from(paths))
    known = {
        "lab": world.LAB,
        "scenario": world.SCENARIO,
        "terminal": "a",
        "file:path": "x",
        "attempt": "41",
        "recording": LONG,
    }
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", draw(st.one_of(st.just(value), _WORDS)))
    fields = draw(st.lists(st.tuples(st.sampled_from(_FIELDS), _WORDS), max_size=6))
    return {
        "path": path + draw(st.sampled_from(["", "", "", "/", "//", "/../account", "%00"])),
        "method": draw(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "TRACE"])),
        "query": draw(st.one_of(st.just(""), _WORDS.map(lambda word: f"next={quote(word)}&done={quote_plus(word)}"))),
        "body": draw(
            st.one_of(
                st.just("&".join(f"{name}={quote_plus(value)}" for name, value in fields).encode()),
                st.binary(max_size=30),
            )
        ),
        "headers": draw(st.lists(st.tuples(st.sampled_from(_HEADERS), _WORDS), max_size=3)),
        "ours": draw(st.integers(0, 3)) > 0,
        "who": draw(st.sampled_from(["", "lea", "ada"])),
    }  # fmt: skip


def _header_lines(asked: dict[str, Any], token: str | None) -> list[tuple[bytes, bytes]]:
    """Return the headers: those of a form of ours, mostly, and whatever was drawn."""
    drawn = [(name.encode(), value.encode("utf-8", "replace")) for name, value in asked["headers"]]
    cookie = f"__Host-breakfix-key={_KEY}" + (f"; __Host-breakfix={token}" if token else "")
    own = {
        b"host": b"portal.test",
        b"origin": ORIGIN.encode(),
        b"cookie": cookie.encode(),
        b"content-type": b"application/x-www-form-urlencoded",
        b"x-form-key": form_key_of(_KEY, token).encode(),
    }
    names = {name for name, _ in drawn}
    return [*drawn, *(line for line in own.items() if asked["ours"] or line[0] not in names)]


def _require_sound(sent: Sequence[Message], asked: dict[str, Any]) -> None:
    start = sent[0]
    headers = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    assert start["status"] < 500, asked
    assert not any(set("\r\n\0") & set(value) for _, value in headers)
    named = dict(headers)
    if start["status"] not in {400, 421}:  # it did not even ask for us
        assert "'none'" in named["content-security-policy"]
        assert named["x-content-type-options"] == "nosniff"
        assert "content-type" in named or start["status"] in {204, 303, 307}
    if "location" in named:
        leads = urlsplit(named["location"])
        assert (leads.scheme, leads.netloc) in {("", ""), ("https", "portal.test")}, named["location"]
    for name, value in headers:
        if name == "set-cookie":
            assert value.startswith("__Host-")
            assert "Secure" in value
            assert "HttpOnly" in value
    page = b"".join(message.get("body", b"") for message in sent[1:])
    assert b"<script>alert" not in page
    assert b'"javascript:' not in page


@pytest.mark.slow
def test_any_request_gets_a_sound_answer(browser: Browser) -> None:
    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(_requests(_paths(browser)))
    def anything(asked: dict[str, Any]) -> None:
        token = browser.labd.sign_in(asked["who"]) if asked["who"] else None
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": asked["method"],
            "path": asked["path"],
            "query_string": asked["query"].encode(),
            "headers": _header_lines(asked, token),
            "scheme": "https",
            "server": ("127.0.0.1", 443),
            "client": ("192.0.2.1", 1),
        }
        _require_sound(browser.raw(scope, [{"type": "http.request", "body": asked["body"]}]), asked)

    anything()


def test_a_number_that_no_machine_has_is_nothings(browser: Browser) -> None:
    browser.sign_in("lea")
    for number in ("9" * 18, "9" * 30, "9" * 5000):
        assert browser.post("/account/sign-ins", {"id": number}, page="/account").status_code == 404
