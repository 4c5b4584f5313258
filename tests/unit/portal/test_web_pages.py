"""Web pages of labs: from the lab's page to a site and back, and everything that either side may try."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from orchestrator.core.waiting import wait_until
from orchestrator.labd.web_contract import PageState
from orchestrator.portal import page_door, page_exchange, page_passing
from orchestrator.portal.visit import form_key_of
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_web import ADDRESS
from tests.loopback import V6, v6_only
from tests.unit.portal.served_portal import ServedPortal
from tests.unit.portal.web_sites import SOON, Asked, Made, WebSite, certificate, page, says, web_site

pytestmark = pytest.mark.slow

SECRET = "s" * 32
SHOP = ("shop.lab", 80)
COOKIE = "breakfix-page"


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: HTTPMessage
    body: str

    def all(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []


@dataclass
class Browser:
    """What a browser does, without its rules: it sends what it is told to.

    Attributes:
        portal: the portal.
        labd: the labd behind it.
        token: the sign-in's.
    """

    portal: ServedPortal
    labd: FakeLabd
    token: str

    def ask(self, host: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
        """Ask for something under a host name."""
        place = urlsplit(self.portal.origin)
        connection = HTTPConnection(place.hostname or "", place.port or 0, timeout=SOON)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": host, **named})
            answer = connection.getresponse()
            return Got(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def launch(self, address: str = "http://shop.lab/", host: str = "pc1", **more: str) -> Got:
        """Send the form of the lab's page."""
        place = urlsplit(self.portal.origin).netloc
        form = {"form_key": form_key_of(SECRET, self.token), "host": host, "address": address, **more}
        cookies = f"breakfix={self.token}; breakfix-key={SECRET}"
        kind = "application/x-www-form-urlencoded"
        return self.ask(
            place, f"/labs/{world.LAB}/pages", "POST", urlencode(form).encode(),
            Cookie=cookies, Origin=self.portal.origin, Content_Type=kind,
        )  # fmt: skip

    def open(self, address: str = "http://shop.lab/", host: str = "pc1", **more: str) -> Opened:
        """Open a page from the lab's page."""
        answer = self.launch(address, host, **more)
        assert answer.status == 200, answer.body
        return self.enter(answer.headers["Refresh"].removeprefix("0;url="))

    def enter(self, address: str) -> Opened:
        """Follow the hand-over to a page."""
        parts = urlsplit(address)
        answer = self.ask(parts.netloc, parts.path)
        assert answer.status == 303, answer.body
        [cookie] = answer.all("set-cookie")
        pair, *attributes = cookie.split("; ")
        assert attributes == ["Path=/", "HttpOnly", "SameSite=Lax"]
        return Opened(self, parts.netloc, pair, answer.headers["Location"], address)


@dataclass
class Opened:
    """A page that is open.

    Attributes:
        browser: whose.
        host: its host name, with the port.
        cookie: the pair that opens it.
        address: where it leads at first.
        handed: the address of the hand-over.
    """

    browser: Browser
    host: str
    cookie: str
    address: str
    handed: str

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def get(self, path: str = "/", method: str = "GET", body: bytes | None = None, /, **headers: str) -> Got:
        cookie = headers.pop("Cookie", self.cookie)
        return self.browser.ask(self.host, path, method, body, Cookie=cookie, **headers)


@pytest.fixture(scope="module")
def serving(portal: ServedPortal) -> Iterator[FakeLabd]:
    with portal.labd() as labd:
        yield labd


@pytest.fixture
def lea(portal: ServedPortal, serving: FakeLabd) -> Browser:
    serving.web.sites.clear()
    serving.web.asked.clear()
    serving.web.authorities = ""
    return Browser(portal, serving, serving.sign_in("lea"))


@contextmanager
def shop(browser: Browser, answer: bytes, place: tuple[str, int] = SHOP) -> Iterator[WebSite]:
    """Run a site that the lab's hosts know as the shop."""
    with web_site(says(answer)) as site:
        browser.labd.web.sites[place] = site.place
        yield site


