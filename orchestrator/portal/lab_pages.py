"""The page of a lab."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from orchestrator.core.text import same
from orchestrator.labd.lab_contract import LAB, THAW, LabMap, LabView, OfLab
from orchestrator.labd.lab_work_contract import DEBRIEF, MAP, DebriefView, MapOf
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import (
    board_words,
    desktop_words,
    help_words,
    in_words,
    lab_actions,
    lab_words,
    page_actions,
    page_words,
    replay_words,
    share_words,
    talk_pages,
)
from orchestrator.portal.browser_display import display
from orchestrator.portal.browser_events import events
from orchestrator.portal.browser_terminal import terminal
from orchestrator.portal.debrief_view import told_debrief, with_code
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.lab_map import NoPictureError, inline_map
from orchestrator.portal.lab_view import (
    cable_state,
    check_groups,
    diff_lines,
    phase_of,
    script_data,
    solved_in,
    verdict_said,
)
from orchestrator.portal.pages import render
from orchestrator.portal.visit import ask, visit_of

_FRESH = "x-fresh"
"""What the page's own script sends as it brings the page up to date: nobody does anything by that."""


def routes() -> list[BaseRoute]:
    """Return the routes of the lab page."""
    return [
        Route("/labs/{lab}", _page),
        Route("/labs/{lab}/events", events),
        WebSocketRoute("/labs/{lab}/terminals/{terminal}", terminal),
        WebSocketRoute("/labs/{lab}/screens/{host}", display),
        *lab_actions.routes(),
        *talk_pages.routes(),
    ]


async def _page(request: Request) -> Response:
    if _FRESH not in request.headers:  # somebody opens it: a frozen lab goes on
        with suppress(RefusedError):  # the view says what is wrong
            await ask(request, THAW, OfLab(lab_of(request)))
    lab: LabView = await ask(request, LAB, OfLab(lab_of(request)))
    phase = phase_of(lab)
    return render(request, "lab.html.j2", {
        "lab": lab,
        "phase": phase,
        "l": lab_words,
        "b": board_words,
        "r": replay_words,
        "h": help_words,
        "d": desktop_words,
        "s": share_words,
        "p": page_words,
        "pages": page_actions.shown(request, lab.hosts, lab.pages),
        "talks": await _talks(request, lab) if phase == "started" else (),
        **talk_pages.context(visit_of(request).language),
        "picture": await _picture(request, lab) if phase == "started" else None,
        "debrief": await _debrief(request, lab) if lab.solved else None,
        "solved_in": solved_in(lab),
        "data": script_data(lab, visit_of(request).language),
        "check_groups": check_groups,
        "verdict_said": verdict_said,
        "cable_state": cable_state,
        "same": same,
        "told_debrief": told_debrief,
        "with_code": with_code,
        "diff_lines": diff_lines,
    })  # fmt: skip


async def _talks(request: Request, lab: LabView) -> tuple[talk_pages.ShownTalk, ...]:
    """Return the people of a lab; nobody where it has gone since."""
    try:
        return await talk_pages.shown(request, lab)
    except RefusedError:
        return ()


async def _picture(request: Request, lab: LabView) -> str | None:
    """Return the lab's picture; None where there is none: the lists beside it say the same."""
    language = visit_of(request).language

    def open_on(shown: str) -> str:
        return in_words.said(lab_words.OPEN_SHOWN, language, shown=shown)

    try:
        drawn: LabMap = await ask(request, MAP, MapOf(lab.name, language))
        return inline_map(drawn.svg, in_words.said(lab_words.MAP, language), open_on if lab.yours else None)
    except (RefusedError, NoPictureError):
        return None


async def _debrief(request: Request, lab: LabView) -> DebriefView | None:
    try:
        told: DebriefView = await ask(request, DEBRIEF, OfLab(lab.name))
    except RefusedError:
        return None
    return told
