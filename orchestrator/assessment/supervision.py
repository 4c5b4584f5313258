"""Supervising a session: warnings in time, and what follows each deadline, for as many candidates at once as there are.

Nothing is kept here: whoever supervises reads the events, does what is due and writes that it is done. A supervisor
that was killed is replaced by the next one, which goes on where the events end. Where events can be neither read nor
written for a while, on a full disk or without the store's server, it goes by those that it has read, and a deadline is
as exact as ever: who cannot note that input is cut cuts it all the same, and notes later when that was.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from orchestrator.assessment.closing import Closing
from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.control_characters import in_one_line
from orchestrator.core.errors import BreakfixError, MachineError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

_log = logging.getLogger(__name__)

WARNINGS: Final = (15, 5)
"""Minutes that are left when the candidates are told."""
_EVERY: Final = 0.1
"""Seconds between two looks at the clock."""
_JOBS: Final = 64
"""Sittings that are closed at once: each waits most of the time, and ``Closing`` lets few of them act."""
_PATIENCE: Final = 5.0
"""Seconds until a step that could not be done is tried again; twice as many each time, a minute at most."""
_LONGEST: Final = 60.0
_WRITTEN_EVERY: Final = 1.0
"""Seconds between two tries to write where that cannot be done."""
_RESTARTS_EVERY: Final = 10.0
"""Seconds between two looks at which hosts were started again: the engine is asked about each."""
_LONGEST_SAID: Final = 300
"""Characters of an error that is nobody's sentence."""
_DRIFT: Final = 2
"""Seconds by which the machine's clock may differ from the session's before it is noted."""


class Supervisor:
    """Supervises one session until it is asked to stop, or nobody's time runs any more."""

    def __init__(
        self, jury_session: JurySession, closing: Closing, tell: Callable[[Text], None] = lambda _text: None
    ) -> None:
        """Take the parts.

        Args:
            jury_session: the session.
            closing: does what follows a deadline.
            tell: is told what happens; where it cannot write that down, nothing else waits for it.
        """
        self._jury_session = jury_session
        self._closing = closing
        self._tell = tell
        self._busy: dict[tuple[str, str], Future[None]] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._not_before: dict[tuple[str, str], float] = {}
        self._drift = 0
        self._known: SessionState | None = None
        self._cut: set[tuple[str, str]] = set()
        self._unwritten: list[Draft] = []
        self._not_written_before = 0.0
        self._away_since = 0.0
        self._looking: Future[None] | None = None
        self._looked = -_RESTARTS_EVERY

    def run(self, until: Callable[[SessionState], bool] | None = None) -> None:
        """Supervise.

        Args:
            until: tells when it is enough; by default when all are sealed whose labs are open.

        Raises:
            UsageError: another program supervises the session.
        """
        enough = until or all_sealed
        with self._jury_session.folder.supervised(), ThreadPoolExecutor(_JOBS, thread_name_prefix="close") as pool:
            stop = threading.Event()
            self._keep_supervised(on=True)

            def tick() -> bool:
                self._tell_what_ended()  # first: the state that is read next knows of it
                self._write()
                self._look_for_restarts(pool)
                self._do_what_is_due(self._state(), pool)
                return stop.is_set() or (not self._busy and enough(self._state()))

            try:
                while not wait_until(tick, within=3600, every=_EVERY):
                    continue
            except BaseException:
                stop.set()
                self._closing.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            finally:
                self._keep_supervised(on=False)

    def _say(self, text: Text) -> None:
        with suppress(OSError):  # what it is written to may be on the disk that is full
            self._tell(text)

    # The journal ----------------------------------------------------------------------------------------

    def _state(self) -> SessionState:
        """Return the session as it is now; while that cannot be read, as it was when it could: time goes on."""
        try:
            self._known = self._jury_session.state()
        except MachineError as error:
            if self._known is None:
                raise
            self._journal_is_away(error)
        return self._known

    def _keep(self, *drafts: Draft) -> None:
        """Write events, now or as soon as that can be done again."""
        self._unwritten += drafts
        self._write()

    def _write(self) -> None:
        """Write what is still to be written, and that for a while nothing could be."""
        if not self._may_write or not (self._unwritten or self._away_since):
            return
        drafts = list(self._unwritten)
        if self._away_since:
            seconds = max(1, round(time.monotonic() - self._away_since))
            drafts.append(_incident(_away_for(seconds), self._jury_session.clock(self._state()).now()))
        try:
            self._jury_session.keep(*drafts)
        except MachineError as error:
            self._journal_is_away(error)
        else:
            self._unwritten.clear()
            self._away_since = 0.0

    @property
    def _may_write(self) -> bool:
        return time.monotonic() >= self._not_written_before

    def _journal_is_away(self, error: BreakfixError) -> None:
        if not self._away_since:
            self._away_since = time.monotonic()
            self._say(Text(fr=f"✘ {error.text.fr}", en=f"✘ {error.text.en}"))
        self._not_written_before = time.monotonic() + _WRITTEN_EVERY

    # What is due ----------------------------------------------------------------------------------------

    def _keep_supervised(self, *, on: bool) -> None:
        """Write down that somebody supervises from now on, or nobody; who is killed cannot say so."""
        state = self._state()
        self._keep(Draft("supervised", PROGRAM, self._jury_session.clock(state).now(), details={"on": on}))

    def _do_what_is_due(self, state: SessionState, pool: ThreadPoolExecutor) -> None:
        clock = self._jury_session.clock(state)
        now = clock.now()
        self._note_drift(clock.drift(), now)
        due = {key: sitting for key, sitting in state.sittings.items() if _due(state, sitting, now)}
        self._cut_input(state, {key: sitting for key, sitting in due.items() if "cut" not in sitting.steps})
        for key, sitting in due.items():
            ready = "cut" in sitting.steps and key not in self._busy
            if ready and time.monotonic() >= self._not_before.get(key, 0.0):
                self._busy[key] = pool.submit(self._closing.close, *key)
        if not self._away_since:
            self._warn(state, now)

    def _warn(self, state: SessionState, now: int) -> None:
        """Tell candidates what time is left; what cannot be told now is not told late."""
        for minutes, sitting in _warnings(state, now):
            details = {"minutes": minutes}
            try:
                self._jury_session.keep(Draft("warned", PROGRAM, now, sitting.candidate, sitting.phase, details))
            except MachineError as error:
                self._journal_is_away(error)

    def _cut_input(self, state: SessionState, due: Mapping[tuple[str, str], Sitting]) -> None:
        """Cut the input of those whose time is over: at once; what could not be noted, or done, again in a while."""
        if due.keys() <= self._cut and not self._may_write:
            return
        self._cut |= due.keys()
        try:
            self._closing.cut(state, list(due.values()))
        except BreakfixError as error:
            self._journal_is_away(error)

    def _tell_what_ended(self) -> None:
        for key, future in list(self._busy.items()):
            if future.done():
                del self._busy[key]
                self._told(key, future)

    def _told(self, key: tuple[str, str], future: Future[None]) -> None:
        phase, candidate = key
        if (error := future.exception()) is not None:  # whatever it is: the time of all others goes on
            said = _said_of(error)
            failures = self._failures.get(key, 0)
            wait = min(_LONGEST, _PATIENCE * 2**failures)
            self._failures[key], self._not_before[key] = failures + 1, time.monotonic() + wait
            text = Text(
                fr=f"{phase}, {candidate} : {said.fr} (nouvel essai dans {wait:.0f} s)",
                en=f"{phase}, {candidate}: {said.en} (tried again in {wait:.0f} s)",
            )
            if not failures:  # once is enough for the record
                self._note(text, self._jury_session.clock(self._jury_session.state()).now(), candidate, phase)
            self._say(Text(fr=f"✘ {text.fr}", en=f"✘ {text.en}"))
        else:
            self._say(Text(fr=f"✔ {phase}, {candidate} : preuves scellées", en=f"✔ {phase}, {candidate}: sealed"))

    def _look_for_restarts(self, pool: ThreadPoolExecutor) -> None:
        """Look again where the last look has ended; an engine that is away is asked the next time."""
        if self._looking is not None and not self._looking.done():
            return
        if time.monotonic() < self._looked + _RESTARTS_EVERY:
            return
        if self._looking is not None and (error := self._looking.exception()) is not None:
            _log.warning("hosts cannot be looked at: %s", error)
        self._looking, self._looked = pool.submit(self._closing.restarts.note_running), time.monotonic()

    def _note_drift(self, drift: int, now: int) -> None:
        """Note that somebody has set the machine's clock; the session's time is another matter."""
        if abs(drift - self._drift) <= _DRIFT:
            return
        self._drift = drift
        self._note(
            Text(
                fr=f"L'horloge de la machine a été réglée : {drift} s d'écart avec celle de la session, qui continue.",
                en=f"The machine's clock was set: it differs from the session's by {drift} s, which goes on.",
            ),
            now,
        )

    def _note(self, text: Text, now: int, candidate: str = "", phase: str = "") -> None:
        self._keep(_incident(text, now, candidate, phase))


