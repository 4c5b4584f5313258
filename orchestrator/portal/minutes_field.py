"""The field of a report in which the minutes are written that were spent."""

from __future__ import annotations

from typing import Final

from orchestrator.labd.calls import Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import lab_words

_MOST_DIGITS: Final = 4


def minutes_of(typed: str) -> int | None:
    """Return how many minutes were written; None: none.

    Raises:
        RefusedError: it is no number of minutes.
    """
    written = typed.strip()
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > _MOST_DIGITS:
        raise RefusedError(Refusal("wrong", lab_words.WRONG_MINUTES, field="minutes"))
    return int(written)
