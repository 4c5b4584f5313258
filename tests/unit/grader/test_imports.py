"""What a grading's process imports, in processes of their own: this one has all of pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def _python(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ).stdout


def test_a_grading_imports_pytest_without_what_it_cannot_use() -> None:
    said = _python(
        "import sys\n"
        "from grader.imports import UNUSED, import_pytest\n"
        "import_pytest()\n"
        "import grader.forkserver, pytest\n"
        "print([name for name in UNUSED if getattr(sys.modules.get(name), '__file__', None)])\n"
        "print(pytest.__version__, pytest.raises.__module__)"
    )
    loaded, usable = said.splitlines()
    assert loaded == "[]"
    assert usable.endswith(" _pytest.raises")


def test_a_pytest_that_needs_one_of_them_is_imported_whole() -> None:
    said = _python(
        "import sys, grader.imports as imports\n"
        "imports.UNUSED = (*imports.UNUSED, '_pytest.debugging')\n"  # pytest asks this one for more than a name
        "imports.import_pytest()\n"
        "import pytest\n"
        "print(pytest.Pytester.__module__, pytest.set_trace.__name__, bool(sys.modules['pygments'].__file__))"
    )
    assert said.split() == ["_pytest.pytester", "set_trace", "True"]
