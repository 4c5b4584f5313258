"""What a grading calls pytest with: nothing of the user's working folder or environment changes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_PLUGINS_OFF = [
    "cacheprovider",
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "monkeypatch",
    "pastebin",
    "recwarn",
    "setuponly",
    "setupplan",
    "skipping",
    "stepwise",
    "subtests",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
]
"""pytest's own plugins that a grading has no use for: they cost time, or turn a warning into a failure."""


def pytest_arguments(files: Sequence[Path]) -> list[str]:
    """Return pytest's arguments: nothing of the user's working folder or environment changes a grading."""
    folder = os.path.commonpath([f.parent for f in files])
    return [
        "--config-file=/dev/null",
        f"--rootdir={folder}",
        f"--confcutdir={folder}",
        "--noconftest",
        "--import-mode=importlib",
        "--capture=no",
        "--color=no",
        "--no-header",
        "--no-summary",
        "-q",
        *(f"-pno:{name}" for name in _PLUGINS_OFF),
        *(os.fspath(f) for f in files),
    ]