# The way there ------------------------------------------------------------------------------------------------


def test_a_page_is_opened_from_the_lab(lea: Browser) -> None:
    with shop(lea, page(b"<h1>Tea</h1>", "Content-Type: text/html", "Server: nginx")) as site:
        opened = lea.open("shop.lab/cart?id=7&b=%C3%A9#top")
        assert opened.address == f"{opened.origin}/cart?id=7&b=%C3%A9"
        got = opened.get("/cart?id=7&b=%C3%A9")
        assert (got.status, got.body, got.all("server")) == (200, "<h1>Tea</h1>", ["nginx"])
        assert site.asked[0].line == "GET /cart?id=7&b=%C3%A9 HTTP/1.1"
        assert (site.asked[0].named("host"), site.asked[0].named("connection")) == (["shop.lab"], ["close"])
        host, asked = lea.labd.web.asked[0]
        assert (host, asked) == ("pc1", {"name": "shop.lab", "port": "80", "act": "1", "authorities": "0"})
        assert re.fullmatch(r"shop-lab-[0-9a-f]{16}\.localhost:\d+", opened.host)


def test_the_same_site_is_the_same_page(lea: Browser) -> None:
    """So that its own cookies stay; other sites, hosts and sign-ins have host names of their own."""
    other = Browser(lea.portal, lea.labd, lea.labd.sign_in("lea"))
    hosts = [
        one.host
        for one in (
            lea.open(), lea.open("http://shop.lab:80/x"), lea.open("http://shop.lab:81/"), lea.open(host="srv1"),
            lea.open("https://shop.lab/"), lea.open(proxy="proxy.lab"), other.open(),
        )
    ]  # fmt: skip
    assert hosts[0] == hosts[1]
    assert len(set(hosts)) == 6


def test_a_handed_over_page_opens_once(lea: Browser) -> None:
    opened = lea.open()
    path = urlsplit(opened.handed).path
    assert lea.ask(opened.host, path).status == 403
    fresh = urlsplit(lea.launch().headers["Refresh"].removeprefix("0;url="))
    assert fresh.netloc == opened.host
    another = lea.open("http://other.lab/")
    assert lea.ask(another.host, fresh.path).status == 403, "under another page's name"
    assert lea.ask(fresh.netloc, fresh.path).status == 403, "it is used up by that"
    fetched = urlsplit(lea.launch().headers["Refresh"].removeprefix("0;url="))
    assert lea.ask(fetched.netloc, fetched.path, Sec_Fetch_Mode="no-cors").status == 403


@pytest.mark.parametrize(
    ("address", "host", "proxy", "status"),
    [
        ("ftp://shop.lab/", "pc1", "", 422),
        ("http://user:pw@shop.lab/", "pc1", "", 422),
        ("http://[fe80::1]/", "pc1", "", 422),
        ("http://[fe80::1%25eth0]/", "pc1", "", 422),
        ("http://[::ffff:192.0.2.1]/", "pc1", "", 422),
        ("http://[v1.fe]/", "pc1", "", 422),
        ("http://fd00::80/", "pc1", "", 422),
        ("http://-x/", "pc1", "", 422),
        ("http://a b/", "pc1", "", 422),
        ("http://shop.lab:99999/", "pc1", "", 422),
        ("http://shop.lab:0/", "pc1", "", 422),
        ("javascript:alert(1)", "pc1", "", 422),
        ("", "pc1", "", 422),
        ("http://shop.lab/" + "x" * 2000, "pc1", "", 422),
        ("https://shop.lab/", "pc1", "proxy.lab", 422),
        ("http://shop.lab/", "pc1", "proxy lab", 422),
        ("http://shop.lab/", "none", "", 404),
        ("http://shop.lab/", "", "", 404),
    ],
)
def test_what_is_no_page_is_not_opened(lea: Browser, address: str, host: str, proxy: str, status: int) -> None:
    answer = lea.launch(address, host, proxy=proxy)
    assert (answer.status, answer.headers["Refresh"]) == (status, None)


