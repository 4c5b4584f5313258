"""Talk at a candidate's seat: a page for each of their scenarios that has people, as what is said comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.seat_talk_contract import SAY_AT_SEAT, SEAT_TALK, SayAtSeat, SeatTalkView
from orchestrator.labd.sitting_contract import SITTING, OfSubject, SittingPhase, SittingView
from orchestrator.labd.talk_contract import Said
from orchestrator.portal import in_words, lab_words, seat_words, talk_pages, talk_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.pages import form_of, go_to, render, rendered, said_at_form, wants_json
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.seat_pages import gone
from orchestrator.portal.sitting_pages import place_of
from orchestrator.portal.sitting_view import clocks, essence, sitting_context
from orchestrator.portal.visit import SEAT_PATH, ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked, for each page that is open."""
_TALK = f"{SEAT_PATH}/talk/{{phase}}/{{place}}"


@dataclass(frozen=True)
class _Talk:
    """A candidate's day, with the talk in one of their scenarios."""

    day: SittingView
    talk: SeatTalkView


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route(_TALK, show_talk, methods=["GET"]),
        Route(f"{_TALK}/events", events, methods=["GET"]),
        Route(f"{_TALK}/say", say, methods=["POST"]),
    ]


async def show_talk(request: Request) -> Response:
    """Show the people of a scenario; where there is nobody to talk to now, lead to the scenario."""
    try:
        return await _page(request)
    except RefusedError as error:
        return gone(request, error)


async def events(request: Request) -> Response:
    """Answer with the candidate's day as it is now, then as it changes, and whenever something was said."""
    return EventStream(request, talk_frames(request))


def talk_frames(request: Request) -> AsyncIterator[bytes]:
    """Yield frames: whose seat it is, the times, the board where it has changed, ``talk`` where something was said."""

    async def look() -> _Talk:
        return await _look(request)

    def news(told: _Talk | None, now: _Talk) -> bytes:
        said: dict[str, object] = {"number": now.day.number, "clocks": clocks(now.day)}
        if told is None or essence(told.day) != essence(now.day):
            said["html"] = rendered(request, "seat_board.html.j2", sitting_context(now.day))
        if told is None or told.talk != now.talk:
            said["talk"] = True
        return frame(said)

    return polled_frames(look, news, POLL_SECONDS)


async def say(request: Request) -> Response:
    """Say something to somebody."""
    form, (phase, place) = await form_of(request), place_of(request)
    asked = SayAtSeat(phase, place, form.get("person", ""), form.get("text", ""), visit_of(request).language)
    try:
        said: Said = await ask(request, SAY_AT_SEAT, asked)
    except RefusedError as error:
        if wants_json(request):
            raise
        return await _page(request, said_at_form(error))
    if wants_json(request):
        return JSONResponse({"answered": said.turn is not None})
    return go_to(f"{_base(phase, place)}#talk")


async def _look(request: Request) -> _Talk:
    phase, place = place_of(request)
    talk: SeatTalkView = await ask(request, SEAT_TALK, OfSubject(phase, place, visit_of(request).language))
    day: SittingView = await ask(request, SITTING, Nothing())
    return _Talk(day, talk)


async def _page(request: Request, refusal: Refusal | None = None) -> Response:
    phase, place = place_of(request)
    found, language = await _look(request), visit_of(request).language
    if not found.talk.people:
        return go_to(f"{SEAT_PATH}/work/{phase}/{place}")
    base = _base(phase, place)
    context = {
        **sitting_context(found.day),
        **talk_pages.context(language),
        "about_talk": talk_words.ABOUT_AT_SEAT,
        "here": _phase(found.day, phase),
        "place": place,
        "talks": found.talk.people,
        "failed": found.talk.failed,
        "lab": {"yours": True},
        "refusal": refusal,
        "data": {
            "base": base,
            "home": SEAT_PATH,
            "now": "",
            "words": {
                **{name: in_words.said(text, language) for name, text in talk_words.SCRIPT_WORDS.items()},
                **{name: in_words.said(lab_words.SCRIPT_WORDS[name], language) for name in ("failed", "no_connection")},
                "signed_out": in_words.said(seat_words.GONE, language),
            },
        },
    }
    return render(request, "seat_talk.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _phase(day: SittingView, phase: str) -> SittingPhase:
    found = next((one for one in day.phases if one.name == phase), None)
    if found is None:
        raise HTTPException(404)
    return found


def _base(phase: str, place: int) -> str:
    return f"{SEAT_PATH}/talk/{phase}/{place}"
