"""What was said between a trainee and the people of a scenario, for checks: order and substance, never style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from orchestrator.model.turns import CONFIRMED, CONSENT, IDENTITY, PersonaAct, Turn, facts_of


class Conversation:
    """``lab.conversation("anne")``: the turns with one person, or with all.

    Attributes:
        turns: what was said, in order; each with ``said``, ``intents``, ``slots``, ``reply``, ``sets``, ``acts``
            and ``at``.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        """Take the turns; those that were only begun count for nothing."""
        self.turns = tuple(turn for turn in turns if not turn.begun)

    @property
    def begun(self) -> bool:
        """Return whether anything was said at all."""
        return bool(self.turns)

    @property
    def facts(self) -> Mapping[str, datetime]:
        """Return what holds now, each fact with the time since which it does (UTC)."""
        return {name: _time(at) for name, at in facts_of(self.turns).items()}

    @property
    def acts(self) -> tuple[PersonaAct, ...]:
        """Return what was done in the lab by the people who were asked to, looks among it, in order."""
        return tuple(act for turn in self.turns for act in turn.acts)

    def asked(self, intent: str) -> tuple[Turn, ...]:
        """Return the turns in which an intent was understood: ``talk.asked("ask_error")``."""
        return tuple(turn for turn in self.turns if intent in turn.intents)

    def when(self, name: str) -> datetime | None:
        """Return when a fact came about, or an intent was first understood; None: never."""
        known = self.facts
        if name in known:
            return known[name]
        turns = self.asked(name)
        return _time(turns[0].at) if turns else None

    def in_order(self, *names: str) -> bool:
        """Return whether facts and intents all came about, each not before the one named before it.

        ``talk.in_order("ask_problem", "identity", "tell_password")``
        """
        times = [self.when(name) for name in names]
        found = [time for time in times if time is not None]
        return len(found) == len(times) and found == sorted(found)

    def before(self, name: str, moment: datetime | str | None) -> bool:
        """Return whether a fact or intent came about before a moment.

        Args:
            name: the fact or intent.
            moment: a time (UTC where it says none); or another fact or intent. None, or one that never came about:
                what was to come after it has not been done, so that only the first must have come about.
        """
        came = self.when(name)
        limit = self.when(moment) if isinstance(moment, str) else moment
        if came is None or limit is None:
            return came is not None
        return came <= (limit if limit.tzinfo is not None else limit.astimezone())

    def identity_before(self, moment: datetime | str | None) -> bool:
        """Return whether who they are was proven before a moment: when the account was touched."""
        return self.before(IDENTITY, moment)

    def consent_before(self, moment: datetime | str | None) -> bool:
        """Return whether they allowed it before a moment: when their desktop was opened."""
        return self.before(CONSENT, moment)

    def confirmed_before(self, moment: datetime | str | None) -> bool:
        """Return whether they said that all works before a moment: when the ticket was closed."""
        return self.before(CONFIRMED, moment)


def _time(at: str) -> datetime:
    return datetime.fromisoformat(at)
