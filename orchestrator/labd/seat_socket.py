"""A terminal's WebSocket at a candidate's seat: open as long as the gate and the seat hold, whatever is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.keeper.keeper_client import Attachment, NoTerminalError
from orchestrator.labd.labd_http import address_of, number_of, token_of
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seat_watch import SeatWatch, join, shut
from orchestrator.labd.terminal_socket import (
    GOING_AWAY,
    MISSING,
    SIGNED_OUT,
    TRY_AGAIN,
    WRONG,
    opening_frame,
    show,
    size_in,
    until_one_ends,
)
from orchestrator.labd.typing_pace import SteadyAllowance

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
        watch: closes lines.
        terminals: the terminals of seats.
    """

    watch: SeatWatch
    terminals: SeatTerminals

    async def terminal(self, viewer: WebSocket) -> None:
        """Join a candidate to a terminal."""
        await join(viewer, self._joined)

    async def _joined(self, viewer: WebSocket) -> None:
        try:
            await self._join(viewer)
        except NoTerminalError:
            await viewer.close(MISSING)

    async def _join(self, viewer: WebSocket) -> None:
        token = token_of(viewer.headers.get("authorization", ""))
        phase, terminal = viewer.path_params["phase"], viewer.path_params["terminal"]
        after = viewer.query_params.get("after")
        joined = await self.terminals.joined(token, phase, terminal)
        if joined is None:
            await viewer.close(SIGNED_OUT)
            return
        seat, gate = joined
        if (why := shut(gate)) is not None:
            await viewer.close(why)
            return
        keeper = self.terminals.terminals.keeper
        async with keeper.attach(terminal, None if after is None else number_of(after)) as seen:
            with self.terminals.presence.line(seat, address_of(viewer.headers)) as may:
                if not may:
                    await viewer.close(TRY_AGAIN)
                    return
                await viewer.send_text(opening_frame(seen.opening))
                keys = SeatKeys(seen, gate)
                over = self.watch.until_over(token, seat, gate)
                await until_one_ends(viewer, [show(viewer, seen), keys.pass_on(viewer), keys.pass_sizes(), over])


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
