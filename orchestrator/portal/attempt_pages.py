"""The attempts of a class's trainee, for their trainers: a list, each one whole with comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd import help_contract as h
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import help_words, lab_words, talk_pages, trainer_words
from orchestrator.portal.class_addresses import member_of
from orchestrator.portal.lab_view import check_groups
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_MOST_DIGITS = 18
"""Of an attempt's number: what fits into 64 bits."""
_DONE: Mapping[str, Text] = {
    "commented": help_words.COMMENTED,
    "changed": help_words.COMMENT_CHANGED,
    "withdrawn": help_words.COMMENT_WITHDRAWN,
}
_ATTEMPT = "/classes/{name}/members/{handle}/attempts/{attempt}"


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/classes/{name}/members/{handle}/attempts", show_attempts, methods=["GET"]),
        Route(_ATTEMPT, show_attempt, methods=["GET"]),
        Route(_ATTEMPT, comment, methods=["POST"]),
        Route(f"{_ATTEMPT}/comments/{{note}}", change_comment, methods=["POST"]),
        Route(f"{_ATTEMPT}/comments/{{note}}/withdraw", withdraw_comment, methods=["POST"]),
    ]


def _number(request: Request, what: str) -> int:
    number = request.path_params[what]
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise HTTPException(404)
    return int(number)


def _attempt_of(request: Request) -> h.OfMemberAttempt:
    member = h.OfMember(*member_of(request))
    return h.OfMemberAttempt(member.name, member.handle, _number(request, "attempt"))


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
    return _back(of, "commented")


@signed_in
async def change_comment(request: Request) -> Response:
    """Give a comment of one's own other words."""
    of, note = _attempt_of(request), _number(request, "note")
    text = (await form_of(request)).get(f"text-{note}", "")
    try:
        await ask(request, h.CHANGE_COMMENT, h.ChangeComment(of.name, of.handle, of.attempt, note, text))
    except RefusedError as error:
        refusal = said_at_form(error)
        if refusal.field:
            refusal = replace(refusal, field=f"text-{note}")
        return await _attempt(request, refusal, changing=(note, text))
    return _back(of, "changed")


@signed_in
async def withdraw_comment(request: Request) -> Response:
    """Withdraw a comment of one's own."""
    of = _attempt_of(request)
    await ask(request, h.WITHDRAW_COMMENT, h.OfComment(of.name, of.handle, of.attempt, _number(request, "note")))
    return _back(of, "withdrawn")


def _back(of: h.OfMemberAttempt, done: str) -> Response:
    return go_to(f"/classes/{of.name}/members/{of.handle}/attempts/{of.attempt}?done={done}")


_WORDS: Mapping[str, Any] = {"c": trainer_words, "h": help_words, "l": lab_words}


async def _attempt(
    request: Request,
    refusal: Refusal | None = None,
    text: str = "",
    done: Text | None = None,
    changing: tuple[int, str] = (0, ""),
) -> Response:
    """Show an attempt; ``changing``: the number of a comment that could not be changed so, and what was typed."""
    of = _attempt_of(request)
    view: h.AttemptView = await ask(request, h.MEMBER_ATTEMPT, of)
    talk = talk_pages.context(visit_of(request).language)
    context = {**_WORDS, **talk, "name": of.name, "view": view, "refusal": refusal, "text": text, "done": done}
    context["changing"] = changing
    context["groups"] = check_groups(view.grading) if view.grading else ()
    return render(request, "attempt.html.j2", context, STATUS[refusal.kind] if refusal else 200)
