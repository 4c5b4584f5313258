"""Faults made in one text file of a host and loaded from there, so that they outlast a reboot."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import Fault, Memento, not_effective
from orchestrator.model.base import HostName


class EditedFile(Fault):
    """A fault in one file: the whole file is kept before it is changed, and put back by the revert."""

    host: HostName = Field(description="The host that is broken.")

    @abstractmethod
    def path(self) -> str:
        """Return the file's path."""

    @abstractmethod
    def change(self, driver: LabDriver, text: str) -> str:
        """Return the file's broken content; ``driver`` may look at the lab."""

    @abstractmethod
    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file and make the host act by it, as a technician would after an edit."""

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file."""
        return {self.path(): driver.read(self.host, self.path()).decode()}

    def inject(self, driver: LabDriver) -> None:
        """Change the file and load it.

        Raises:
            LabError: there is nothing to change in the file.
        """
        before = driver.read(self.host, self.path()).decode()
        after = self.change(driver, before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.path()}")
        self.load(driver, after)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and load it."""
        self.load(driver, memento[self.path()])
