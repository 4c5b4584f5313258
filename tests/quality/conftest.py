"""The repository as the rules see it: its files, and its Python modules with what they import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("orchestrator", "grader")


@dataclass(frozen=True)
class Import:
    """One import statement's target, as a dotted name of a module (or of something in it)."""

    target: str
    line: int

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]


def dotted(function: ast.expr) -> str:
    """Return what is called as it is written: mostly names with dots, which need no ``ast.unparse``."""
    names: list[str] = []
    inner = function
    while isinstance(inner, ast.Attribute):
        names.append(inner.attr)
        inner = inner.value
    return ".".join([inner.id, *reversed(names)]) if isinstance(inner, ast.Name) else ast.unparse(function)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with its dotted name."""
    return ((dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


@dataclass(frozen=True)
class Module:
    """One Python file of the program; many rules look through it, and it is walked through once."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> list[str]:
        """The names of the package that relative imports start from."""
        parts = self.name.split(".")
        return parts if self.path.name == "__init__.py" else parts[:-1]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call with its dotted name."""
        return tuple((dotted(node.func), node) for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import, also those inside functions and those for type checkers only."""
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.package[: len(self.package) - node.level + 1] if node.level else []
                module = ".".join([*base, *(node.module.split(".") if node.module else [])])
                yield from (Import(f"{module}.{alias.name}", node.lineno) for alias in node.names)


def _modules() -> Iterator[Module]:
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    """Return every module of the program by its dotted name."""
    return {module.name: module for module in _modules()}


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def repository() -> tuple[Path, ...]:
    """Return the repository's files: those that git tracks or would, or all where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout.decode()
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
    ignored = {"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    files = (ROOT / name for name in sorted(names) if not ignored.intersection(Path(name).parts))
    return tuple(path for path in files if path.is_file())


@pytest.fixture(scope="session")
def python() -> str:
    """Return the interpreter that the tests run with: its environment has the development tools."""
    return sys.executable
