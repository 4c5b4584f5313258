"""Times of a session as pages are told them."""

from __future__ import annotations

from datetime import datetime

from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.state import SessionState


def session_time(state: SessionState, at: float) -> str:
    """Return a time, seconds since 1970, as ISO 8601 in the session's time zone, to a second."""
    return datetime.fromtimestamp(at, zone_of(state.plan)).isoformat(timespec="seconds")
