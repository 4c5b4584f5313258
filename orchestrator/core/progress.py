"""How long work tells what it is doing: observers attach by protocol, the work knows no terminal."""

from __future__ import annotations

from typing import Protocol

from orchestrator.core.text import Text


class Progress(Protocol):
    """Is told the steps of long work."""

    def step(self, text: Text) -> None:
        """A new step begins (the one before is done)."""

    def detail(self, text: Text) -> None:
        """Something within the step is worth a line."""


class Silent:
    """Progress that nobody looks at."""

    def step(self, text: Text) -> None:
        """Say nothing."""

    def detail(self, text: Text) -> None:
        """Say nothing."""
