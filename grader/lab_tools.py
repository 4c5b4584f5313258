"""Lets check files import what their lab offers them: ``from lab_tools import …``.

The one file is found by its own path. Nothing else of its folder can be imported, and no file there takes the place
of a module that the grading needs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from orchestrator.model.check import TOOLS


def offer(path: Path | None) -> None:
    """Offer a lab's tools to whatever this process imports from now on; a grading is a process of its own."""
    if path is not None:
        sys.meta_path.insert(0, _OneFile(path))


class _OneFile(MetaPathFinder):
    def __init__(self, path: Path) -> None:
        self._path = path

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_file_location(TOOLS, self._path) if fullname == TOOLS else None
