"""Joining a class by its code, for anybody: the code, then a name and a password, then one is signed in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.account_contract import SignedIn
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.class_contract import JOIN, LOOK_AT_CODE, CodeView, Join, LookAtCode
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import trainer_words
from orchestrator.portal.entry_pages import agent_of, with_token
from orchestrator.portal.pages import form_of, render, said_at_form
from orchestrator.portal.visit import ask, visit_of

_FIELDS = ("code", "handle", "given_name", "family_name")


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/join", show_join, methods=["GET"]),
        Route("/join", look_at_code, methods=["POST"]),
        Route("/join/account", join, methods=["POST"]),
    ]


async def show_join(request: Request) -> Response:
    """Ask for the code."""
    return _code_page(request)


async def look_at_code(request: Request) -> Response:
    """Say which class the code is for, and ask who joins."""
    return await _ask_who(request, {"code": (await form_of(request)).get("code", "")})


async def join(request: Request) -> Response:
    """Join, and be signed in."""
    form = await form_of(request)
    typed = {name: form.get(name, "") for name in _FIELDS}
    asked = Join(
        **typed,
        password=form.get("password", ""),
        agent=agent_of(request),
        address=visit_of(request).address,
    )
    try:
        signed: SignedIn = await ask(request, JOIN, asked)
    except RefusedError as error:
        return await _ask_who(request, typed, said_at_form(error))
    return await with_token(request, signed, "/")


async def _ask_who(request: Request, typed: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    try:
        view: CodeView = await ask(request, LOOK_AT_CODE, LookAtCode(typed["code"], visit_of(request).address))
    except RefusedError as error:
        return _code_page(request, said_at_form(error), typed["code"])
    blank = dict.fromkeys(_FIELDS, "")
    context = {"c": trainer_words, "view": view, "typed": {**blank, **typed}, "refusal": refusal}
    return render(request, "join_account.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _code_page(request: Request, refusal: Refusal | None = None, code: str = "") -> Response:
    context = {"c": trainer_words, "code": code, "refusal": refusal}
    return render(request, "join.html.j2", context, STATUS[refusal.kind] if refusal else 200)
