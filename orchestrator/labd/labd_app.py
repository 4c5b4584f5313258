"""labd's door: each call, a lab's events, terminals and screens over HTTP and WebSocket, each by the table of rules."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.keeper.keeper_client import NoTerminalError
from orchestrator.labd.calls import STATUS, VERSION, Call, Refusal, RefusalKind, Who
from orchestrator.labd.catalogue_calls import CatalogueCalls
from orchestrator.labd.class_calls import ClassCalls
from orchestrator.labd.command_calls import CommandCalls
from orchestrator.labd.contract import BY_NAME
from orchestrator.labd.display_socket import OFF, show_display
from orchestrator.labd.event_stream import event_lines
from orchestrator.labd.help_calls import HelpCalls
from orchestrator.labd.lab_calls import LabCalls
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_web import LabWeb, PageAsked
from orchestrator.labd.people_calls import PeopleCalls
from orchestrator.labd.privacy_calls import PrivacyCalls
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.replay_desk import FoundAttempt
from orchestrator.labd.rules import (
    DISPLAY,
    EVENTS,
    MY_DATA,
    RULES,
    TERMINAL,
    WEB,
    concerns_a_class,
    concerns_a_lab,
    concerns_an_attempt,
    counts_as_trainer,
    refusal_kind,
    standing_of,
)
from orchestrator.labd.standing_watch import Doorbell, Over, until_over
from orchestrator.labd.talk_calls import TalkCalls
from orchestrator.labd.terminal_socket import MISSING, SIGNED_OUT, TRY_AGAIN, bridge
from orchestrator.labd.told_refusals import (
    broken,
    forbidden,
    missing_attempt,
    missing_class,
    missing_lab,
    refusal_of,
    refused,
    signed_out,
)
from orchestrator.labd.web_socket import show_page
from orchestrator.labd.wire import WireError, decode, encode

_log = logging.getLogger(__name__)

_LONGEST_BODY: Final = 256 * 1024
_LONGEST_TOKEN: Final = 200
_TROUBLE: Final = 1011
"""What a WebSocket is closed with where the keeper, the store or the engine does not answer."""
_CLOSED_BY: Final[Mapping[RefusalKind, int]] = {"signed-out": SIGNED_OUT, "busy": TRY_AGAIN}
"""Why a call was refused -> what its WebSocket is closed with; otherwise there is no such thing."""
_UntilOver = Callable[[], Awaitable[Over]]
_Joining = Callable[[WebSocket, Who, FoundLab, _UntilOver], Awaitable[None]]
_ENDS: Final = frozenset({"sign-out", "use-link", "change-password", "end-sign-in", "remove-member", "erase-person"})
"""After these somebody may follow a lab no longer: their sign-in has ended, or their trainee has left the class."""


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
        command: the calls of this machine's command line.
        desk: finds labs.
        terminals: the terminals of labs.
        displays: the screens of labs' hosts.
        web: connections to web sites from labs' hosts.
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
    command: CommandCalls
    desk: LabDesk
    terminals: LabTerminals
    displays: LabDisplays
    web: LabWeb
    threads: WorkThreads
    bell: Doorbell


def labd_app(parts: LabdParts) -> Starlette:
    """Return the application."""
    door = _Door(parts)
    return Starlette(
        routes=[
            Route(f"/v{VERSION}/events/{{lab}}", door.events, methods=["GET"]),
            WebSocketRoute(f"/v{VERSION}/terminal/{{lab}}/{{terminal}}", door.terminal),
            Route(f"/v{VERSION}/{MY_DATA}", door.my_data, methods=["POST"]),
            WebSocketRoute(f"/v{VERSION}/display/{{lab}}/{{host}}", door.display),
            WebSocketRoute(f"/v{VERSION}/web/{{lab}}/{{host}}", door.web),
            Route(f"/v{VERSION}/{{name}}", door.call, methods=["POST"]),
        ]
    )


class _Door:
    def __init__(self, parts: LabdParts) -> None:
        self._parts = parts

    # Calls ----------------------------------------------------------------------------------------------------

    async def call(self, request: Request) -> Response:
        """Answer a call."""
        name = request.path_params["name"]

        async def answer() -> Response:
            if name not in BY_NAME:
                raise refused("missing", Text(fr="Cet appel n'existe pas.", en="There is no such call."))
            done = await self._done(BY_NAME[name], request)
            if name in _ENDS:
                self._parts.bell.ring()
            return _json(encode(done))

        return await _answered(answer)

    async def _done(self, call: Call[Any, Any], request: Request) -> object:
        token = _token(request.headers.get("authorization", ""))
        if self._parts.command.may(call.name, token):
            return await self._parts.command.calls[call.name](_read(call, await _body(request)))
        who = await self._who(call.name, token)
        if concerns_a_lab(call.name):
            who = _somebody(who)
            asked = _read(call, await _body(request))
            found = await self._parts.labs.touched(call.name, await self._found(call.name, who, asked.lab))
            of_a_lab = {
                **self._parts.labs.of_a_lab,
                **self._parts.help.of_a_lab,
                **self._parts.talk.of_a_lab,
            }
            return await of_a_lab[call.name](who, found, asked)
        if concerns_a_class(call.name):
            who = _somebody(who)
            asked = _read(call, await _body(request))
            await self._require_class(call.name, who, asked.name)
            of_a_class = {**self._parts.classes.of_a_class, **self._parts.help.of_a_class}
            return await of_a_class[call.name](who, asked)
        if concerns_an_attempt(call.name):
            who = _somebody(who)
            asked = _read(call, await _body(request))
            attempt = await self._found_attempt(call.name, who, asked.attempt)
            return await self._parts.privacy.of_an_attempt[call.name](who, attempt, asked)
        _require(call.name, who, trains=who is not None and counts_as_trainer(call.name, who))
        asked = _read(call, await _body(request))
        parts = self._parts
        for known in (
            parts.labs.before_a_lab,
            parts.classes.before_a_class,
            parts.privacy.of_somebody,
            parts.help.before,
            parts.catalogue.calls,
        ):
            if call.name in known:
                return await known[call.name](_somebody(who), asked)
        return await self._parts.people.do(call.name, token, who, asked)

    async def _who(self, name: str, token: str) -> Who | None:
        """Return who calls; nobody is looked up for what anybody may call."""
        if not token or RULES[name] == "anybody":
            return None
        return await self._parts.threads.run(self._parts.people.who, token)

    async def _found(self, name: str, who: Who, lab: str) -> FoundLab:
        """Return a lab for somebody.

        Raises:
            RefusedCallError: they may not, or there is none of that name.
        """
        found = await self._parts.threads.run(self._parts.desk.find, lab)
        owns = found is not None and found.owner == who.ref
        trains = found is not None and not owns and await self._parts.classes.trains(who, found.owner)
        _require(name, who, owns=owns, trains=trains)
        if found is None:
            raise missing_lab()
        return found

    async def _found_attempt(self, name: str, who: Who, number: int) -> FoundAttempt:
        """Return an attempt for somebody.

        Raises:
            RefusedCallError: they may not, or there is none of that number.
        """
        found = await self._parts.privacy.find_attempt(number)
        owns = found is not None and found.owner == who.ref
        trains = found is not None and not owns and await self._parts.classes.trains(who, found.owner)
        _require(name, who, owns=owns, trains=trains)
        if found is None:
            raise missing_attempt()
        return found

    async def _require_class(self, name: str, who: Who, asked: str) -> None:
        """Refuse a call about a class that the table refuses.

        Raises:
            RefusedCallError: it does, or there is no such class.
        """
        found = await self._parts.classes.find(who, asked)
        _require(name, who, trains=found is not None and found.trains)
        if found is None:
            raise missing_class()

    async def my_data(self, request: Request) -> Response:
        """Send somebody all that is kept about them."""
        token, english = _token(request.headers.get("authorization", "")), request.query_params.get("language") == "en"

        async def answer() -> Response:
            who = _somebody(await self._who(MY_DATA, token))
            _require(MY_DATA, who)
            pieces = await self._parts.privacy.my_data(who, "en" if english else "fr")
            return StreamingResponse(pieces, media_type="application/zip")

        return await _answered(answer)

    # Events ---------------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """Send the events of a lab."""
        lab, token = request.path_params["lab"], _token(request.headers.get("authorization", ""))

        async def answer() -> Response:
            _, found = await self._may(EVENTS, token, lab)
            after = _number(request.query_params.get("after", "0"))
            over = partial(until_over, self._parts.bell, lambda: self._standing(EVENTS, token, lab))
            return StreamingResponse(event_lines(found.log, after, over), media_type="application/x-ndjson")

        return await _answered(answer)

    async def _may(self, name: str, token: str, lab: str) -> tuple[Who, FoundLab]:
        who = _somebody(await self._who(name, token))
        return who, await self._found(name, who, lab)

    async def _standing(self, name: str, token: str, lab: str) -> Over | None:
        """Return why somebody may follow a lab no longer; trouble of the store or the engine ends nothing."""
        try:
            await self._may(name, token, lab)
        except RefusedCallError as error:
            return "signed-out" if error.refusal.kind == "signed-out" else "missing"
        except BreakfixError as error:
            refusal_of(error)
        return None

    # Terminals and screens ------------------------------------------------------------------------------------

    async def terminal(self, viewer: WebSocket) -> None:
        """Join a viewer to a terminal."""
        await self._join(viewer, TERMINAL, self._to_terminal)

    async def display(self, viewer: WebSocket) -> None:
        """Join a viewer to a host's screen."""
        await self._join(viewer, DISPLAY, self._to_display)

    async def web(self, viewer: WebSocket) -> None:
        """Join a viewer to a web site, as a host reaches it."""
        await self._join(viewer, WEB, self._to_web)

    async def _join(self, viewer: WebSocket, name: str, to: _Joining) -> None:
        lab, token = viewer.path_params["lab"], _token(viewer.headers.get("authorization", ""))
        over = partial(until_over, self._parts.bell, lambda: self._standing(name, token, lab))
        with contextlib.suppress(WebSocketDisconnect):  # it has gone by itself
            await viewer.accept()
            try:
                await to(viewer, *await self._may(name, token, lab), over)
            except RefusedCallError as error:
                await viewer.close(_CLOSED_BY.get(error.refusal.kind, MISSING))
            except NoTerminalError:
                await viewer.close(MISSING)
            except DisplayOffError:
                await viewer.close(OFF)
            except BreakfixError as error:
                refusal_of(error)
                await viewer.close(_TROUBLE)

    async def _to_terminal(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        terminal, after = viewer.path_params["terminal"], viewer.query_params.get("after")
        terminals = self._parts.terminals
        await terminals.find(found, terminal)
        owns = found.owner == who.ref
        async with terminals.keeper.attach(terminal, None if after is None else _number(after)) as seen:
            looking = terminals.watched(found, terminal, who)
            with contextlib.nullcontext() if owns else looking as may_type:
                await bridge(viewer, seen, over, partial(self._parts.labs.typed, found), may_type)

    async def _to_display(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        host, displays = viewer.path_params["host"], self._parts.displays
        owns = found.owner == who.ref
        async with displays.line(found, host) as line:
            with contextlib.nullcontext() if owns else displays.watched(found, host, who.name):
                await show_display(viewer, line, over, partial(self._parts.labs.typed, found) if owns else None)

    async def _to_web(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        host, asked = viewer.path_params["host"], PageAsked.read(viewer.query_params)
        if viewer.query_params.get("act") == "1":
            found = await self._parts.labs.touched(WEB, found)
        async with self._parts.web.line(found, host, asked) as reached:
            await show_page(viewer, reached, over, yours=found.owner == who.ref)


def _somebody(who: Who | None) -> Who:
    """Return who asks.

    Raises:
        RefusedCallError: nobody does who is known.
    """
    if who is None:
        raise signed_out()
    return who


def _require(name: str, who: Who | None, *, owns: bool = False, trains: bool = False) -> None:
    """Refuse what the table refuses.

    Raises:
        RefusedCallError: it does.
    """
    kind = refusal_kind(name, standing_of(who, owns=owns, trains=trains))
    if kind == "signed-out":
        raise signed_out()
    if kind == "missing":
        raise (
            missing_class()
            if concerns_a_class(name)
            else missing_attempt()
            if concerns_an_attempt(name)
            else missing_lab()
        )
    if kind is not None:
        raise forbidden()


def _token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN else ""


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**63)):
        raise refused("wrong", Text(fr="Ce n'est pas un nombre.", en="That is no number."), field="after")
    return int(text)


async def _body(request: Request) -> bytes:
    """Return what was sent.

    Raises:
        RefusedCallError: it is too long.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise refused("wrong", Text(fr="C'est trop long.", en="That is too long."))
    return body


def _read(call: Call[Any, Any], body: bytes) -> Any:  # noqa: ANN401 - the call's own request
    try:
        return decode(call.request, body)
    except WireError as error:
        raise refused(
            "wrong", Text(fr="Cette demande n'est pas lisible.", en=f"This request cannot be read: {error}")
        ) from error


async def _answered(answer: Callable[[], Awaitable[Response]]) -> Response:
    """Return an answer, or why there is none."""
    try:
        return await answer()
    except RefusedCallError as error:
        return _refusal(error.refusal)
    except BreakfixError as error:
        return _refusal(refusal_of(error))
    except ClientDisconnect:  # the browser has left its page meanwhile: nobody reads the answer, and nothing failed
        return _refusal(broken())
    except Exception:
        _log.exception("a call failed")
        return _refusal(broken())


def _refusal(refusal: Refusal) -> Response:
    return _json(encode(refusal), STATUS[refusal.kind])


def _json(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="application/json")
