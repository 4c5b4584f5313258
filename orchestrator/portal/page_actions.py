"""The way from a lab's page to its web pages: the list of them, and the hand-over to a host name of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.lab_contract import LAB, LabView, OfLab, WebPageView
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import page_words
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.page_door import opening_address
from orchestrator.portal.page_target import PageTarget, ProxiedTlsError, WrongAddressError, read_address
from orchestrator.portal.page_visits import PageVisits, SeatPlace
from orchestrator.portal.pages import form_of, render
from orchestrator.portal.portal_settings import PortalSettings
from orchestrator.portal.visit import ask, visit_of

_WHERE_PEOPLE_SIT: Final = "workstation"


class PageHost(Protocol):
    """A host from which pages are opened."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def title(self) -> Text:
        """What it is."""

    @property
    def device(self) -> bool:
        """Whether it is configured by a command line of its own: then it opens no pages."""

    @property
    def kind(self) -> str:
        """What sort of machine it is."""


@dataclass(frozen=True)
class ShownPages:
    """What the lab's page shows of web pages.

    Attributes:
        known: the pages that are known beforehand.
        hosts: the hosts from which others may be opened, those at which people sit first.
    """

    known: tuple[WebPageView, ...]
    hosts: tuple[PageHost, ...]


def routes() -> list[BaseRoute]:
    """Return the route that opens a page."""
    return [Route("/labs/{lab}/pages", _open, methods=["POST"])]


def shown(request: Request, hosts: Iterable[PageHost], known: tuple[WebPageView, ...]) -> ShownPages | None:
    """Return what a lab's page shows of web pages; None: this portal shows none."""
    settings: PortalSettings = request.app.state.settings
    if settings.pages is None:
        return None
    ours = sorted((host for host in hosts if not host.device), key=lambda host: host.kind != _WHERE_PEOPLE_SIT)
    return ShownPages(known, tuple(ours))


async def _open(request: Request) -> Response:
    name = lab_of(request)
    lab: LabView = await ask(
        request, LAB, OfLab(name)
    )  # labd says whether they may see it, and once more as it connects
    return await handed_over(request, name, lab.hosts, f"/labs/{name}", "/")


async def handed_over(
    request: Request, lab: str | SeatPlace, hosts: Iterable[PageHost], back: str, home: str
) -> Response:
    """Lead to the page that a form names, under a host name of its own.

    Args:
        request: the form.
        lab: where the page is.
        hosts: the hosts from which it may be opened.
        back: the path of the lab's page.
        home: the path to which the portal's name leads.

    Raises:
        RefusedError: there is no such host, no such address, or this portal shows no pages.
    """
    settings: PortalSettings = request.app.state.settings
    visits: PageVisits = request.app.state.page_visits
    form, visit = await form_of(request), visit_of(request)
    host = form.get("host", "")
    if settings.pages is None or visit.token is None or host not in {one.name for one in hosts}:
        raise RefusedError(page_words.NO_HOST)
    target, path = _read(form)
    whole = f"{visit.origin}{back}"
    page = visits.open(visit.token, lab, host, target, language=visit.language, back=whole)
    address = opening_address(settings.pages, visits, page, path)
    # Not a redirect: the policy lets forms lead to the portal alone.
    context = {"p": page_words, "address": address, "back": back, "home": home}
    answer = render(request, "page_opening.html.j2", context)
    answer.headers["Refresh"] = f"0;url={address}"
    return answer


def _read(form: Mapping[str, str]) -> tuple[PageTarget, str]:
    try:
        return read_address(form.get("address", ""), form.get("proxy", ""))
    except WrongAddressError as error:
        raise RefusedError(page_words.WRONG_ADDRESS) from error
    except ProxiedTlsError as error:
        raise RefusedError(page_words.PROXIED_TLS) from error
