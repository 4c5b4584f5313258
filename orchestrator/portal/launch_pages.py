"""Launching a scenario for a class: which one of the path, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.class_contract import CLASS, LAUNCH, ClassView, LaunchForClass, OfClass
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.path_contract import PATH, PathView
from orchestrator.portal import trainer_words
from orchestrator.portal.class_addresses import class_of
from orchestrator.portal.pages import go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask
from orchestrator.portal.web_forms import fields_of


@dataclass(frozen=True)
class _Chosen:
    """What was chosen in the form: a scenario, and the short names of those whom it is for; ``everybody``: all."""

    scenario: str = ""
    everybody: bool = True
    handles: tuple[str, ...] = ()


def routes() -> list[BaseRoute]:
    """Return the routes of this page."""
    return [
        Route("/classes/{name}/launch", show_launch, methods=["GET"]),
        Route("/classes/{name}/launch", launch, methods=["POST"]),
    ]


@signed_in
async def show_launch(request: Request) -> Response:
    """Show what may be launched, and for whom."""
    return await _page(request, _Chosen())


@signed_in
async def launch(request: Request) -> Response:
    """Launch, and lead to the board."""
    fields = fields_of(request.headers, await request.body())
    chosen = _Chosen(
        "".join(fields.get("scenario", [])[:1]), fields.get("for") != ["some"], tuple(fields.get("handle", ()))
    )
    name = class_of(request)
    try:
        refusal = _unclear(chosen)
        if refusal is not None:
            return await _page(request, chosen, refusal)
        await ask(request, LAUNCH, LaunchForClass(name, chosen.scenario, chosen.handles))
    except RefusedError as error:
        return await _page(request, chosen, said_at_form(error))
    return go_to(f"/classes/{name}/board?done=launched")


def _unclear(chosen: _Chosen) -> Refusal | None:
    """Return what has to be chosen first: nobody gets a lab by a guess."""
    if not chosen.scenario:
        return trainer_words.NOTHING_CHOSEN
    if chosen.everybody and chosen.handles:
        return trainer_words.BOTH_CHOSEN
    return None if chosen.everybody or chosen.handles else trainer_words.NOBODY_CHOSEN


async def _page(request: Request, chosen: _Chosen, refusal: Refusal | None = None) -> Response:
    view: ClassView = await ask(request, CLASS, OfClass(class_of(request)))
    path: PathView = await ask(request, PATH, Nothing())
    context = {
        "c": trainer_words,
        "view": view,
        "trainees": [member for member in view.members if not member.trainer],
        "ccps": path.ccps,
        "chosen": chosen,
        "refusal": refusal,
    }
    return render(request, "launch.html.j2", context, STATUS[refusal.kind] if refusal else 200)
