"""Each process of pytest compiles a share of what is not compiled yet: a plugin of pytest's, loaded for all tests.

Processes that collect the same tests side by side would each compile all of them, which takes most of the time until
the first test of a clean clone runs, for pytest rewrites their assertions.
"""

from __future__ import annotations

import contextlib
import importlib.util
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from _pytest.config import Config

PROGRAM = ("orchestrator", "grader")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Compile a share, where there are several processes; what another one has not compiled in time is done again."""
    worker = getattr(session.config, "workerinput", None)
    kept = not sys.dont_write_bytecode and session.config.getoption("assertmode") == "rewrite"
    if worker is not None and kept:
        number, many = int(worker["workerid"].removeprefix("gw")), int(worker["workercount"])
        for path in sorted(sources(session.config))[number::many]:
            compile_once(path, session.config)


def sources(config: Config) -> Iterator[Path]:
    """Yield the files of the program, and of the folders of tests that were asked for."""
    ignored = tuple(config.invocation_params.dir / path for path in config.getoption("ignore") or ())
    folders = [config.rootpath / name for name in PROGRAM]
    folders += [config.invocation_params.dir / name for name in config.args]
    for folder in folders:
        for path in folder.rglob("*.py"):
            if not any(path.is_relative_to(other) for other in ignored):
                yield path


def compile_once(path: Path, config: Config) -> None:
    """Compile a file as it will be imported, unless that was done before; its mistakes are left to the import."""
    tests = path.name == "conftest.py" or path.match("test_*.py")
    ready = compiled(path) if tests else Path(importlib.util.cache_from_source(path))
    if ready.exists():
        return
    if not tests:
        py_compile.compile(str(path), quiet=2)
    elif rewrite.try_makedirs(ready.parent):
        with contextlib.suppress(SyntaxError):
            source, code = rewrite._rewrite_test(path, config)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source, ready)


def compiled(path: Path) -> Path:
    """Return where pytest keeps a file of tests whose assertions it has rewritten."""
    return rewrite.get_cache_dir(path) / f"{path.stem}{rewrite.PYC_TAIL}"
