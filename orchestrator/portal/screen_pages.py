"""Candidates' screens for the room's staff: all of them beside the wall as they change, and one to look at.

Terminals are text; a desktop is a picture, at an address with its number in it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language
from orchestrator.labd.day_screen_contract import (
    DESKTOP_PICTURE,
    LOOK_AT_DESKTOP,
    LOOK_AT_SCREEN,
    SCREENS,
    DesktopOnWall,
    OfDesktop,
    OfScreen,
    PictureOnWall,
    ScreensView,
    ScreenView,
)
from orchestrator.labd.desktop_contract import DesktopPicture
from orchestrator.labd.session_contract import OfSession
from orchestrator.portal import day_words, in_words, terminal_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.day_wall import clock
from orchestrator.portal.pages import render, signed_in
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import ask, visit_of

POLL_SECONDS = 1.0
"""How often labd is asked, for each page that is open."""
_ONE = "/sessions/{session}/screens/{phase}/{number}/{terminal}"
_DESKTOP = "/sessions/{session}/desktops/{phase}/{number}/{desktop}"
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions/{session}/screens/events", all_events, methods=["GET"]),
        Route(_ONE, show_screen, methods=["GET"]),
        Route(f"{_ONE}/events", events, methods=["GET"]),
        Route(_DESKTOP, show_desktop, methods=["GET"]),
        Route(f"{_DESKTOP}/events", desktop_events, methods=["GET"]),
        Route(f"{_DESKTOP}/pictures/{{picture}}", picture, methods=["GET"]),
    ]


async def all_events(request: Request) -> Response:
    """Answer with the screens of all candidates as they are now, then as they change."""
    return EventStream(request, all_frames(request, request.path_params["session"]))


def all_frames(request: Request, session: str) -> AsyncIterator[bytes]:
    """Return the frames: each has the screens that changed (``screens``), and which there are (``order``)."""
    language = visit_of(request).language

    async def look() -> ScreensView:
        view: ScreensView = await ask(request, SCREENS, OfSession(session))
        return view

    def news(told: ScreensView | None, view: ScreensView) -> bytes:
        if told == view:
            return b""
        known = set(all_of(told)) if told is not None else set()
        changed = [told_of(session, one, language) for one in all_of(view) if one not in known]
        return frame({"screens": changed, "order": [address_of(session, one) for one in all_of(view)]})

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
    language = visit_of(request).language

    async def look() -> ScreenView:
        view: ScreenView = await ask(request, LOOK_AT_SCREEN, asked)
        return view

    def news(told: ScreenView | None, view: ScreenView) -> bytes:
        return b"" if told == view else frame(told_of(asked.session, view, language))

    return polled_frames(look, news, POLL_SECONDS)


# Desktops -----------------------------------------------------------------------------------------------------


@signed_in
async def show_desktop(request: Request) -> Response:
    """Show one desktop."""
    asked = _desktop(request)
    desktop: DesktopOnWall = await ask(request, LOOK_AT_DESKTOP, asked)
    language = visit_of(request).language
    context = {
        "y": day_words,
        "z": terminal_words,
        "session": asked.session,
        "desktop": desktop,
        "address": address_of(asked.session, desktop),
        "picture": whole_of(asked.session, desktop, language),
        "clock": clock,
    }
    return render(request, "screen_desktop.html.j2", context)


async def desktop_events(request: Request) -> Response:
    """Answer with a desktop's last picture as it is now, then as it changes."""
    return EventStream(request, desktop_frames(request, _desktop(request)))


def desktop_frames(request: Request, asked: OfDesktop) -> AsyncIterator[bytes]:
    """Return the frames: each has the address of the whole picture, and whether the desktop is open."""
    language = visit_of(request).language

    async def look() -> DesktopOnWall:
        view: DesktopOnWall = await ask(request, LOOK_AT_DESKTOP, asked)
        return view

    def news(told: DesktopOnWall | None, view: DesktopOnWall) -> bytes:
        return b"" if told == view else frame(whole_of(asked.session, view, language))

    return polled_frames(look, news, POLL_SECONDS)


@signed_in
async def picture(request: Request) -> Response:
    """Give a picture of a desktop, whole or small."""
    of, number = _desktop(request), request.path_params["picture"]
    if not _NUMBER.fullmatch(number):
        raise HTTPException(404)
    small = request.query_params.get("size") == "small"
    asked = PictureOnWall(of.session, of.phase, of.number, of.desktop, int(number), small)
    found: DesktopPicture = await ask(request, DESKTOP_PICTURE, asked)
    return Response(found.png, media_type="image/png", headers={"Cache-Control": "no-store"})


def whole_of(session: str, desktop: DesktopOnWall, language: Language) -> dict[str, Any]:
    """Return what a script is told of the one desktop that it shows."""
    told = told_of(session, desktop, language)
    told["image"]["src"] = told["image"]["src"].partition("?")[0]
    return {**told, "open": desktop.open}


# What is told -------------------------------------------------------------------------------------------------


def all_of(view: ScreensView) -> list[ScreenView | DesktopOnWall]:
    """Return all screens, of each candidate the terminals first."""
    found: list[ScreenView | DesktopOnWall] = [*view.screens, *view.desktops]
    return sorted(found, key=lambda one: (one.phase, one.number))


def told_of(session: str, screen: ScreenView | DesktopOnWall, language: Language) -> dict[str, Any]:
    """Return what a script is told of a screen: its text, or its picture as it stands beside the others."""
    address, name = address_of(session, screen), f"{screen.number} {screen.name}"
    told = {"address": address, "at": screen.at, "clock": clock(screen.at, seconds=True)}
    if isinstance(screen, ScreenView):
        return {**told, "label": f"{name} · {screen.host}", "text": screen.text}
    host = in_words.said(terminal_words.DESKTOP, language, host=screen.host)
    image = {
        "src": f"{address}/pictures/{screen.picture}?size=small",
        "width": screen.width,
        "height": screen.height,
        "alt": in_words.said(terminal_words.DESKTOP_PICTURE, language, number=screen.number, host=screen.host),
    }
    return {**told, "label": f"{name} · {host}", "image": image}


def address_of(session: str, screen: ScreenView | DesktopOnWall) -> str:
    """Return the path of a screen's page."""
    kind, name = ("screens", screen.terminal) if isinstance(screen, ScreenView) else ("desktops", screen.desktop)
    parts = (session, kind, screen.phase, screen.number, name)
    return "/sessions/" + "/".join(quote(part, safe="") for part in parts)


def _desktop(request: Request) -> OfDesktop:
    named = request.path_params
    return OfDesktop(named["session"], named["phase"], named["number"], named["desktop"])


def _asked(request: Request) -> OfScreen:
    named = request.path_params
    return OfScreen(named["session"], named["phase"], named["number"], named["terminal"])
