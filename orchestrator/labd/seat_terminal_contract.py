"""The part of the contract (``calls``) that is about terminals at a candidate's seat.

A terminal is a WebSocket at ``/v1/seat-terminal/PHASE/ID``, as that of a lab is. It is closed with 4425 while the
candidate's machines take no input, and with 4408 once their time is over. ``/v1/seat-display/PHASE/PLACE/HOST`` is the
screen of a host of theirs, by the place of the scenario: it speaks RFB as a lab's does, and is closed in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import TerminalKind, WebPageView


@dataclass(frozen=True)
class OfSeatPhase:
    """Name a phase of the candidate's; empty: the one that is on, or was last."""

    phase: str = ""


@dataclass(frozen=True)
class SeatHost:
    """A machine at which the candidate may sit.

    Attributes:
        name: its name.
        title: what it is.
        device: whether it is configured by a command line of its own.
        kind: what sort of machine it is, as ``HostView`` says.
        desktop: whether it has a screen.
    """

    name: str
    title: Text
    device: bool
    kind: str = ""
    desktop: bool = False


@dataclass(frozen=True)
class SeatScenario:
    """A scenario of the candidate's, with its machines.

    Attributes:
        id: its id.
        hosts: the machines.
        people: whether there is somebody to talk to.
        pages: the web pages that are known beforehand; none is opened before the machines are (``web_contract``).
    """

    id: str
    hosts: tuple[SeatHost, ...]
    people: bool = False
    pages: tuple[WebPageView, ...] = ()


@dataclass(frozen=True)
class SeatTerminalView:
    """A terminal of the candidate's.

    Attributes:
        id: by which it is joined.
        scenario: the scenario whose lab it is in.
        host: the machine's name.
        kind: what runs in it.
        since: when it was opened, ISO 8601.
        ended: its last program is gone.
    """

    id: str
    scenario: str
    host: str
    kind: TerminalKind
    since: str
    ended: bool


@dataclass(frozen=True)
class SeatTerminalsView:
    """The candidate's terminals in a phase.

    Attributes:
        phase: its short name; empty: no phase has labs of theirs.
        title: its title.
        open: whether the machines take input now.
        over: whether the candidate's time is over.
        why: why they take none; None where they do.
        terminals: the terminals, the oldest first.
    """

    phase: str
    title: str
    open: bool
    over: bool
    why: Text | None
    terminals: tuple[SeatTerminalView, ...]


@dataclass(frozen=True)
class SeatHosts:
    """The candidate's machines in a phase, by scenario; none before it has begun."""

    scenarios: tuple[SeatScenario, ...]


@dataclass(frozen=True)
class OpenSeatTerminal:
    """Open a terminal: root's shell as at a console, or a device's own command line."""

    phase: str
    scenario: str
    host: str
    kind: TerminalKind
    rows: int = 24
    columns: int = 80


@dataclass(frozen=True)
class CloseSeatTerminal:
    """Hang a terminal up."""

    phase: str
    terminal: str


SEAT_TERMINALS = Call("seat-terminals", OfSeatPhase, SeatTerminalsView)
"""Return the candidate's terminals; refused: they have no such phase."""
SEAT_HOSTS = Call("seat-hosts", OfSeatPhase, SeatHosts)
"""Return the machines at which the candidate may sit; refused as ``SEAT_TERMINALS``."""
OPEN_SEAT_TERMINAL = Call("open-seat-terminal", OpenSeatTerminal, SeatTerminalView)
"""Open a terminal; refused: the machines take no input now, there is no such one, or as many are open as may be."""
CLOSE_SEAT_TERMINAL = Call("close-seat-terminal", CloseSeatTerminal, Nothing)
"""Hang a terminal up; refused: the candidate has none of that id."""

SEAT_TERMINAL_CALLS: tuple[Call[Any, Any], ...] = (
    SEAT_TERMINALS,
    SEAT_HOSTS,
    OPEN_SEAT_TERMINAL,
    CLOSE_SEAT_TERMINAL,
)
"""Every call of this part."""
