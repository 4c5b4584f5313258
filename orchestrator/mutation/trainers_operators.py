"""Finds trainers' operators: classes in the folder ``operators`` of content roots.

``read`` tells what is wrong with them and runs nothing; ``discover`` imports them, with the rights of whoever runs
Breakfix, as it does with faults.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Final

import orchestrator.mutation
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text
from orchestrator.faults.importing import import_problem, imported, line_in
from orchestrator.loader.author_imports import Facade
from orchestrator.loader.files import add_files, problem, read_text
from orchestrator.loader.python_source import parse_python
from orchestrator.loader.read_limits import within_limits
from orchestrator.mutation.choosing import OPERATORS
from orchestrator.mutation.operator import Derive, Operator

FOLDER: Final = "operators"
"""The folder of a content root that holds modules of operators."""
_AUTHORS: Final = Facade(orchestrator.mutation.__name__, orchestrator.mutation.__all__)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_METHOD: Final = Operator.mutants.__name__


@dataclass
class OperatorsFound:
    """What content roots have of operators.

    Attributes:
        places: where each is written, by its name.
        problems: everything that is wrong.
        classes: the class of each; empty where nothing was run.
    """

    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    classes: dict[str, type[Operator]] = field(default_factory=dict)


def read(roots: Sequence[Path]) -> OperatorsFound:
    """Return the operators of content roots; no module of theirs is run."""
    found = OperatorsFound()
    for root in roots:
        for path in _modules(root):
            try:
                within_limits(partial(_read, found, path, root), path)
            except ContentError as error:
                found.problems += error.problems
    return found


def operators_of(roots: Sequence[Path]) -> dict[str, Derive]:
    """Return every operator by its name: the program's, and those of content roots, whose modules are run.

    Raises:
        ContentError: one of them cannot be used; all problems are told.
    """
    found = read(roots)
    for root in roots if not found.problems else ():
        for path in _modules(root):
            _import(found, path)
    if found.problems:
        raise ContentError(tuple(sorted(found.problems, key=lambda one: one.place)))
    return {**OPERATORS, **{name: kind().mutants for name, kind in sorted(found.classes.items())}}


def operators_hash(roots: Sequence[Path]) -> str:
    """Return a hash of all that derives and plays mutants: this package, and the roots' operators.

    Raises:
        ContentError: a file of theirs cannot be read.
    """
    digest = hashlib.sha256(_program().encode())
    for folder in (root / FOLDER for root in roots):
        if folder.is_dir():
            add_files(digest, folder)
    return digest.hexdigest()[:8]


@cache
def _program() -> str:
    """Return a hash of this package."""
    digest = hashlib.sha256()
    add_files(digest, Path(__file__).parent)
    return digest.hexdigest()


def _modules(root: Path) -> list[Path]:
    """Return the modules of a content root; one whose name begins with an underscore is none."""
    return sorted(path for path in (root / FOLDER).glob("*.py") if not path.name.startswith("_"))


def _read(found: OperatorsFound, path: Path, root: Path) -> None:
    tree = parse_python(read_text(path, within=root), path)
    found.problems += _AUTHORS.private_imports(tree, lambda node: Place.of(path, getattr(node, "lineno", 0)))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and _is_operator(node)]
    for node in classes:
        place = Place.of(path, node.lineno)
        name = _name_of(node)
        if problems := list(_lacking(node, name, place)):
            found.problems += problems
        elif name in OPERATORS or name in found.places:
            found.problems.append(_taken(name, place, found.places.get(name)))
        else:
            found.places[name] = place
    if not classes:
        found.problems.append(
            problem(
                path,
                "ce fichier ne contient aucun opérateur : il y faut une classe dérivée de Operator",
                "this file has no operator: it needs a class derived from Operator",
            )
        )


def _is_operator(node: ast.ClassDef) -> bool:
    """Return whether a class is meant as an operator; a base for others begins with an underscore."""
    return not node.name.startswith("_") and bool(node.bases)


def _name_of(node: ast.ClassDef) -> str:
    """Return the text that a class gives to ``name``; empty where it gives none."""
    for statement in node.body:
        match statement:
            case (
                ast.AnnAssign(target=ast.Name(id="name"), value=ast.Constant(value=str(text)))
                | ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(text)))
            ):
                return text
    return ""


def _lacking(node: ast.ClassDef, name: str, place: Place) -> Iterator[Problem]:
    """Yield what a trainer's operator lacks."""
    if not _NAME.fullmatch(name):
        yield Problem(
            place,
            Text(
                fr=f'il manque à la classe {node.name} son nom d\'opérateur : name: ClassVar[str] = "quota-sans-fin"',
                en=f'the class {node.name} has no operator name: name: ClassVar[str] = "endless-quota"',
            ),
            Text(
                fr="Le nom est en minuscules sans accents, avec au moins un tiret.",
                en="The name is in lower case, with at least one hyphen.",
            ),
        )
    direct = any(isinstance(base, ast.Name) and base.id == Operator.__name__ for base in node.bases)
    if direct and not any(isinstance(one, ast.FunctionDef) and one.name == _METHOD for one in node.body):
        yield Problem(
            place,
            Text(
                fr=f"la classe {node.name} n'a pas {_METHOD}() ; une classe de base commence par « _ »",
                en=f'the class {node.name} has no {_METHOD}(); a base class begins with "_"',
            ),
        )
    if not (ast.get_docstring(node) or "").strip():
        yield Problem(
            place,
            Text(
                fr=f"la classe {node.name} n'est pas documentée : sa première phrase dit ce qu'elle abîme",
                en=f"the class {node.name} has no docstring: its first sentence says what it spoils",
            ),
        )


def _taken(name: str, place: Place, first: Place | None) -> Problem:
    where = Text(fr="dans Breakfix", en="in Breakfix") if first is None else Text(fr=f"dans {first}", en=f"in {first}")
    return Problem(
        place,
        Text(
            fr=f"l'opérateur « {name} » existe aussi {where.fr} ; renommez celui-ci",
            en=f'the operator "{name}" also exists {where.en}; rename this one',
        ),
    )


def _import(found: OperatorsFound, path: Path) -> None:
    """Run a module, and add its operators."""
    try:
        module = imported(path)
    except (Exception, SystemExit) as error:
        found.problems.append(import_problem(Place.of(path, line_in(path, error)), error))
        return
    for title, kind in inspect.getmembers(module, inspect.isclass):
        if kind.__module__ != module.__name__ or title.startswith("_"):
            continue
        if issubclass(kind, Operator) and not inspect.isabstract(kind):
            found.classes[kind.name] = kind
        else:
            found.problems.append(
                problem(
                    path,
                    f"la classe {title} n'est pas un opérateur : dérivez-la de Operator, avec {_METHOD}()",
                    f"the class {title} is no operator: derive it from Operator, with {_METHOD}()",
                )
            )
