"""The passwords that are hidden in recordings of terminals: the variant's, and those that were told in a conversation.

Whoever works on a lab sees them there; who plays its recording later, or takes it away, sees that one was there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.labd.lab_desk import LabParts
from orchestrator.records.models import Attempt


class RecordedAttempt(NamedTuple):
    """What an attempt's passwords come from: its lab's name, its scenario and its seed."""

    instance: str
    scenario: str
    seed: int

    @classmethod
    def of(cls, attempt: Attempt) -> RecordedAttempt:
        """Return it of an attempt."""
        return cls(attempt.instance, attempt.scenario, int(attempt.seed))


class RecordingSecrets:
    """Knows the passwords of attempts."""

    def __init__(self, parts: LabParts) -> None:
        """Take what is served."""
        self._labs = parts.labs

    def of(self, attempts: Iterable[RecordedAttempt]) -> tuple[str, ...]:
        """Return the passwords that stand in the recordings of attempts, as far as their scenarios are still there.

        Raises:
            BreakfixError: the engine does not answer.
        """
        labs, found = self._labs(), dict[str, None]()
        for one in attempts:
            with contextlib.suppress(ContentError, UsageError):  # it is gone, or has a mistake by now
                found |= dict.fromkeys(labs.plans.preview(one.scenario, one.seed).passwords)
            found |= dict.fromkeys(secret for turn in labs.conversations.turns(one.instance) for secret in turn.secrets)
        return tuple(found)
