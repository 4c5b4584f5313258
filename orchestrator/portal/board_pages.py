"""The live board of a class, and what is done from it: a check, an announcement, the end of all labs, the export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.class_contract import ANNOUNCE, BOARD, EXPORT, STOP_CLASS, Announce, Export, OfClass
from orchestrator.labd.help_contract import GIVE_CLASS_HINT, GiveClassHint
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_work_contract import CHECK
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import board_words, help_words, trainer_words
from orchestrator.portal.board_stream import events
from orchestrator.portal.board_view import board_context
from orchestrator.portal.class_addresses import class_of
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in, wants_json
from orchestrator.portal.visit import ask

_DONE: Mapping[str, Text] = {
    "announced": board_words.ANNOUNCED,
    "checking": board_words.CHECKING,
    "hinted": help_words.CLASS_HINT_GIVEN,
    "launched": board_words.LAUNCHED,
    "stopped": board_words.STOPPED,
}
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it, spreadsheets take UTF-8 for something else."""


def routes() -> list[BaseRoute]:
    """Return the routes of the board."""
    return [
        Route("/classes/{name}/board", show_board, methods=["GET"]),
        Route("/classes/{name}/events", events, methods=["GET"]),
        Route("/classes/{name}/check", check, methods=["POST"]),
        Route("/classes/{name}/announce", announce, methods=["POST"]),
        Route("/classes/{name}/hint", give_hint, methods=["POST"]),
        Route("/classes/{name}/stop", stop, methods=["POST"]),
        Route("/classes/{name}/export", export, methods=["GET"]),
    ]


@signed_in
async def show_board(request: Request) -> Response:
    """Show where everybody is, and what was just done."""
    return await _board(request, done=_DONE.get(request.query_params.get("done", "")))


@signed_in
async def check(request: Request) -> Response:
    """Have a member's lab graded now."""
    name = class_of(request)
    await ask(request, CHECK, OfLab((await form_of(request)).get("lab", "")))
    return Response(status_code=204) if wants_json(request) else go_to(f"/classes/{name}/board?done=checking")


@signed_in
async def announce(request: Request) -> Response:
    """Say something to the class."""
    name, text = class_of(request), (await form_of(request)).get("text", "")
    try:
        await ask(request, ANNOUNCE, Announce(name, text))
    except RefusedError as error:
        return await _board(request, said_at_form(error), text)
    return go_to(f"/classes/{name}/board?done=announced")


@signed_in
async def give_hint(request: Request) -> Response:
    """Give a hint to everybody who has the board's scenario running."""
    name, text = class_of(request), (await form_of(request)).get("hint", "")
    try:
        await ask(request, GIVE_CLASS_HINT, GiveClassHint(name, text))
    except RefusedError as error:
        return await _board(request, replace(said_at_form(error), field="hint"), hint=text)
    return go_to(f"/classes/{name}/board?done=hinted")


@signed_in
async def stop(request: Request) -> Response:
    """Stop all labs of the class."""
    name = class_of(request)
    await ask(request, STOP_CLASS, OfClass(name))
    return go_to(f"/classes/{name}/board?done=stopped")


@signed_in
async def export(request: Request) -> Response:
    """Give the results of the class as a file."""
    name = class_of(request)
    made: Export = await ask(request, EXPORT, OfClass(name))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(_BOM + made.csv, headers=headers, media_type="text/csv; charset=utf-8")


async def _board(
    request: Request, refusal: Refusal | None = None, text: str = "", done: Text | None = None, hint: str = ""
) -> Response:
    view = await ask(request, BOARD, OfClass(class_of(request)))
    context = {**board_context(view), "c": trainer_words, "refusal": refusal, "text": text, "done": done}
    context |= {"h": help_words, "hint": hint}
    return render(request, "board.html.j2", context, STATUS[refusal.kind] if refusal else 200)
