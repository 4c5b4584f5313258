"""Jury sessions before their day, for their organisers: which there are, a new one, one with all that its plan says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.session_contract import (
    PLAN_SESSION,
    READINESS,
    SESSION,
    SESSIONS,
    WITHDRAW_SESSION,
    OfSession,
    PlanMistake,
    PlanOutcome,
    PlanSession,
    ReadinessView,
    SessionView,
    Verdict,
    WithdrawSession,
)
from orchestrator.portal import catalogue_words, in_words, seat_words, session_words, trainer_words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of
from orchestrator.portal.web_forms import fields_of

_TO_BE_CORRECTED: Final = 422
_WORST: Final[tuple[Verdict, ...]] = ("fail", "unknown", "warn", "ok")
"""What counts for the whole, the gravest first."""
_SHOWN: Final = 160
"""Characters of a line that are shown beside what is wrong in it."""
_MOST_DIGITS: Final = 4


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sessions", show_sessions, methods=["GET"]),
        Route("/new-session", show_form, methods=["GET"]),
        Route("/new-session", plan_session, methods=["POST"]),
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


# A new one ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypedPlan:
    """What stands in the form of a new session.

    Attributes:
        plan: the plan, character by character: the spaces at the start of a line mean something.
        candidates: the list.
        rehearsal: what was typed there.
    """

    plan: str = ""
    candidates: str = ""
    rehearsal: str = ""

    @property
    def digest(self) -> str:
        """What the agreement to a doubt holds for: this text, and no other."""
        return hashlib.sha256(f"{self.plan}\0{self.candidates}\0{self.rehearsal}".encode()).hexdigest()

    @property
    def seconds(self) -> int | None:
        """How long a minute of the rehearsal lasts; None: it is none.

        Raises:
            ValueError: what was typed is no number.
        """
        if not self.rehearsal:
            return None
        if not (self.rehearsal.isascii() and self.rehearsal.isdigit() and len(self.rehearsal) <= _MOST_DIGITS):
            raise ValueError(self.rehearsal)
        return int(self.rehearsal)


@dataclass(frozen=True)
class ShownMistake:
    """A mistake with the line that it is on; ``line`` is empty where it is about the text as a whole."""

    mistake: PlanMistake
    line: str


@signed_in
async def show_form(request: Request) -> Response:
    """Show the empty form; labd says whether it is for whoever asks."""
    await ask(request, SESSIONS, Nothing())
    return _form(request, TypedPlan())


@signed_in
async def plan_session(request: Request) -> Response:
    """Make a session and lead to it, or show what is wrong or in doubt beside all that was typed."""
    sent = fields_of(request.headers, await request.body())
    plan, candidates = (sent.get(name, [""])[0].replace("\r\n", "\n") for name in ("plan", "candidates"))
    typed = TypedPlan(plan, candidates, sent.get("rehearsal", [""])[0].strip())
    try:
        seconds = typed.seconds
    except ValueError:
        return _form(request, typed, session_words.WRONG_REHEARSAL)
    agreed = sent.get("anyway", [""])[0] == typed.digest
    try:
        outcome = await ask(request, PLAN_SESSION, PlanSession(typed.plan, typed.candidates, seconds, agreed))
    except RefusedError as error:
        return _form(request, typed, said_at_form(error))
    if outcome.session:
        return go_to(f"/sessions/{outcome.session}?done=planned")
    return _form(request, typed, outcome=outcome)


def _form(
    request: Request, typed: TypedPlan, refusal: Refusal | None = None, outcome: PlanOutcome | None = None
) -> Response:
    found = outcome or PlanOutcome()
    context = {
        "typed": typed,
        "refusal": refusal,
        "mistakes": _shown(found.mistakes, {"plan": typed.plan, "candidates": typed.candidates}),
        "wrong_parts": {mistake.part for mistake in found.mistakes},
        "doubts": found.doubts,
    }
    status = STATUS[refusal.kind] if refusal else _TO_BE_CORRECTED if found.mistakes else 200
    return _page(request, "session_new.html.j2", context, status)


def _shown(mistakes: Sequence[PlanMistake], texts: Mapping[str, str]) -> tuple[ShownMistake, ...]:
    lines = {part: text.split("\n") for part, text in texts.items()}
    return tuple(
        ShownMistake(one, lines[one.part][one.line - 1].strip()[:_SHOWN] if one.line <= len(lines[one.part]) else "")
        if one.line
        else ShownMistake(one, "")
        for one in mistakes
    )


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
