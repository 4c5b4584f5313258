"""``test``: which tests run together, and what is left of them."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from orchestrator.app import App, _user
from orchestrator.cli import run
from orchestrator.cli.commands import test
from orchestrator.cli.commands.test import (
    LIVE_ONLY,
    PARTS,
    _without_leftovers,
    environment_of_tests,
    parts_asked_for,
)
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import same
from orchestrator.core.waiting import wait_until
from orchestrator.loader.roots import built_in_root

MARKS = ("live", "slow", "alone", "core", "whole", "sample")


@pytest.mark.parametrize("values", list(product((False, True), repeat=len(MARKS))))
def test_every_test_runs_once(values: tuple[bool, ...]) -> None:
    marks = dict(zip(MARKS, values, strict=True))
    (part,) = (part for part in PARTS if eval(part.markers, {}, marks))
    assert part.starts_labs == marks["live"]
    whole = [part for part in PARTS if eval(part.chosen(everything=True), {}, marks)]
    a_sample = marks["live"] and not marks["alone"] and marks["sample"]
    assert whole == ([] if a_sample else [part])
    usual = [part for part in PARTS if eval(part.chosen(everything=False), {}, marks)]
    left_out = not marks["core"] if marks["live"] else marks["slow"] and marks["whole"]
    assert usual == ([] if left_out else [part])


def test_quick_is_the_first_part_and_the_rest_goes_to_pytest(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").touch()
    quick, words = parts_asked_for(("quick", "-k", "dns"), tmp_path, everything=False)
    assert ([part.markers for part in quick], words) == (["not live and not slow"], ("-k", "dns"))
    for words in ((), ("-k", "quick"), ("tests/test_x.py::test_y",), ("-x", "quick")):
        assert parts_asked_for(words, tmp_path, everything=True) == (PARTS, words)


@pytest.mark.parametrize(
    ("words", "everything", "said"),
    [
        (("quik",), False, "'quik' is neither 'quick' nor a file or folder of tests; did you mean \"quick\"?"),
        (("quick",), True, "'quick' runs the quick tests alone, '--all' runs all tests."),
    ],
)
def test_a_word_that_fits_nowhere_is_told(
    words: tuple[str, ...], said: str, tmp_path: Path, *, everything: bool
) -> None:
    with pytest.raises(UsageError) as refused:
        parts_asked_for(words, tmp_path, everything=everything)
    assert refused.value.text.en == said
    assert refused.value.text.fr
    assert refused.value.hint is not None


def test_what_was_compiled_is_kept() -> None:
    assert environment_of_tests({"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/h"}) == {"HOME": "/h"}


@pytest.mark.parametrize("folder", LIVE_ONLY)
def test_what_is_not_read_without_machines_needs_them(folder: str) -> None:
    root = built_in_root()
    modules = [path for path in (root / folder).rglob("test_*.py") if "content" not in path.relative_to(root).parts]
    assert modules
    marked = re.compile(r"^pytestmark = .*\bpytest\.mark\.live\b", re.MULTILINE)
    assert [path for path in modules if not marked.search(path.read_text(encoding="utf-8"))] == []


TESTS = {
    "test_one.py": "def test_quick():\n    pass\n",
    "test_two.py": "import pytest\n@pytest.mark.slow\ndef test_longer():\n    assert False\n",
}


def checkout(folder: Path, monkeypatch: pytest.MonkeyPatch, tests: Mapping[str, str]) -> Invocation:
    """Make a checkout of a few tests that the real pytest runs, and return what the command works with."""
    marks = "\n ".join(MARKS)
    for name, text in {**tests, "../pytest.ini": f"[pytest]\nmarkers = {marks}\n"}.items():
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / name).write_text(text)
    monkeypatch.setattr(test, "built_in_root", lambda: folder)
    monkeypatch.setenv("PYTHONPATH", str(built_in_root()))
    monkeypatch.setenv("PYTEST_PLUGINS", "tests.timing")
    content = SimpleNamespace(scenarios=tuple)
    app = cast("App", SimpleNamespace(labs=Labs(), content=content, proofs=None, close=lambda: None))
    return Invocation(make=lambda _content, _database: app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "titles", "status", "end"),
    [
        (["quick", "--durations"], 1, 0, "1 passed"),
        (["--durations"], 3, 1, "1 failed"),
        (["tests/test_one.py", "--durations", "--all"], 4, 0, "no tests ran"),
    ],
    ids=["quick", "usual", "file"],
)
def test_the_output_ends_with_the_summary_of_the_last_part(
    words: list[str],
    titles: int,
    status: int,
    end: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The real pytest runs a checkout of two tests: a part that fails is the last one."""
    assert run(["test", *words], checkout(tmp_path, monkeypatch, TESTS)) == status
    captured = capfd.readouterr()
    assert captured.err.count("── ") == titles
    lines = captured.out.splitlines()
    assert end in lines[-1]
    assert sum("Time spent" in line for line in lines) == titles
    assert any(line.endswith("  tests/test_one.py") for line in lines)