def test_another_s_lab_has_no_pages(lea: Browser) -> None:
    nour = Browser(lea.portal, lea.labd, lea.labd.sign_in("nour"))
    assert nour.launch().status == 404
    assert Browser(lea.portal, lea.labd, "none").launch().status in {303, 403}
    assert lea.labd.web.asked == []


def test_without_its_key_no_form_opens_a_page(lea: Browser) -> None:
    assert lea.launch(form_key="wrong").headers["Refresh"] is None


# Who may ------------------------------------------------------------------------------------------------------


def test_a_page_is_for_who_has_its_cookie(lea: Browser) -> None:
    with shop(lea, page()) as site:
        opened, another = lea.open(), lea.open("http://other.lab/")
        wrong = (
            "", "breakfix-page=", "breakfix-page=x", another.cookie, opened.cookie[:-1], f"X{opened.cookie}",
            f"breakfix={lea.token}", opened.cookie.replace("=", "=="), f"__Host-{opened.cookie}",
        )  # fmt: skip
        for cookie in wrong:
            got = opened.get(Cookie=cookie)
            assert (got.status, "shop.lab" in got.body, got.all("set-cookie")) == (403, False, []), cookie
        assert site.asked == []
        assert opened.get(Cookie=f"{COOKIE}=planted; a=b; {opened.cookie}").status == 200
        assert site.asked[0].named("cookie") == ["a=b"]


def test_a_page_is_under_no_other_name(lea: Browser) -> None:
    with shop(lea, page()) as site:
        opened = lea.open()
        label, _, rest = opened.host.partition(".")
        port = rest.partition(":")[2]
        portal = urlsplit(lea.portal.origin).netloc
        for host in (
            f"x.{opened.host}", f"{label}.localhost", f"{label}.localhost.:{port}", f"{label}x.localhost:{port}",
            f"{label}.127.0.0.1:{port}", f"localhost:{port}", portal, f"{label}@localhost:{port}",
            f"{label}.evil:{port}",
        ):  # fmt: skip
            assert lea.ask(host, "/", Cookie=opened.cookie).status in {303, 400, 403, 421}, host
        assert site.asked == []
        assert opened.get().status == 200
        assert lea.ask(opened.host.upper(), "/", Cookie=opened.cookie).status == 200


def test_the_portal_is_not_under_a_page_s_name(lea: Browser) -> None:
    """Neither its pages nor its cookies: what is asked there is the site's."""
    with shop(lea, page(b"the site's")) as site:
        opened = lea.open()
        for path in ("/sign-in", f"/labs/{world.LAB}", "/static/x/portal.css", "/account"):
            got = opened.get(path, Cookie=f"{opened.cookie}; breakfix={lea.token}; breakfix-key={SECRET}")
            assert (got.status, got.body) == (200, "the site's")
        assert [one.named("cookie") for one in site.asked] == [[]] * 4


def test_the_end_of_the_sign_in_ends_its_pages(lea: Browser) -> None:
    with shop(lea, page()) as site:
        opened = lea.open()
        lea.labd.tokens.clear()
        assert opened.get().status == 401
        assert site.asked == []


