"""A candidate's terminals at their seat: a page for each of their labs, what is opened and closed there, its lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from orchestrator.core.text import Text
from orchestrator.labd import seat_terminal_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.sitting_contract import SITTING, Announcement, SittingPhase
from orchestrator.portal import (
    board_words,
    desktop_words,
    help_words,
    in_words,
    lab_words,
    page_actions,
    page_words,
    seat_words,
    talk_words,
    terminal_words,
)
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.browser_terminal import OpeningLine, after_of, resize_of, serve_line
from orchestrator.portal.day_wall import clock
from orchestrator.portal.lab_actions import size_of
from orchestrator.portal.lab_addresses import host_of, terminal_of
from orchestrator.portal.page_visits import SeatPlace
from orchestrator.portal.pages import form_of, go_to, render
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import SEAT_PATH, ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked, for each page that is open."""
_ALL = f"{SEAT_PATH}/terminals"
_ONE = f"{_ALL}/{{phase}}/{{lab:int}}"
"""A lab has the number of its scenario among the candidate's: a scenario's own name may say what is wrong."""
_MINUTE = 60
_ROWS, _COLUMNS = range(2, 501), range(20, 501)


SCRIPT_WORDS: Mapping[str, Text] = {**terminal_words.SCRIPT_WORDS, **desktop_words.SCRIPT_WORDS}
"""What the page's scripts say."""


@dataclass(frozen=True)
class _Room:
    """A candidate's terminals, where they are in the phase, and what was announced."""

    view: contract.SeatTerminalsView
    phase: SittingPhase
    announced: tuple[Announcement, ...]


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route(_ALL, show_labs, methods=["GET"]),
        Route(_ONE, show_terminals, methods=["GET"]),
        Route(f"{_ONE}/events", events, methods=["GET"]),
        Route(f"{_ONE}/pages", open_page, methods=["POST"]),
        Route(f"{_ONE}/terminals", open_terminal, methods=["POST"]),
        Route(f"{_ONE}/terminals/{{terminal}}/close", close_terminal, methods=["POST"]),
        WebSocketRoute(f"{_ONE}/terminals/{{terminal}}", terminal),
        WebSocketRoute(f"{_ONE}/screens/{{host}}", screen),
    ]


async def show_labs(request: Request) -> Response:
    """List a candidate's labs in the phase that is on."""
    view = await ask(request, contract.SEAT_TERMINALS, contract.OfSeatPhase())
    found = await ask(request, contract.SEAT_HOSTS, contract.OfSeatPhase())
    labs = [(_address(view.phase, number), number) for number, _ in enumerate(found.scenarios, 1)]
    return render(request, "seat_labs.html.j2", {"g": seat_words, "z": terminal_words, "view": view, "labs": labs})


async def show_terminals(request: Request) -> Response:
    """Show the terminals of one lab."""
    phase, number = request.path_params["phase"], request.path_params["lab"]
    room = await _room(request, phase)
    found = (await ask(request, contract.SEAT_HOSTS, contract.OfSeatPhase(phase))).scenarios
    if room.view.over and not found:  # all is sealed: what was handed in is shown there
        return go_to(f"{SEAT_PATH}/work/{quote(phase, safe='')}/{number}")
    here = _numbered(found, number)
    language = visit_of(request).language
    data = {
        "base": _address(phase, number),
        "lab": f"seat.{phase}.{number}",
        "language": language,
        "yours": True,
        "now": "",
        "hosts": {host.name: {"device": host.device} for host in here.hosts},
        "screens": [{"host": one.name, "watched": ""} for one in here.hosts if one.desktop],
        "typing": [],
        "words": {name: in_words.said(text, language) for name, text in SCRIPT_WORDS.items()},
        **_told(request, room, here.id),
    }
    context = {
        "b": board_words,
        "d": desktop_words,
        "g": seat_words,
        "h": help_words,
        "l": lab_words,
        "q": talk_words,
        "z": terminal_words,
        "room": room,
        "people": here.people,
        "lab": {"yours": True, "hosts": here.hosts},
        "labs": [(_address(phase, one), one) for one in range(1, len(found) + 1)],
        "number": number,
        "data": data,
        "p": page_words,
        "pages": page_actions.shown(request, here.hosts, here.pages),
    }
    return render(request, "seat_terminals.html.j2", context)


async def events(request: Request) -> Response:
    """Answer with the terminals as they are now, then as they change."""
    return EventStream(request, terminal_frames(request))


def terminal_frames(request: Request) -> AsyncIterator[bytes]:
    """Return the frames: each has the lab's terminals, whether the machines are open, and the time that is left."""
    phase, known = request.path_params["phase"], list[str]()

    async def look() -> _Room:
        if not known:
            known.append(await _scenario(request, sealed=""))
        return await _room(request, phase)

    def news(told: _Room | None, room: _Room) -> bytes:
        if told is not None and _essence(told) == _essence(room):
            return b""
        return frame(_told(request, room, known[0]))

    return polled_frames(look, news, POLL_SECONDS)


