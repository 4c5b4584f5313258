"""Candidates' seats: codes are made, browsers ask, somebody of the room confirms. Called from threads."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.seat_book import KeptSeats, SeatBook, SeatState
from orchestrator.assessment.selectors import require_candidate
from orchestrator.core.errors import MachineError
from orchestrator.labd import seat_refusals
from orchestrator.labd.account_tries import Tries, TryLimits
from orchestrator.labd.calls import Who
from orchestrator.labd.labd_http import told_address
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat, SeatAccess, is_closed, is_over, plan_of
from orchestrator.labd.seat_contract import (
    AnswerSeat,
    MakeCodes,
    SeatAsked,
    SeatCode,
    SeatCodes,
    SeatDoor,
    SeatLine,
    SeatsView,
    TakenSeat,
    TakeSeat,
)
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.session_times import session_time

_ASKS: Final = TryLimits(seconds=300, of_name_there=12, of_name=40, there=400)
"""How often browsers may ask for one seat: each time is a request that somebody has to look at."""
_EVERY_CODE: Final = "code"
"""Vain codes count for where they come from; which they are says nothing."""


class SeatDesk:
    """Does what is done about seats."""

    def __init__(self, desk: SessionDesk, access: SeatAccess) -> None:
        """Take what finds sessions, and what finds seats."""
        self._desk = desk
        self._access = access
        self._tries = Tries(TryLimits(of_name_there=50, of_name=1000))
        self._asks = Tries(_ASKS)

    # For the room -------------------------------------------------------------------------------------------------

    def make_codes(self, who: Who, asked: MakeCodes) -> SeatCodes:
        """Make candidates new codes.

        Raises:
            RefusedCallError: there is no such session, or it is over.
            UsageError: it has no such candidate.
        """
        jury_session, state = self._desk.organised(who, asked.session)
        if is_over(state):
            raise RefusedCallError(seat_refusals.over())
        if asked.number:
            require_candidate(state, asked.number)
        names = {one.number: one.name for one in state.plan.candidates if asked.number in {"", one.number}}
        kept = KeptSeats(jury_session.folder)
        with kept.changing(plan_of(state)) as book:
            made, codes = book.invited(tuple(names))
            now = jury_session.clock(state).now()
            jury_session.keep(Draft("invited", who.ref, now, asked.number, details={"numbers": [*names]}))
            kept.keep(made)
        plan = state.plan
        sheets = tuple(SeatCode(number, names[number], code) for number, code in codes.items())
        return SeatCodes(state.id, plan.title, plan.date, plan.centre, plan.room, sheets)

    def seats(self, session: str) -> SeatsView:
        """Return who asks for a seat and who has one; raises as ``SessionDesk.found``."""
        jury_session, state = self._desk.found(session)
        book, over = KeptSeats(jury_session.folder).read(plan_of(state)), is_over(state)
        closed = is_closed(state)
        return SeatsView(
            asked=()
            if over
            else tuple(
                SeatAsked(
                    one.id,
                    one.number,
                    state.plan.candidate(one.number).name,
                    session_time(state, one.at),
                    one.address,
                    book.changes_seat(one.number),
                )
                for one in book.asking
            ),
            seats=tuple(
                SeatLine(
                    one.number,
                    one.name,
                    one.number in book.codes,
                    session_time(state, held.at) if (held := book.seats.get(one.number)) and not closed else "",
                    held.address if held and not closed else "",
                    held.changes if held else book.left.get(one.number, 0),
                )
                for one in state.plan.candidates
            ),
            over=over,
            closed=closed,
        )

    def answer(self, who: Who, asked: AnswerSeat) -> None:
        """Confirm or refuse a browser that waits, or end a candidate's access.

        Raises:
            RefusedCallError: there is no such session, it is over, the browser waits no longer, or nobody has the seat.
        """
        jury_session, state = self._desk.organised(who, asked.session, invigilates=True)
        if is_closed(state) if asked.act == "end" else is_over(state):
            raise RefusedCallError(seat_refusals.over())
        kept, now = KeptSeats(jury_session.folder), jury_session.clock(state).now()
        with kept.changing(plan_of(state)) as book:
            drafted, changed = _answered(book, asked, now)
            jury_session.keep(replace(drafted, by=who.ref))
            kept.keep(changed)

    # For browsers -------------------------------------------------------------------------------------------------

    def take(self, token: str, asked: TakeSeat) -> TakenSeat:
        """Have a browser wait for the seat whose code was typed; one that waits for it, or has it, goes on.

        Raises:
            RefusedCallError: no such code holds, or there were too many tries.
        """
        address = told_address(asked.address)
        seat = self._access.of_code(asked.code)
        if seat is None:  # a right one is heard all the same: else one who floods would keep a whole room out
            self._tries.refuse_too_many(_EVERY_CODE, address)
            self._tries.in_vain(_EVERY_CODE, address)
            raise RefusedCallError(seat_refusals.no_code())
        with contextlib.suppress(MachineError):  # of another session, that cannot be read now
            here = self._access.found(token)
            if here is not None and here[0] == seat:
                return TakenSeat(token)
        name = f"{seat.session} {seat.number}"
        self._asks.refuse_too_many(name, address)
        self._asks.in_vain(name, address)
        jury_session, state = self._access.look_anew(seat.session)
        kept = KeptSeats(jury_session.folder)
        with kept.changing(plan_of(state)) as book:
            if book.of_code(asked.code) != seat.number:  # a new one was made meanwhile
                raise RefusedCallError(seat_refusals.no_code())
            changed, given = book.asked(seat.number, jury_session.clock(state).now(), address)
            kept.keep(changed)
        return TakenSeat(given)

    def door(self, seat: Seat, state: SeatState) -> SeatDoor:
        """Return what a browser is at."""
        _, session = self._access.look(seat.session)
        return SeatDoor(state == "seated", session.plan.title, seat.number)

    def leave(self, token: str, seat: Seat) -> None:
        """Have a browser leave the seat that it has or waits for; the journal knows of the first."""
        jury_session, state = self._access.look_anew(seat.session)
        kept = KeptSeats(jury_session.folder)
        with kept.changing(plan_of(state)) as book:
            found = book.of_token(token)
            if found is not None and found[1] == "seated":
                details = {"address": book.seats[seat.number].address}
                now = jury_session.clock(state).now()
                jury_session.keep(Draft("unseated", seat.number, now, seat.number, details=details))
            kept.keep(book.departed(token))

    def note_places(self, seat: Seat, places: Sequence[str]) -> None:
        """Have the journal say that a seat is used from several addresses at once; raises as ``SeatAccess.look``."""
        jury_session, state = self._access.look(seat.session)
        said = seat_refusals.several_places(seat.number, places)
        details = {"text": said.en, "fr": said.fr}
        jury_session.keep(Draft("incident", PROGRAM, jury_session.clock(state).now(), seat.number, details=details))


def _answered(book: SeatBook, asked: AnswerSeat, now: int) -> tuple[Draft, SeatBook]:
    """Return what is written down of an answer, by nobody yet, and the book behind it."""
    if asked.act == "end":
        held = book.seats.get(asked.number)
        if held is None:
            raise RefusedCallError(seat_refusals.nobody_there())
        details = {"address": held.address}
        return Draft("unseated", "", now, asked.number, details=details), book.ended(asked.number)
    request = next((one for one in book.asking if (one.id, one.number) == (asked.id, asked.number)), None)
    if request is None:
        raise RefusedCallError(seat_refusals.gone())
    if asked.act == "refuse":
        details = {"address": request.address}
        return Draft("turned-away", "", now, asked.number, details=details), book.refused(request)
    seated = {"address": request.address, "changed": book.changes_seat(asked.number)}
    return Draft("seated", "", now, asked.number, details=seated), book.confirmed(request, now)
