"""What a trainer's fault may import of the program: the names that ``orchestrator.faults`` offers, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orchestrator.faults
from orchestrator.core.errors import Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text

OFFERED: Final = orchestrator.faults.__name__
"""The one module that a fault's author imports."""
_PROGRAM: Final = ("orchestrator", "grader")


def private_imports(tree: ast.Module, path: Path) -> Iterator[Problem]:
    """Yield a problem for each import of the program that is none of the names offered.

    Args:
        tree: a fault module.
        path: where it is.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    if alias.name.partition(".")[0] in _PROGRAM:
                        yield Problem(Place.of(path, node.lineno), _private(alias.name))
            case ast.ImportFrom(level=0, module=str(module)) if module == OFFERED:
                for alias in node.names:
                    if alias.name not in orchestrator.faults.__all__:
                        yield Problem(Place.of(path, alias.lineno), _unknown(alias.name))
            case ast.ImportFrom(level=0, module=str(module)) if module.partition(".")[0] in _PROGRAM:
                yield Problem(Place.of(path, node.lineno), _private(module))


def _private(module: str) -> Text:
    return Text(
        fr=f"« {module} » est interne au programme ; écrivez « from {OFFERED} import … »",
        en=f'"{module}" is internal to the program; write "from {OFFERED} import …"',
    )


def _unknown(name: str) -> Text:
    text = Text(fr=f"« {OFFERED} » n'offre pas « {name} »", en=f'"{OFFERED}" has no "{name}"')
    return with_suggestion(text, name, orchestrator.faults.__all__)
