"""People, for administrators: who there is, adding somebody, and one-time links."""

from __future__ import annotations

from typing import get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.account_contract import ADD_PERSON, MAKE_LINK, PEOPLE, AddPerson, MakeLink, NewLink
from orchestrator.labd.calls import STATUS, Nothing, Refusal, RoleName
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.privacy_contract import ERASURE_REQUESTS
from orchestrator.portal import privacy_words
from orchestrator.portal.pages import form_of, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of
from orchestrator.portal.web_forms import fields_of

_EMPTY = {"handle": "", "given_name": "", "family_name": ""}


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/people", show_people, methods=["GET"]),
        Route("/people", add_person, methods=["POST"]),
        Route("/people/link", make_link, methods=["POST"]),
    ]


@signed_in
async def show_people(request: Request) -> Response:
    """List everybody."""
    return await _page(request)


@signed_in
async def add_person(request: Request) -> Response:
    """Add somebody, and show their link: this answer is the only place where it stands."""
    form = await form_of(request)
    chosen = fields_of(request.headers, await request.body()).get("role", [])
    roles: tuple[RoleName, ...] = tuple(role for role in get_args(RoleName) if role in chosen)
    typed = {name: form.get(name, "") for name in _EMPTY}
    try:
        link: NewLink = await ask(request, ADD_PERSON, AddPerson(**typed, roles=roles))
    except RefusedError as error:
        return await _page(request, said_at_form(error), typed, roles)
    return await _page(request, link=link)


@signed_in
async def make_link(request: Request) -> Response:
    """Make somebody a new link, and show it once."""
    handle = (await form_of(request)).get("handle", "")
    link: NewLink = await ask(request, MAKE_LINK, MakeLink(handle))
    return await _page(request, link=link)


async def _page(
    request: Request,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    roles: tuple[RoleName, ...] = ("trainee",),
    link: NewLink | None = None,
) -> Response:
    people = await ask(request, PEOPLE, Nothing())
    requests = await ask(request, ERASURE_REQUESTS, Nothing())
    address = f"{visit_of(request).origin}/link#{link.link}" if link else ""
    context = {
        "p": privacy_words,
        "people": people,
        "requests": requests,
        "done": privacy_words.ERASED if request.query_params.get("done") == "erased" else None,
        "refusal": refusal,
        "typed": typed or _EMPTY,
        "roles": roles,
        "link": link,
        "address": address,
    }
    return render(request, "people.html.j2", context, STATUS[refusal.kind] if refusal else 200)
