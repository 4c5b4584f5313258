"""What a check puts into a workspace; see ``grader.workspace``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HiddenFile:
    """A file of a workspace.

    Attributes:
        content: its content; text is written in UTF-8.
        mode: its permission bits.
        modified: when it was last changed, in seconds since 1970; None for now.
    """

    content: str | bytes
    mode: int = 0o644
    modified: int | None = None


FileContent = str | bytes | HiddenFile | None
"""What a file of a workspace holds; None makes a folder."""
