"""What a process sees mounted, as proc(5) tells it."""

from __future__ import annotations

from dataclasses import dataclass

from .kernel import lines_of


@dataclass(frozen=True)
class Mount:
    """One line of a process's ``mountinfo``."""

    id: str
    parent: str
    path: str
    kind: str
    options: list[tuple[str, str]]


def mounts_of(pid: int) -> list[Mount]:
    """Return the mounts that a process sees."""
    found = []
    for line in lines_of(f"/proc/{pid}/mountinfo"):
        words, _, rest = line.partition(" - ")
        id_, parent, _, _, path, *_ = words.split(" ")
        kind, _, options = rest.split(" ", 2)
        pairs = (option.partition("=") for option in options.split(","))
        unescaped = [(name, value.replace("\\040", " ")) for name, _, value in pairs]
        found.append(Mount(id_, parent, path, kind, unescaped))
    return found


def root_among(mounts: list[Mount]) -> Mount:
    """Return the mount of the root."""
    return next(mount for mount in mounts if mount.path == "/")
