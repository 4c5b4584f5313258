"""Candidates' terminals for the room's staff: all of them beside the wall as they change, and one to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.day_screen_contract import LOOK_AT_SCREEN, SCREENS, OfScreen, ScreensView, ScreenView
from orchestrator.labd.session_contract import OfSession
from orchestrator.portal import day_words, terminal_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.day_wall import clock
from orchestrator.portal.pages import render, signed_in
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import ask

POLL_SECONDS = 1.0
"""How often labd is asked, for each page that is open."""
_ONE = "/sessions/{session}/screens/{phase}/{number}/{terminal}"


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions/{session}/screens/events", all_events, methods=["GET"]),
        Route(_ONE, show_screen, methods=["GET"]),
        Route(f"{_ONE}/events", events, methods=["GET"]),
    ]


async def all_events(request: Request) -> Response:
    """Answer with the terminals of all candidates as they are now, then as they change."""
    return EventStream(request, all_frames(request, request.path_params["session"]))


def all_frames(request: Request, session: str) -> AsyncIterator[bytes]:
    """Return the frames: each has the terminals that changed (``screens``), and which there are (``order``)."""

    async def look() -> ScreensView:
        view: ScreensView = await ask(request, SCREENS, OfSession(session))
        return view

    def news(told: ScreensView | None, view: ScreensView) -> bytes:
        if told == view:
            return b""
        known = set(told.screens if told is not None else ())
        changed = [told_of(session, one) for one in view.screens if one not in known]
        return frame({"screens": changed, "order": [address_of(session, one) for one in view.screens]})

    return polled_frames(look, news, POLL_SECONDS)


@signed_in
async def show_screen(request: Request) -> Response:
    """Show one terminal."""
    asked = _asked(request)
    screen = await ask(request, LOOK_AT_SCREEN, asked)
    context = {
        "y": day_words,
        "z": terminal_words,
        "session": asked.session,
        "screen": screen,
        "address": address_of(asked.session, screen),
        "clock": clock,
    }
    return render(request, "screen.html.j2", context)


async def events(request: Request) -> Response:
    """Answer with a terminal as it is now, then as it changes."""
    return EventStream(request, frames(request, _asked(request)))


def frames(request: Request, asked: OfScreen) -> AsyncIterator[bytes]:
    """Return the frames: each has the whole screen (``text``)."""

    async def look() -> ScreenView:
        view: ScreenView = await ask(request, LOOK_AT_SCREEN, asked)
        return view

    def news(told: ScreenView | None, view: ScreenView) -> bytes:
        return b"" if told == view else frame(told_of(asked.session, view))

    return polled_frames(look, news, POLL_SECONDS)


def told_of(session: str, screen: ScreenView) -> dict[str, Any]:
    """Return what a script is told of a terminal."""
    return {
        "address": address_of(session, screen),
        "label": f"{screen.number} {screen.name} · {screen.host}",
        "at": screen.at,
        "clock": clock(screen.at, seconds=True),
        "text": screen.text,
    }


def address_of(session: str, screen: ScreenView) -> str:
    """Return the path of a terminal's page."""
    parts = (session, "screens", screen.phase, screen.number, screen.terminal)
    return "/sessions/" + "/".join(quote(part, safe="") for part in parts)


def _asked(request: Request) -> OfScreen:
    named = request.path_params
    return OfScreen(named["session"], named["phase"], named["number"], named["terminal"])
