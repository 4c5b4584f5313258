"""What a node says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeReport:
    """What decides whether a node can work for the cluster.

    Attributes:
        program: the version and hash of its program.
        missing: the images that it lacks.
        labs: how many labs it has.
    """

    program: str
    missing: tuple[str, ...]
    labs: int
