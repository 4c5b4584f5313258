"""Desktops at a candidate's seat: the screens of their hosts, as long as the gate and the seat hold.

Nothing of them is recorded, as in practice: what is done at a desktop is on the host, which is looked at in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.websockets import WebSocket

from orchestrator.labd.display_socket import OFF, show_display
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays
from orchestrator.labd.labd_http import address_of, token_of
from orchestrator.labd.seat_lab import lab_at
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seat_watch import SeatWatch, join, shut
from orchestrator.labd.terminal_socket import SIGNED_OUT, TRY_AGAIN
from orchestrator.labs import Labs


class SeatScreens:
    """Joins candidates to the screens of their hosts."""

    def __init__(
        self, watch: SeatWatch, terminals: SeatTerminals, displays: LabDisplays, labs: Callable[[], Labs]
    ) -> None:
        """Take what closes lines, what knows candidates' labs, what opens screens, and the service of labs."""
        self._watch = watch
        self._terminals = terminals
        self._displays = displays
        self._labs = labs

    async def display(self, viewer: WebSocket) -> None:
        """Join a candidate to a screen."""
        await join(viewer, self._joined)

    async def _joined(self, viewer: WebSocket) -> None:
        try:
            await self._join(viewer)
        except DisplayOffError:
            await viewer.close(OFF)

    async def _join(self, viewer: WebSocket) -> None:
        token = token_of(viewer.headers.get("authorization", ""))
        entered = await self._terminals.entered(token, viewer.path_params["phase"])
        if entered is None:
            await viewer.close(SIGNED_OUT)
            return
        seat, gate = entered
        find, host = lab_at(gate, viewer.path_params["place"], self._labs), viewer.path_params["host"]
        if (why := shut(gate)) is not None:
            await viewer.close(why)
            return
        with self._terminals.presence.line(seat, address_of(viewer.headers)) as may:
            if not may:
                await viewer.close(TRY_AGAIN)
                return
            whose = f"{seat.session} {seat.number} {viewer.path_params['place']}"
            async with self._displays.line_in(whose, find, host) as line:
                over = partial(self._watch.until_over, token, seat, gate)
                await show_display(viewer, line, over, lambda: None, gate.may_type)
