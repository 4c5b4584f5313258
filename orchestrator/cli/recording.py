"""Records practice from the command line: whatever becomes of it, the command goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.session import Session
from orchestrator.errors import BreakfixError

if TYPE_CHECKING:
    from orchestrator.practice.recorder import Recorder


def record(session: Session, act: Callable[[Recorder], BreakfixError | None]) -> None:
    """Record something, last of all: a person reads the result meanwhile. Trouble is a warning.

    Args:
        session: the command line.
        act: is given what records, and returns its trouble.
    """
    trouble = act(session.app.practice)
    if trouble is not None:
        said = trouble.text.in_(session.language)
        session.output.note(plain(tr(f"! Non enregistré : {said}", f"! Not recorded: {said}"), "warn"))
        if trouble.hint is not None:
            session.output.note(plain(f"  → {trouble.hint.in_(session.language)}"))
