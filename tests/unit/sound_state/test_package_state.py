"""Which packages a host has, as dpkg records it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.package_state import PackageState

PACKAGES = """\
collecte\t1.9.0-1\tinstall\tinstalled
libc6:amd64\t2.41-12\thold\tinstalled
old\t1\tdeinstall\tconfig-files
gone\t\tunknown\tnot-installed
"""


def told(printed: str) -> dict[str, dict[str, str]]:
    def run(argv: Sequence[str], _stdin: bytes) -> str:
        assert argv[:2] == ("sh", "-c")
        return printed

    return {name: dict(fields) for name, fields in PackageState().look(run).items()}


def test_each_package_is_told_that_is_there() -> None:
    assert told(f"{PACKAGES}\0\0diversion of /a to /a.distrib by b\n\0root root 4755 /c\n") == {
        "dpkg": {
            "looked at": "yes",
            "unfinished": "",
            "diversions": "diversion of /a to /a.distrib by b",
            "overrides": "root root 4755 /c",
        },
        "package collecte": {"version": "1.9.0-1", "wanted": "install", "state": "installed"},
        "package libc6:amd64": {"version": "2.41-12", "wanted": "hold", "state": "installed"},
    }


def test_a_journal_is_unfinished_work() -> None:
    assert told(f"{PACKAGES}\x000000\n\0\0")["dpkg"]["unfinished"] == "0000"


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "standing", "said"),
    [
        ("package a", "version", "1", "2", "unexplained", "a has version 2 (before: 1)"),
        ("package a", "version", "1", None, "unexplained", "a is no longer installed"),
        ("package a", "version", None, "1", "unexplained", "package a is new"),
        ("package a", "state", None, "installed", "unexplained", "package a is new"),
        ("package a", "state", "installed", None, "unexplained", "no longer installed"),
        ("package a", "wanted", "install", "hold", "unexplained", "a is on hold"),
        ("package a", "wanted", "hold", "install", "unexplained", "no longer on hold"),
        ("package a", "state", "installed", "half-configured", "unexplained", "half-configured (before: installed)"),
        ("dpkg", "unfinished", "", "0000", "unexplained", "has not finished"),
        ("dpkg", "unfinished", "0000", "", "harmless", ""),
        ("dpkg", "diversions", "", "diversion of /a", "unexplained", "have changed: diversion of /a"),
        ("dpkg", "overrides", "x", "", "unexplained", "permissions of files"),
    ],
)
def test_what_is_thought_of_a_change(
    called: str, field: str, before: str | None, now: str | None, standing: str, said: str
) -> None:
    thought = PackageState().think(StateChange("pc1", "packages", called, field, before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en
