"""The web pages of labs that are open in browsers: each has a host name of its own, and a secret that opens it.

They are kept in memory alone: a portal that was started again knows none, and the lab's page opens them anew.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.core.language import Language
from orchestrator.portal.page_target import PageTarget

MOST_OF_ONE: Final = 30
"""Pages of one sign-in; beyond, the one that was used least recently is closed."""
MOST: Final = 6000
"""Pages of all."""
TICKET_SECONDS: Final = 60.0
"""How long the way from the lab's page to the page may take."""
_LONGEST_STEM: Final = 40
_LABEL_BYTES: Final = 8
"""Of the random part of a host name: it tells pages apart; the secret keeps others out."""


@dataclass(frozen=True)
class SeatPlace:
    """Whose lab a page is in that a candidate opens: the phase, and the place of the scenario among theirs."""

    phase: str
    place: int


@dataclass
class PageVisit:
    """A web page that somebody has opened.

    Attributes:
        label: the first part of its host name.
        token: the sign-in that opened it, or a candidate's seat.
        lab: the lab; empty at a candidate's seat.
        host: the host from which it is reached.
        target: the site.
        language: what its reader reads.
        back: the address of the lab's page.
        secret: what its cookie holds.
        seat: the candidate's lab; None: it is a trainee's.
        trusted: the SHA-256 of the certificate that was accepted all the same; empty: none.
        used: when it was used last, by the clock.
        address: where the browser was that used it last, which labd is told of a candidate's.
    """

    label: str
    token: str = field(repr=False)
    lab: str
    host: str
    target: PageTarget
    language: Language
    back: str
    secret: str = field(repr=False)
    used: float
    seat: SeatPlace | None = None
    trusted: str = ""
    address: str = ""

    @property
    def whose(self) -> str | SeatPlace:
        """In which lab it is."""
        return self.lab if self.seat is None else self.seat


@dataclass(frozen=True)
class _Ticket:
    visit: PageVisit
    path: str
    until: float


class PageVisits:
    """Knows which pages are open."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none; the clock returns seconds."""
        self._clock = clock
        self._visits: dict[str, PageVisit] = {}
        self._tickets: dict[str, _Ticket] = {}

    def open(
        self,
        token: str,
        lab: str | SeatPlace,
        host: str,
        target: PageTarget,
        *,
        language: Language,
        back: str,
    ) -> PageVisit:
        """Return the page of a site: the one that this sign-in, or this seat, has of it, or a new one."""
        mine = sorted((one for one in self._visits.values() if one.token == token), key=lambda one: one.used)
        for visit in mine:
            if (visit.whose, visit.host, visit.target) == (lab, host, target):
                visit.language, visit.used = language, self._clock()
                return visit
        for old in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]:
            del self._visits[old.label]
        if len(self._visits) >= MOST:
            del self._visits[min(self._visits.values(), key=lambda one: one.used).label]
        label = f"{_stem(target)}-{secrets.token_hex(_LABEL_BYTES)}"
        secret = secrets.token_urlsafe(32)
        name, seat = (lab, None) if isinstance(lab, str) else ("", lab)
        visit = PageVisit(label, token, name, host, target, language, back, secret, self._clock(), seat)
        self._visits[label] = visit
        return visit

    def ticket(self, visit: PageVisit, path: str) -> str:
        """Return what opens a page once, within a minute, at a path."""
        now = self._clock()
        self._tickets = {one: kept for one, kept in self._tickets.items() if kept.until > now}
        while len(self._tickets) >= MOST:
            del self._tickets[next(iter(self._tickets))]
        made = secrets.token_urlsafe(32)
        self._tickets[made] = _Ticket(visit, path, now + TICKET_SECONDS)
        return made

    def redeem(self, label: str, ticket: str) -> tuple[PageVisit, str] | None:
        """Return the page that a ticket opens, and the path; None: it opens none, or none under this host name."""
        found = self._tickets.pop(ticket, None)
        if found is None or found.until <= self._clock() or found.visit.label != label:
            return None
        return (found.visit, found.path) if self._visits.get(label) is found.visit else None

    def find(self, label: str, shown: Iterable[str], address: str = "") -> PageVisit | None:
        """Return the page under a host name to whoever shows its secret; several may be shown, some of them planted.

        Args:
            label: the first part of the host name.
            shown: what the browser's cookies hold.
            address: where the browser is.
        """
        visit = self._visits.get(label)
        if visit is None or not any(hmac.compare_digest(visit.secret.encode(), one.encode()) for one in shown):
            return None
        visit.used, visit.address = self._clock(), address
        return visit


def _stem(target: PageTarget) -> str:
    """Return a site's name as a part of a host name: what people see in the address bar."""
    plain = re.sub(r"[^a-z0-9]+", "-", target.name)[:_LONGEST_STEM].strip("-") or "page"
    return f"{plain}-{target.port}" if target.has_port else plain
