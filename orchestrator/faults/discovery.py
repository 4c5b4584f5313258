"""Finds fault classes: those of this package, of installed packages, and of the folder ``faults`` of content roots.

A trainer's fault is Python that runs in this process, with the rights of whoever runs Breakfix: ``discover`` imports
it. ``read`` tells what faults there are, and their parameters, and runs nothing of a content root (``static_faults``).
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import orchestrator.faults
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text
from orchestrator.faults import library
from orchestrator.faults.fault import Fault
from orchestrator.faults.importing import classes_in, import_problem, imported, line_in, meant_in, said_by
from orchestrator.faults.required import lacking
from orchestrator.faults.static_faults import StaticFault, static_faults_in
from orchestrator.loader.author_imports import Facade
from orchestrator.loader.files import problem, read_text
from orchestrator.loader.python_source import parse_python
from orchestrator.loader.read_limits import within_limits
from orchestrator.model.base import Document

FOLDER = "faults"
"""The folder of a content root that holds fault modules."""
ENTRY_POINTS = "breakfix.faults"
"""The group of entry points by which an installed package brings fault classes, or modules of them."""
_AUTHORS = Facade(orchestrator.faults.__name__, orchestrator.faults.__all__)

K = TypeVar("K", bound=Document)
K_co = TypeVar("K_co", bound=Document, covariant=True)


@dataclass(frozen=True)
class FoundFault(Generic[K_co]):
    """One fault and where it is written; ``root`` says which content root has it (none: a package).

    ``kind`` is the fault's class, or where it was only read, a model of its parameters.
    """

    kind: type[K_co]
    place: Place
    root: Path | None = None


@dataclass
class Discovery(Generic[K]):
    """What was found in some content roots.

    Attributes:
        faults: the fault classes by name.
        problems: everything that is wrong.
        clashes: the names that two classes have, each with one of the problems.
    """

    faults: dict[str, FoundFault[K]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    clashes: dict[str, Problem] = field(default_factory=dict)

    def add(self, name: str, kind: type[K], place: Place, root: Path | None = None) -> None:
        """Add a fault, unless its name is taken."""
        first = self.faults.get(name)
        if first is not None and first.kind is kind:
            return
        if first is None:
            self.faults[name] = FoundFault(kind, place, root)
            return
        clash = Problem(
            place,
            Text(
                fr=f"la panne « {name} » existe aussi dans {first.place} ; renommez l'une des deux",
                en=f'the fault "{name}" also exists in {first.place}; rename one of the two',
            ),
        )
        self.problems.append(clash)
        self.clashes[name] = clash


def discover(roots: Sequence[Path] = ()) -> Discovery[Fault]:
    """Return the faults of the package, of installed packages and of content roots, whose modules are run.

    What was found is kept as long as no file of the roots' fault folders changes.
    """
    return _discover(_stamps(roots))


def read(roots: Sequence[Path] = ()) -> Discovery[Document]:
    """Return the same faults, each with a model of its parameters; no module of a content root is run."""
    return _read(_stamps(roots))


@dataclass(frozen=True)
class _Stamp:
    """A module's file as it is now."""

    root: Path
    path: Path
    changed: int
    size: int


def _stamps(roots: Sequence[Path]) -> tuple[_Stamp, ...]:
    return tuple(_stamp(root, path) for root in roots for path in _modules(root))


def _modules(root: Path) -> list[Path]:
    """Return the fault modules of a content root; one whose name begins with an underscore is none."""
    return sorted(path for path in (root / FOLDER).glob("*.py") if not path.name.startswith("_"))


def _stamp(root: Path, path: Path) -> _Stamp:
    try:
        now = path.stat()
    except OSError:  # a link that leads nowhere: reading it says so
        return _Stamp(root, path, 0, 0)
    return _Stamp(root, path, now.st_mtime_ns, now.st_size)


@cache
def _built_in() -> Mapping[str, FoundFault[Fault]]:
    found = Discovery[Fault]()
    for module in pkgutil.walk_packages(library.__path__, f"{library.__name__}."):
        if "._" in module.name:  # what a fault imports when it is injected, and nobody needs before
            continue
        for kind in classes_in(importlib.import_module(module.name)):
            found.add(kind.name, kind, Place(kind.__module__))
    if found.problems:
        raise ContentError(tuple(found.problems))
    return found.faults


@cache
def _discover(modules: tuple[_Stamp, ...]) -> Discovery[Fault]:
    found = _installed()
    for module in modules:
        _add_module(found, module)
    found.faults = dict(sorted(found.faults.items()))
    return found


