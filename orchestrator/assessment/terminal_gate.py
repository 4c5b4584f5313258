"""A candidate's terminal: recorded, open only while the candidate's time counts, read by the jury while it runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from orchestrator.assessment.asciicast import TerminalRecorder
from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import SessionEvent
from orchestrator.assessment.selectors import sitting_of
from orchestrator.assessment.session_clock import SessionClock
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Language, Text

_LOOK: Final = 1.0
"""Seconds between two looks at the session's events: a pause reaches a terminal within one of them."""


class LookedAt(Protocol):
    """A session that is looked at again and again: a ``JurySession``, or what reads it for many at once."""

    def state(self) -> SessionState:
        """Return the session."""

    def clock(self, state: SessionState) -> SessionClock:
        """Return its clock."""


class TerminalGate:
    """Tells whether a candidate may type, to the second: the deadline needs no news, only a pause does."""

    def __init__(self, jury_session: LookedAt, phase: str, candidate: str, every: float = _LOOK) -> None:
        """Watch a candidate's time in a phase.

        Args:
            jury_session: the session.
            phase: the phase.
            candidate: the candidate.
            every: seconds between two looks at the session.

        Raises:
            UsageError: there is no such phase or candidate, or the labs are not open.
        """
        self._every = every
        self._jury_session = jury_session
        self._key = phase, candidate
        self._state = jury_session.state()
        sitting_of(self._state, phase, candidate)
        self._clock: SessionClock = jury_session.clock(self._state)
        self._looked = time.monotonic()
        self._seen = len(self._state.events)

    @property
    def state(self) -> SessionState:
        """Return the session as it was at the last look."""
        return self._state

    @property
    def sitting(self) -> Sitting:
        """Return the candidate's part as it was at the last look."""
        return self._state.sittings[self._key]

    @property
    def clock(self) -> SessionClock:
        """Return the session's clock."""
        return self._clock

    def may_type(self) -> bool:
        """Return whether the candidate's machines take input now."""
        return self._state.may_type(self.sitting, self._clock.now())

    def over(self) -> bool:
        """Return whether the candidate's time is over."""
        deadline = self._state.deadline(self.sitting)
        return "cut" in self.sitting.steps or (deadline is not None and self._clock.now() >= deadline)

    def news(self) -> tuple[SessionEvent, ...]:
        """Look at the session again, if it is time to, and return what is new for the candidate."""
        if time.monotonic() - self._looked < self._every:
            return ()
        self._looked = time.monotonic()
        self._state = self._jury_session.state()
        new, self._seen = self._state.events[self._seen :], len(self._state.events)
        return tuple(event for event in new if event.candidate in {"", self._key[1]})


class SeatTap:
    """What a candidate's terminal passes on, and to whom; see ``orchestrator.access.terminal.Tap``."""

    every = 0.1

    def __init__(
        self, gate: TerminalGate, recorder: TerminalRecorder, hidden: Callable[[], bool], tell: Callable[[Text], None]
    ) -> None:
        """Take the parts.

        Args:
            gate: tells whether the candidate may type.
            recorder: keeps what passes.
            hidden: returns whether what is typed is not shown.
            tell: shows the candidate a sentence beside the terminal.
        """
        self._gate = gate
        self._recorder = recorder
        self._hidden = hidden
        self._tell = tell

    def shown(self, data: bytes) -> None:
        """See ``Tap``."""
        self._recorder.shown(data)

    def typed(self, data: bytes) -> bool:
        """See ``Tap``."""
        if not self._gate.may_type():
            return False
        self._recorder.typed(data, hidden=self._hidden())
        return True

    def resized(self, rows: int, columns: int) -> None:
        """See ``Tap``."""
        self._recorder.resized(rows, columns)

    def open(self) -> bool:
        """See ``Tap``; what is announced meanwhile is told."""
        for event in self._gate.news():
            if event.kind in {"announced", "warned", "paused", "resumed", "extended"}:
                self._tell(told(event))
        if self._gate.over():
            self._tell(Text(fr="Le temps est écoulé.", en="The time is over."))
            return False
        return True


def require_seat(gate: TerminalGate) -> None:
    """Refuse a terminal before the machines are open and after the candidate's time.

    Raises:
        UsageError: the candidate may not type now; the error says why.
    """
    if gate.may_type():
        return
    if gate.over():
        raise UsageError(Text(fr="Le temps est écoulé.", en="The time is over."))
    if gate.sitting.started is None:
        raise UsageError(Text(fr="L'épreuve n'a pas commencé.", en="The assessment has not begun."))
    opens = gate.state.reading_until(gate.sitting)
    if opens is not None and opens > gate.clock.now():
        left = opens - gate.clock.now()
        raise UsageError(
            Text(
                fr=f"C'est le temps de lecture ; les machines ouvrent dans {left} s.",
                en=f"This is reading time; the machines open in {left} s.",
            )
        )
    raise UsageError(Text(fr="Le temps est arrêté.", en="Time stands still."))


def new_recording(folder: Path, scenario: str, host: str) -> Path:
    """Return the path of the next recording of a host."""
    recordings = folder / "recordings"
    recordings.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = len(list(recordings.glob(f"{scenario}.{host}-*.cast"))) + 1
    while (path := recordings / f"{scenario}.{host}-{number}.cast").exists():
        number += 1
    return path


def precise(clock: SessionClock) -> Callable[[], float]:
    """Return what tells the session's time with its fraction."""
    return lambda: -clock.until(0)


def remaining_text(state: SessionState, sitting: Sitting, now: int) -> Text:
    """Return how much time a candidate has left, as a person reads a clock."""
    allowance = state.allowance(sitting)
    if allowance is None:
        return Text(fr="pas commencé", en="not begun")
    if sitting.finished is not None or "cut" in sitting.steps:
        return Text(fr="fini", en="over")
    minutes, seconds = divmod(allowance.remaining(now), 60)
    shown = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if allowance.paused(now):
        return Text(fr=f"{shown} (arrêté)", en=f"{shown} (stopped)")
    return Text(fr=shown, en=shown)


def beside(language: Language, descriptor: int = 2) -> Callable[[Text], None]:
    """Return what shows a sentence on the candidate's terminal, on a line of its own and with a bell."""

    def tell(text: Text) -> None:
        os.write(descriptor, f"\r\n\a*** {text.in_(language)} ***\r\n".encode())

    return tell
