"""The attempts of a class's trainee, for their trainers: a list, each one whole with comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd import help_contract as h
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import help_words, lab_words, trainer_words
from orchestrator.portal.class_addresses import member_of
from orchestrator.portal.lab_view import check_groups
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask

_MOST_DIGITS = 18
"""Of an attempt's number: what fits into 64 bits."""
_DONE: Mapping[str, Text] = {"commented": help_words.COMMENTED}


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/classes/{name}/members/{handle}/attempts", show_attempts, methods=["GET"]),
        Route("/classes/{name}/members/{handle}/attempts/{attempt}", show_attempt, methods=["GET"]),
        Route("/classes/{name}/members/{handle}/attempts/{attempt}", comment, methods=["POST"]),
    ]


def _attempt_of(request: Request) -> h.OfMemberAttempt:
    member, number = h.OfMember(*member_of(request)), request.path_params["attempt"]
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise HTTPException(404)
    return h.OfMemberAttempt(member.name, member.handle, int(number))


@signed_in
async def show_attempts(request: Request) -> Response:
    """List a trainee's attempts."""
    member = h.OfMember(*member_of(request))
    view: h.MemberAttempts = await ask(request, h.MEMBER_ATTEMPTS, member)
    return render(request, "attempts.html.j2", {**_WORDS, "name": member.name, "view": view})


@signed_in
async def show_attempt(request: Request) -> Response:
    """Show an attempt, and what was just done."""
    return await _attempt(request, done=_DONE.get(request.query_params.get("done", "")))


@signed_in
async def comment(request: Request) -> Response:
    """Comment on an attempt."""
    of, text = _attempt_of(request), (await form_of(request)).get("text", "")
    try:
        await ask(request, h.COMMENT, h.Comment(of.name, of.handle, of.attempt, text))
    except RefusedError as error:
        return await _attempt(request, said_at_form(error), text)
    return go_to(f"/classes/{of.name}/members/{of.handle}/attempts/{of.attempt}?done=commented")


_WORDS: Mapping[str, Any] = {"c": trainer_words, "h": help_words, "l": lab_words}


async def _attempt(
    request: Request, refusal: Refusal | None = None, text: str = "", done: Text | None = None
) -> Response:
    of = _attempt_of(request)
    view: h.AttemptView = await ask(request, h.MEMBER_ATTEMPT, of)
    context = {**_WORDS, "name": of.name, "view": view, "refusal": refusal, "text": text, "done": done}
    context["groups"] = check_groups(view.grading) if view.grading else ()
    return render(request, "attempt.html.j2", context, STATUS[refusal.kind] if refusal else 200)
