"""When a candidate's time is over: pure arithmetic in whole seconds of the session's clock (seconds since 1970, UTC).

A deadline is absolute. It depends on when the phase began for the candidate, on the phase's length with the candidate's
extra time, and on the pauses; never on when the candidate arrived, nor on when anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Pause:
    """Time that does not count.

    Attributes:
        begin: its first second.
        end: the first second that counts again; None while it lasts.
    """

    begin: int
    end: int | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.begin:
            message = f"a pause ends before it begins: {self.begin} to {self.end}"
            raise ValueError(message)


@dataclass(frozen=True)
class Allowance:
    """One candidate's time in one phase.

    Attributes:
        start: when the phase began for the candidate.
        seconds: what the candidate has in all, extra time included.
        pauses: those of everybody and the candidate's own, in any order; where two overlap, time stands still once.
    """

    start: int
    seconds: int
    pauses: tuple[Pause, ...] = ()

    def deadline(self) -> int | None:
        """Return the first second that is too late; None while a pause lasts that began in time."""
        end = self.start + self.seconds
        for pause in merged(self.pauses):
            begin = max(pause.begin, self.start)
            if begin >= end:
                break
            if pause.end is None:
                return None
            end += max(0, pause.end - begin)
        return end

    def remaining(self, now: int) -> int:
        """Return the seconds that are left at ``now``; 0 once the deadline has passed."""
        return max(0, self.seconds - self.elapsed(now))

    def elapsed(self, now: int) -> int:
        """Return the seconds since the start that counted."""
        if now <= self.start:
            return 0
        stood = sum(
            max(0, min(now, now if pause.end is None else pause.end) - max(self.start, pause.begin))
            for pause in merged(self.pauses)
        )
        return now - self.start - stood

    def over(self, now: int) -> bool:
        """Return whether the time is over at ``now``."""
        deadline = self.deadline()
        return deadline is not None and now >= deadline

    def paused(self, now: int) -> bool:
        """Return whether time stands still at ``now``."""
        return any(p.begin <= now and (p.end is None or now < p.end) for p in self.pauses) and not self.over(now)

    def at_remaining(self, seconds: int) -> int | None:
        """Return when ``seconds`` are left (for a warning); None while a pause lasts that began before, or if never."""
        if seconds >= self.seconds:
            return None
        return Allowance(self.start, self.seconds - seconds, self.pauses).deadline()


def merged(pauses: Iterable[Pause]) -> Sequence[Pause]:
    """Return pauses in order, those that touch or overlap joined, so that no second counts twice."""
    joined: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.begin):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and pause.begin > last.end):
            joined.append(pause)
        elif last.end is not None:
            end = None if pause.end is None else max(last.end, pause.end)
            joined[-1] = Pause(last.begin, end)
    return joined
