"""Web pages of labs at a candidate's seat: from their terminals' page to a site and back, while their time runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest

from orchestrator.core.text import Text
from orchestrator.portal.visit import form_key_of
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_seats import SEATED, WAITING
from tests.unit.portal.served_portal import ServedPortal
from tests.unit.portal.test_web_pages import SECRET, SHOP, Browser, Got
from tests.unit.portal.web_sites import page, says, web_site

pytestmark = pytest.mark.slow

LAB = "/seat/terminals/reseau/1"
SHUT = Text(fr="Le temps est arrêté.", en="Time stands still.")


@dataclass
class SeatBrowser(Browser):
    """A browser at a candidate's seat; ``token`` is the seat's."""

    lab: str = LAB

    def launch(self, address: str = "http://shop.lab/", host: str = "pc1", **more: str) -> Got:
        """Send the form of the terminals' page."""
        form = {"form_key": form_key_of(SECRET, None, self.token), "host": host, "address": address, **more}
        return self.ask(
            urlsplit(self.portal.origin).netloc, f"{self.lab}/pages", "POST", urlencode(form).encode(),
            Cookie=f"breakfix-seat={self.token}; breakfix-key={SECRET}", Origin=self.portal.origin,
            Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip

    def shown(self) -> str:
        """Return the terminals' page."""
        cookie = f"breakfix-seat={self.token}; breakfix-language=en"
        return self.ask(urlsplit(self.portal.origin).netloc, self.lab, Cookie=cookie).body


@pytest.fixture
def labd(portal: ServedPortal) -> Iterator[FakeLabd]:
    with portal.labd() as labd:
        yield labd


@pytest.fixture
def zoe(portal: ServedPortal, labd: FakeLabd) -> SeatBrowser:
    return SeatBrowser(portal, labd, SEATED)


def test_a_candidate_opens_the_pages_of_their_own_machines(zoe: SeatBrowser, labd: FakeLabd) -> None:
    shown = zoe.shown()
    assert f'action="{LAB}/pages"' in shown
    assert "http://shop.lab/" in shown
    assert '<option value="sw1"' not in shown, "a device opens no pages"
    with web_site(says(page(b"Welcome"))) as site:
        labd.web.sites[SHOP] = site.place
        opened = zoe.open()
        got = opened.get()
        assert (got.status, "Welcome" in got.body) == (200, True)
        assert "breakfix-seat" not in site.asked[0].head.lower(), "a site never sees the seat"
        assert (labd.web.asked[0][0], labd.web.places[0]) == ("pc1", ("reseau", "1"))
        same_lab = zoe.open("http://shop.lab/other")
        assert same_lab.host == opened.host
        zoe.lab = "/seat/terminals/reseau/2"
        other = zoe.open(host="ns1")
        assert other.host != opened.host
        other.get()
        assert labd.web.places[-1] == ("reseau", "2")
        assert set(labd.web.addresses) == {"127.0.0.1"}, "a seat that is used from two places is seen by it"


def test_outside_their_time_a_page_says_so_and_leads_back(zoe: SeatBrowser, labd: FakeLabd) -> None:
    with web_site(says(page(b"Welcome"))) as site:
        labd.web.sites[SHOP] = site.place
        opened = zoe.open()
        assert opened.get().status == 200
        labd.seat_terminals.shut = SHUT
        got = opened.get()
        assert (got.status, "time stands still" in got.body or "temps est arrêté" in got.body) == (503, True)
        assert f"{LAB}" in got.body
        labd.seat_terminals.shut = None
        assert opened.get().status == 200
        labd.seats.tokens.clear()
        got = opened.get()
        assert got.status == 401
        assert "invigilator" in got.body or "surveille" in got.body
        assert len(site.asked) == 2


def test_nobody_else_opens_a_page_there(zoe: SeatBrowser, labd: FakeLabd) -> None:
    for token in (WAITING, "forged"):
        assert SeatBrowser(zoe.portal, labd, token).launch().headers["Location"] == "/seat"
    assert zoe.launch(host="nowhere").status == 404
    assert zoe.launch(address="ftp://shop.lab/").status == 422
    zoe.lab = "/seat/terminals/reseau/3"
    assert zoe.launch().status == 404
    zoe.lab = "/seat/terminals/ecrit/1"
    assert zoe.launch().status == 404
    account = Browser(zoe.portal, labd, labd.sign_in("lea"))
    answer = account.ask(
        urlsplit(zoe.portal.origin).netloc, f"{LAB}/pages", "POST",
        urlencode({"form_key": form_key_of(SECRET, account.token), "host": "pc1"}).encode(),
        Cookie=f"breakfix={account.token}; breakfix-key={SECRET}", Origin=zoe.portal.origin,
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert (answer.status, answer.headers["Location"]) == (303, "/seat")
    assert labd.web.asked == []
