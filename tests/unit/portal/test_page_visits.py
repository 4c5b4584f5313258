"""Which web pages of labs are open: tickets that open once and not for long, and so many pages and no more."""

from __future__ import annotations

import pytest

from orchestrator.portal import page_visits
from orchestrator.portal.page_target import PageTarget
from orchestrator.portal.page_visits import TICKET_SECONDS, PageVisit, PageVisits


class Opened:
    """Pages by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.visits = PageVisits(lambda: self.now)

    def open(self, port: int = 80, token: str = "lea", name: str = "shop.lab") -> PageVisit:
        self.now += 1
        target = PageTarget("http", name, port)
        return self.visits.open(token, "lab", "pc1", target, language="fr", back="http://portal/labs/lab")


@pytest.mark.parametrize(("after", "opens"), [(0.0, True), (TICKET_SECONDS - 1, True), (TICKET_SECONDS, False)])
def test_a_ticket_opens_once_and_not_for_long(after: float, opens: bool) -> None:
    opened = Opened()
    page = opened.open()
    ticket = opened.visits.ticket(page, "/x")
    opened.now += after
    assert opened.visits.redeem(page.label, ticket) == ((page, "/x") if opens else None)
    assert opened.visits.redeem(page.label, ticket) is None


def test_a_ticket_of_a_page_that_made_room_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_visits, "MOST_OF_ONE", 1)
    opened = Opened()
    page = opened.open(1)
    ticket = opened.visits.ticket(page, "/")
    opened.open(2)
    assert opened.visits.redeem(page.label, ticket) is None


def test_the_page_that_was_used_least_recently_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_visits, "MOST_OF_ONE", 2)
    opened = Opened()
    others = opened.open(token="tom")
    first, second = opened.open(1), opened.open(2)
    opened.now += 1
    assert opened.visits.find(first.label, ["x", first.secret]) is first
    third = opened.open(3)
    assert [opened.visits.find(one.label, [one.secret]) for one in (others, first, second, third)] == [
        others, first, None, third,
    ]  # fmt: skip
    monkeypatch.setattr(page_visits, "MOST", 3)
    opened.open(4, token="max")
    assert opened.visits.find(others.label, [others.secret]) is None, "of all, the oldest"


def test_tickets_are_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_visits, "MOST", 2)
    opened = Opened()
    page = opened.open()
    tickets = [opened.visits.ticket(page, "/") for _ in range(3)]
    assert [opened.visits.redeem(page.label, one) is not None for one in tickets] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "port", "stem"),
    [
        ("shop.lab", 80, "shop-lab"),
        ("shop.lab", 8080, "shop-lab-8080"),
        ("192.0.2.1", 80, "192-0-2-1"),
        ("fd00::80", 80, "fd00-80"),
        ("::", 81, "page-81"),
        ("xn--caf-dma.lab", 80, "xn-caf-dma-lab"),
        ("a" * 63 + ".lab", 65535, "a" * 40 + "-65535"),
    ],
)
def test_a_page_s_name_tells_people_which_it_is(name: str, port: int, stem: str) -> None:
    label = Opened().open(port, name=name).label
    assert label[:-17] == stem
    assert len(label) <= 63
    assert "--" not in label


def test_what_opens_a_page_is_not_printed() -> None:
    page = Opened().open(token="sign-in")
    assert page.secret not in repr(page)
    assert page.token not in repr(page)
