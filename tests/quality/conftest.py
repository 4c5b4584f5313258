"""The repository as the rules see it: its files, and its Python modules with what they import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Module:
    """One Python file of the program."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> list[str]:
        """The names of the package that relative imports start from."""
        parts = self.name.split(".")
        return parts if self.path.name == "__init__.py" else parts[:-1]

    def imports(self) -> Iterator[Import]:
        """Yield every import, also those inside functions and those for type checkers only."""
        for node in ast.walk(self.tree):
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
