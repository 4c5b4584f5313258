"""What is compiled before it is imported is what the import takes, and a mistake is left to the import."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

from tests.compiling import PROGRAM, compile_once, compiled, sources


def test_the_import_takes_what_was_compiled(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    path = tmp_path / "test_one.py"
    path.write_text("def test_one():\n    assert 1 == 2\n")
    compile_once(path, pytestconfig)
    taken = rewrite._read_pyc(path, compiled(path))
    assert taken is not None
    assert "@pytest_ar" in taken.co_names, "its assertions are rewritten"
    path.write_text("def test_one():\n    assert 1 == 3\n")
    assert rewrite._read_pyc(path, compiled(path)) is None


def test_other_modules_are_compiled_as_they_are(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    path = tmp_path / "helping.py"
    path.write_text("assert True\n")
    compile_once(path, pytestconfig)
    assert Path(importlib.util.cache_from_source(path)).is_file()
    assert not compiled(path).exists()


@pytest.mark.parametrize("name", ["test_one.py", "helping.py"])
def test_a_mistake_is_left_to_the_import(
    name: str, tmp_path: Path, pytestconfig: pytest.Config, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("assert =\n")
    compile_once(path, pytestconfig)
    assert not compiled(path).exists()
    assert capfd.readouterr() == ("", "")


def test_the_program_and_the_tests_that_are_asked_for_are_compiled(pytestconfig: pytest.Config) -> None:
    found = set(sources(pytestconfig))
    root = pytestconfig.rootpath
    assert all(root / name / "__init__.py" in found for name in PROGRAM)
    ignored = [root / name for name in pytestconfig.getoption("ignore") or ()]
    assert not [path for path in found if any(path.is_relative_to(folder) for folder in ignored)]
