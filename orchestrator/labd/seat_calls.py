"""The calls of the contract about candidates' seats, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from orchestrator.assessment.seat_book import SeatState
from orchestrator.labd import seat_contract as contract
from orchestrator.labd import sitting_contract as sitting
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.seat_access import Seat, SeatAccess
from orchestrator.labd.seat_desk import SeatDesk
from orchestrator.labd.seat_pace import SeatPace
from orchestrator.labd.seat_talk import SeatTalk
from orchestrator.labd.session_contract import OfSession
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.sitting_desk import SittingDesk

_AT_ONCE: Final = 3
"""Calls of candidates that are done at once: however many they send, the room's own calls have threads."""

_CABLES_A_SECOND: Final = 1 / 20
_CABLES_AT_ONCE: Final = 40
"""Each act on a cable is an entry of the journal, from which each look is worked out: nobody makes those slow."""


class SeatCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by.

    Attributes:
        access: finds seats by tokens.
        calls: what is done for somebody of the room.
        of_anybody: what is done for a browser that may have a token.
        of_a_seat: what is done for a candidate at their seat.
        threads: where it is done.
        pace: how much of it is.
    """

    def __init__(self, parts: LabParts, threads: WorkThreads) -> None:
        """Take what labd serves, and where it is done for the room.

        Candidates have threads of their own, and who types codes has another one: anybody may.
        """
        self.access = SeatAccess(parts.registry)
        self._desk = SeatDesk(SessionDesk(parts), self.access)
        self._sittings = SittingDesk(parts, self.access)
        self._threads = threads
        self.threads = WorkThreads(_AT_ONCE, "seats")
        self._codes = WorkThreads(1, "codes")
        self.pace = SeatPace()
        self._cables = SeatPace(a_second=_CABLES_A_SECOND, at_once=_CABLES_AT_ONCE)
        self._talk = SeatTalk(parts, self._sittings, self.threads, self.pace)
        self.calls: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.MAKE_CODES.name: self.make_codes,
            contract.SEATS.name: self.seats,
            contract.ANSWER_SEAT.name: self.answer,
        }
        self.of_anybody: Mapping[str, Callable[[str, Any], Awaitable[object]]] = {contract.TAKE_SEAT.name: self.take}
        self.of_a_seat: Mapping[str, Callable[[Seat, Any], Awaitable[object]]] = {
            sitting.SITTING.name: self._paced(self._sittings.view),
            sitting.SUBJECT.name: self._paced(self._sittings.subject),
            sitting.ANSWER_SUBJECT.name: self._paced(self._sittings.answer),
            sitting.REPORT_SUBJECT.name: self._paced(self._sittings.report),
            sitting.CABLE_SUBJECT.name: self._paced(self._sittings.cable, self._cables),
            **self._talk.of_a_seat,
        }

    async def found(self, token: str) -> tuple[Seat, SeatState] | None:
        """Return the seat of a token, and whether the browser has it or waits for it."""
        return await self.threads.run(self.access.found, token)

    async def make_codes(self, who: Who, asked: contract.MakeCodes) -> contract.SeatCodes:
        """See ``seat_contract.MAKE_CODES``."""
        return await self._threads.run(self._desk.make_codes, who, asked)

    async def seats(self, _who: Who, asked: OfSession) -> contract.SeatsView:
        """See ``seat_contract.SEATS``."""
        return await self._threads.run(self._desk.seats, asked.session)

    async def answer(self, who: Who, asked: contract.AnswerSeat) -> Nothing:
        """See ``seat_contract.ANSWER_SEAT``."""
        await self._threads.run(self._desk.answer, who, asked)
        return Nothing()

    async def take(self, token: str, asked: contract.TakeSeat) -> contract.TakenSeat:
        """See ``seat_contract.TAKE_SEAT``."""
        return await self._codes.run(self._desk.take, token, asked)

    async def my_seat(self, seat: Seat, state: SeatState) -> contract.SeatDoor:
        """See ``seat_contract.MY_SEAT``."""
        return await self.threads.run(self._desk.door, seat, state)

    async def leave(self, token: str, seat: Seat) -> Nothing:
        """See ``seat_contract.LEAVE_SEAT``."""
        await self.threads.run(self._desk.leave, token, seat)
        return Nothing()

    async def note_places(self, seat: Seat, places: Sequence[str]) -> None:
        """Have the journal say that a seat is used from several addresses at once."""
        await self._threads.run(self._desk.note_places, seat, places)

    # At the seat --------------------------------------------------------------------------------------------------

    def _paced(
        self, does: Callable[..., object], pace: SeatPace | None = None
    ) -> Callable[[Seat, Any], Awaitable[object]]:
        """Return what has something done for a candidate: one thing at a time, and not too often."""

        async def done(seat: Seat, asked: Any) -> object:  # noqa: ANN401 - a call's own request
            async with (pace or self.pace).turn(seat):
                given = () if isinstance(asked, Nothing) else (asked,)
                said = await self.threads.run(does, seat, *given)
            return Nothing() if said is None else said

        return done

    async def finish(self) -> None:
        """Let what candidates said be answered; nothing more is."""
        await self._talk.finish()

    def close(self) -> None:
        """End the threads of candidates' calls."""
        self.threads.close()
        self._codes.close()
