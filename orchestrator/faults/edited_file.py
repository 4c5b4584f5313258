"""Faults made in one text file of a host and loaded from there, so that they outlast a reboot."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from orchestrator.access.hands import Hands
from orchestrator.faults.base import Fault, Memento, not_effective
from orchestrator.model.base import HostName


class EditedFile(Fault):
    """A fault in one file: the whole file is kept before it is changed, and put back by the revert."""

    host: HostName = Field(description="The host that is broken.")

    @abstractmethod
    def path(self) -> str:
        """Return the file's path."""

    @abstractmethod
    def change(self, hands: Hands, text: str) -> str:
        """Return the file's broken content; ``hands`` may look at the lab."""

    @abstractmethod
    def load(self, hands: Hands, text: str) -> None:
        """Write the file and make the host act by it, as a technician would after an edit."""

    def remember(self, hands: Hands) -> Memento:
        """Keep the file."""
        return {self.path(): hands.read(self.host, self.path()).decode()}

    def inject(self, hands: Hands) -> None:
        """Change the file and load it.

        Raises:
            LabError: there is nothing to change in the file.
        """
        before = hands.read(self.host, self.path()).decode()
        after = self.change(hands, before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.path()}")
        self.load(hands, after)

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Put the file back and load it."""
        self.load(hands, memento[self.path()])
