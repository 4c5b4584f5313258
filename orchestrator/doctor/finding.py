"""What a look at one thing of the machine came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orchestrator.core.text import Text

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        id: a stable name for programs, such as ``docker-socket``.
        subject: what was looked at.
        status: ``warn``: it works, with limits; ``fail``: labs cannot run, or the portal cannot be
            served as it is set up.
        seen: what is there.
        remedy: what to do, with the exact command; None where nothing is to be done.
    """

    id: str
    subject: Text
    status: Status
    seen: Text
    remedy: Text | None = None


def worst(findings: Iterable[Finding]) -> Status:
    """Return the worst status."""
    found = {finding.status for finding in findings}
    return "fail" if "fail" in found else "warn" if "warn" in found else "ok"
