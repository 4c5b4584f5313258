"""What a candidate sees and does at their seat. Called from threads."""

from __future__ import annotations

from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.labd.seat_access import Seat, SeatAccess
from orchestrator.labd.sitting_contract import SittingPhase, SittingStanding, SittingView
from orchestrator.model.session_plan import Phase


class SittingDesk:
    """Does what a candidate asks for: about themselves, and within their time."""

    def __init__(self, access: SeatAccess) -> None:
        """Take what finds sessions."""
        self._access = access

    def view(self, seat: Seat) -> SittingView:
        """Return where a candidate is; raises as ``SeatAccess.look``."""
        jury_session, state = self._access.look(seat.session)
        now = jury_session.clock(state).now()
        phases = tuple(_phase(state, phase, seat.number, now) for phase in state.plan.phases)
        return SittingView(state.plan.title, seat.number, state.minute, phases)


def _phase(state: SessionState, phase: Phase, number: str, now: int) -> SittingPhase:
    sitting = state.sittings.get((phase.name, number))
    allowance = None if sitting is None else state.allowance(sitting)
    opens = None if sitting is None else state.reading_until(sitting)
    standing = standing_in(state, sitting, now)
    return SittingPhase(
        phase.name,
        phase.title,
        standing,
        left=None if allowance is None else 0 if standing == "over" else allowance.remaining(now),
        opens=max(0, opens - now) if opens and standing == "reading" else 0,
    )


def standing_in(state: SessionState, sitting: Sitting | None, now: int) -> SittingStanding:
    """Return where a candidate is in a phase."""
    if sitting is None or sitting.started is None:
        return "waiting"
    if not sitting.running or sitting.finished is not None:
        return "over"
    if state.may_type(sitting, now):
        return "working"
    opens, deadline = state.reading_until(sitting), state.deadline(sitting)
    if deadline is None:
        return "stopped"
    return "reading" if opens is not None and now < opens and now < deadline else "over"
