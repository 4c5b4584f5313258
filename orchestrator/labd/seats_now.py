"""What is known of candidates' seats at the moment, besides what is kept: who is there, which desktops are recorded."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.labd.desktop_recorder import DesktopRecorder
from orchestrator.labd.seat_presence import SeatPresence


@dataclass(frozen=True)
class SeatsNow:
    """What knows it.

    Attributes:
        presence: knows where a browser is.
        desktops: records the desktops that are on candidates' screens.
    """

    presence: SeatPresence
    desktops: DesktopRecorder
