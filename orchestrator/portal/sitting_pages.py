"""The pages at which a candidate works: their day as it changes, each scenario, what is handed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Literal, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.lab_contract import CableView
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.sitting_contract import (
    ANSWER_SUBJECT,
    CABLE_SUBJECT,
    REPORT_SUBJECT,
    SITTING,
    SUBJECT,
    AnswerSubject,
    MoveSubjectCable,
    OfSubject,
    ReportSubject,
    SittingSubject,
    SittingView,
)
from orchestrator.portal import in_words, lab_words, seat_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.lab_map import NoPictureError, inline_map
from orchestrator.portal.minutes_field import minutes_of
from orchestrator.portal.pages import form_of, go_to, render, rendered, said_at_form, wants_json
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.seat_pages import gone
from orchestrator.portal.sitting_view import clocks, essence, sitting_context
from orchestrator.portal.visit import SEAT_PATH, ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked, for each page that is open."""
_WORDS: Final = ("failed", "no_connection", "saving", "saved", "unsaved", "not_saved")
"""What the script that saves says, of the lab page's words."""
_MOST_DIGITS: Final = 3


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    subject = f"{SEAT_PATH}/work/{{phase}}/{{place}}"
    return [
        Route(f"{SEAT_PATH}/events", events, methods=["GET"]),
        Route(subject, show_subject, methods=["GET"]),
        Route(f"{subject}/answer", answer, methods=["POST"]),
        Route(f"{subject}/report", report, methods=["POST"]),
        Route(f"{subject}/cable", cable, methods=["POST"]),
    ]


async def events(request: Request) -> Response:
    """Answer with the candidate's day as it is now, then as it changes."""
    return EventStream(request, sitting_frames(request))


def sitting_frames(request: Request) -> AsyncIterator[bytes]:
    """Yield frames: whose seat it is, the times (``clocks``), and the board (``html``) where more has changed."""

    async def look() -> SittingView:
        view: SittingView = await ask(request, SITTING, Nothing())
        return view

    def news(told: SittingView | None, view: SittingView) -> bytes:
        said: dict[str, object] = {"number": view.number, "clocks": clocks(view)}
        if told is None or essence(told) != essence(view):
            said["html"] = rendered(request, "seat_board.html.j2", sitting_context(view))
        return frame(said)

    return polled_frames(look, news, POLL_SECONDS)


# A scenario ---------------------------------------------------------------------------------------------------


async def show_subject(request: Request) -> Response:
    """Show a scenario: its ticket, its machines while they are open, what is handed in."""
    try:
        return await _subject(request)
    except RefusedError as error:
        return gone(request, error)


async def answer(request: Request) -> Response:
    """Keep an answer."""
    form = await form_of(request)
    phase, place = _place_of(request)
    language = visit_of(request).language
    asked = AnswerSubject(phase, place, form.get("question", ""), form.get("value", ""), language)
    return await _kept(request, ANSWER_SUBJECT, asked)


async def report(request: Request) -> Response:
    """Keep the intervention report."""
    form = await form_of(request)
    phase, place = _place_of(request)
    asked = ReportSubject(
        phase,
        place,
        **{name: form.get(name, "") for name in lab_words.REPORT_FIELDS},
        minutes=minutes_of(form.get("minutes", "")),
        language=visit_of(request).language,
    )
    return await _kept(request, REPORT_SUBJECT, asked)


async def cable(request: Request) -> Response:
    """Act on a cable."""
    form = await form_of(request)
    phase, place = _place_of(request)
    action = cast('Literal["plug", "unplug", "replace", "move"]', form.get("action", ""))  # labd says what may be asked
    segment = form.get("segment", "") if action == "move" else ""
    asked = MoveSubjectCable(phase, place, form.get("host", ""), form.get("interface", ""), action, segment)
    return await _kept(request, CABLE_SUBJECT, asked, "cables")


async def _kept(
    request: Request,
    call: Any,  # noqa: ANN401 - one of three calls
    asked: object,
    part: str = "hand-in",
) -> Response:
    try:
        await ask(request, call, asked)
    except RefusedError as error:
        if wants_json(request):
            raise
        return await _subject(request, said_at_form(error))
    if wants_json(request):
        return Response(status_code=204)
    return go_to(request.url.path.rpartition("/")[0] + f"#{part}")


def _place_of(request: Request) -> tuple[str, int]:
    """Return the phase and the scenario's place that an address names.

    Raises:
        HTTPException: it names none.
    """
    place = request.path_params["place"]
    if not (place.isascii() and place.isdigit() and len(place) <= _MOST_DIGITS):
        raise HTTPException(404)
    return request.path_params["phase"], int(place)


async def _subject(request: Request, refusal: Refusal | None = None) -> Response:
    phase, place = _place_of(request)
    language = visit_of(request).language
    subject: SittingSubject = await ask(request, SUBJECT, OfSubject(phase, place, language))
    view: SittingView = await ask(request, SITTING, Nothing())
    here = next((one for one in view.phases if one.name == phase), None)
    if here is None:
        raise HTTPException(404)
    base = f"{SEAT_PATH}/work/{phase}/{place}"
    context: Mapping[str, Any] = {
        **sitting_context(view),
        "subject": subject,
        "here": here,
        "place": place,
        "base": base,
        "picture": _picture(subject, in_words.said(lab_words.MAP, language)),
        "refusal": refusal,
        "cable_state": lambda one: _cable_state(subject, one, language),
        "data": {
            "base": base,
            "now": "",
            "words": {
                "signed_out": in_words.said(seat_words.GONE, language),
                **{name: in_words.said(lab_words.SCRIPT_WORDS[name], language) for name in _WORDS},
            },
        },
    }
    return render(request, "seat_subject.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _cable_state(subject: SittingSubject, cable: CableView, language: Language) -> str:
    """Return how a cable is, in words."""
    socket = next((one.title.in_(language) for one in subject.segments if one.name == cable.at), cable.at)
    return in_words.said(lab_words.PLUGGED if cable.plugged else lab_words.UNPLUGGED, language, segment=socket)


def _picture(subject: SittingSubject, called: str) -> str | None:
    """Return the lab's picture; None where there is none: the list beside it says the same."""
    try:
        return inline_map(subject.map, called, None) if subject.map else None
    except NoPictureError:
        return None