def _incident(text: Text, now: int, candidate: str = "", phase: str = "") -> Draft:
    """Return an incident that the program met, in both languages."""
    return Draft("incident", PROGRAM, now, candidate, phase, {"text": text.en, "fr": text.fr})


def _away_for(seconds: int) -> Text:
    return Text(
        fr=f"Pendant {seconds} s, rien n'a pu être fait ou écrit au journal ; les heures de fin ont couru.",
        en=f"For {seconds} s, nothing could be done or written in the journal; times have run on.",
    )


def _said_of(error: BaseException) -> Text:
    """Return what went wrong with one candidate, who may have had a part in it: their files are read there."""
    if isinstance(error, BreakfixError):
        return error.text
    _log.error("a step could not be done", exc_info=error)
    said = in_one_line(f"{type(error).__name__}: {error}", _LONGEST_SAID)
    return Text(fr=f"Une étape a échoué ({said}).", en=f"A step has failed ({said}).")


def all_sealed(state: SessionState) -> bool:
    """Return whether the evidence of everybody whose labs are open is sealed; who never came and began has none."""
    waited_for = [s for s in state.sittings.values() if s.started is not None or not s.absent]
    return bool(waited_for) and all(sitting.sealed for sitting in waited_for)


def _due(state: SessionState, sitting: Sitting, now: int) -> bool:
    if sitting.started is None or sitting.sealed:
        return False
    if "cut" in sitting.steps:
        return True
    deadline = state.deadline(sitting)
    return deadline is not None and now >= deadline


def _warnings(state: SessionState, now: int) -> Iterator[tuple[int, Sitting]]:
    """Yield the warnings that are due: the last one only, where several are."""
    for sitting in state.sittings.values():
        allowance = state.allowance(sitting)
        if allowance is None or not sitting.running or sitting.finished is not None:
            continue
        due = [m for m in WARNINGS if (at := allowance.at_remaining(m * state.minute)) is not None and now >= at]
        if due and not allowance.over(now) and min(due) not in sitting.warned:
            yield min(due), sitting
