"""What is refused before a page is made, and what every answer carries."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import Headers

from orchestrator.portal import static_files, web_safety
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.static_files import static
from orchestrator.portal.web_safety import LARGEST_BODY, comes_from_us, key_in, origin_of, security_headers
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import ORIGIN, Browser

US = WebOrigin.parse(ORIGIN)
FORM = b"application/x-www-form-urlencoded"


def http(method: str = "GET", path: str = "/sign-in", **headers: str) -> dict[str, Any]:
    named = {"host": "portal.test", **headers}
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items() if value]
    return {"type": "http", "method": method, "path": path, "headers": lines, "client": ("192.0.2.7", 1234)}


def status(sent: list[Any]) -> int:
    code: int = sent[0]["status"]
    return code


# Whose host ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("portal.test", 200),
        ("PORTAL.test", 200),
        ("portal.test:443", 421),
        ("evil.test", 421),
        ("portal.test.evil.test", 421),
        ("portal.test@evil.test", 421),
        ("portal.test:8443", 421),
        ("", 400),
    ],
)
def test_only_our_own_host_is_answered(browser: Browser, host: str, expected: int) -> None:
    assert status(browser.raw(http(host=host))) == expected


def test_two_hosts_are_none(browser: Browser) -> None:
    scope = http()
    scope["headers"].append((b"host", b"portal.test"))
    assert status(browser.raw(scope)) == 421


def test_an_origin_s_host_is_what_browsers_send() -> None:
    settings = PortalSettings((WebOrigin.parse("https://a.test:8443/"), WebOrigin.parse("http://[::1]:8080")))
    assert str(origin_of(Headers({"host": "a.test:8443"}), settings)) == "https://a.test:8443"
    assert str(origin_of(Headers({"host": "[::1]:8080"}), settings)) == "http://[::1]:8080"
    assert origin_of(Headers({"host": "a.test"}), settings) is None


# Whose page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["", "null", "https://evil.test", "http://portal.test", "https://portal.test:8443"])
def test_a_form_of_another_page_is_refused(browser: Browser, labd: FakeLabd, origin: str) -> None:
    key = browser.form_key()
    answer = browser.send("/sign-in", {"form_key": key, "handle": "lea", "password": "x"}, Origin=origin)
    assert answer.status_code == 403
    assert [name for name, _, _ in labd.asked] == []


@pytest.mark.parametrize(
    ("site", "expected"), [("cross-site", 403), ("same-site", 403), ("none", 403), ("same-origin", 303), ("", 303)]
)
def test_what_the_browser_says_of_a_form_s_origin_counts(browser: Browser, site: str, expected: int) -> None:
    fields = {"form_key": browser.form_key(), "handle": "lea", "password": "correct horse battery"}
    assert browser.send("/sign-in", fields, **{"Sec-Fetch-Site": site}).status_code == expected


def test_two_origins_are_none() -> None:
    twice = Headers(raw=[(b"origin", ORIGIN.encode()), (b"origin", ORIGIN.encode())])
    assert not comes_from_us(twice, US)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "CONNECT"])
def test_other_methods_are_refused(browser: Browser, method: str) -> None:
    assert status(browser.raw(http(method, origin=ORIGIN))) == 405


def test_a_page_is_not_changed_by_reading(browser: Browser, labd: FakeLabd) -> None:
    """What changes something has to be sent: its address alone does nothing."""
    browser.sign_in("ada")
    labd.asked.clear()
    for path in ("/sign-out", "/language", "/link/password", "/people/link", "/account/password", "/account/sign-ins"):
        assert browser.get(path).status_code == 405
    assert {name for name, _, _ in labd.asked} == {"me"}


# The form key -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "0" * 64, "é"])
def test_a_form_without_our_key_is_refused(browser: Browser, labd: FakeLabd, key: str) -> None:
    browser.form_key()
    answer = browser.send("/sign-in", {"form_key": key, "handle": "lea", "password": "correct horse battery"})
    assert answer.status_code == 403
    assert "plus à jour" in answer.text
    assert labd.asked == []


def test_the_key_of_another_browser_is_none(runner: asyncio.Runner, labd: FakeLabd) -> None:
    mine, theirs = Browser(runner, labd), Browser(runner, labd)
    theirs.form_key()
    assert theirs.send("/language", {"form_key": mine.form_key(), "language": "en"}).status_code == 403


def test_a_key_from_before_the_sign_in_is_none_after(browser: Browser) -> None:
    """Whoever has planted the cookie with the secret cannot make the key of somebody who is signed in."""
    before = browser.form_key()
    planted = browser.http.cookies["__Host-breakfix-key"]
    browser.sign_in("lea")
    browser.http.cookies.set("__Host-breakfix-key", planted, domain="portal.test")
    assert browser.send("/language", {"form_key": before, "language": "en"}).status_code == 403
    assert browser.send("/language", {"form_key": browser.form_key("/"), "language": "en"}).status_code == 303


def test_scripts_send_the_key_as_a_header(browser: Browser) -> None:
    answer = browser.send("/language", {"language": "en"}, **{"X-Form-Key": browser.form_key()})
    assert answer.status_code == 303


def test_a_script_without_the_key_gets_json(browser: Browser) -> None:
    answer = browser.send("/language", {"language": "en"}, Accept="application/json")
    assert (answer.status_code, answer.json()["kind"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (FORM, b"form_key=a", "a"),
        (FORM + b"; charset=utf-8", b"x=1&form_key=a%20b", "a b"),
        (FORM, b"form_key=a&form_key=a", ""),
        (FORM, b"x=1", ""),
        (FORM, "form_key=é".encode(), ""),
        (FORM, b"form_key=%ff", ""),
        (FORM + b"x", b"form_key=a", ""),
        (FORM, b"&".join(b"x=1" for _ in range(300)), ""),
        (b"multipart/form-data; boundary=x", b'--x\r\ncontent-disposition: form-data; name="form_key"\r\n\r\na', ""),
        (b"text/plain", b"form_key=a", ""),
        (b"", b"form_key=a", ""),
    ],
)
def test_the_key_stands_in_one_field_of_a_plain_form(kind: bytes, body: bytes, expected: str) -> None:
    assert key_in(Headers(raw=[(b"content-type", kind)] if kind else []), body) == expected


def test_a_post_to_a_static_file_is_refused_like_any_other(browser: Browser) -> None:
    browser.form_key()
    assert browser.send(static("portal.css"), {}).status_code == 403


# How much -----------------------------------------------------------------------------------------------------


def test_a_body_that_says_it_is_too_large_is_not_read(browser: Browser) -> None:
    scope = http("POST", origin=ORIGIN, content_length=str(LARGEST_BODY + 1))
    assert status(browser.raw(scope)) == 413


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "\u00b2", "9" * 5000])
def test_a_length_that_is_none_is_refused(browser: Browser, length: str) -> None:
    assert status(browser.raw(http("POST", origin=ORIGIN, content_length=length))) == 413


def test_a_body_in_pieces_is_counted(browser: Browser, labd: FakeLabd) -> None:
    pieces = [{"type": "http.request", "body": b"x" * 65536, "more_body": True}] * 5
    assert status(browser.raw(http("POST", origin=ORIGIN, transfer_encoding="chunked"), pieces)) == 413
    assert labd.asked == []


def test_half_a_form_changes_nothing(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    key = browser.form_key("/")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    headers = {"origin": ORIGIN, "cookie": cookies, "content_type": FORM.decode(), "x_form_key": key}
    whole = b"symptom=cable&cause=a+long+story&action=a&test=t&minutes=5"
    labd.asked.clear()
    scope = http("POST", f"/labs/{world.LAB}/report", **headers)
    assert browser.raw(scope, [{"type": "http.request", "body": whole[:30], "more_body": True}]) == []
    assert labd.asked == []
    assert status(browser.raw(scope, [{"type": "http.request", "body": whole}])) == 303
    assert labd.asked[-1][0] == "report"


def test_a_body_that_does_not_end_is_given_up(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> Any:  # noqa: ANN401
        await asyncio.Event().wait()

    monkeypatch.setattr(web_safety, "BODY_SECONDS", 0)
    sent: list[Any] = []

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    asyncio.run(browser.app({**http("POST", origin=ORIGIN), "query_string": b""}, never, send))
    assert status(sent) == 408


# What every answer carries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/", static("portal.css"), "/static/x"])
def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["font-src"] == "'self'"
    assert policy["connect-src"] == "'self' wss://portal.test"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")


def test_a_refusal_carries_them_too(browser: Browser) -> None:
    answer = browser.send("/sign-in", {}, Origin="https://evil.test")
    assert answer.status_code == 403
    assert "content-security-policy" in answer.headers


def test_a_mistake_of_ours_is_a_page_with_headers_and_no_traceback(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    labd.people["lea"].roles = ("trainee",)
    browser.app.state.labd = None
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "Le portail s’est trompé" in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_mistake_before_anybody_is_known_is_said_too(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_files, "digest", lambda: 1 / 0)
    answer = browser.get("/static/x/portal.css")
    assert (answer.status_code, answer.text.split(".")[0]) == (500, "Le portail s'est trompé")


def test_each_page_has_a_nonce_of_its_own(browser: Browser) -> None:
    one, other = (browser.get("/sign-in").headers["content-security-policy"] for _ in range(2))
    assert "'nonce-" in one
    assert one != other


def test_pages_are_not_kept_and_static_files_are(browser: Browser) -> None:
    assert browser.get("/sign-in").headers["cache-control"] == "no-store"
    kept = browser.get(static("portal.css")).headers
    assert kept["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in kept


def test_without_tls_nobody_is_told_to_insist_on_it() -> None:
    plain = security_headers(WebOrigin.parse("http://localhost:8080"), "n")
    assert "Strict-Transport-Security" not in plain
    assert "ws://localhost:8080" in plain["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in security_headers(WebOrigin.parse("https://localhost"), "n")


# WebSockets ---------------------------------------------------------------------------------------------------


def socket(key: str, **headers: str) -> dict[str, Any]:
    offered = ["breakfix", f"key-{key}"]
    return {**http(path="/labs/nowhere", **headers), "type": "websocket", "subprotocols": offered, "scheme": "wss"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": ORIGIN, "host": "evil.test"},
        {"origin": ORIGIN, "sec_fetch_site": "same-site"},
        {"origin": ORIGIN},
    ],
)
def test_a_websocket_of_another_page_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    """The last has our origin, but not our key."""
    sent = browser.raw(socket("0" * 64, **headers), [{"type": "websocket.connect"}])
    assert [(one["type"], one["code"]) for one in sent] == [("websocket.close", 4403)]


def test_a_websocket_of_ours_gets_to_its_route(browser: Browser) -> None:
    key = browser.form_key()
    cookie = f"__Host-breakfix-key={browser.http.cookies['__Host-breakfix-key']}"
    sent = browser.raw(socket(key, origin=ORIGIN, cookie=cookie), [{"type": "websocket.connect"}])
    assert [one.get("code") for one in sent] != [4403]