@cache
def _read(modules: tuple[_Stamp, ...]) -> Discovery[Document]:
    installed = _installed()
    found = Discovery[Document](dict(installed.faults), installed.problems, installed.clashes)
    for module in modules:
        _read_module(found, module)
    found.faults = dict(sorted(found.faults.items()))
    return found


def _installed() -> Discovery[Fault]:
    """Return the faults of this package and of others that somebody has installed."""
    found = Discovery(dict(_built_in()))
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        _add_entry_point(found, entry)
    return found


# Installed packages ---------------------------------------------------------------------------------------


def _add_entry_point(found: Discovery[Fault], entry: importlib.metadata.EntryPoint) -> None:
    package = entry.dist.name if entry.dist else "?"
    place = Place(f"{package} ({entry.name} = {entry.value})")
    try:
        loaded = entry.load()
    except Exception as error:
        found.problems.append(import_problem(place, error))
        return
    kinds = list(classes_in(loaded)) if inspect.ismodule(loaded) else [loaded]
    for kind in kinds:
        if not (inspect.isclass(kind) and issubclass(kind, Fault)):
            found.problems.append(
                Problem(
                    place,
                    Text(
                        fr="ce n'est ni une classe de panne, ni un module qui en contient",
                        en="this is no fault class, and no module of them",
                    ),
                )
            )
        elif problems := list(lacking(said_by(kind, 0), place)):
            found.problems += problems
        else:
            found.add(kind.name, kind, place)


# Content roots --------------------------------------------------------------------------------------------


def _add_module(found: Discovery[Fault], stamp: _Stamp) -> None:
    """Run a module, and add its faults."""
    path = stamp.path
    tree = _tree(stamp, found.problems)
    if tree is None:
        return
    found.problems += _private_imports(tree, path)
    lines = {node.name: node.lineno for node in tree.body if isinstance(node, ast.ClassDef)}
    try:
        module = imported(path)
    except (Exception, SystemExit) as error:
        found.problems.append(import_problem(Place.of(path, line_in(path, error)), error))
        return
    kinds = sorted(meant_in(module), key=lambda kind: lines.get(kind.__name__, 0))
    _add(found, stamp, [(said_by(kind, lines.get(kind.__name__, 0)), kind) for kind in kinds])


def _read_module(found: Discovery[Document], stamp: _Stamp) -> None:
    """Read a module, and add what it states of its faults."""
    try:
        stated, private = within_limits(lambda: _stated(stamp), stamp.path)
    except ContentError as error:
        found.problems += error.problems
        return
    found.problems += private
    _add(found, stamp, [(said, said.parameters) for said in stated])


def _stated(stamp: _Stamp) -> tuple[tuple[StaticFault, ...], tuple[Problem, ...]]:
    """Return the faults of a module, and what it may not import."""
    tree = parse_python(read_text(stamp.path, within=stamp.root), stamp.path)
    return tuple(static_faults_in(tree)), tuple(_private_imports(tree, stamp.path))


def _private_imports(tree: ast.Module, path: Path) -> Iterator[Problem]:
    """Yield a problem for each import of the program that a fault's author may not make."""
    return _AUTHORS.private_imports(tree, lambda node: Place.of(path, getattr(node, "lineno", 0)))


def _tree(stamp: _Stamp, problems: list[Problem]) -> ast.Module | None:
    """Return a module's source as Python reads it, or None and why it cannot be read."""
    try:
        return parse_python(read_text(stamp.path, within=stamp.root), stamp.path)
    except ContentError as error:
        problems += error.problems
        return None


def _add(found: Discovery[K], stamp: _Stamp, stated: Sequence[tuple[StaticFault, type[K]]]) -> None:
    for said, kind in stated:
        place = Place.of(stamp.path, said.line)
        if problems := list(lacking(said, place)):
            found.problems += problems
        else:
            found.add(str(said.name), kind, place, stamp.root)
    if not stated:
        found.problems.append(
            problem(
                stamp.path,
                "ce fichier ne contient aucune panne : il y faut une classe dérivée de Fault",
                "this file has no fault: it needs a class derived from Fault",
            )
        )


def require_sound(roots: Iterable[Path]) -> None:
    """Make sure that every fault module of content roots, and of installed packages, can be used.

    Raises:
        ContentError: one cannot, or two faults have one name; all problems are told.
    """
    if problems := discover(tuple(roots)).problems:
        raise ContentError(tuple(sorted(problems, key=lambda one: one.place)))
