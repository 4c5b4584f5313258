"""WebSockets of labs' web pages: what passes, for whom, and what either side may try."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Origin, Subprotocol

from orchestrator.core.waiting import wait_until
from orchestrator.portal import page_door, page_socket
from tests.fakes.labd import FakeLabd
from tests.unit.portal.served_portal import ServedPortal
from tests.unit.portal.test_web_pages import SHOP, Browser, Opened
from tests.unit.portal.web_sites import SOON, page, says, web_site

pytestmark = pytest.mark.slow

Says = Callable[[ServerConnection], None]


@pytest.fixture
def lea(portal: ServedPortal, labd: FakeLabd) -> Iterator[Browser]:
    with labd.serving(portal.folder):
        yield Browser(portal, labd, labd.sign_in("lea"))


@contextmanager
def chat(browser: Browser, says_what: Says) -> Iterator[list[ServerConnection]]:
    """Run a site in the lab that speaks WebSocket, and give the connections that it had."""
    had: list[ServerConnection] = []

    def handle(connection: ServerConnection) -> None:
        had.append(connection)
        says_what(connection)

    with serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol("chat")]) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        browser.labd.web.sites[SHOP] = server.socket.getsockname()[:2]
        try:
            yield had
        finally:
            server.shutdown()
            thread.join(SOON)


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@contextmanager
def socket_of(opened: Opened, path: str = "/live?id=7", origin: str = "", **headers: str) -> Iterator[ClientConnection]:
    """Open one as a browser does in which a page is open."""
    cookie = headers.pop("Cookie", f"{opened.cookie}; sid=1")
    where = urlsplit(opened.browser.portal.origin)
    with connect(
        f"ws://{opened.host}{path}",
        origin=Origin(origin or opened.origin),
        additional_headers={"Cookie": cookie, **headers},
        subprotocols=[Subprotocol("chat")],
        sock=socket.create_connection((where.hostname or "", where.port or 0), timeout=SOON),
        open_timeout=SOON,
        proxy=None,
    ) as connection:
        yield connection


def refused(opened: Opened, **asked: str) -> bool:
    """Return whether one is refused."""
    with pytest.raises(InvalidStatus) as error, socket_of(opened, **asked):
        pass
    return error.value.response.status_code == 403


def test_messages_pass_both_ways(lea: Browser) -> None:
    with chat(lea, echo) as had, socket_of(lea.open()) as connection:
        assert connection.subprotocol == "chat"
        for message in ("été", b"\0\xff", "", "x" * 200_000):
            connection.send(message)
            assert connection.recv(SOON) == message
        connection.send(["in ", "pieces"])
        assert connection.recv(SOON) == "in pieces"
        asked = had[0].request
        assert asked is not None
        assert (asked.path, asked.headers["Host"], asked.headers["Origin"]) == (
            "/live?id=7", "shop.lab", "http://shop.lab",
        )  # fmt: skip
        assert asked.headers["Cookie"] == "sid=1", "none of ours"
        assert lea.labd.web.asked[-1][1]["act"] == "0"


def test_each_side_learns_how_the_other_closed(lea: Browser) -> None:
    codes: list[int | None] = []

    def closes(connection: ServerConnection) -> None:
        if connection.recv(SOON) == "you":
            connection.close(4001)
            return
        with pytest.raises(ConnectionClosed):
            connection.recv(SOON)
        codes.append(connection.close_code)

    with chat(lea, closes):
        with socket_of(lea.open()) as connection:
            connection.send("you")
            with pytest.raises(ConnectionClosed):
                connection.recv(SOON)
            assert connection.close_code == 4001
        with socket_of(lea.open()) as connection:
            connection.send("me")
            connection.close(4002)
        assert wait_until(lambda: codes == [4002], within=SOON, every=0.01)


def test_it_is_for_the_page_alone(lea: Browser) -> None:
    with chat(lea, echo) as had:
        opened, other = lea.open(), lea.open("http://other.lab/")
        assert refused(opened, origin=other.origin), "names of one domain are one site to a browser"
        assert refused(opened, origin=lea.portal.origin)
        assert refused(opened, origin="null")
        assert refused(opened, Cookie=other.cookie)
        assert refused(opened, path="/-breakfix/open/x")
        assert refused(lea.open(proxy="shop.lab:80"))
        assert refused(other), "there is no such name in the lab"
        assert had == []


def test_a_trainer_opens_none_in_a_trainees_lab(lea: Browser) -> None:
    theo = Browser(lea.portal, lea.labd, lea.labd.sign_in("theo"))
    with chat(lea, echo) as had:
        assert refused(theo.open())
        assert had == []


def test_so_many_at_once(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_door, "MOST_SOCKETS", 1)
    with chat(lea, echo):
        opened = lea.open()
        with socket_of(opened) as connection:
            assert refused(opened)
            connection.send("still")
            assert connection.recv(SOON) == "still"
        for _ in range(2):  # and what is over counts no more

            def again() -> bool:
                try:
                    with socket_of(opened):
                        return True
                except InvalidStatus:
                    return False

            assert wait_until(again, within=SOON, every=0.02)


def test_a_site_that_speaks_none_or_too_much_is_let_go(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    with web_site(says(page())) as site:
        lea.labd.web.sites[SHOP] = site.place
        assert refused(lea.open())
    monkeypatch.setattr(page_socket, "LARGEST_MESSAGE", 1000)
    for message in (["x" * 999, "xx"], b"x" * 1001):
        with chat(lea, lambda connection, message=message: connection.send(message)):  # type: ignore[misc]
            with socket_of(lea.open()) as connection, pytest.raises(ConnectionClosed):
                connection.recv(SOON)
            assert connection.close_code == 1009
    with chat(lea, lambda connection: connection.socket.close()), socket_of(lea.open()) as connection:
        with pytest.raises(ConnectionClosed):
            connection.recv(SOON)
        assert connection.close_code == 1011
