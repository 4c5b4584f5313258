"""A lab's ``checks/lab_tools.py``: what its checks, and those of its scenarios, do with the same few functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from orchestrator.core.errors import ContentError, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.check_imports import read_imports
from orchestrator.loader.check_source import place_in
from orchestrator.loader.check_statements import CheckFile
from orchestrator.loader.python_source import parse_python
from orchestrator.model.check import TOOLS
from orchestrator.model.lab import LabTools

FILE = f"{TOOLS}.py"

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class ToolsFile:
    """A lab's tools as they are written, and what is wrong in them by themselves."""

    tools: LabTools
    problems: tuple[Problem, ...] = ()


def read_tools(source: str, path: Path) -> ToolsFile:
    """Read the text of a lab's tools, without running it."""
    try:
        tree = parse_python(source, path)
    except ContentError as error:
        return ToolsFile(LabTools(path, None), error.problems)
    place = place_in(path, source)
    imports = read_imports(tree, place)
    problems = [
        *imports.problems,
        *(Problem(tool.place, _of_itself()) for tool in imports.tools),
        *(
            Problem(place(node), _no_checks(node.name))
            for node in tree.body
            if isinstance(node, _Definition) and node.name.lower().startswith("test")
        ),
    ]
    return ToolsFile(LabTools(path, frozenset(_names(tree.body))), tuple(problems))


def tools_are_known(files: Iterable[CheckFile], tools: LabTools | None, lab: Path) -> Iterator[Problem]:
    """Yield a problem for each name that a check file takes from tools of its lab that do not have it.

    Args:
        files: the check files.
        tools: the lab's tools; None where it offers none.
        lab: the lab's folder.
    """
    for taken in (taken for file in files for taken in file.tools):
        if tools is None:
            text = Text(
                fr=f"le lab n'offre pas d'outils : créez {lab.name}/checks/{FILE}",
                en=f"the lab offers no tools: create {lab.name}/checks/{FILE}",
            )
            yield Problem(taken.place, text)
        elif taken.name == "*":
            text = Text(fr="nommez les outils qu'il vous faut", en="name the tools that you need")
            yield Problem(taken.place, text)
        elif tools.names is not None and taken.name not in tools.names:
            text = Text(fr=f"{FILE} du lab n'a pas « {taken.name} »", en=f'the lab\'s {FILE} has no "{taken.name}"')
            yield Problem(taken.place, with_suggestion(text, taken.name, sorted(tools.names)))


def _names(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the names that a file defines at its top level, its imports left out."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _of_itself() -> Text:
    return Text(fr=f"{FILE} ne peut pas s'importer lui-même", en=f"{FILE} cannot import itself")


def _no_checks(name: str) -> Text:
    return Text(
        fr=f"« {name} » ne serait pas noté : un contrôle va dans un fichier test_*.py",
        en=f'"{name}" would not be graded: a check goes into a file test_*.py',
    )