HANGS = """\
import os, pathlib, signal, pytest
@pytest.mark.slow
def test_hangs():
    pathlib.Path("begun").write_text(str(os.getpid()))
    signal.pause()
"""
AWAITS = """\
import os, pathlib, signal, pytest
@pytest.mark.live
@pytest.mark.alone
@pytest.mark.core
def test_other_has_begun():
    pathlib.Path("pid").write_text(pathlib.Path("begun").read_text())
    END
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "status"),
    [("assert False", 1), ("os.kill(os.getppid(), signal.SIGINT); signal.pause()", ExitCode.INTERRUPTED)],
    ids=["a failure", "Ctrl-C"],
)
def test_what_runs_behind_ends_with_what_is_over(
    end: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """After a part that fails, or where Ctrl-C reaches the command: here it comes from a test of the part in front."""
    tests = {"test_one.py": TESTS["test_one.py"], "test_two.py": HANGS, "test_three.py": AWAITS.replace("END", end)}
    os.mkfifo(tmp_path / "begun")  # who writes and who reads wait for each other
    assert run(["test"], checkout(tmp_path, monkeypatch, tests)) == status
    captured = capfd.readouterr()
    assert captured.err.count("── ") == 2
    assert "test_hangs" not in captured.out
    hanging = Path("/proc", (tmp_path / "pid").read_text())
    assert wait_until(lambda: not hanging.exists(), within=30)


@pytest.mark.parametrize(("words", "asked"), [([], True), (["quick"], False), (["--all"], False), (["-k", "x"], False)])
def test_what_is_too_stale_is_told_before_any_test(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, asked: bool
) -> None:
    def refuse(*_: object) -> None:
        raise UsageError(same("6 scenarios are not as their recorded proof any more"), same("prove them"))

    monkeypatch.setattr(test, "require_few_stale", refuse)
    monkeypatch.setattr(test, "_started", lambda *_: subprocess.Popen(["true"]))
    app = cast("App", SimpleNamespace(labs=Labs(), content=None, proofs=None, close=lambda: None))
    status = run(["test", *words], Invocation(make=lambda _content, _database: app))
    told = capfd.readouterr().err
    assert status == (ExitCode.WRONG_USE if asked else ExitCode.DONE)
    assert ("6 scenarios" in told) == asked
    assert ("── " not in told) == asked


@dataclass
class Labs:
    """The instances of an engine, by name, with who started them."""

    owners: dict[str, str] = field(default_factory=lambda: {"before-0001": "lea"})

    running = lifecycle = property(lambda self: self)
    """Each part is this one."""

    def all(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name, owner=owner) for name, owner in sorted(self.owners.items())]

    def stop(self, name: str) -> None:
        del self.owners[name]


def test_labs_of_interrupted_tests_are_removed_and_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    labs = Labs()
    invocation = cast("Invocation", SimpleNamespace(app=SimpleNamespace(labs=labs)))

    def interrupted() -> None:
        with _without_leftovers(invocation) as variables:
            labs.owners["of-another-0002"] = getpass.getuser()
            with monkeypatch.context() as tests:
                for name, value in variables.items():
                    tests.setenv(name, value)
                labs.owners["of-a-test-0003"] = _user()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert set(labs.owners) == {"before-0001", "of-another-0002"}
