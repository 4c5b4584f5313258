"""The part of the contract (``calls``) that shows candidates' terminals to the room's staff: as text, to look only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.labd.calls import Call
from orchestrator.labd.session_contract import OfSession


@dataclass(frozen=True)
class ScreenView:
    """What a candidate's terminal shows, wherever it was opened: in a browser or by ``session seat``.

    Attributes:
        phase: the short name of the phase.
        number: the candidate's number.
        name: the candidate's name; a dash where it was forgotten.
        terminal: the recording's name: scenario, host and a number.
        host: the machine's name.
        at: when something last happened in it, ISO 8601 in the session's time zone.
        text: the screen, as lines of text without control characters.
    """

    phase: str
    number: str
    name: str
    terminal: str
    host: str
    at: str
    text: str


@dataclass(frozen=True)
class ScreensView:
    """The last lines of the terminals of all candidates whose evidence is not sealed, by phase and number.

    Attributes:
        screens: of each candidate the terminals in which something happened last, the newest first.
    """

    screens: tuple[ScreenView, ...]


@dataclass(frozen=True)
class OfScreen:
    """Name a terminal of a candidate's, by its recording."""

    session: str
    phase: str
    number: str
    terminal: str


SCREENS = Call("screens", OfSession, ScreensView)
"""Return what candidates' terminals show; refused: there is no session of that name."""
LOOK_AT_SCREEN = Call("look-at-screen", OfScreen, ScreenView)
"""Return a whole screen; the journal notes who looks. Refused: there is none, or the evidence is sealed."""

DAY_SCREEN_CALLS: tuple[Call[Any, Any], ...] = (SCREENS, LOOK_AT_SCREEN)
"""Every call of this part."""
