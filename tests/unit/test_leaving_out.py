"""Which files the quick tests need not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaving_out import no_slow_test, pytest_ignore_collect, wholly_slow


def test_a_condition_leaves_out_slow_tests() -> None:
    assert all(map(no_slow_test, ("not live and not slow", "not slow", "not slow and core")))
    for condition in (
        "", "slow and not live", "not live or not slow", "core or live and not slow", "not (live and not slow)",
        "not slow and (core or not live)", "not slower",
    ):  # fmt: skip
        assert not no_slow_test(condition), condition


def test_a_file_says_that_all_of_it_is_slow(tmp_path: Path) -> None:
    file = tmp_path / "test_any.py"
    for text, slow in (
        ("import a\n\npytestmark = pytest.mark.slow  # each starts a program\n", True),
        ("pytestmark = [pytest.mark.live, pytest.mark.slow]\n", True),
        ("pytestmark = pytest.mark.live\n", False),
        ("@pytest.mark.slow\ndef test_a() -> None: ...\n", False),
        ("WRITTEN = '''\n    pytestmark = pytest.mark.slow\n'''\n", False),
    ):
        file.write_text(text)
        assert wholly_slow(file) is slow, text


def test_only_files_of_slow_tests_are_left_out(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    asked = no_slow_test(pytestconfig.getoption("markexpr"))
    for name, left_out in (("test_slow.py", True), ("conftest.py", False)):
        file = tmp_path / name
        file.write_text("pytestmark = pytest.mark.slow\n")
        assert bool(pytest_ignore_collect(file, pytestconfig)) is (left_out and asked)