def test_a_trainer_reads_and_sends_nothing(lea: Browser) -> None:
    ada = Browser(lea.portal, lea.labd, lea.labd.sign_in("ada"))
    assert "trainer" in lea.labd.people["ada"].roles
    with shop(lea, page()) as site:
        opened = ada.open()
        assert opened.get().status == 200
        assert opened.get("/", "POST", b"x").status == 403
        assert [one.line for one in site.asked] == ["GET / HTTP/1.1"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
        ("GET", {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 200),
        ("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "OWN"}, 200),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Origin": "http://x.localhost"}, 403),
        ("POST", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403),
        ("POST", {"Origin": "http://x.localhost"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("OPTIONS", {"Origin": "http://x.localhost", "Access-Control-Request-Method": "PUT"}, 403),
        ("GET", {"Service-Worker": "script"}, 403),
        ("TRACE", {}, 405),
        ("PROPFIND", {}, 405),
    ],
)
def test_other_pages_do_nothing_in_a_page(lea: Browser, method: str, headers: Mapping[str, str], status: int) -> None:
    with shop(lea, page()) as site:
        opened = lea.open()
        sent = {name: opened.origin if value == "OWN" else value for name, value in headers.items()}
        assert opened.get("/", method, **sent).status == status
        assert len(site.asked) == (status == 200)


# What passes --------------------------------------------------------------------------------------------------


def test_what_the_site_gets(lea: Browser) -> None:
    with shop(lea, page()) as site:
        opened = lea.open()
        opened.get(
            "/", "POST", b"a=1", Origin=opened.origin, Referer=f"{opened.origin}/cart?x=1",
            Cookie=f"sid=7; {opened.cookie}; __Host-breakfix=t; breakfix-key=k; BreakFix-Page=x; last=1",
            X_Forwarded_For="192.0.2.7", X_Forwarded_Host="portal", Forwarded="for=192.0.2.7", Via="1.1 x",
            X_Real_IP="192.0.2.7", Connection="keep-alive, X-Hop", X_Hop="1", TE="trailers", Keep_Alive="5",
            Upgrade="websocket", Proxy_Authorization="Basic x", X_Form_Key="k", Authorization="Basic bGFi", X_Own="1",
        )  # fmt: skip
        [asked] = site.asked
        assert (asked.line, asked.body) == ("POST / HTTP/1.1", b"a=1")
        kept = {line.partition(":")[0].lower() for line in asked.head.split("\r\n")[1:]}
        assert kept == {
            "host", "connection", "cookie", "origin", "referer", "authorization", "x-own", "content-length",
            "accept-encoding",
        }  # fmt: skip
        assert asked.named("cookie") == ["sid=7; last=1"]
        assert (asked.named("origin"), asked.named("referer")) == (["http://shop.lab"], ["http://shop.lab/cart?x=1"])
        assert asked.named("authorization") == ["Basic bGFi"]
        opened.get(Referer="http://127.0.0.1/labs/x")
        assert site.asked[1].named("referer") == []


def test_what_the_browser_gets(lea: Browser) -> None:
    said = (
        "Strict-Transport-Security: max-age=1", "Public-Key-Pins: x", "Clear-Site-Data: *", "Alt-Svc: h2=x",
        "Service-Worker-Allowed: /", "NEL: x", "Report-To: x", "Access-Control-Allow-Origin: *", "Refresh: 0;url=x",
        "Access-Control-Allow-Credentials: true", "Permissions-Policy: camera=*", "Referrer-Policy: unsafe-url",
        "Cross-Origin-Opener-Policy: unsafe-none", "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: 5", "Upgrade: x",
        "X-Accel-Redirect: /x", "Content-Security-Policy: default-src x", "X-Own: 1", "Proxy-Authenticate: Basic",
    )  # fmt: skip
    with shop(lea, page(b"", *said)):
        got = lea.open().get()
    kept = {name.lower() for name, _ in got.headers.items()}
    assert kept == {
        "content-length", "date", "content-security-policy", "x-own", "permissions-policy", "referrer-policy",
        "cross-origin-opener-policy", "cross-origin-resource-policy",
    }  # fmt: skip
    theirs, ours = got.all("content-security-policy")
    assert theirs == "default-src x"
    assert "default-src 'self' data: blob:" in ours
    assert "frame-ancestors 'self'" in ours
    assert re.search(r"form-action 'self' http://\*\.localhost:\d+;", ours)
    assert got.all("referrer-policy") == ["same-origin"]
    assert "camera=()" in got.headers["permissions-policy"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("sid=1; Path=/; HttpOnly", "sid=1; Path=/; HttpOnly"),
        ("sid=1; Domain=shop.lab; Secure", "sid=1; Secure"),
        ("sid=1; domain=.LAB", "sid=1"),
        ("sid=1; Domain=", "sid=1"),
        ("sid=1; Domain=localhost", None),
        ("sid=1; Domain=evil.example", None),
        ("sid=1; Domain=shop.lab; Domain=localhost", None),
        ("sid=1; Domain=hop.lab", None),
        ("breakfix-page=x", None),
        ("BREAKFIX-page=x; Path=/a", None),
        ("__Host-breakfix-page=x; Secure; Path=/", None),
        ("__Host-breakfix=x; Secure; Path=/", None),
        ("  breakfix-page =x", None),
        ("=breakfix-page=x", None),
        ("breakfix-page", None),
    ],
)
def test_a_site_sets_cookies_for_itself_alone(lea: Browser, said: str, kept: str | None) -> None:
    with shop(lea, page(b"", f"Set-Cookie: {said}")):
        assert lea.open().get().all("set-cookie") == ([] if kept is None else [kept])


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/cart", "OWN/cart"),
        ("cart?a=1#b", "OWN/x/cart?a=1#b"),
        ("http://shop.lab/cart", "OWN/cart"),
        ("HTTP://SHOP.lab:80//evil.example/", "OWN//evil.example/"),
        ("//shop.lab/a", "OWN/a"),
        ("?q", "OWN/x/y?q"),
        ("/a%0d%0aX: y", "OWN/a%0d%0aX:%20y"),
        ("/\\evil.example", "OWN/%5Cevil.example"),
        ("/é", "OWN/%C3%A9"),
    ],
)
def test_a_redirect_within_a_site_stays_there(lea: Browser, location: str, expected: str) -> None:
    with shop(lea, page(b"", f"Location: {location}", status="302 Found")):
        opened = lea.open()
        got = opened.get("/x/y")
        assert got.status == 302
        assert got.headers["Location"] == expected.replace("OWN", opened.origin)


