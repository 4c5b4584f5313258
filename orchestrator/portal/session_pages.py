"""Jury sessions before their day, for their organisers: which there are, one with all that its plan says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.session_contract import (
    READINESS,
    SESSION,
    SESSIONS,
    WITHDRAW_SESSION,
    OfSession,
    ReadinessView,
    SessionView,
    Verdict,
    WithdrawSession,
)
from orchestrator.portal import catalogue_words, in_words, seat_words, session_words, trainer_words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_WORST: Final[tuple[Verdict, ...]] = ("fail", "unknown", "warn", "ok")
"""What counts for the whole, the gravest first."""


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions", show_sessions, methods=["GET"]),
        Route("/sessions/{session}", show_session, methods=["GET"]),
        Route("/sessions/{session}/readiness", show_readiness, methods=["GET"]),
        Route("/sessions/{session}/withdraw", withdraw_session, methods=["POST"]),
    ]


@signed_in
async def show_sessions(request: Request) -> Response:
    """List the sessions."""
    sessions = await ask(request, SESSIONS, Nothing())
    done = session_words.WITHDRAWN if request.query_params.get("done") == "withdrawn" else None
    return _page(request, "sessions.html.j2", {"sessions": sessions, "done": done})


# A session ----------------------------------------------------------------------------------------------------


@signed_in
async def show_session(request: Request) -> Response:
    """Show a session, and what was just done."""
    return await _session(
        request, done=session_words.PLANNED if request.query_params.get("done") == "planned" else None
    )


@signed_in
async def show_readiness(request: Request) -> Response:
    """Show whether a session could be opened now."""
    view: ReadinessView = await ask(request, READINESS, OfSession(request.path_params["session"]))
    points = [point for phase in view.phases for point in phase.points] + list(view.machine)
    verdicts = {point.verdict for point in points}
    return _page(request, "readiness.html.j2", {"view": view, "worst": next(one for one in _WORST if one in verdicts)})


@signed_in
async def withdraw_session(request: Request) -> Response:
    """Withdraw a session, and lead to those that are left."""
    session, reason = request.path_params["session"], (await form_of(request)).get("reason", "")
    try:
        await ask(request, WITHDRAW_SESSION, WithdrawSession(session, reason))
    except RefusedError as error:
        return await _session(request, said_at_form(error), reason)
    return go_to("/sessions?done=withdrawn")


async def _session(
    request: Request, refusal: Refusal | None = None, reason: str = "", done: Text | None = None
) -> Response:
    view: SessionView = await ask(request, SESSION, OfSession(request.path_params["session"]))
    context = {"view": view, "refusal": refusal, "reason": reason, "done": done}
    return _page(request, "session.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    language = visit_of(request).language
    known = {
        "s": session_words,
        "g": seat_words,
        "c": trainer_words,
        "k": catalogue_words,
        "day": lambda iso: in_words.day(iso, language),
    }
    return render(request, template, {**known, **context}, status)
