"""The portal's application: routes, and what every request passes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.portal import (
    account_pages,
    appeal_pages,
    attempt_pages,
    board_pages,
    catalogue_pages,
    class_pages,
    day_pages,
    deliberation_pages,
    entry_pages,
    erasure_pages,
    evidence_pages,
    help_actions,
    join_pages,
    lab_pages,
    launch_pages,
    page_actions,
    path_pages,
    people_pages,
    plan_pages,
    privacy_pages,
    proof_pages,
    replay_pages,
    screen_pages,
    seat_office_pages,
    seat_pages,
    seat_talk_pages,
    seat_terminal_pages,
    session_pages,
    sitting_pages,
    static_files,
    words,
)
from orchestrator.portal.open_lines import OpenLines
from orchestrator.portal.page_door import PageDoor
from orchestrator.portal.page_visits import PageVisits
from orchestrator.portal.pages import on_http, on_refused, refused
from orchestrator.portal.portal_settings import PortalSettings
from orchestrator.portal.visit import Visits, visit_of
from orchestrator.portal.web_safety import FormKeys, Safety, security_headers

_BROKEN = f"{words.BROKEN.text.fr} / {words.BROKEN.text.en}\n"


def make_app(settings: PortalSettings, labd: LabdClient) -> Starlette:
    """Return the portal as an ASGI application."""
    visits = PageVisits()
    app = Starlette(
        routes=[
            Route(f"{static_files.PREFIX}{{file:path}}", static_files.serve),
            *entry_pages.routes(),
            *path_pages.routes(),
            *account_pages.routes(),
            *people_pages.routes(),
            *privacy_pages.routes(),
            *erasure_pages.routes(),
            *replay_pages.routes(),
            *class_pages.routes(),
            *launch_pages.routes(),
            *board_pages.routes(),
            *catalogue_pages.routes(),
            *proof_pages.routes(),
            *plan_pages.routes(),
            *session_pages.routes(),
            *day_pages.routes(),
            *screen_pages.routes(),
            *deliberation_pages.routes(),
            *seat_office_pages.routes(),
            *seat_pages.routes(),
            *seat_talk_pages.routes(),
            *seat_terminal_pages.routes(),
            *sitting_pages.routes(),
            *evidence_pages.routes(),
            *appeal_pages.routes(),
            *join_pages.routes(),
            *lab_pages.routes(),
            *page_actions.routes(),
            *help_actions.routes(),
            *attempt_pages.routes(),
        ],
        middleware=[
            Middleware(PageDoor, settings=settings, labd=labd, visits=visits),
            Middleware(Safety, settings=settings),
            Middleware(Visits, settings=settings, labd=labd, unasked=static_files.PREFIX),
            Middleware(FormKeys, refused=_without_key),
        ],
        exception_handlers={RefusedError: on_refused, HTTPException: on_http, Exception: _broken},
    )
    app.state.labd = labd
    app.state.settings = settings
    app.state.lines = OpenLines()
    app.state.page_visits = visits
    return app


def _without_key(request: Request) -> Response:
    return refused(request, words.STALE)


async def _broken(request: Request, _error: Exception) -> Response:
    """Answer for a mistake of ours; this is made outside of what gives answers their headers."""
    if not hasattr(request.state, "visit"):  # a file of ours, or it was the question who visits that failed
        return PlainTextResponse(_BROKEN, 500, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
    visit = visit_of(request)
    page = refused(request, words.BROKEN)
    page.headers.update(security_headers(visit.origin, visit.nonce))
    return page
