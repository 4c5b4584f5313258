"""Who visits: cookies, languages, where they come from, and where they are led."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.cookies import Cookies
from orchestrator.portal.pages import local_path
from orchestrator.portal.portal_settings import OriginError, WebOrigin
from orchestrator.portal.visit import caller, language_for
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser

RIGHT = "correct horse battery"


# Cookies ------------------------------------------------------------------------------------------------------


def test_a_cookie_under_tls_is_the_host_s_alone() -> None:
    line = Cookies(secure=True).write("breakfix", "abc-_1")
    assert line.startswith("__Host-breakfix=abc-_1; ")
    assert {part.strip() for part in line.split(";")[1:]} == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"}


def test_without_tls_on_this_machine_it_has_no_prefix() -> None:
    line = Cookies(secure=False).write("breakfix", "abc")
    assert line.startswith("breakfix=abc; ")
    assert "Secure" not in line
    assert "HttpOnly" in line


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("__Host-breakfix=a; other=b", {"breakfix": "a"}),
        ("breakfix=a", {}),
        ("__Host-breakfix=a; __Host-breakfix=b", {"breakfix": "a"}),
        ("__Host-breakfix=" + "a" * 201, {}),
        ("__Host-breakfix=é", {}),
        ("__Host-breakfix=", {}),
        ("__Host-breakfix", {}),
        ("", {}),
    ],
)
def test_only_our_plain_cookies_are_read(header: str, found: dict[str, str]) -> None:
    assert Cookies(secure=True).read(header) == found


def test_a_value_that_is_none_is_not_written() -> None:
    assert "\n" not in Cookies(secure=True).write("breakfix", "a\nSet-Cookie: b=c")


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.test",
        "ftp://portal.test",
        "https://",
        "https://portal.test/path",
        "https://me@portal.test",
        "https://portal.test:99999",
        "https://[::1",
        "http://192.0.2.1",
        "portal.test",
        "",
    ],
)
def test_an_origin_is_under_tls_or_on_this_machine(url: str) -> None:
    with pytest.raises(OriginError):
        WebOrigin.parse(url)


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080", "https://p.test"])
def test_an_origin_reads_as_browsers_send_it(url: str) -> None:
    assert str(WebOrigin.parse(url)) == url


# Signing in and out -------------------------------------------------------------------------------------------


def test_a_sign_in_makes_a_new_token(browser: Browser, labd: FakeLabd) -> None:
    """A token that somebody planted before is not the one that is signed in, and holds no longer."""
    planted = labd.sign_in("theo")
    browser.http.cookies.set("__Host-breakfix", planted, domain="portal.test")
    answer = browser.post("/sign-in", {"handle": "lea", "password": RIGHT}, page="/account")
    assert answer.status_code == 303
    assert browser.token not in {None, planted}
    assert planted not in labd.tokens
    assert labd.tokens[browser.token or ""] == "lea"


def test_the_browser_and_the_address_are_told(browser: Browser, labd: FakeLabd) -> None:
    browser.http.headers["User-Agent"] = "Firefox" + "x" * 500
    browser.sign_in("lea")
    asked = next(request for name, _, request in labd.asked if name == "sign-in")
    assert len(asked.agent) == 200
    assert asked.address == "127.0.0.1"


def test_a_sign_out_deletes_the_token(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    token = browser.token
    assert browser.post("/sign-out", {}, page="/").headers["location"] == "/sign-in"
    assert browser.token is None
    assert token not in labd.tokens
    assert browser.get("/").headers["location"] == "/sign-in"


def test_a_token_that_no_longer_holds_is_forgotten(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    labd.tokens.clear()
    answer = browser.get("/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account")
    assert browser.token is None


def test_a_wrong_password_says_so_at_the_form(browser: Browser) -> None:
    answer = browser.post("/sign-in", {"handle": " lea ", "password": "no", "next": "/account"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="lea"' in answer.text
    assert 'name="next" value="/account"' in answer.text
    assert browser.token is None


def test_a_password_s_spaces_are_its_own(browser: Browser, labd: FakeLabd) -> None:
    labd.people["lea"].password = " two spaces "
    assert browser.post("/sign-in", {"handle": "lea", "password": " two spaces "}).status_code == 303


def test_who_is_signed_in_goes_on(browser: Browser) -> None:
    browser.sign_in("lea")
    assert browser.get("/sign-in?next=/account").headers["location"] == "/account"


# Where somebody is led ----------------------------------------------------------------------------------------

ELSEWHERE = (
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    " //evil.test",
    "/é",
    "",
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_nobody_is_led_elsewhere(browser: Browser, path: str) -> None:
    assert local_path(path) == "/"
    answer = browser.post("/sign-in", {"handle": "lea", "password": RIGHT, "next": path})
    assert answer.headers["location"] == "/"
    assert browser.post("/language", {"language": "en", "back": path}, page="/").headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/account", "/labs/a-1", "/sign-in?next=/account"])
def test_a_path_of_ours_is_followed(path: str) -> None:
    assert local_path(path) == path


def test_a_page_s_address_survives_the_sign_in(browser: Browser) -> None:
    assert browser.get("/scenarios/dns-zone-broken").headers["location"] == "/sign-in?next=/scenarios/dns-zone-broken"


# Languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en", "en"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en-GB;q=0.7,fr;q=0.3", "en"),
        ("en;q=0,fr;q=0.1", "fr"),
        ("en;q=x", "fr"),
        ("de", "fr"),
        ("", "fr"),
        ("," * 5000, "fr"),
    ],
)
def test_a_guest_reads_what_the_browser_prefers(accepted: str, language: str) -> None:
    assert language_for(None, {}, accepted) == language


def test_a_guest_may_choose(browser: Browser) -> None:
    assert '<html lang="fr">' in browser.get("/sign-in").text
    assert browser.post("/language", {"language": "en", "back": "/sign-in"}).headers["location"] == "/sign-in"
    assert '<html lang="en">' in browser.get("/sign-in").text


def test_a_person_s_choice_is_kept_by_labd(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("lea")
    assert browser.post("/language", {"language": "en", "back": "/account"}, page="/").status_code == 303
    assert labd.people["lea"].language == "en"
    assert '<html lang="en">' in browser.get("/").text


# Where somebody comes from ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "trusted", "expected"),
    [
        ("10.9.9.9\n203.0.113.9", True, "203.0.113.9"),
        ("203.0.113.9", False, "192.0.2.7"),
        ("203.0.113.9", True, "203.0.113.9"),
        ("10.9.9.9, 203.0.113.9", True, "203.0.113.9"),
        ("", True, "192.0.2.7"),
    ],
)
def test_only_a_trusted_proxy_says_where_somebody_comes_from(said: str, trusted: bool, expected: str) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in said.splitlines()]
    connection = HTTPConnection({"type": "http", "headers": headers, "client": ("192.0.2.7", 1)})
    assert caller(connection, trusted=trusted) == expected


# labd is silent -----------------------------------------------------------------------------------------------


@pytest.fixture
def deaf(runner: asyncio.Runner, labd: FakeLabd, tmp_path: Path) -> Browser:
    return Browser(runner, labd, LabdClient(tmp_path / "nobody.sock"))


def test_a_silent_labd_is_said_and_nobody_is_signed_out(deaf: Browser) -> None:
    deaf.http.cookies.set("__Host-breakfix", "a-token", domain="portal.test")
    for path in ("/", "/account", "/sign-in"):
        answer = deaf.get(path)
        assert answer.status_code == 503
        assert "ne répond pas" in answer.text
        assert "Réessayer" in answer.text
    assert deaf.token == "a-token"


def test_a_guest_still_gets_the_form_from_a_portal_whose_labd_is_silent(deaf: Browser) -> None:
    assert deaf.get("/sign-in").status_code == 200
    answer = deaf.post("/sign-in", {"handle": "lea", "password": "x"})
    assert answer.status_code == 503


def test_a_sign_out_works_without_labd(deaf: Browser) -> None:
    deaf.http.cookies.set("__Host-breakfix", "a-token", domain="portal.test")
    assert deaf.post("/sign-out", {}, page="/account").status_code == 303
    assert deaf.token is None
