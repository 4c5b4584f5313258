"""Who watches a build: the command line, a log, a test."""

from __future__ import annotations

from typing import Protocol

from orchestrator.core.errors import BreakfixError


class BuildObserver(Protocol):
    """Is told what happens; calls come from several threads, those about one image in order."""

    def cached(self, name: str) -> None:
        """The image is there already."""

    def started(self, name: str) -> None:
        """The image's build begins."""

    def line(self, name: str, text: str) -> None:
        """The image's build printed a line."""

    def finished(self, name: str, seconds: float, size: int) -> None:
        """The image is there; its size is in bytes, its parents' included."""

    def failed(self, name: str, error: BreakfixError) -> None:
        """The image could not be built, or its build was ended early."""


class SilentObserver:
    """Watches and says nothing."""

    def cached(self, name: str) -> None:
        """Say nothing."""

    def started(self, name: str) -> None:
        """Say nothing."""

    def line(self, name: str, text: str) -> None:
        """Say nothing."""

    def finished(self, name: str, seconds: float, size: int) -> None:
        """Say nothing."""

    def failed(self, name: str, error: BreakfixError) -> None:
        """Say nothing."""