def test_a_redirect_to_another_site_leads_to_a_page_of_its_own(lea: Browser) -> None:
    """The portal's own address is nothing else: a name that is looked for in the lab."""
    evil = f"{lea.portal.origin}/labs/{world.LAB}/stop"
    for location in ("https://shop.lab/x?y#z", evil, "http://evil.example/"):
        headers = (f"Location: {location}", "Set-Cookie: sid=1", "Cache-Control: max-age=9999")
        with shop(lea, page(b"", *headers, status="301 Moved Permanently")):
            opened = lea.open()
            got = opened.get()
        assert (got.status, got.headers["Cache-Control"], got.all("set-cookie")) == (303, "no-store", ["sid=1"])
        other = lea.enter(got.headers["Location"])
        assert other.host != opened.host
        assert other.host.partition(".")[2] == opened.host.partition(".")[2]
        assert (other.get().status, lea.labd.web.asked[-1][1]["name"]) == (502, urlsplit(location).hostname)
        assert other.address == f"{other.origin}{urlsplit(location).path}" + ("?y#z" if "#" in location else "")


@pytest.mark.parametrize("location", ["javascript:alert(1)", "data:text/html,x", "http://[::1", "http://a:b/"])
def test_a_redirect_to_nothing_that_opens_is_told(lea: Browser, location: str) -> None:
    with shop(lea, page(b"", f"Location: {location}", status="302 Found")):
        got = lea.open().get()
    assert (got.status, got.headers["Location"]) == (502, None)
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_proxy_of_the_lab_is_asked_as_browsers_ask_one(lea: Browser) -> None:
    with shop(lea, page(b"denied", status="403 Forbidden"), ("proxy.lab", 3128)) as site:
        opened = lea.open("http://intranet.lab/a", proxy="http://Proxy.lab/")
        assert (opened.get("/a?b").status, site.asked[0].line) == (403, "GET http://intranet.lab/a?b HTTP/1.1")
        assert site.asked[0].named("host") == ["intranet.lab"]


