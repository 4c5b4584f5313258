"""A lab's web page in Chromium: it opens by a click, reaches itself alone, and what stands in its place is fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from orchestrator.labd import lab_contract
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.served_portal import ServedPortal, browsing
from tests.unit.portal.test_every_page import _found
from tests.unit.portal.web_sites import page as answer
from tests.unit.portal.web_sites import says, web_site

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow
LAB = f"/labs/{world.LAB}"
SHOP = b"<!doctype html><title>Tea</title><p>tea<form method=post action=/order><button>Order</button></form>"
TRIES = """async (portal) => {
  const tried = {};
  const failed = (one) => one.then(() => "done", () => "refused");
  tried.cookie = document.cookie;
  tried.opener = window.opener === null;
  tried.fetch = await failed(fetch(`${portal}/account`, { credentials: "include", mode: "no-cors" }));
  tried.worker = await failed(navigator.serviceWorker.register("/worker.js"));
  document.cookie = "breakfix-page=planted";
  document.cookie = "breakfix-page=planted; path=/x";
  const frame = document.createElement("iframe");
  frame.src = `${portal}/account`;
  await new Promise((done) => { frame.onload = frame.onerror = done; document.body.append(frame); });
  try { tried.frame = frame.contentDocument === null ? "refused" : frame.contentDocument.title; }
  catch { tried.frame = "refused"; }
  return tried;
}"""


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browsing() as browser:
        yield browser.new_context(locale="fr-FR", reduced_motion="reduce")


def opened(portal: ServedPortal, context: BrowserContext, labd: FakeLabd) -> Page:
    """Click at the first page of the lab's page, and return the tab in which it opens."""
    lab = portal.page(context)
    portal.open(lab, labd, "lea", LAB)
    lab.locator("[data-opens=lab-pages]").click()
    with context.expect_page() as opening:
        lab.locator("#lab-pages li button").first.click()
    tab = opening.value
    tab.wait_for_url(lambda url: ".localhost:" in url and "/-breakfix/" not in url)
    tab.wait_for_load_state()
    return tab


def test_a_page_reaches_itself_alone(portal: ServedPortal, context: BrowserContext) -> None:
    with portal.labd() as labd, web_site(says(answer(SHOP, "Content-Type: text/html", "Set-Cookie: sid=1"))) as site:
        labd.change(pages=(lab_contract.WebPageView("pc1", "http://shop.lab/"),))
        labd.web.sites["shop.lab", 80] = site.place
        tab = opened(portal, context, labd)
        assert tab.title() == "Tea"
        tried = tab.evaluate(TRIES, portal.origin)
        assert tried == {
            "cookie": "sid=1", "opener": True, "fetch": "refused", "worker": "refused", "frame": "refused",
        }  # fmt: skip
        tab.locator("button").click()
        tab.wait_for_url("**/order")
        tab.goto(tab.url.replace("/order", "/x/y"))
        assert tab.title() == "Tea"
        assert [one.line for one in site.asked if "favicon" not in one.line] == [
            "GET / HTTP/1.1", "POST /order HTTP/1.1", "GET /x/y HTTP/1.1",
        ]  # fmt: skip
        assert {one.named("cookie")[0] for one in site.asked[1:]} == {"sid=1"}
        for one in context.pages:
            one.close()


def test_what_stands_in_a_page_s_place_can_be_read(portal: ServedPortal, context: BrowserContext) -> None:
    with portal.labd() as labd:
        labd.change(pages=(lab_contract.WebPageView("pc1", f"http://{'a' * 60}.lab/"),))
        labd.web.sites[f"{'a' * 60}.lab", 80] = "refused"
        tab = opened(portal, context, labd)
        assert "Connexion refusée" in tab.locator("main").inner_text()
        assert list(_found(tab, "fr")) == []
        for one in context.pages:
            one.close()


SPEAKS = """async (portal) => {
  const told = (address) => new Promise((done) => {
    const socket = new WebSocket(address);
    socket.onopen = () => socket.send("été");
    socket.onmessage = ({ data }) => done(data);
    socket.onerror = () => done("refused");
  });
  return [await told(`ws://${location.host}/live`), await told(portal.replace("http", "ws"))];
}"""


def test_a_page_speaks_by_websocket_to_its_own_site(portal: ServedPortal, context: BrowserContext) -> None:
    def shows(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/live":
            return None
        response = connection.respond(200, "<!doctype html><title>Chat</title>")
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html"
        return response

    def echoes(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with portal.labd() as labd, serve(echoes, "127.0.0.1", 0, process_request=shows) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        labd.change(pages=(lab_contract.WebPageView("pc1", "http://chat.lab/"),))
        labd.web.sites["chat.lab", 80] = server.socket.getsockname()[:2]
        tab = opened(portal, context, labd)
        assert tab.title() == "Chat"
        assert tab.evaluate(SPEAKS, portal.origin) == ["été", "refused"]
        tab.close()
        server.shutdown()
        thread.join(20)
