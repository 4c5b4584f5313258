"""A candidate's seat: the code from their sheet, the wait until somebody confirms who sits there, then their day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.seat_contract import LEAVE_SEAT, MY_SEAT, TAKE_SEAT, SeatDoor, TakenSeat, TakeSeat
from orchestrator.labd.sitting_contract import SITTING
from orchestrator.portal import cookies, seat_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.pages import form_of, go_to, render, said_at_form
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.sitting_view import sitting_context
from orchestrator.portal.visit import SEAT_PATH, ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked whether somebody has confirmed, for each browser that waits."""
_WHY_OUT: Final[Mapping[str, Text]] = {"gone": seat_words.GONE, "left": seat_words.HAS_LEFT}
"""What an address says besides -> why the code is asked for."""


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route(SEAT_PATH, show_seat, methods=["GET"]),
        Route(SEAT_PATH, take_seat, methods=["POST"]),
        Route(f"{SEAT_PATH}/wait/events", events, methods=["GET"]),
        Route(f"{SEAT_PATH}/leave", leave, methods=["POST"]),
    ]


async def show_seat(request: Request) -> Response:
    """Ask for the code; say that somebody has to confirm; or show where the candidate is."""
    if visit_of(request).token is None:
        said = next((said for name, said in _WHY_OUT.items() if name in request.query_params), None)
        return _code_page(request, said=said)
    try:
        door = await ask(request, MY_SEAT, Nothing())
        if door.seated:
            view = await ask(request, SITTING, Nothing())
            return render(request, "seat_now.html.j2", sitting_context(view))
    except RefusedError as error:
        return gone(request, error)
    return _page(request, "seat_wait.html.j2", {"door": door})


async def take_seat(request: Request) -> Response:
    """Take a code, and lead to where one waits; a new token, and a new key of forms."""
    code = (await form_of(request)).get("code", "")
    try:
        taken: TakenSeat = await ask(request, TAKE_SEAT, TakeSeat(code, visit_of(request).address))
    except RefusedError as error:
        return _code_page(request, said_at_form(error), code)
    answer, ours = go_to(SEAT_PATH), visit_of(request).cookies
    answer.headers.append("set-cookie", ours.write(cookies.SEAT, taken.token))
    answer.headers.append("set-cookie", ours.delete(cookies.KEY))
    return answer


async def leave(request: Request) -> Response:
    """Have the browser leave its seat, or wait no longer."""
    try:
        await ask(request, LEAVE_SEAT, Nothing())
    except RefusedError as error:
        return gone(request, error)
    answer, ours = go_to(f"{SEAT_PATH}?left=yes"), visit_of(request).cookies
    answer.headers.append("set-cookie", ours.delete(cookies.SEAT))
    answer.headers.append("set-cookie", ours.delete(cookies.KEY))
    return answer


async def events(request: Request) -> Response:
    """Answer whether somebody has confirmed."""
    return EventStream(request, waiting_frames(request))


def waiting_frames(request: Request) -> AsyncIterator[bytes]:
    """Return the frames: one, once the browser has the seat; the stream ends where it waits no longer."""

    async def look() -> SeatDoor:
        door: SeatDoor = await ask(request, MY_SEAT, Nothing())
        return door

    def news(_told: SeatDoor | None, door: SeatDoor) -> bytes:
        return frame({"seated": True}) if door.seated else b""

    return polled_frames(look, news, POLL_SECONDS, lambda door: door.seated)


def gone(request: Request, error: RefusedError) -> Response:
    """Have the code be asked for again where the browser's token stands for nothing any more.

    Raises:
        RefusedError: labd said something else.
    """
    if error.refusal.kind != "signed-out":
        raise error
    answer = go_to(f"{SEAT_PATH}?gone=yes")  # anew: the forms of this very answer would carry the key of that token
    answer.headers.append("set-cookie", visit_of(request).cookies.delete(cookies.SEAT))
    return answer


def _code_page(
    request: Request, refusal: Refusal | None = None, code: str = "", *, said: Text | None = None
) -> Response:
    context = {"code": code, "refusal": refusal, "said": said}
    return _page(request, "seat.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    return render(request, template, {"g": seat_words, **context}, status)
