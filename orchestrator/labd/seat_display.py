"""Desktops at a candidate's seat: the screens of their hosts, as long as the gate and the seat hold.

What they show is kept as pictures as long as a browser shows it, see ``desktop_recorder``; over a line of its own, so
that no trouble with it reaches the candidate.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.websockets import WebSocket

from orchestrator.labd.desktop_recorder import DesktopPlace, DesktopRecorder
from orchestrator.labd.display_socket import OFF, show_display
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays
from orchestrator.labd.labd_http import address_of, token_of
from orchestrator.labd.seat_lab import lab_at, subject_at
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seat_watch import SeatWatch, join, shut
from orchestrator.labd.terminal_socket import SIGNED_OUT, TRY_AGAIN
from orchestrator.labs import Labs


class SeatScreens:
    """Joins candidates to the screens of their hosts."""

    def __init__(
        self,
        watch: SeatWatch,
        terminals: SeatTerminals,
        displays: LabDisplays,
        recorder: DesktopRecorder,
        labs: Callable[[], Labs],
    ) -> None:
        """Take what closes lines, knows candidates' labs, opens screens, records them, and the service of labs."""
        self._watch = watch
        self._terminals = terminals
        self._displays = displays
        self._recorder = recorder
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
        place, host = viewer.path_params["place"], viewer.path_params["host"]
        find, scenario = lab_at(gate, place, self._labs), subject_at(gate, place).scenario
        if (why := shut(gate)) is not None:
            await viewer.close(why)
            return
        with self._terminals.presence.line(seat, address_of(viewer.headers)) as may:
            if not may:
                await viewer.close(TRY_AGAIN)
                return
            jury_session = self._terminals.gates.look(seat.session).jury_session
            recorded = self._recorder.recorded(
                DesktopPlace(seat, gate.sitting.phase, scenario, host), find, jury_session, gate
            )
            whose = f"{seat.session} {seat.number} {place}"
            async with self._displays.line_in(whose, find, host) as line, recorded as used:
                over = partial(self._watch.until_over, token, seat, gate)
                await show_display(viewer, line, over, used, gate.may_type)