@V6
def test_a_site_has_an_ipv6_address(lea: Browser) -> None:
    """Two ways of writing it are one page; the site is told its name as a browser there tells it."""
    answer = page(b"tea", "Location: http://[fd00::80]:8080/next", status="302 Found")
    with web_site(says(answer), listener=v6_only()) as site:
        lea.labd.web.sites["fd00::80", 8080] = ("::1", site.place[1])
        opened = lea.open("http://[FD00:0::80]:8080/a")
        assert lea.open("http://[fd00::80]:8080/").host == opened.host
        assert re.fullmatch(r"fd00-80-8080-[0-9a-f]{16}\.localhost:\d+", opened.host)
        got = opened.get("/a")
        assert (got.status, got.headers["Location"]) == (302, f"{opened.origin}/next")
        assert site.asked[0].named("host") == ["[fd00::80]:8080"]
        assert lea.labd.web.asked[0][1]["name"] == "fd00::80"


@V6
def test_a_proxy_has_an_ipv6_address(lea: Browser) -> None:
    with web_site(says(page(b"tea")), listener=v6_only()) as site:
        for port in (3128, 8080):
            lea.labd.web.sites["fd00::31", port] = ("::1", site.place[1])
        for proxy in ("[fd00::31]", "http://[fd00::31]:8080/"):
            assert lea.open("http://intranet.lab/a", proxy=proxy).get("/a").body == "tea"
        assert [one.line for one in site.asked] == ["GET http://intranet.lab/a HTTP/1.1"] * 2


# What is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("no-name", 502, "shop.lab"),
        ("refused", 502, "Connexion refusée"),
        ("no-answer", 504, ADDRESS),
        ("no-way", 502, "injoignable"),
        ("host-down", 503, "redémarre"),
        ("frozen", 503, "pause"),
    ],
)
def test_what_happened_is_told_as_a_browser_would(lea: Browser, state: PageState, status: int, said: str) -> None:
    lea.labd.web.sites[SHOP] = state
    got = lea.open().get("/x?<script>alert(1)</script>")
    assert got.status == status
    assert said in got.body
    assert "<script" not in got.body
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert got.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "sans rien répondre"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "HTTP lisible"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "HTTP lisible"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (70 << 10) + b"\r\n\r\n", "HTTP lisible"),
        (b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n", "HTTP lisible"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "HTTP lisible"),
        (b"HTTP/1.1 200 OK\r\nA: b", "HTTP lisible"),
    ],
)
def test_what_is_no_answer_is_told(lea: Browser, answer: bytes, said: str) -> None:
    with shop(lea, answer):
        got = lea.open().get()
    assert got.status == 502
    assert said in got.body


def test_an_answer_is_passed_on_as_it_was_meant(lea: Browser) -> None:
    """Hints before it, a length beside chunks, an end by hanging up, no body where there is none."""
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    for answer, method, expected in (
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + page(b"abcde"), "GET", "abcde"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n" + chunks, "GET", "abcde"),
        (b"HTTP/1.0 200 OK\r\n\r\nabcde", "GET", "abcde"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", ""),
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", "GET", ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", ""),
        (page(b"x" * (1 << 20)), "GET", "x" * (1 << 20)),
    ):
        with shop(lea, answer):
            got = lea.open().get("/", method)
        assert (got.body == expected, got.all("link")) == (True, []), answer[:60]


