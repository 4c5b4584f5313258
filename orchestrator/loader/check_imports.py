"""What a check file imports, read without running it: what its grading would not find, and what it takes of its lab."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from typing import Final

from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.author_imports import Facade, PlaceOf
from orchestrator.model.check import OFFERED, TOOLS

_GRADER: Final = Facade("grader", OFFERED)
_OUT_OF_REACH: Final = ("docker", "netmiko", "paramiko", "pyroute2")
"""Modules by which a check would pass by the fixture ``lab``, and by what it may see of the trainee's hosts."""


@dataclass(frozen=True)
class TakenTool:
    """A name that a check file takes from its lab's ``lab_tools.py``, with the place where it does."""

    name: str
    place: Place


@dataclass
class Imports:
    """What the imports of one file come to.

    Attributes:
        decorators: the names by which the file has ``check``.
        tools: what it takes of its lab's tools.
        problems: what is wrong with them.
    """

    decorators: set[str] = field(default_factory=set)
    tools: list[TakenTool] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_imports(tree: ast.Module, place: PlaceOf) -> Imports:
    """Read what a file imports of the program, and at its top level of other modules.

    Args:
        tree: the file.
        place: tells where a node of it stands.
    """
    found = Imports(problems=[*_GRADER.private_imports(tree, place)])
    for node in tree.body:
        match node:
            case ast.Import():
                for alias in node.names:
                    found.problems += _module(alias.name, place(node))
            case ast.ImportFrom(level=0, module=str(module)) if module == TOOLS:
                found.tools += (TakenTool(alias.name, place(alias)) for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)):
                found.problems += _module(module, place(node))
                if module == _GRADER.module:
                    found.decorators |= {alias.asname or alias.name for alias in node.names if alias.name == "check"}
            case ast.ImportFrom():
                text = Text(
                    fr="un fichier de contrôles est lu seul : un import relatif (« from . ») y échoue",
                    en="a check file is read on its own: a relative import ('from .') fails in it",
                )
                found.problems.append(Problem(place(node), text))
    return found


def _module(name: str, place: Place) -> Iterator[Problem]:
    top = name.partition(".")[0]
    if top == TOOLS:
        text = Text(
            fr=f"écrivez « from {TOOLS} import … », avec les noms qu'il vous faut",
            en=f'write "from {TOOLS} import …", with the names that you need',
        )
    elif top in _OUT_OF_REACH:
        text = Text(
            fr=f"un contrôle n'importe pas « {top} » : il interroge les machines par « lab »",
            en=f'a check does not import "{top}": it asks the hosts by "lab"',
        )
    elif not _is_installed(top):
        text = Text(
            fr=f"le module « {top} » n'est pas installé avec Breakfix : un contrôle s'en passe",
            en=f'the module "{top}" is not installed with Breakfix: a check does without it',
        )
    else:
        return
    yield Problem(place, text)


@lru_cache(maxsize=256)
def _is_installed(top: str) -> bool:
    """Return whether a top-level module can be found; it is not imported."""
    try:
        return find_spec(top) is not None
    except (ImportError, ValueError):  # a module that is half there
        return False
