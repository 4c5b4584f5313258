"""Web pages at a candidate's seat: connections from the hosts of their labs, as long as the gate and the seat hold.

Nothing of them is recorded, as in practice: what a page changes is on the hosts, which are looked at in the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.websockets import WebSocket

from orchestrator.labd.lab_web import LabWeb, PageAsked, PageReached
from orchestrator.labd.labd_http import address_of, token_of
from orchestrator.labd.seat_lab import lab_at
from orchestrator.labd.seat_pace import SeatPace
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seat_watch import SeatWatch, join, shut
from orchestrator.labd.terminal_socket import SIGNED_OUT
from orchestrator.labd.web_socket import show_page
from orchestrator.labs import Labs

_A_SECOND: Final = 20.0
_AT_ONCE: Final = 200
"""Connections of a candidate's: a page with many pictures makes one for each."""
_WAITING: Final = 24


class SeatPages:
    """Joins candidates to web sites, as hosts of their labs reach them."""

    def __init__(self, watch: SeatWatch, terminals: SeatTerminals, web: LabWeb, labs: Callable[[], Labs]) -> None:
        """Take what closes lines, what knows candidates' labs, what connects, and the service of labs."""
        self._watch = watch
        self._terminals = terminals
        self._web = web
        self._labs = labs
        self._pace = SeatPace(a_second=_A_SECOND, at_once=_AT_ONCE, waiting=_WAITING)

    async def site(self, viewer: WebSocket) -> None:
        """Join a candidate to a site."""
        await join(viewer, self._join)

    async def _join(self, viewer: WebSocket) -> None:
        token = token_of(viewer.headers.get("authorization", ""))
        entered = await self._terminals.entered(token, viewer.path_params["phase"], self._pace, anew=False)
        if entered is None:
            await viewer.close(SIGNED_OUT)
            return
        seat, gate = entered
        self._terminals.presence.heard_of(seat, address_of(viewer.headers))
        find, host = lab_at(gate, viewer.path_params["place"], self._labs), viewer.path_params["host"]
        asked = PageAsked.read(viewer.query_params)
        if shut(gate) is not None:
            await show_page(viewer, PageReached("shut"), _never, yours=True)
            return
        over = partial(self._watch.until_over, token, seat, gate)
        key = f"{seat.session} {seat.number}"  # all of a candidate's labs share what they may open
        async with self._web.line_in(key, find, host, asked) as reached:
            if shut(gate) is not None:  # a name, and who does not answer, may take half a minute
                await show_page(viewer, PageReached("shut"), _never, yours=True)
                return
            await show_page(viewer, reached, over, yours=True)


async def _never() -> int:
    """Return never: where there is no connection, nothing has to be closed."""
    await asyncio.Event().wait()
    return 0
