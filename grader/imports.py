"""Spares a grading the modules that pytest's package imports only to offer their names.

Importing pytest is the longest part of a grading that was not prepared. A quarter of it loads the syntax colouring of
tracebacks and the test beds of plugin authors, which a check cannot use: a grading turns colours off and gives a
check no fixture but its own.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_COLOURS = ("", ".formatters", ".formatters.terminal", ".lexer", ".lexers", ".lexers.diff", ".lexers.python", ".util")
UNUSED = (
    *(f"pygments{module}" for module in _COLOURS),
    "_pytest.doctest",
    "_pytest.legacypath",
    "_pytest.logging",
    "_pytest.pytester",
    "_pytest.subtests",
)
"""The modules that a grading does without."""


class _Unused(ModuleType):
    """A module of which only the names are asked: each is an empty class."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever is asked)
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


def import_pytest() -> None:
    """Import pytest without the modules that a grading does without; with them where this pytest needs one of them.

    To be called before anything else imports pytest.
    """
    before = set(sys.modules)
    sys.modules.update({name: _Unused(name) for name in UNUSED if name not in before})
    try:
        import pytest  # noqa: F401, PLC0415 (the import is what this is for)
    except (ImportError, AttributeError, TypeError):  # another pytest, which builds on one of them
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in {"pytest", "_pytest", "pygments"}:
                del sys.modules[name]
