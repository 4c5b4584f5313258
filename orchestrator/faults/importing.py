"""Imports fault modules, and tells the fault classes in them.

A trainer's module runs in this process when it is imported, with the rights of whoever runs Breakfix.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault
from orchestrator.faults.static_faults import StaticFault


class _Source(SourceFileLoader):
    """Reads a module from its source alone: nothing is written beside a trainer's files, nothing stale is read."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source."""
        return self.source_to_code(self.get_data(self.get_filename(fullname)), self.path)


def imported(path: Path) -> ModuleType:
    """Return a content root's module, which is run, under a name of its own.

    Raises:
        Exception: whatever the module raises.
    """
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"breakfix_content_{digest}_{re.sub('[^0-9A-Za-z_]', '_', path.stem)}"
    spec = importlib.util.spec_from_loader(name, _Source(name, str(path)))
    if spec is None or spec.loader is None:
        message = f"no loader for {path}"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks there for what annotations name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def classes_in(module: ModuleType) -> Iterator[type[Fault]]:
    """Yield the fault classes that a module defines itself and that can be made."""
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, Fault) and member.__module__ == module.__name__ and not inspect.isabstract(member):
            yield member


def meant_in(module: ModuleType) -> Iterator[type[Fault]]:
    """Yield the classes that are meant as faults: a base for others begins with an underscore."""
    for name, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, Fault) and member.__module__ == module.__name__ and not name.startswith("_"):
            yield member


def said_by(kind: type[Fault], line: int) -> StaticFault:
    """Return what a class that was imported states."""
    name, docstring = kind.__dict__.get("name"), kind.__dict__.get("__doc__") or ""
    missing = tuple(sorted(kind.__abstractmethods__))
    return StaticFault(kind.__name__, line, name if isinstance(name, str) else None, docstring, missing, kind)


def line_in(path: Path, error: BaseException) -> int:
    """Return the last line of a file that an error went through."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else 0


def import_problem(place: Place, error: BaseException) -> Problem:
    """Return the problem that a module cannot be imported."""
    reason = f"{type(error).__name__}: {error}"
    return Problem(
        place,
        Text(fr=f"ce module ne peut pas être importé : {reason}", en=f"this module cannot be imported: {reason}"),
    )
