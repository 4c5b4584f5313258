"""The WebSockets of labs: a viewer is joined to a terminal, a host's screen or a web site, if the rules let them."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.core.errors import BreakfixError
from orchestrator.keeper.keeper_client import NoTerminalError
from orchestrator.labd.access_control import AccessControl
from orchestrator.labd.calls import RefusalKind, Who
from orchestrator.labd.display_socket import OFF, show_display
from orchestrator.labd.lab_calls import LabCalls
from orchestrator.labd.lab_desk import FoundLab
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_web import LabWeb, PageAsked
from orchestrator.labd.labd_http import number_of, token_of
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.rules import DISPLAY, TERMINAL, WEB
from orchestrator.labd.standing_watch import Over
from orchestrator.labd.terminal_socket import MISSING, SIGNED_OUT, TROUBLE, TRY_AGAIN, bridge, closed_by
from orchestrator.labd.told_refusals import refusal_of
from orchestrator.labd.web_socket import show_page

_CLOSED_BY: Final[Mapping[RefusalKind, int]] = {"signed-out": SIGNED_OUT, "busy": TRY_AGAIN}
"""Why a call was refused -> what its WebSocket is closed with; otherwise there is no such thing."""
_UntilOver = Callable[[], Awaitable[Over]]
_Joining = Callable[[WebSocket, Who, FoundLab, _UntilOver], Awaitable[None]]


@dataclass(frozen=True)
class LabSockets:
    """Joins viewers to what is open in labs.

    Attributes:
        access: says who may.
        labs: is told that somebody is active in a lab.
        terminals: the terminals of labs.
        displays: the screens of labs' hosts.
        web: connections to web sites from labs' hosts.
    """

    access: AccessControl
    labs: LabCalls
    terminals: LabTerminals
    displays: LabDisplays
    web: LabWeb

    async def terminal(self, viewer: WebSocket) -> None:
        """Join a viewer to a terminal."""
        await self._join(viewer, TERMINAL, self._to_terminal)

    async def display(self, viewer: WebSocket) -> None:
        """Join a viewer to a host's screen."""
        await self._join(viewer, DISPLAY, self._to_display)

    async def site(self, viewer: WebSocket) -> None:
        """Join a viewer to a web site, as a host reaches it."""
        await self._join(viewer, WEB, self._to_site)

    async def _join(self, viewer: WebSocket, name: str, to: _Joining) -> None:
        lab, token = viewer.path_params["lab"], token_of(viewer.headers.get("authorization", ""))
        over = partial(self.access.until_over, name, token, lab)
        with contextlib.suppress(WebSocketDisconnect):  # it has gone by itself
            await viewer.accept()
            try:
                await to(viewer, *await self.access.follower(name, token, lab), over)
            except RefusedCallError as error:
                await viewer.close(_CLOSED_BY.get(error.refusal.kind, MISSING))
            except NoTerminalError:
                await viewer.close(MISSING)
            except DisplayOffError:
                await viewer.close(OFF)
            except BreakfixError as error:
                refusal_of(error)
                await viewer.close(TROUBLE)

    async def _to_terminal(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        terminal, after = viewer.path_params["terminal"], viewer.query_params.get("after")
        await self.terminals.find(found, terminal)
        owns = found.owner == who.ref
        async with self.terminals.keeper.attach(terminal, None if after is None else number_of(after)) as seen:
            looking = self.terminals.watched(found, terminal, who)
            with contextlib.nullcontext() if owns else looking as may_type:
                await bridge(viewer, seen, over, partial(self.labs.typed, found), may_type)

    async def _to_display(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        host = viewer.path_params["host"]
        owns = found.owner == who.ref
        async with self.displays.line(found, host) as line:
            with contextlib.nullcontext() if owns else self.displays.watched(found, host, who.name):
                typed = partial(self.labs.typed, found) if owns else None
                await show_display(viewer, line, lambda: closed_by(over()), typed)

    async def _to_site(self, viewer: WebSocket, who: Who, found: FoundLab, over: _UntilOver) -> None:
        host, asked = viewer.path_params["host"], PageAsked.read(viewer.query_params)
        if viewer.query_params.get("act") == "1":
            found = await self.labs.touched(WEB, found)
        async with self.web.line(found, host, asked) as reached:
            await show_page(viewer, reached, lambda: closed_by(over()), yours=found.owner == who.ref)
