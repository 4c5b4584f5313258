"""A terminal's WebSocket at a candidate's seat: open as long as the gate and the seat hold, whatever is sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.core.errors import BreakfixError
from orchestrator.keeper.keeper_client import Attachment, NoTerminalError
from orchestrator.labd.labd_http import address_of, number_of, token_of
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_gates import SeatHolds
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.standing_watch import Doorbell
from orchestrator.labd.terminal_socket import (
    GOING_AWAY,
    MISSING,
    SIGNED_OUT,
    TROUBLE,
    TRY_AGAIN,
    WRONG,
    opening_frame,
    show,
    size_in,
    until_one_ends,
)
from orchestrator.labd.told_refusals import refusal_of
from orchestrator.labd.typing_pace import SteadyAllowance

OVER: Final = 4408
STOPPED: Final = 4425
_TICK_S: Final = 0.2
"""Seconds between two looks at the clock; the journal and the seat are looked at as often as the gate looks."""
_AT_ONCE: Final = 1 << 18
"""Bytes that may be typed at once: a large paste."""
_A_SECOND: Final = 1 << 16
_MESSAGE: Final = 64
"""Bytes that a message counts beside its own: a flood of empty ones is one, too."""
_SIZES_S: Final = 0.2
"""Seconds between two sizes of a window that the terminal is given: those between are passed over."""


@dataclass(frozen=True)
class SeatSockets:
    """Joins candidates to their terminals.

    Attributes:
        holds: knows whose a token still is.
        terminals: the terminals of seats.
        bell: rung when a seat may have been taken from somebody.
    """

    holds: SeatHolds
    terminals: SeatTerminals
    bell: Doorbell

    async def terminal(self, viewer: WebSocket) -> None:
        """Join a candidate to a terminal."""
        with contextlib.suppress(WebSocketDisconnect):  # it has gone by itself
            await viewer.accept()
            try:
                await self._join(viewer)
            except RefusedCallError as error:
                await viewer.close(TRY_AGAIN if error.refusal.kind in {"machine", "too-often"} else MISSING)
            except NoTerminalError:
                await viewer.close(MISSING)
            except BreakfixError as error:
                refusal_of(error)
                await viewer.close(TROUBLE)

    async def _join(self, viewer: WebSocket) -> None:
        token = token_of(viewer.headers.get("authorization", ""))
        phase, terminal = viewer.path_params["phase"], viewer.path_params["terminal"]
        after = viewer.query_params.get("after")
        joined = await self.terminals.joined(token, phase, terminal)
        if joined is None:
            await viewer.close(SIGNED_OUT)
            return
        seat, gate = joined
        if (shut := _shut(gate)) is not None:
            await viewer.close(shut)
            return
        keeper = self.terminals.terminals.keeper
        async with keeper.attach(terminal, None if after is None else number_of(after)) as seen:
            with self.terminals.presence.line(seat, address_of(viewer.headers)) as may:
                if not may:
                    await viewer.close(TRY_AGAIN)
                    return
                await viewer.send_text(opening_frame(seen.opening))
                keys = SeatKeys(seen, gate)
                over = self._until_over(token, seat, gate)
                await until_one_ends(viewer, [show(viewer, seen), keys.pass_on(viewer), keys.pass_sizes(), over])

    async def _until_over(self, token: str, seat: Seat, gate: TerminalGate) -> int:
        """Return the code to close a line with once the gate is shut, the seat is another's, or labd ends."""

        def look() -> bool:
            gate.news()
            return self.holds.ask(token, seat)

        with self.bell.heard() as rung:
            while True:
                if self.bell.closing:
                    return GOING_AWAY
                rung.clear()
                with contextlib.suppress(BreakfixError):  # what cannot be read changes nothing: the clock goes on
                    if not await self.terminals.looks.run(look):
                        return SIGNED_OUT
                for _ in range(2):
                    if (shut := _shut(gate)) is not None:
                        return shut
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(rung.wait(), _TICK_S)


def _shut(gate: TerminalGate) -> int | None:
    """Return why a candidate's machines take no input; None: they do."""
    if gate.may_type():
        return None
    return OVER if gate.over() else STOPPED


class SeatKeys:
    """What a candidate's browser sends: keys and sizes, at a pace, into nothing where the gate is shut."""

    def __init__(self, seen: Attachment, gate: TerminalGate) -> None:
        """Take the terminal, and what says whether they may type."""
        self._seen = seen
        self._gate = gate
        self._allowance = SteadyAllowance(_AT_ONCE, _A_SECOND)
        self._size: tuple[int, int] | None = None
        self._sized = asyncio.Event()

    async def pass_on(self, viewer: WebSocket) -> int:
        """Type what the viewer types, until it says what nobody understands."""
        while True:
            message: Mapping[str, Any] = await viewer.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or GOING_AWAY)
            typed = message.get("bytes")
            await self._allowance.taken(_MESSAGE + len(typed or b""))
            if typed is not None:
                if self._gate.may_type():
                    await self._seen.type(typed)
                continue
            self._size = size_in(message)
            if self._size is None:
                return WRONG
            self._sized.set()

    async def pass_sizes(self) -> int:
        """Give the terminal the window's size, the last one of those that come too quickly."""
        while True:
            await self._sized.wait()
            self._sized.clear()
            if self._size is not None and self._gate.may_type():
                await self._seen.resize(*self._size)
            await asyncio.sleep(_SIZES_S)
