"""Waiting for a condition with a deadline: what a check does instead of sleeping.

A deadline is for what nobody announces. Whatever says that the condition cannot become true (a refusal, a bounce, a
failed unit) is asked as well, by ``unless``, and ends the wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from grader.bilingual import reason, text_of, without_source
from grader.concurrency import leave_signals
from grader.load import scaled_deadline
from orchestrator.core.waiting import pause_after

T = TypeVar("T")

_FIRST = 0.1
"""Seconds between the first two questions, where a check does not say."""
_NOT_AT_ONCE = 0.3
"""Seconds after which an answer lets itself be waited for: what answers at all, answers sooner."""
_STEADY = 1.0
"""Seconds for which something must go on speaking against a condition: a service that restarts refuses for a moment."""

_NOT_THERE = reason(fr="ce qui est attendu n'est pas là", en="what is waited for is not there")


def eventually(
    until: Callable[[], T | None],
    *,
    unless: Callable[[], str | None] | None = None,
    within: float = 5.0,
    every: float | None = None,
    what: str = "",
) -> T:
    """Wait until a condition holds, and return its value; no longer than it can still become true.

    A falsy value or an AssertionError means "not yet"; any other exception ends the wait at once. The
    condition is asked at least once, and once more when the wait ends.

    Args:
        until: the condition; called without arguments.
        unless: returns what makes the condition impossible, in words (``reason``), or nothing. It is asked each time
            that the condition does not hold; while the first answer lets itself be waited for also in a thread. What
            it says ends the wait when it is still so a second later.
        within: seconds until the condition must hold; longer on a loaded machine.
        every: seconds between two questions; None: often at first, then ever more rarely.
        what: what is missing where it does not hold, in words (``reason``): the message, unless the condition has one.

    Raises:
        AssertionError: the condition did not hold in time, or cannot; the message has the last answer, what ended
            the wait, and the time waited.
    """
    started = time.monotonic()
    deadline = started + scaled_deadline(within)
    impossible: float | None = None
    early = _EarlyQuestion(unless)
    while True:
        last = ""
        asked = time.monotonic()
        try:
            answer = until()
        except AssertionError as error:
            last = without_source(str(error))
        else:
            if answer:
                early.end()
                return answer
        answered = time.monotonic()
        seen = early.end()
        against = unless() if unless is not None else None
        waited = time.monotonic() - started
        if not against:
            impossible = None
        elif seen is not None:  # the condition was asked for all of the time since
            impossible, asked = seen, answered
        elif impossible is None:
            impossible = asked
        if against and impossible is not None and asked - impossible >= _STEADY:
            raise AssertionError(_given_up(last or what, against, waited))
        if asked >= deadline:
            raise AssertionError(_too_late(last or what, waited))
        pause = pause_after(asked - started, _FIRST) if every is None else every
        until_steady = _STEADY if impossible is None else impossible + _STEADY - time.monotonic()
        time.sleep(max(0.0, min(pause, deadline - time.monotonic(), max(until_steady, _FIRST))))


class _EarlyQuestion:
    """Asks once, in a thread, what speaks against a condition: where its first answer does not come at once."""

    def __init__(self, unless: Callable[[], str | None] | None) -> None:
        self._unless = unless
        self._seen: float | None = None
        self._timer = threading.Timer(_NOT_AT_ONCE, self._ask)
        self._timer.daemon = True  # a check whose time is over waits for nobody
        if unless is not None:
            self._timer.start()

    def end(self) -> float | None:
        """Return when something spoke against the condition, or None; later calls return None."""
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        seen, self._seen = self._seen, None
        return seen

    def _ask(self) -> None:
        leave_signals()
        began = time.monotonic()
        with suppress(Exception):  # it will be asked again where that can be told
            if self._unless is not None and self._unless():
                self._seen = began


def _given_up(last: str, against: str, waited: float) -> str:
    said, why = text_of(last or _NOT_THERE), text_of(against)
    return reason(
        fr=f"{said.fr} : {why.fr} (abandonné après {_seconds(waited, ',')} s)",
        en=f"{said.en}: {why.en} (given up after {_seconds(waited, '.')} s)",
    )


def _too_late(last: str, waited: float) -> str:
    said = text_of(last or _NOT_THERE)
    return reason(
        fr=f"{said.fr} (attendu {_seconds(waited, ',')} s)",
        en=f"{said.en} (waited {_seconds(waited, '.')} s)",
    )


def _seconds(waited: float, point: str) -> str:
    return f"{waited:.1f}".replace(".", point)
