"""Files of slow tests only are not read where no slow test is asked for: a plugin of pytest's, loaded for all tests.

Each process of pytest imports every file that it collects, and some of these bring a browser's driver with them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WHOLLY_SLOW = re.compile(rb"^pytestmark = (?:\[.*)?pytest\.mark\.slow\b", re.MULTILINE)


def no_slow_test(condition: str) -> bool:
    """Return whether a condition of pytest's ``-m`` leaves out every slow test: all its terms have to hold."""
    terms = condition.split(" and ")
    return "not slow" in terms and not any(" or " in term or "(" in term for term in terms)


def wholly_slow(file: Path) -> bool:
    """Return whether all tests of a file are marked as slow."""
    return WHOLLY_SLOW.search(file.read_bytes()) is not None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file out; one that is named on the command line is read all the same."""
    asked = no_slow_test(config.getoption("markexpr"))
    return True if asked and collection_path.match("test_*.py") and wholly_slow(collection_path) else None
