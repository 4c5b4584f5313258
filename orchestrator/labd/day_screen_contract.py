"""The part of the contract (``calls``) that shows candidates' screens to the room's staff, to look only.

Terminals are shown as text, desktops as pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.labd.calls import Call
from orchestrator.labd.desktop_contract import DesktopPicture
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
class DesktopOnWall:
    """A candidate's desktop.

    Attributes:
        phase: the short name of the phase.
        number: the candidate's number.
        name: the candidate's name; a dash where it was forgotten.
        desktop: the recording's name: scenario and host.
        host: the machine's name.
        at: when the last picture was made, ISO 8601 in the session's time zone.
        picture: that picture's number.
        width: its pixels in a row.
        height: its rows.
        open: whether the candidate's browser shows the desktop now.
    """

    phase: str
    number: str
    name: str
    desktop: str
    host: str
    at: str
    picture: int
    width: int
    height: int
    open: bool


@dataclass(frozen=True)
class ScreensView:
    """What candidates whose evidence is not sealed have on their screens, by phase and number.

    Attributes:
        screens: of each candidate the terminals in which something happened last, the newest first: their last lines.
        desktops: of each candidate the desktops that their browser shows now, the one that changed last first.
    """

    screens: tuple[ScreenView, ...]
    desktops: tuple[DesktopOnWall, ...]


@dataclass(frozen=True)
class OfScreen:
    """Name a terminal of a candidate's, by its recording."""

    session: str
    phase: str
    number: str
    terminal: str


@dataclass(frozen=True)
class OfDesktop:
    """Name a desktop of a candidate's, by its recording."""

    session: str
    phase: str
    number: str
    desktop: str


@dataclass(frozen=True)
class PictureOnWall:
    """Ask for a picture of a desktop by its number: one of the last, whole or as it stands beside the others."""

    session: str
    phase: str
    number: str
    desktop: str
    picture: int
    small: bool = False


SCREENS = Call("screens", OfSession, ScreensView)
"""Return what candidates' screens show; refused: there is no session of that name."""
LOOK_AT_SCREEN = Call("look-at-screen", OfScreen, ScreenView)
"""Return a whole screen; the journal notes who looks. Refused: there is none, or the evidence is sealed."""

LOOK_AT_DESKTOP = Call("look-at-desktop", OfDesktop, DesktopOnWall)
"""Return which picture of a desktop is the last; the journal notes who looks. Refused as ``LOOK_AT_SCREEN``."""
DESKTOP_PICTURE = Call("desktop-picture", PictureOnWall, DesktopPicture)
"""Return a picture; of a whole one the journal notes who looks. Refused as ``LOOK_AT_SCREEN``, or it is an old one."""

DAY_SCREEN_CALLS: tuple[Call[Any, Any], ...] = (SCREENS, LOOK_AT_SCREEN, LOOK_AT_DESKTOP, DESKTOP_PICTURE)
"""Every call of this part."""
