"""What was made of a folder's files, kept for as long as none of them changes: for programs that run for days."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_YOUNG_NS: Final = 2_000_000_000
"""A file that changed so shortly before it was read may change again without its times telling."""

Stamp = tuple[tuple[str, int, int, int], ...]


def stamp_of(folder: Path) -> Stamp:
    """Return what differs once any file below a folder is new, gone or changed: paths, sizes, inodes, change times."""
    found = []
    for here, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(here, name)  # noqa: PTH118 - some hundred times for each page that is shown
            try:
                file = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            found.append((path, file.st_size, file.st_ino, file.st_ctime_ns))
    return tuple(sorted(found))


class KeptReads(Generic[T]):
    """What was made of folders, the last ones that were asked for; threads may share it."""

    def __init__(self, most: int) -> None:
        """Take how many are kept."""
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Stamp, T]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, folder: Path, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of a folder.

        Args:
            folder: whose files it depends on.
            key: which of those that are made of folders.
            make: makes it; what it raises is not kept.
        """
        stamp = stamp_of(folder)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(key)
                return kept[1]
        made = make()
        if all(time.time_ns() - changed > _YOUNG_NS for *_, changed in stamp):
            with self._lock:
                self._kept[key] = stamp, made
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return made
