"""The way from a lab's page to its web pages: the list of them, and the hand-over to a host name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.lab_contract import LAB, HostView, LabView, OfLab, WebPageView
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import page_words
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.page_door import opening_address
from orchestrator.portal.page_target import PageTarget, ProxiedTlsError, WrongAddressError, read_address
from orchestrator.portal.page_visits import PageVisits
from orchestrator.portal.pages import form_of, render
from orchestrator.portal.portal_settings import PortalSettings
from orchestrator.portal.visit import ask, visit_of

_WHERE_PEOPLE_SIT: Final = "workstation"


@dataclass(frozen=True)
class ShownPages:
    """What the lab's page shows of web pages.

    Attributes:
        known: the pages that are known beforehand.
        hosts: the hosts from which others may be opened, those at which people sit first.
    """

    known: tuple[WebPageView, ...]
    hosts: tuple[HostView, ...]


def routes() -> list[BaseRoute]:
    """Return the route that opens a page."""
    return [Route("/labs/{lab}/pages", _open, methods=["POST"])]


def shown(request: Request, lab: LabView) -> ShownPages | None:
    """Return what the lab's page shows of web pages; None: this portal shows none."""
    settings: PortalSettings = request.app.state.settings
    if settings.pages is None:
        return None
    hosts = sorted((host for host in lab.hosts if not host.device), key=lambda host: host.kind != _WHERE_PEOPLE_SIT)
    return ShownPages(lab.pages, tuple(hosts))


async def _open(request: Request) -> Response:
    settings: PortalSettings = request.app.state.settings
    visits: PageVisits = request.app.state.page_visits
    form = await form_of(request)
    name = lab_of(request)
    lab: LabView = await ask(
        request, LAB, OfLab(name)
    )  # labd says whether they may see it, and once more as it connects
    visit = visit_of(request)
    host = form.get("host", "")
    if settings.pages is None or visit.token is None or host not in {one.name for one in lab.hosts}:
        raise RefusedError(page_words.NO_HOST)
    target, path = _read(form)
    back = f"{visit.origin}/labs/{name}"
    page = visits.open(visit.token, name, host, target, language=visit.language, back=back)
    address = opening_address(settings.pages, visits, page, path)
    # Not a redirect: the policy lets forms lead to the portal alone.
    answer = render(request, "page_opening.html.j2", {"p": page_words, "address": address, "back": f"/labs/{name}"})
    answer.headers["Refresh"] = f"0;url={address}"
    return answer


def _read(form: Mapping[str, str]) -> tuple[PageTarget, str]:
    try:
        return read_address(form.get("address", ""), form.get("proxy", ""))
    except WrongAddressError as error:
        raise RefusedError(page_words.WRONG_ADDRESS) from error
    except ProxiedTlsError as error:
        raise RefusedError(page_words.PROXIED_TLS) from error
