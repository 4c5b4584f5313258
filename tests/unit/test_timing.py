"""The time that tests take: a hanging one is named and cut off, and the table says where the time went."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import timing
from tests.timing import WITH_MACHINES, WITHOUT_MACHINES, Lengths, limit_of

ROOT = Path(__file__).parents[2]
TESTS = """
import threading
from pathlib import Path
import pytest

CLOSED = Path(__file__).with_name("closed")

@pytest.fixture
def opened():
    yield
    CLOSED.touch()

@pytest.mark.timeout(1)
def test_hangs(opened):
    threading.Event().wait()

def test_after(request):
    assert CLOSED.exists(), "what the hanging one opened is closed"
    assert request.node.get_closest_marker("timeout").args == (300.0,)

@pytest.mark.live
def test_with_machines(request):
    assert request.node.get_closest_marker("timeout").args == (900.0,)
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", pytest.param("1", marks=pytest.mark.slow)])
def test_a_hanging_test_is_named_and_the_others_go_on(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = live\n")
    sums = tmp_path / "sums"
    sums.mkdir()
    (sums / "1.json").write_text('{"before": 2.5}')
    words = [
        "-p",
        "tests.timing",
        "-n",
        workers,
        f"--lengths={sums / '2.json'}",
        "--lengths-heading=where",
        "--lengths-name=these",
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *words, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "1 failed, 2 passed" in lines[-1]
    assert "FAILED test_some.py::test_hangs - Failed: Timeout (>1.0s) from pytest-timeout." in lines
    where = next(number for number, line in enumerate(lines) if re.fullmatch("=+ where =+", line))
    assert lines[where + 1].endswith("  test_some.py")
    assert [line.split()[-1] for line in lines[where + 2 : where + 4]] == ["before", "these"]
    assert json.loads((sums / "1.json").read_text()) == {"before": 2.5}
    assert json.loads((sums / "2.json").read_text())["these"] > 0


def test_a_limit_is_generous_or_ten_times_the_usual_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "usual_lengths", lambda: {"tests/long.py": 100.0, "tests/short.py": 10.0})
    for file, live, limit in (
        ("tests/long.py", False, 1000.0),
        ("tests/long.py", True, 1000.0),
        ("tests/short.py", False, WITHOUT_MACHINES),
        ("tests/short.py", True, WITH_MACHINES),
        ("tests/other.py", False, WITHOUT_MACHINES),
    ):
        assert limit_of(file, live=live) == limit


def test_a_file_whose_limit_is_too_near_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "usual_lengths", lambda: {"known.py": 40.0})
    lengths = Lengths(tmp_path / "sums", "some")
    lengths.tests.update({"short.py::a": 20.0, "short.py::b": 30.0, "known.py::a": 40.0, "long.py::a": 31.0})
    assert list(lengths.rows()) == [
        "      50.0       30.0  short.py",
        "      40.0       40.0  known.py",
        "      31.0       31.0  long.py !",
    ]
