"""People, for administrators: who there is, adding somebody, one-time links, and what somebody may do."""

from __future__ import annotations

from typing import get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.account_contract import (
    ADD_PERSON,
    CHANGE_ROLES,
    MAKE_LINK,
    PEOPLE,
    AddPerson,
    ChangeRoles,
    MakeLink,
    NewLink,
    PersonView,
)
from orchestrator.labd.calls import STATUS, Nothing, Refusal, RoleName
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.privacy_contract import ERASURE_REQUESTS
from orchestrator.portal import privacy_words, words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of
from orchestrator.portal.web_forms import fields_of

_DONE = {"erased": privacy_words.ERASED, "roles": words.ROLES_CHANGED}
_EMPTY = {"handle": "", "given_name": "", "family_name": ""}


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/people", show_people, methods=["GET"]),
        Route("/people", add_person, methods=["POST"]),
        Route("/people/link", make_link, methods=["POST"]),
        Route("/people/roles/{handle}", show_roles, methods=["GET"]),
        Route("/people/roles/{handle}", change_roles, methods=["POST"]),
    ]


@signed_in
async def show_people(request: Request) -> Response:
    """List everybody."""
    return await _page(request)


@signed_in
async def add_person(request: Request) -> Response:
    """Add somebody, and show their link: this answer is the only place where it stands."""
    form = await form_of(request)
    roles = await _chosen_roles(request)
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


@signed_in
async def show_roles(request: Request) -> Response:
    """Show what somebody is, and what each role allows."""
    person = await _person(request)
    return _roles_page(request, person, person.roles)


@signed_in
async def change_roles(request: Request) -> Response:
    """Change what somebody is; whoever is no administrator any more is led to their path."""
    person, roles = await _person(request), await _chosen_roles(request)
    password = (await form_of(request)).get("password", "")
    try:
        await ask(request, CHANGE_ROLES, ChangeRoles(person.handle, roles, password))
    except RefusedError as error:
        return _roles_page(request, person, roles, said_at_form(error))
    who = visit_of(request).who
    mine = who is not None and who.handle == person.handle and "administrator" not in roles
    return go_to("/" if mine else "/people?done=roles")


async def _person(request: Request) -> PersonView:
    handle = request.path_params["handle"]
    for one in await ask(request, PEOPLE, Nothing()):
        if one.handle == handle:
            return one
    raise RefusedError(words.NOT_FOUND)


async def _chosen_roles(request: Request) -> tuple[RoleName, ...]:
    chosen = fields_of(request.headers, await request.body()).get("role", [])
    return tuple(role for role in get_args(RoleName) if role in chosen)


def _roles_page(
    request: Request, person: PersonView, roles: tuple[RoleName, ...], refusal: Refusal | None = None
) -> Response:
    context = {"p": privacy_words, "person": person, "roles": roles, "refusal": refusal}
    return render(request, "person_roles.html.j2", context, STATUS[refusal.kind] if refusal else 200)


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
        "done": _DONE.get(request.query_params.get("done", "")),
        "refusal": refusal,
        "typed": typed or _EMPTY,
        "roles": roles,
        "link": link,
        "address": address,
    }
    return render(request, "people.html.j2", context, STATUS[refusal.kind] if refusal else 200)
