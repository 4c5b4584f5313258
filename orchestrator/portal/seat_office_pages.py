"""What organisers do about candidates' seats: codes to be printed, and who is let in."""

from __future__ import annotations

from typing import Final, cast, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.seat_contract import ANSWER_SEAT, MAKE_CODES, AnswerSeat, MakeCodes, SeatAct
from orchestrator.portal import in_words, seat_words, session_words
from orchestrator.portal.day_pages import day_page
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import SEAT_PATH, ask, visit_of

_ACTS: Final = frozenset(get_args(SeatAct))


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions/{session}/codes", make_codes, methods=["POST"]),
        Route("/sessions/{session}/seats", answer, methods=["POST"]),
    ]


@signed_in
async def make_codes(request: Request) -> Response:
    """Make codes, and show the sheets to be printed: this answer is the only place where they stand."""
    session, number = request.path_params["session"], (await form_of(request)).get("number", "")
    made = await ask(request, MAKE_CODES, MakeCodes(session, number))
    visit = visit_of(request)
    context = {
        "g": seat_words,
        "s": session_words,
        "made": made,
        "address": f"{visit.origin}{SEAT_PATH}",
        "day": lambda iso: in_words.day(iso, visit.language),
    }
    return render(request, "seat_codes.html.j2", context)


@signed_in
async def answer(request: Request) -> Response:
    """Let somebody in, or not, or no longer; and lead back to the wall."""
    session, sent = request.path_params["session"], await form_of(request)
    if sent.get("act") not in _ACTS:
        raise HTTPException(404)
    act = cast("SeatAct", sent["act"])
    try:
        await ask(request, ANSWER_SEAT, AnswerSeat(session, act, sent.get("number", ""), sent.get("id", "")))
    except RefusedError as error:
        return await day_page(request, said_at_form(error))
    return go_to(f"/sessions/{quote(session)}/day?done={act}")