def test_what_is_cut_off_is_not_taken_for_whole(lea: Browser) -> None:
    with shop(lea, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"), pytest.raises(IncompleteRead):
        lea.open().get()


def test_a_slow_site_is_given_up(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_exchange, "HEAD_SECONDS", 0.05)

    def never(_asked: Asked, connection: socket.socket) -> bytes:
        connection.recv(1)  # until the portal hangs up
        return b""

    with web_site(never) as site:
        lea.labd.web.sites[SHOP] = site.place
        got = lea.open().get()
        assert (got.status, ADDRESS in got.body or "shop.lab" in got.body) == (504, True)
        assert site.left.acquire(timeout=SOON)


def test_a_browser_that_leaves_takes_its_connection_along(lea: Browser) -> None:
    reached = threading.Event()

    def never(_asked: Asked, connection: socket.socket) -> bytes:
        reached.set()
        connection.recv(1)
        return b""

    with web_site(never) as site:
        lea.labd.web.sites[SHOP] = site.place
        opened = lea.open()
        place = urlsplit(lea.portal.origin)
        with socket.create_connection((place.hostname or "", place.port or 0)) as browser:
            browser.sendall(f"GET / HTTP/1.1\r\nHost: {opened.host}\r\nCookie: {opened.cookie}\r\n\r\n".encode())
            assert reached.wait(SOON)
        assert site.left.acquire(timeout=SOON)


def test_too_much_is_too_much(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_passing, "LARGEST_BODY", 1000)
    monkeypatch.setattr(page_door, "LARGEST_BODY", 1000)
    with web_site(lambda _asked, _connection: page()) as site:
        lea.labd.web.sites[SHOP] = site.place
        opened = lea.open()
        assert opened.get("/", "POST", b"x" * 1000).status == 200
        assert opened.get("/", "POST", b"x" * 1001).status == 413
        for length in ("1" * 30, "-1", "x", "1001"):
            assert opened.get("/", "POST", None, Content_Length=length).status in {400, 413}, length
        monkeypatch.setattr(page_exchange, "LARGEST_ANSWER", 3)
        with pytest.raises(IncompleteRead):
            opened.get()
        monkeypatch.setattr(page_door, "MOST_WAITING", 0)
        assert opened.get().status == 429


@pytest.mark.parametrize(
    "smuggled",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "X: a\r\n b: c\r\n\r\n",
        "Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n5\r\nGET /\r\n0\r\n\r\n",
        "Content-Length: 3\r\nConnection: content-length\r\n\r\nabc",
    ],
)
def test_nothing_is_smuggled(lea: Browser, smuggled: str) -> None:
    """Whatever becomes of such a request, a site gets no second one."""
    with shop(lea, page()) as site:
        opened = lea.open()
        place = urlsplit(lea.portal.origin)
        head = f"POST / HTTP/1.1\r\nHost: {opened.host}\r\nCookie: {opened.cookie}\r\n"
        with socket.create_connection((place.hostname or "", place.port or 0), SOON) as browser:
            browser.sendall(f"{head}{smuggled}".encode())
            browser.shutdown(socket.SHUT_WR)
            while browser.recv(1 << 16):
                pass
        for asked in site.asked:
            assert asked.line == "POST / HTTP/1.1"
            assert "/evil" not in asked.head
            assert len(asked.named("content-length")) + len(asked.named("transfer-encoding")) <= 1
            assert b"/evil" not in asked.body or asked.named("content-length")


# Certificates -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return certificate(tmp_path_factory.mktemp("tls"), "shop.lab")


@contextmanager
def secure_shop(browser: Browser, made: Made) -> Iterator[WebSite]:
    with web_site(says(page(b"secret tea")), made.context) as site:
        browser.labd.web.sites["shop.lab", 443] = site.place
        yield site


def test_a_certificate_that_the_host_trusts_is_taken(lea: Browser, sound: Made) -> None:
    lea.labd.web.authorities = sound.pem
    with secure_shop(lea, sound):
        assert lea.open("https://shop.lab/").get().body == "secret tea"


