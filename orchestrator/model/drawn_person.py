"""A person drawn for a variant: alone here, because a grading takes people in without the models of the content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawnPerson:
    """A person drawn for a variant; ``login`` is ASCII, the names may have accents."""

    first: str
    last: str
    login: str
    feminine: bool

    @property
    def full(self) -> str:
        """Return first and last name."""
        return f"{self.first} {self.last}"
