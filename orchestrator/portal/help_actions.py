"""What a trainer and a trainee do on the lab page where the one helps the other: small requests, as ``lab_actions``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd import help_contract as h
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.pages import form_of, go_to, signed_in, wants_json
from orchestrator.portal.visit import ask


def routes() -> list[BaseRoute]:
    """Return the routes of help on the lab page."""
    return [
        Route("/labs/{lab}/typing/ask", ask_to_type, methods=["POST"]),
        Route("/labs/{lab}/typing/answer", answer_typing, methods=["POST"]),
        Route("/labs/{lab}/typing/end", end_typing, methods=["POST"]),
        Route("/labs/{lab}/trainer-hint", give_hint, methods=["POST"]),
    ]


@signed_in
async def ask_to_type(request: Request) -> Response:
    """Ask the trainee for consent to type."""
    terminal = (await form_of(request)).get("terminal", "")
    await ask(request, h.ASK_TO_TYPE, h.AskToType(lab_of(request), terminal))
    return _done(request, "terminals")


@signed_in
async def answer_typing(request: Request) -> Response:
    """Allow or refuse it; whatever is not said to be consent is none."""
    form = await form_of(request)
    allow = form.get("allow", "") == "yes"
    await ask(request, h.ANSWER_TYPING, h.AnswerTyping(lab_of(request), form.get("id", ""), allow))
    return _done(request, "terminals")


@signed_in
async def end_typing(request: Request) -> Response:
    """End it."""
    await ask(request, h.END_TYPING, h.EndTyping(lab_of(request), (await form_of(request)).get("id", "")))
    return _done(request, "terminals")


@signed_in
async def give_hint(request: Request) -> Response:
    """Give the lab's trainee a hint."""
    await ask(request, h.GIVE_HINT, h.GiveHint(lab_of(request), (await form_of(request)).get("text", "")))
    return _done(request, "hints")


def _done(request: Request, place: str) -> Response:
    return Response(status_code=204) if wants_json(request) else go_to(f"/labs/{lab_of(request)}#{place}")
