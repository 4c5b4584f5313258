"""labd's door: what each address leads to, and which calls need what to be found first. ``AccessControl`` decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from orchestrator.core.text import Text
from orchestrator.labd.access_control import AccessControl, require, require_role, somebody
from orchestrator.labd.calls import VERSION, Call
from orchestrator.labd.catalogue_calls import CatalogueCalls
from orchestrator.labd.class_calls import ClassCalls
from orchestrator.labd.command_calls import CommandCalls
from orchestrator.labd.contract import BY_NAME
from orchestrator.labd.deliberation_calls import DeliberationCalls
from orchestrator.labd.desktop_recorder import DesktopRecorder
from orchestrator.labd.event_stream import event_lines
from orchestrator.labd.help_calls import HelpCalls
from orchestrator.labd.lab_calls import LabCalls
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_sockets import LabSockets
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_web import LabWeb
from orchestrator.labd.labd_http import address_of, answered, asked_by, json_response, number_of, token_of
from orchestrator.labd.people_calls import PeopleCalls
from orchestrator.labd.privacy_calls import PrivacyCalls
from orchestrator.labd.rules import (
    DOCUMENTS,
    EVENTS,
    EVIDENCE,
    MY_DATA,
    SEAT_DISPLAY,
    SEAT_TERMINAL,
    SEAT_WEB,
    concerns_a_class,
    concerns_a_lab,
    concerns_a_seat,
    concerns_an_attempt,
)
from orchestrator.labd.seat_calls import SeatCalls
from orchestrator.labd.seat_contract import LEAVE_SEAT
from orchestrator.labd.seat_display import SeatScreens
from orchestrator.labd.seat_gates import SeatHolds
from orchestrator.labd.seat_socket import SeatSockets
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seat_watch import SeatWatch
from orchestrator.labd.seat_web import SeatPages
from orchestrator.labd.session_calls import SessionCalls
from orchestrator.labd.standing_watch import Doorbell
from orchestrator.labd.talk_calls import TalkCalls
from orchestrator.labd.told_refusals import refused
from orchestrator.labd.wire import encode

_ENDS: Final = frozenset(
    {
        *("sign-out", "use-link", "change-password", "end-sign-in", "remove-member", "erase-person"),
        *("answer-seat", "leave-seat"),
    }
)
"""After these somebody may follow a lab no longer: their sign-in or seat has ended, or a trainee has left the class."""


@dataclass(frozen=True)
class LabdParts:
    """What the door leads to.

    Attributes:
        people: the calls about people and sign-ins.
        labs: the calls about scenarios and labs.
        classes: the calls about classes.
        privacy: the calls about what is kept of people.
        help: the calls by which a trainer helps.
        talk: the calls about talk with the people of labs.
        catalogue: the calls about the catalogue and proofs.
        sessions: the calls about jury sessions.
        seat_terminals: the terminals at candidates' seats.
        deliberation: the calls about juries that deliberate.
        seats: the calls about candidates' seats.
        command: the calls of this machine's command line.
        desk: finds labs.
        terminals: the terminals of labs.
        displays: the screens of labs' hosts.
        web: connections to web sites from labs' hosts.
        seat_web: such connections of candidates'.
        seat_displays: the screens of candidates' hosts.
        desktops: records them.
        threads: for what a caller waits for.
        bell: rung when somebody may follow a lab no longer.
    """

    people: PeopleCalls
    labs: LabCalls
    classes: ClassCalls
    privacy: PrivacyCalls
    help: HelpCalls
    talk: TalkCalls
    catalogue: CatalogueCalls
    sessions: SessionCalls
    deliberation: DeliberationCalls
    seats: SeatCalls
    seat_terminals: SeatTerminals
    command: CommandCalls
    desk: LabDesk
    terminals: LabTerminals
    displays: LabDisplays
    web: LabWeb
    seat_web: LabWeb
    seat_displays: LabDisplays
    desktops: DesktopRecorder
    threads: WorkThreads
    bell: Doorbell


def labd_app(parts: LabdParts) -> Starlette:
    """Return the application."""
    access = AccessControl(
        parts.people, parts.classes, parts.privacy, parts.desk, parts.seats, parts.threads, parts.bell
    )
    door = _Door(parts, access)
    sockets = LabSockets(access, parts.labs, parts.terminals, parts.displays, parts.web)
    watch = SeatWatch(SeatHolds(parts.seats.access), parts.seat_terminals.looks, parts.bell)
    seats = SeatSockets(watch, parts.seat_terminals)
    pages = SeatPages(watch, parts.seat_terminals, parts.seat_web, parts.desk.parts.labs)
    screens = SeatScreens(watch, parts.seat_terminals, parts.seat_displays, parts.desktops, parts.desk.parts.labs)
    return Starlette(
        routes=[
            Route(f"/v{VERSION}/events/{{lab}}", door.events, methods=["GET"]),
            WebSocketRoute(f"/v{VERSION}/terminal/{{lab}}/{{terminal}}", sockets.terminal),
            Route(f"/v{VERSION}/{MY_DATA}", door.my_data, methods=["POST"]),
            Route(f"/v{VERSION}/{DOCUMENTS}/{{session}}", door.documents, methods=["POST"]),
            Route(f"/v{VERSION}/{EVIDENCE}/{{session}}/{{phase}}/{{number}}", door.evidence, methods=["POST"]),
            WebSocketRoute(f"/v{VERSION}/display/{{lab}}/{{host}}", sockets.display),
            WebSocketRoute(f"/v{VERSION}/web/{{lab}}/{{host}}", sockets.site),
            WebSocketRoute(f"/v{VERSION}/{SEAT_TERMINAL}/{{phase}}/{{terminal}}", seats.terminal),
            WebSocketRoute(f"/v{VERSION}/{SEAT_WEB}/{{phase}}/{{place}}/{{host}}", pages.site),
            WebSocketRoute(f"/v{VERSION}/{SEAT_DISPLAY}/{{phase}}/{{place}}/{{host}}", screens.display),
            Route(f"/v{VERSION}/{{name}}", door.call, methods=["POST"]),
        ]
    )


class _Door:
    def __init__(self, parts: LabdParts, access: AccessControl) -> None:
        self._parts = parts
        self._access = access

    async def call(self, request: Request) -> Response:
        """Answer a call."""
        name = request.path_params["name"]

        async def answer() -> Response:
            if name not in BY_NAME:
                raise refused("missing", Text(fr="Cet appel n'existe pas.", en="There is no such call."))
            done = await self._done(BY_NAME[name], request)
            if name in _ENDS:
                self._parts.bell.ring()
            return json_response(encode(done))

        return await answered(answer)

    async def _done(self, call: Call[Any, Any], request: Request) -> object:
        parts, token = self._parts, token_of(request.headers.get("authorization", ""))
        if parts.command.may(call.name, token):
            return await parts.command.calls[call.name](await asked_by(request, call))
        if concerns_a_seat(call.name):
            return await self._of_a_seat(call, token, request)
        return await self._of_somebody(call, token, request)

    async def _of_a_seat(self, call: Call[Any, Any], token: str, request: Request) -> object:
        """Do what only a candidate's browser may call for."""
        seat, state = await self._access.seat(call.name, token)
        asked, seats, terminals = await asked_by(request, call), self._parts.seats, self._parts.seat_terminals
        if state == "seated":
            terminals.presence.heard_of(seat, address_of(request.headers))
            if places := terminals.presence.new_places(seat):
                await seats.note_places(seat, places)
        of_a_seat = {**seats.of_a_seat, **terminals.of_a_seat}
        if call.name in of_a_seat:
            return await of_a_seat[call.name](seat, asked)
        if call.name == LEAVE_SEAT.name:
            return await seats.leave(token, seat)
        return await seats.my_seat(seat, state)

    async def _of_somebody(self, call: Call[Any, Any], token: str, request: Request) -> object:
        parts, access = self._parts, self._access
        who = await access.who(call.name, token)
        if concerns_a_lab(call.name):
            who = somebody(who)
            asked = await asked_by(request, call)
            found = await parts.labs.touched(call.name, await access.lab(call.name, who, asked.lab))
            of_a_lab = {**parts.labs.of_a_lab, **parts.help.of_a_lab, **parts.talk.of_a_lab}
            return await of_a_lab[call.name](who, found, asked)
        if concerns_a_class(call.name):
            who = somebody(who)
            asked = await asked_by(request, call)
            await access.require_class(call.name, who, asked.name)
            of_a_class = {**parts.classes.of_a_class, **parts.help.of_a_class}
            return await of_a_class[call.name](who, asked)
        if concerns_an_attempt(call.name):
            who = somebody(who)
            asked = await asked_by(request, call)
            attempt = await access.attempt(call.name, who, asked.attempt)
            return await parts.privacy.of_an_attempt[call.name](who, attempt, asked)
        require_role(call.name, who)
        asked = await asked_by(request, call)
        for known in (
            parts.labs.before_a_lab,
            parts.classes.before_a_class,
            parts.privacy.of_somebody,
            parts.help.before,
            parts.catalogue.calls,
            parts.sessions.calls,
            parts.deliberation.calls,
            parts.seats.calls,
        ):
            if call.name in known:
                return await known[call.name](somebody(who), asked)
        if call.name in parts.seats.of_anybody:
            done: object = await parts.seats.of_anybody[call.name](token, asked)
        else:
            done = await parts.people.do(call.name, token, who, asked)
        return done

    async def my_data(self, request: Request) -> Response:
        """Send somebody all that is kept about them."""
        token = token_of(request.headers.get("authorization", ""))
        english = request.query_params.get("language") == "en"

        async def answer() -> Response:
            who = somebody(await self._access.who(MY_DATA, token))
            require(MY_DATA, who)
            pieces = await self._parts.privacy.my_data(who, "en" if english else "fr")
            return StreamingResponse(pieces, media_type="application/zip")

        return await answered(answer)

    async def documents(self, request: Request) -> Response:
        """Send the documents of a session."""
        return await self._file(request, DOCUMENTS)

    async def evidence(self, request: Request) -> Response:
        """Send a candidate's sealed evidence."""
        return await self._file(request, EVIDENCE)

    async def _file(self, request: Request, name: str) -> Response:
        token = token_of(request.headers.get("authorization", ""))

        async def answer() -> Response:
            who = await self._access.who(name, token)
            require_role(name, who)
            content = await self._parts.deliberation.files[name](somebody(who), **request.path_params)
            return Response(content, media_type="application/zip")

        return await answered(answer)

    async def events(self, request: Request) -> Response:
        """Send the events of a lab."""
        lab, token = request.path_params["lab"], token_of(request.headers.get("authorization", ""))

        async def answer() -> Response:
            _, found = await self._access.follower(EVENTS, token, lab)
            after = number_of(request.query_params.get("after", "0"))
            over = partial(self._access.until_over, EVENTS, token, lab)
            return StreamingResponse(event_lines(found.log, after, over), media_type="application/x-ndjson")

        return await answered(answer)
