"""The linter, the formatter and the type checker find nothing, in the tests as in the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "arguments",
    [
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        # One package per folder of tests: several have a conftest of their own.
        ("mypy", "--strict", "--explicit-package-bases", "orchestrator", "grader", "tests"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_nothing_is_found(root: Path, python: str, arguments: tuple[str, ...]) -> None:
    done = subprocess.run([python, "-m", *arguments], cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-8000:]}{done.stderr[-2000:]}"
