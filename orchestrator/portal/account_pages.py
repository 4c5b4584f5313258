"""Somebody's own account: language, password, sign-ins, and what is recorded about them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.account_contract import CHANGE_PASSWORD, END_SIGN_IN, SIGN_INS, ChangePassword, EndSignIn
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import privacy_words, words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask

_MOST_DIGITS = 18
"""Of a sign-in's number: what fits into 64 bits."""
_DONE = {"password": words.PASSWORD_CHANGED, "sign-in": words.SIGN_IN_ENDED}


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/account", show_account, methods=["GET"]),
        Route("/account/password", change_password, methods=["POST"]),
        Route("/account/sign-ins", end_sign_in, methods=["POST"]),
    ]


@signed_in
async def show_account(request: Request) -> Response:
    """Show one's account, and what was just done."""
    return await _page(request, done=_DONE.get(request.query_params.get("done", "")))


@signed_in
async def change_password(request: Request) -> Response:
    """Change one's own password."""
    form = await form_of(request)
    try:
        asked = ChangePassword(form.get("old_password", ""), form.get("new_password", ""))
        await ask(request, CHANGE_PASSWORD, asked)
    except RefusedError as error:
        return await _page(request, said_at_form(error))
    return go_to("/account?done=password")


@signed_in
async def end_sign_in(request: Request) -> Response:
    """End one of one's own sign-ins."""
    number = (await form_of(request)).get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise RefusedError(words.NOT_FOUND)
    await ask(request, END_SIGN_IN, EndSignIn(int(number)))
    return go_to("/account?done=sign-in")


async def _page(request: Request, refusal: Refusal | None = None, done: Text | None = None) -> Response:
    sign_ins = await ask(request, SIGN_INS, Nothing())
    context = {"p": privacy_words, "sign_ins": sign_ins, "refusal": refusal, "done": done}
    return render(request, "account.html.j2", context, STATUS[refusal.kind] if refusal else 200)
