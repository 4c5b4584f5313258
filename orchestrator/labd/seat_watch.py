"""Lines at candidates' seats: how they begin, and what closes them: stopped time, its end, another seat, labd's end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.core.errors import BreakfixError
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_gates import SeatHolds
from orchestrator.labd.standing_watch import Doorbell
from orchestrator.labd.terminal_socket import GOING_AWAY, MISSING, SIGNED_OUT, TROUBLE, TRY_AGAIN
from orchestrator.labd.told_refusals import refusal_of

OVER: Final = 4408
STOPPED: Final = 4425
_TICK_S: Final = 0.2
"""Seconds between two looks at the clock; the journal and the seat are looked at as often as the gate looks."""
_LATER: Final = frozenset({"machine", "too-often", "busy"})
"""Refusals that may be none a moment later."""


def shut(gate: TerminalGate) -> int | None:
    """Return why a candidate's machines take no input, as a WebSocket is closed for it; None: they do."""
    if gate.may_type():
        return None
    return OVER if gate.over() else STOPPED


async def join(viewer: WebSocket, joined: Callable[[WebSocket], Awaitable[None]]) -> None:
    """Accept a line at a seat and have it joined; a code to close it with tells what has kept it from that."""
    with contextlib.suppress(WebSocketDisconnect):  # it has gone by itself
        await viewer.accept()
        try:
            await joined(viewer)
        except RefusedCallError as error:
            await viewer.close(TRY_AGAIN if error.refusal.kind in _LATER else MISSING)
        except BreakfixError as error:
            refusal_of(error)
            await viewer.close(TROUBLE)


@dataclass(frozen=True)
class SeatWatch:
    """Watches over lines at seats.

    Attributes:
        holds: knows whose a token still is.
        looks: where the journal and the seats are looked at.
        bell: rung when a seat may have been taken from somebody.
    """

    holds: SeatHolds
    looks: WorkThreads
    bell: Doorbell

    async def until_over(self, token: str, seat: Seat, gate: TerminalGate) -> int:
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
                    if not await self.looks.run(look):
                        return SIGNED_OUT
                for _ in range(2):
                    if (why := shut(gate)) is not None:
                        return why
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(rung.wait(), _TICK_S)
