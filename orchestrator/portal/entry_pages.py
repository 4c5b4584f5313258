"""Coming and going: signing in and out, one-time links, and the language of a guest."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language
from orchestrator.labd.account_contract import (
    LOOK_AT_LINK,
    SET_LANGUAGE,
    SIGN_IN,
    SIGN_OUT,
    USE_LINK,
    LinkView,
    LookAtLink,
    SetLanguage,
    SignedIn,
    SignIn,
    UseLink,
)
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import cookies
from orchestrator.portal.pages import form_of, go_to, local_path, render, said_at_form
from orchestrator.portal.visit import ask, visit_of

_LONGEST_AGENT = 200
"""Characters of a browser's name that are passed on."""


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/sign-in", show_sign_in, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/link", show_link, methods=["GET"]),
        Route("/link", look_at_link, methods=["POST"]),
        Route("/link/password", use_link, methods=["POST"]),
        Route("/language", choose_language, methods=["POST"]),
    ]


async def show_sign_in(request: Request) -> Response:
    """Ask for the short name and the password; who is signed in goes on to where they wanted."""
    visit = visit_of(request)
    onward = local_path(request.query_params.get("next"))
    if visit.trouble is not None:
        raise RefusedError(visit.trouble)
    return go_to(onward) if visit.who else _sign_in_page(request, onward)


async def sign_in(request: Request) -> Response:
    """Sign in: a new token, whatever the browser had before."""
    form = await form_of(request)
    onward, handle = local_path(form.get("next")), form.get("handle", "")
    asked = SignIn(handle, form.get("password", ""), agent_of(request), visit_of(request).address)
    try:
        signed: SignedIn = await ask(request, SIGN_IN, asked)
    except RefusedError as error:
        return _sign_in_page(request, onward, said_at_form(error), handle)
    return await with_token(request, signed, onward)


def _sign_in_page(request: Request, onward: str, refusal: Refusal | None = None, handle: str = "") -> Response:
    context = {"onward": onward, "handle": handle, "refusal": refusal}
    return render(request, "sign_in.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def agent_of(request: Request) -> str:
    """Return what the browser calls itself, as far as it is passed on."""
    return request.headers.get("user-agent", "")[:_LONGEST_AGENT]


async def with_token(request: Request, signed: SignedIn, onward: str) -> Response:
    """Give the browser its new token; the one that it had holds no longer."""
    visit = visit_of(request)
    if visit.token is not None:
        with suppress(RefusedError):
            await ask(request, SIGN_OUT, Nothing())
    answer = go_to(onward)
    answer.headers.append("set-cookie", visit.cookies.write(cookies.TOKEN, signed.token))
    answer.headers.append("set-cookie", visit.cookies.delete(cookies.KEY))
    return answer


async def sign_out(request: Request) -> Response:
    """Sign out; the browser forgets the token even where labd does not answer."""
    visit = visit_of(request)
    if visit.token is not None:
        with suppress(RefusedError):
            await ask(request, SIGN_OUT, Nothing())
    answer = go_to("/sign-in")
    answer.headers.append("set-cookie", visit.cookies.delete(cookies.TOKEN))
    answer.headers.append("set-cookie", visit.cookies.delete(cookies.KEY))
    return answer


async def show_link(request: Request) -> Response:
    """Take a one-time link: its secret is in the fragment, which browsers do not send; a script puts it in the form."""
    return render(request, "link.html.j2", {"refusal": None})


async def look_at_link(request: Request) -> Response:
    """Say whose the link is, and ask for a password."""
    return await _ask_for_password(request, (await form_of(request)).get("link", ""))


async def use_link(request: Request) -> Response:
    """Set the password, and sign in with it."""
    form = await form_of(request)
    link = form.get("link", "")
    try:
        asked = UseLink(link, form.get("password", ""), agent_of(request), visit_of(request).address)
        signed: SignedIn = await ask(request, USE_LINK, asked)
    except RefusedError as error:
        return await _ask_for_password(request, link, said_at_form(error))
    return await with_token(request, signed, "/")


async def _ask_for_password(request: Request, link: str, refusal: Refusal | None = None) -> Response:
    try:
        view: LinkView = await ask(request, LOOK_AT_LINK, LookAtLink(link))
    except RefusedError as error:
        refusal = said_at_form(error)
        return render(request, "link.html.j2", {"refusal": refusal}, STATUS[refusal.kind])
    context = {"link": link, "view": view, "refusal": refusal}
    return render(request, "link_password.html.j2", context, STATUS[refusal.kind] if refusal else 200)


async def choose_language(request: Request) -> Response:
    """Have the pages be in another language: for somebody who is signed in wherever they are, else in this browser."""
    form = await form_of(request)
    language: Language = "en" if form.get("language") == "en" else "fr"
    visit = visit_of(request)
    if visit.who is not None:
        await ask(request, SET_LANGUAGE, SetLanguage(language))
    answer = go_to(form.get("back", "/"))
    answer.headers.append("set-cookie", visit.cookies.write(cookies.LANGUAGE, language))
    return answer
