"""Carrying out somebody's wish to be forgotten, for administrators: what would be gone, then, by name, the act."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.privacy_contract import ERASE_PERSON, LOOK_AT_ERASURE, ErasureView, OfPerson
from orchestrator.portal import in_words, privacy_words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_LONGEST = 64
_NOT_CONFIRMED = Refusal("wrong", privacy_words.CONFIRM_WRONG, field="confirmed")


def routes() -> list[BaseRoute]:
    """Return the routes of this page."""
    return [
        Route("/people/erasure/{handle}", show_erasure, methods=["GET"]),
        Route("/people/erasure/{handle}", erase, methods=["POST"]),
    ]


@signed_in
async def show_erasure(request: Request) -> Response:
    """Show what would come of it."""
    return await _page(request)


@signed_in
async def erase(request: Request) -> Response:
    """Carry it out, where the short name was typed."""
    handle = _handle(request)
    if (await form_of(request)).get("confirmed", "").lower() != handle.lower():
        return await _page(request, _NOT_CONFIRMED)
    try:
        await ask(request, ERASE_PERSON, OfPerson(handle))
    except RefusedError as error:
        if error.refusal.kind == "missing":  # there is nothing to show any more
            raise
        return await _page(request, said_at_form(error))
    return go_to("/people?done=erased")


def _handle(request: Request) -> str:
    handle: str = request.path_params["handle"]
    return handle[: _LONGEST + 1]


async def _page(request: Request, refusal: Refusal | None = None) -> Response:
    view: ErasureView = await ask(request, LOOK_AT_ERASURE, OfPerson(_handle(request)))
    context = {
        "p": privacy_words,
        "view": view,
        "size": in_words.size(view.recorded_bytes, visit_of(request).language),
        "refusal": refusal,
    }
    return render(request, "erasure.html.j2", context, STATUS[refusal.kind] if refusal else 200)
