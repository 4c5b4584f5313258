"""A jury session's day in the browser: the wall of all candidates, one candidate, and what is done about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, cast, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.day_contract import ACT_ON_DAY, DAY, ActOnDay, DayAct
from orchestrator.labd.day_screen_contract import SCREENS
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.seat_contract import SEATS, SeatAct
from orchestrator.labd.session_contract import OfSession
from orchestrator.portal import day_words, seat_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.day_wall import Wall, day_context, essence, found
from orchestrator.portal.pages import form_of, go_to, render, rendered, said_at_form, signed_in
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.screen_pages import address_of, all_of, told_of
from orchestrator.portal.visit import ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked, for each page that is open."""
_MOST_DIGITS: Final = 4
_ACTS: Final = frozenset(get_args(DayAct))


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions/{session}/day", show_day, methods=["GET"]),
        Route("/sessions/{session}/day", act, methods=["POST"]),
        Route("/sessions/{session}/day/events", events, methods=["GET"]),
        Route("/sessions/{session}/day/{phase}/{number}", show_candidate, methods=["GET"]),
        Route("/sessions/{session}/day/{phase}/{number}", act_on_candidate, methods=["POST"]),
    ]


@signed_in
async def show_day(request: Request) -> Response:
    """Show where everybody is."""
    return await day_page(request)


async def events(request: Request) -> Response:
    """Answer with the wall as it is now, then as it changes."""
    return EventStream(request, day_frames(request, request.path_params["session"]))


def day_frames(request: Request, session: str) -> AsyncIterator[bytes]:
    """Return the frames: each holds the whole wall (``html``)."""

    async def look() -> Wall:
        return await _wall(request, session)

    def news(told: Wall | None, wall: Wall) -> bytes:
        if told is not None and essence(told) == essence(wall):
            return b""
        return frame({"html": rendered(request, "day_wall.html.j2", day_context(wall))})

    return polled_frames(look, news, POLL_SECONDS)


@signed_in
async def act(request: Request) -> Response:
    """Do something about a phase, or about all, and lead back to the wall."""
    session, sent = request.path_params["session"], await form_of(request)
    asked = ActOnDay(session, _act_of(sent), sent.get("phase", ""), text=sent.get("text", ""))
    try:
        await ask(request, ACT_ON_DAY, asked)
    except RefusedError as error:
        return await day_page(request, said_at_form(error), asked)
    return go_to(f"/sessions/{quote(session)}/day?done={asked.act}")


@signed_in
async def show_candidate(request: Request) -> Response:
    """Show one candidate in a phase."""
    return await _candidate(request)


@signed_in
async def act_on_candidate(request: Request) -> Response:
    """Do something about a candidate, and lead back to them."""
    session, phase, number = (request.path_params[name] for name in ("session", "phase", "number"))
    sent = await form_of(request)
    asked = ActOnDay(
        session, _act_of(sent), phase, number, sent.get("text", ""), _minutes_of(sent), sent.get("scenario", "")
    )
    try:
        await ask(request, ACT_ON_DAY, asked)
    except RefusedError as error:
        return await _candidate(request, said_at_form(error), asked)
    return go_to(f"/sessions/{quote(session)}/day/{quote(phase)}/{quote(number)}?done={asked.act}")


def _act_of(sent: dict[str, str]) -> DayAct:
    """Return what a form is to do.

    Raises:
        HTTPException: no form of ours says that.
    """
    said = sent.get("act", "")
    if said not in _ACTS:
        raise HTTPException(404)
    return cast("DayAct", said)


def _minutes_of(sent: dict[str, str]) -> int:
    """Return how many minutes a form adds; what is no number is none, which labd refuses."""
    said = sent.get("minutes", "")
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else 0


async def _wall(request: Request, session: str) -> Wall:
    return Wall(await ask(request, DAY, OfSession(session)), await ask(request, SEATS, OfSession(session)))


async def day_page(request: Request, refusal: Refusal | None = None, asked: ActOnDay | None = None) -> Response:
    """Return the page of a session's day, with what was refused of what was typed there."""
    wall = await _wall(request, request.path_params["session"])
    return _page(request, "session_day.html.j2", {**day_context(wall), **_typed(request, refusal, asked)}, refusal)


async def _candidate(request: Request, refusal: Refusal | None = None, asked: ActOnDay | None = None) -> Response:
    session, phase, number = (request.path_params[name] for name in ("session", "phase", "number"))
    wall = await _wall(request, session)
    here = found(wall.day, phase, number)
    if here is None:
        raise HTTPException(404)
    seen, language = await ask(request, SCREENS, OfSession(session)), visit_of(request).language
    mine = [one for one in all_of(seen) if (one.phase, one.number) == (phase, number)]
    screens = [(address_of(session, one), one, told_of(session, one, language).get("image")) for one in mine]
    typed = _typed(request, refusal, asked)
    context = {**day_context(wall), **typed, "phase": here[0], "row": here[1], "screens": screens}
    return _page(request, "day_candidate.html.j2", context, refusal)


def _typed(request: Request, refusal: Refusal | None, asked: ActOnDay | None) -> dict[str, object]:
    """Return what was refused beside what was typed, at the form that it stands in; or what was just done."""
    said = request.query_params.get("done", "") if refusal is None else ""
    done = day_words.DONE.get(cast("DayAct", said)) or seat_words.DONE.get(cast("SeatAct", said))
    return {"refusal": refusal, "asked": asked, "done": done}


def _page(request: Request, template: str, context: dict[str, object], refusal: Refusal | None) -> Response:
    return render(request, template, context, STATUS[refusal.kind] if refusal else 200)
