"""Whether a trainer may type in a trainee's terminal: asked for, allowed, and over as soon as anything ends it.

Nothing of it is kept: a labd that starts again lets nobody type. For the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from orchestrator.labd import help_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.help_contract import TypingState
from orchestrator.labd.lab_contract import TypingView
from orchestrator.labd.lab_desk import FoundLab
from orchestrator.labd.refused_call import RefusedCallError

MayType = Callable[[int], bool]
"""Says whether so many bytes that a viewer has typed get to the terminal."""


class Timer(Protocol):
    """What was set for later."""

    def cancel(self) -> None:
        """Have it not happen."""


def _later(seconds: float, act: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, act)


@dataclass(frozen=True)
class TypingLimits:
    """Seconds after which it is over by itself.

    Attributes:
        unanswered: without an answer.
        idle: without anything typed by the trainer.
        left: since the trainer's last window of the terminal was closed; a lost connection comes back sooner.
        refused: until a trainer who was refused may ask again for the same terminal.
    """

    unanswered: float = 120
    idle: float = 600
    left: float = 15
    refused: int = 60


_LIMITS: Final = TypingLimits()


@dataclass
class _Consent:
    """A trainer's question, or the consent they were given; ``timer`` ends it by itself, ``leaving`` once they left."""

    id: str
    found: FoundLab
    terminal: str
    host: str
    by: Who
    timer: Timer
    allowed: bool = False
    typed: int = 0
    leaving: Timer | None = None


class TypingConsents:
    """Who may type in which terminal besides its lab's owner: one trainer at a time in each."""

    def __init__(
        self, limits: TypingLimits = _LIMITS, later: Callable[[float, Callable[[], None]], Timer] = _later
    ) -> None:
        """Take the limits; what calls a function after seconds is for tests."""
        self._limits = limits
        self._later = later
        self._consents: dict[str, _Consent] = {}
        self._seats: Counter[tuple[str, str]] = Counter()
        self._refused: set[tuple[str, str]] = set()

    def of(self, lab: str, who: Who) -> tuple[TypingView, ...]:
        """Return what is asked or allowed in a lab, as somebody reads it."""
        return tuple(
            TypingView(
                id=one.id,
                terminal=one.terminal,
                host=one.host,
                by=one.by.name,
                state="allowed" if one.allowed else "asked",
                yours=one.by.ref == who.ref,
            )
            for one in self._consents.values()
            if one.found.name == lab
        )

    @contextlib.contextmanager
    def seat(self, terminal: str, who: Who) -> Iterator[MayType]:
        """Give within the block, as long as a trainer sees a terminal, what says whether what they type gets there."""
        seat = (terminal, who.ref)
        self._seats[seat] += 1
        mine = self._of(*seat)
        if mine is not None and mine.leaving is not None:
            mine.leaving.cancel()
            mine.leaving = None
        try:
            yield lambda count: self._may_type(seat, count)
        finally:
            self._seats[seat] -= 1
            if not self._seats[seat]:
                del self._seats[seat]
                self._leave(*seat)

    def ask(self, found: FoundLab, terminal: str, host: str, who: Who) -> None:
        """Ask the trainee of a lab for consent to type in a terminal; asked again, it is the same question.

        Raises:
            RefusedCallError: the trainer does not see this terminal, was just refused, or another one asks or types.
        """
        if not self._seats[terminal, who.ref]:
            raise RefusedCallError(help_refusals.not_looking())
        known = self._consents.get(terminal)
        if known is not None:
            if known.by.ref != who.ref:
                raise RefusedCallError(help_refusals.somebody_types(known.by.name))
            return
        if (terminal, who.ref) in self._refused:
            raise RefusedCallError(help_refusals.just_refused(self._limits.refused))
        made = secrets.token_hex(8)
        timer = self._later(self._limits.unanswered, lambda: self._over(made, "unanswered"))
        self._consents[terminal] = _Consent(made, found, terminal, host, who, timer)
        self._tell(self._consents[terminal], "asked")

    def answer(self, lab: str, consent: str, *, allow: bool) -> Who:
        """Answer a question for a lab's owner; return whose it was.

        Raises:
            RefusedCallError: it is no longer asked, or answered already.
        """
        found = self._find(lab, consent)
        if found.allowed:
            raise RefusedCallError(help_refusals.no_question())
        if not allow:
            self._over(consent, "refused")
            asked = (found.terminal, found.by.ref)
            self._refused.add(asked)
            self._later(self._limits.refused, lambda: self._refused.discard(asked))
            return found.by
        found.allowed = True
        self._rest(found)
        self._tell(found, "allowed")
        return found.by

    def end(self, lab: str, consent: str, by: str | None) -> None:
        """End typing, or take a question back; ``by``: the reference of the only trainer whose it may be, None: all.

        Raises:
            RefusedCallError: it is over, or another trainer's.
        """
        found = self._find(lab, consent)
        if by is not None and found.by.ref != by:
            raise RefusedCallError(help_refusals.no_question())
        self._over(consent, "ended")

    def close(self, *terminals: str) -> None:
        """End what is about terminals that are closed."""
        for terminal in terminals:
            if terminal in self._consents:
                self._over(self._consents[terminal].id, "closed")

    # ----------------------------------------------------------------------------------------------------------

    def _of(self, terminal: str, ref: str) -> _Consent | None:
        found = self._consents.get(terminal)
        return found if found is not None and found.by.ref == ref else None

    def _find(self, lab: str, consent: str) -> _Consent:
        for one in self._consents.values():
            if (one.found.name, one.id) == (lab, consent):
                return one
        raise RefusedCallError(help_refusals.no_question())

    def _may_type(self, seat: tuple[str, str], count: int) -> bool:
        mine = self._of(*seat)
        if mine is None or not mine.allowed:
            return False
        mine.typed += count
        self._rest(mine)
        return True

    def _rest(self, one: _Consent) -> None:
        """Begin to wait for what is typed next."""
        one.timer.cancel()
        one.timer = self._later(self._limits.idle, lambda: self._over(one.id, "idle"))

    def _leave(self, terminal: str, ref: str) -> None:
        mine = self._of(terminal, ref)
        if mine is not None:
            mine.leaving = self._later(self._limits.left, lambda: self._over(mine.id, "left"))

    def _over(self, consent: str, state: TypingState) -> None:
        one = next((one for one in self._consents.values() if one.id == consent), None)
        if one is None:
            return
        del self._consents[one.terminal]
        one.timer.cancel()
        if one.leaving is not None:
            one.leaving.cancel()
        self._tell(one, state)

    @staticmethod
    def _tell(one: _Consent, state: TypingState) -> None:
        body = {"id": one.id, "terminal": one.terminal, "by": one.by.name, "state": state, "bytes": one.typed}
        one.found.log.add("typing", body)
