"""Notices that files have changed, by looking at them: works on every file system, a network's or a container's too."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Stamps: TypeAlias = Mapping[str, tuple[int, int, int]]
"""Each file with when it was changed (ns), its size and its number: an editor may replace a file by another."""


class Watcher:
    """Remembers how the files below some folders were, and says which have changed since."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look at the files of the folders as they are now; a folder need not exist."""
        self._folders = tuple(folders)
        self._seen = _stamps(self._folders)

    def watch(self, folders: Sequence[Path]) -> None:
        """Look at other folders from now on; what those that are new hold now is no change."""
        added = [folder for folder in folders if folder not in self._folders]
        self._folders = tuple(folders)
        kept = {name: stamp for name, stamp in self._seen.items() if _is_below(name, self._folders)}
        self._seen = {**kept, **_stamps(added)}

    def changed(self) -> tuple[str, ...]:
        """Return the files that have changed, come or gone since the last call, sorted."""
        now = _stamps(self._folders)
        before, self._seen = self._seen, now
        return tuple(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))


def _stamps(folders: Sequence[Path]) -> Stamps:
    return {name: stamp for folder in folders for name, stamp in _below(str(folder))}


def _below(folder: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield the files below a folder; what editors and Python leave beside them is none of them."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not _is_by_product(entry.name)]
    except OSError:
        return
    for entry in found:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)
            else:
                now = entry.stat()
                yield entry.path, (now.st_mtime_ns, now.st_size, now.st_ino)
        except OSError:  # gone in between
            continue


def _is_below(name: str, folders: Sequence[Path]) -> bool:
    return any(Path(name).is_relative_to(folder) for folder in folders)


def _is_by_product(name: str) -> bool:
    return name.startswith((".", "__pycache__", "#")) or name.endswith(("~", ".swp", ".tmp", "4913"))
