"""What is done on the lab page: small requests, answered briefly to a script and by the page to a browser without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd import lab_contract, lab_work_contract
from orchestrator.labd.calls import Call
from orchestrator.labd.lab_contract import OfLab, TerminalView
from orchestrator.portal import lab_words
from orchestrator.portal.lab_addresses import lab_of, terminal_of
from orchestrator.portal.minutes_field import minutes_of
from orchestrator.portal.pages import form_of, go_to, wants_json
from orchestrator.portal.visit import ask, visit_of

_ROWS, _COLUMNS = range(2, 501), range(20, 501)

Action = Callable[[Request], Awaitable[Response]]


def routes() -> list[BaseRoute]:
    """Return the routes of what is done on the lab page."""
    return [
        *(_post(call.name, _plain(call, place)) for call, place in _PLAIN),
        _post("cable", _cable),
        _post("answer", _answer),
        _post("report", _report),
        _post("terminals", _open_terminal),
        _post("terminals/{terminal}/close", _close_terminal),
    ]


def _post(path: str, action: Action) -> Route:
    return Route(f"/labs/{{lab}}/{path}", action, methods=["POST"])


_PLAIN: tuple[tuple[Call[OfLab, Any], str], ...] = (
    (lab_work_contract.CHECK, "check"),
    (lab_work_contract.HINT, "hints"),
    (lab_contract.RESET, ""),
    (lab_contract.STOP, ""),
    (lab_contract.THAW, ""),
    (lab_contract.RESUME, ""),
)
"""Calls that take a lab and nothing else, and the place of the page at which they are seen."""


def _plain(call: Call[OfLab, Any], place: str) -> Action:
    async def act(request: Request) -> Response:
        await ask(request, call, OfLab(lab_of(request)))
        return _done(request, place)

    return act


def _done(request: Request, place: str) -> Response:
    """Return the answer when something was done: nothing for a script; without one, the page at a place."""
    if wants_json(request):
        return Response(status_code=204)
    return go_to(f"/labs/{lab_of(request)}{f'#{place}' if place else ''}")


async def _cable(request: Request) -> Response:
    form = await form_of(request)
    asked = lab_work_contract.MoveCable(
        lab_of(request),
        form.get("host", ""),
        form.get("interface", ""),
        cast('Literal["plug", "unplug", "replace", "move"]', form.get("action", "")),  # labd says what may be asked
        form.get("segment", ""),
    )
    await ask(request, lab_work_contract.CABLE, asked)
    return _done(request, "cables")


async def _answer(request: Request) -> Response:
    form = await form_of(request)
    asked = lab_work_contract.AnswerQuestion(lab_of(request), form.get("question", ""), form.get("value", ""))
    await ask(request, lab_work_contract.ANSWER, asked)
    return _done(request, "hand-in")


async def _report(request: Request) -> Response:
    form = await form_of(request)
    asked = lab_work_contract.WriteReport(
        lab_of(request),
        **{name: form.get(name, "") for name in lab_words.REPORT_FIELDS},
        minutes=minutes_of(form.get("minutes", "")),
        language=visit_of(request).language,
    )
    await ask(request, lab_work_contract.REPORT, asked)
    return _done(request, "hand-in")


async def _open_terminal(request: Request) -> Response:
    form = await form_of(request)
    asked = lab_work_contract.OpenTerminal(
        lab_of(request),
        form.get("host", ""),
        "device" if form.get("kind", "") == "device" else "root",
        size_of(form.get("rows", ""), _ROWS, 24),
        size_of(form.get("columns", ""), _COLUMNS, 80),
    )
    opened: TerminalView = await ask(request, lab_work_contract.OPEN_TERMINAL, asked)
    return JSONResponse({"id": opened.id, "host": opened.host, "kind": opened.kind, "ended": opened.ended})


def size_of(written: str, fits: range, usual: int) -> int:
    """Return the rows or columns of a new terminal's window: as a form says, as far as that fits."""
    plain = written.isascii() and written.isdigit() and len(written) <= len(str(fits.stop))
    return min(max(int(written), fits.start), fits.stop - 1) if plain else usual


async def _close_terminal(request: Request) -> Response:
    await ask(
        request,
        lab_work_contract.CLOSE_TERMINAL,
        lab_work_contract.CloseTerminal(lab_of(request), terminal_of(request)),
    )
    return _done(request, "terminals")