async def open_terminal(request: Request) -> Response:
    """Open a terminal."""
    sent = await form_of(request)
    asked = contract.OpenSeatTerminal(
        request.path_params["phase"],
        await _scenario(request),
        sent.get("host", ""),
        "device" if sent.get("kind", "") == "device" else "root",
        size_of(sent.get("rows", ""), _ROWS, 24),
        size_of(sent.get("columns", ""), _COLUMNS, 80),
    )
    return JSONResponse(_known(await ask(request, contract.OPEN_SEAT_TERMINAL, asked)))


async def open_page(request: Request) -> Response:
    """Lead to a web page, as a machine of the lab sees it."""
    phase, number = request.path_params["phase"], request.path_params["lab"]
    found = await ask(request, contract.SEAT_HOSTS, contract.OfSeatPhase(phase))
    hosts, back = _numbered(found.scenarios, number).hosts, _address(phase, number)
    return await page_actions.handed_over(request, SeatPlace(phase, number), hosts, back, SEAT_PATH)


async def close_terminal(request: Request) -> Response:
    """Close a terminal."""
    asked = contract.CloseSeatTerminal(request.path_params["phase"], terminal_of(request))
    await ask(request, contract.CLOSE_SEAT_TERMINAL, asked)
    return Response(status_code=204)


async def terminal(socket: WebSocket) -> None:
    """Bridge a terminal until one side leaves."""
    await serve_line(socket, _line, resize_of)


def _line(socket: WebSocket, token: str) -> OpeningLine:
    labd: LabdClient = socket.app.state.labd
    phase = quote(socket.path_params["phase"], safe="")
    return labd.seat_terminal(phase, terminal_of(socket), token, after_of(socket), visit_of(socket).address)


async def screen(socket: WebSocket) -> None:
    """Bridge a host's screen until one side leaves."""
    await serve_line(socket, _screen, lambda _text: None)


def _screen(socket: WebSocket, token: str) -> OpeningLine:
    labd: LabdClient = socket.app.state.labd
    phase, place = socket.path_params["phase"], socket.path_params["lab"]
    return labd.seat_display(phase, place, host_of(socket), token, visit_of(socket).address)


async def _scenario(request: Request, sealed: str | None = None) -> str:
    """Return the scenario of the lab that an address names; raises as ``_numbered``.

    Args:
        request: the request.
        sealed: what is returned where there is no lab any more; None: nothing is.
    """
    found = await ask(request, contract.SEAT_HOSTS, contract.OfSeatPhase(request.path_params["phase"]))
    if sealed is not None and not found.scenarios:
        return sealed
    return _numbered(found.scenarios, request.path_params["lab"]).id


def _numbered(found: Sequence[contract.SeatScenario], number: int) -> contract.SeatScenario:
    """Return the scenario of a number.

    Raises:
        HTTPException: there is none.
    """
    if not 1 <= number <= len(found):
        raise HTTPException(404)
    return found[number - 1]


async def _room(request: Request, phase: str) -> _Room:
    """Return a candidate's terminals.

    Raises:
        HTTPException: they have no such phase.
    """
    view = await ask(request, contract.SEAT_TERMINALS, contract.OfSeatPhase(phase))
    sitting = await ask(request, SITTING, Nothing())
    here = next((one for one in sitting.phases if one.name == view.phase), None)
    if here is None:
        raise HTTPException(404)
    return _Room(view, here, sitting.announced)


def _essence(room: _Room) -> _Room:
    """Return a room without what goes on by itself; each minute that is over is told, so that pages are set right."""
    view, left = replace(room.view, why=None), (room.phase.left or 0) // _MINUTE
    return replace(room, view=view, phase=replace(room.phase, left=left, opens=room.phase.opens // _MINUTE))


def _told(request: Request, room: _Room, scenario: str) -> dict[str, Any]:
    """Return what a script is told."""
    language = visit_of(request).language
    return {
        "terminals": [_known(one) for one in room.view.terminals if one.scenario == scenario],
        "open": room.view.open,
        "over": room.view.over,
        "standing": in_words.said(seat_words.STANDINGS[room.phase.standing], language),
        "left": room.phase.left,
        "opens": room.phase.opens,
        "runs": room.phase.standing in {"reading", "working"},
        "announced": [{"at": one.at, "clock": clock(one.at), "text": one.text.in_(language)} for one in room.announced],
    }


def _known(one: contract.SeatTerminalView) -> dict[str, Any]:
    return {"id": one.id, "host": one.host, "kind": one.kind, "ended": one.ended}


def _address(phase: str, number: int) -> str:
    return f"{_ALL}/{quote(phase, safe='')}/{number}"
