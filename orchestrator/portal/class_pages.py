"""Classes, for trainers: which there are, who is in one, the links of new people, and the code by which one joins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.class_contract import (
    ADD_CLASS,
    ADD_MEMBERS,
    CLASS,
    CLASSES,
    END_CODE,
    LIMIT_CLASS,
    MAKE_CODE,
    REMOVE_MEMBER,
    AddMembers,
    ClassView,
    OfClass,
    RemoveMember,
)
from orchestrator.labd.help_contract import RENEW_LINK, OfMember
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import class_limits_form, help_words, trainer_words
from orchestrator.portal.class_addresses import class_of, member_of
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_DONE: Mapping[str, Text] = {
    "added": trainer_words.ADDED,
    "removed": trainer_words.REMOVED,
    "code-ended": trainer_words.CODE_ENDED,
    "limited": trainer_words.LIMITED,
}


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/classes", show_classes, methods=["GET"]),
        Route("/classes", add_class, methods=["POST"]),
        Route("/classes/{name}", show_class, methods=["GET"]),
        Route("/classes/{name}/members", add_members, methods=["POST"]),
        Route("/classes/{name}/members/remove", remove_member, methods=["POST"]),
        Route("/classes/{name}/members/{handle}/link", renew_link, methods=["POST"]),
        Route("/classes/{name}/code", make_code, methods=["POST"]),
        Route("/classes/{name}/code/end", end_code, methods=["POST"]),
        Route("/classes/{name}/limits", set_limits, methods=["POST"]),
    ]


@signed_in
async def show_classes(request: Request) -> Response:
    """List the classes."""
    return await _list(request)


@signed_in
async def add_class(request: Request) -> Response:
    """Make a class, and lead to it."""
    name = (await form_of(request)).get("name", "")
    try:
        await ask(request, ADD_CLASS, OfClass(name))
    except RefusedError as error:
        return await _list(request, said_at_form(error), name)
    return go_to(f"/classes/{name}")


async def _list(request: Request, refusal: Refusal | None = None, name: str = "") -> Response:
    classes = await ask(request, CLASSES, Nothing())
    context = {"c": trainer_words, "classes": classes, "refusal": refusal, "name": name}
    return render(request, "classes.html.j2", context, STATUS[refusal.kind] if refusal else 200)


@signed_in
async def show_class(request: Request) -> Response:
    """Show a class, and what was just done."""
    return await _class(request, done=_DONE.get(request.query_params.get("done", "")))


@signed_in
async def add_members(request: Request) -> Response:
    """Add people, and show the links of those who are new: this answer is the only place where they stand."""
    name, people = class_of(request), (await form_of(request)).get("people", "")
    try:
        links: tuple[NewLink, ...] = await ask(request, ADD_MEMBERS, AddMembers(name, people))
    except RefusedError as error:
        return await _class(request, said_at_form(error), people=people)
    if not links:
        return go_to(f"/classes/{name}?done=added")
    view: ClassView = await ask(request, CLASS, OfClass(name))
    names = {member.handle: member.name for member in view.members}
    context: dict[str, Any] = {
        "c": trainer_words,
        "view": view,
        "links": [(link, names.get(link.handle, link.handle)) for link in links],
        "address": f"{visit_of(request).origin}/link#",
    }
    return render(request, "class_links.html.j2", context)


@signed_in
async def remove_member(request: Request) -> Response:
    """Take somebody out of the class."""
    name = class_of(request)
    await ask(request, REMOVE_MEMBER, RemoveMember(name, (await form_of(request)).get("handle", "")))
    return go_to(f"/classes/{name}?done=removed")


@signed_in
async def renew_link(request: Request) -> Response:
    """Make a trainee a new link, and show it: this answer is the only place where it stands."""
    member = OfMember(*member_of(request))
    try:
        link: NewLink = await ask(request, RENEW_LINK, member)
    except RefusedError as error:
        return await _class(request, said_at_form(error))
    view: ClassView = await ask(request, CLASS, OfClass(member.name))
    context: dict[str, Any] = {
        "c": trainer_words,
        "view": view,
        "links": [(link, {one.handle: one.name for one in view.members}.get(link.handle, link.handle))],
        "address": f"{visit_of(request).origin}/link#",
        "heading": help_words.RENEWED,
        "once": help_words.RENEWED_ONCE,
    }
    return render(request, "class_links.html.j2", context)


@signed_in
async def make_code(request: Request) -> Response:
    """Make the code of the class, or another one."""
    name = class_of(request)
    await ask(request, MAKE_CODE, OfClass(name))
    return go_to(f"/classes/{name}")


@signed_in
async def end_code(request: Request) -> Response:
    """Have the code hold no longer."""
    name = class_of(request)
    await ask(request, END_CODE, OfClass(name))
    return go_to(f"/classes/{name}?done=code-ended")


@signed_in
async def set_limits(request: Request) -> Response:
    """Set what the labs of the class may take."""
    name, form = class_of(request), await form_of(request)
    typed = {field: form.get(field, "") for field in class_limits_form.FIELDS}
    try:
        await ask(request, LIMIT_CLASS, class_limits_form.read(name, form))
    except class_limits_form.WrongNumberError as error:
        return await _class(request, error.refusal, typed=typed)
    except RefusedError as error:
        return await _class(request, said_at_form(error), typed=typed)
    return go_to(f"/classes/{name}?done=limited")


async def _class(
    request: Request,
    refusal: Refusal | None = None,
    people: str = "",
    done: Text | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    view: ClassView = await ask(request, CLASS, OfClass(class_of(request)))
    context = {
        "c": trainer_words,
        "h": help_words,
        "view": view,
        "refusal": refusal,
        "people": people,
        "done": done,
        "limits": class_limits_form.fields_of(view, typed),
        "own": class_limits_form.shown(view.limits),
        "join_at": f"{visit_of(request).origin}/join",
    }
    return render(request, "class.html.j2", context, STATUS[refusal.kind] if refusal else 200)