@pytest.mark.parametrize(
    ("name", "begins", "ends", "trusted", "said"),
    [
        ("shop.lab", -1, 1, False, "autorité"),
        ("shop.lab", -2, -1, True, "expiré"),
        ("shop.lab", 1, 2, True, "pas encore valable"),
        ("other.lab", -1, 1, True, "au nom de shop.lab"),
    ],
)
def test_a_browser_would_warn(
    lea: Browser, tmp_path: Path, name: str, begins: int, ends: int, trusted: bool, said: str
) -> None:
    made = certificate(tmp_path, name, begins=begins, ends=ends)
    lea.labd.web.authorities = made.pem if trusted else ""
    with secure_shop(lea, made) as site:
        opened = lea.open("https://shop.lab/")
        got = opened.get("/a?b")
        assert (got.status, said in got.body, name in got.body, site.asked) == (502, True, True, [])
        form = dict(re.findall(r'name="(certificate|path)" value="([^"]*)"', got.body))
        assert form["path"] == "/a?b"
        for origin, field, status in (
            ("http://x.localhost", form, 403),
            (opened.origin, {**form, "certificate": "0" * 64}, 303),
            (opened.origin, {**form, "certificate": "x"}, 400),
            (opened.origin, {}, 400),
        ):
            assert _trust(opened, field, origin).status == status
            assert opened.get().status == 502
        answer = _trust(opened, form, opened.origin)
        assert (answer.status, answer.headers["Location"]) == (303, f"{opened.origin}/a?b")
        assert opened.get().body == "secret tea"
    other = certificate(tmp_path, name, begins=begins, ends=ends)
    with secure_shop(lea, other):
        assert opened.get().status == 502, "another certificate is asked about anew"


def _trust(opened: Opened, form: Mapping[str, str], origin: str) -> Got:
    kind = "application/x-www-form-urlencoded"
    return opened.get("/-breakfix/trust", "POST", urlencode(form).encode(), Content_Type=kind, Origin=origin)


def test_what_speaks_no_tls_is_told(lea: Browser) -> None:
    for first in (b"SSH-2.0-OpenSSH_9.6\r\n", b""):
        with web_site(says(b""), first=first) as site:
            lea.labd.web.sites["shop.lab", 443] = site.place
            answer = lea.open("https://shop.lab/").get()
        assert (answer.status, ("TLS" if first else "sans rien répondre") in answer.body) == (502, True)


# The rest -----------------------------------------------------------------------------------------------------


def test_what_is_ours_under_a_page_s_name(lea: Browser) -> None:
    with shop(lea, page()) as site:
        opened = lea.open()
        assert opened.get("/-breakfix/style.css", Cookie="").headers["Content-Type"].startswith("text/css")
        for path in ("/-breakfix/", "/-breakfix/open/", "/-breakfix/open/x", "/-breakfix/trust", "/%2Dbreakfix/x"):
            assert opened.get(path).status == 403, path
        assert site.asked == []


def test_what_a_page_loads_by_itself_is_no_act(lea: Browser) -> None:
    with shop(lea, page()):
        opened = lea.open()
        for headers, act in (
            ({"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}, "0"),
            ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}, "0"),
            ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}, "1"),
            ({}, "1"),
        ):
            assert opened.get("/", **headers).status == 200
            assert lea.labd.web.asked[-1][1]["act"] == act, headers
        assert opened.get("/", "POST", b"", Sec_Fetch_Dest="empty", Sec_Fetch_Site="same-origin").status == 200
        assert lea.labd.web.asked[-1][1]["act"] == "1"


def test_as_many_at_once_as_browsers_have(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_door, "MOST_AT_ONCE", 2)
    may, most, lock, at_once = threading.Event(), [0], threading.Lock(), [0]

    def counted(_asked: Asked, _connection: socket.socket) -> bytes:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        assert may.wait(SOON)
        with lock:
            at_once[0] -= 1
        return page()

    with web_site(counted) as site:
        lea.labd.web.sites[SHOP] = site.place
        opened = lea.open()
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(opened.get().status)) for _ in range(5)]
        for thread in threads:
            thread.start()
        assert wait_until(lambda: at_once[0] == 2, within=SOON, every=0.01)
        may.set()
        for thread in threads:
            thread.join(SOON)
    assert (found, most[0]) == ([200] * 5, 2)
