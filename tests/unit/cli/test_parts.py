"""``test``: which tests run together, and what is left of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace
from typing import cast

import pytest

from orchestrator.cli.commands.test import LIVE_ONLY, PARTS, _without_leftovers
from orchestrator.cli.session import Session
from orchestrator.loader.roots import built_in_root


@pytest.mark.parametrize(("live", "slow", "alone"), list(product((False, True), repeat=3)))
def test_every_test_runs_once(*, live: bool, slow: bool, alone: bool) -> None:
    marks = {"live": live, "slow": slow, "alone": alone}
    chosen = [part for part in PARTS if eval(part.markers, {}, marks)]
    assert len(chosen) == 1
    assert chosen[0].starts_labs == live


@pytest.mark.parametrize("folder", LIVE_ONLY)
def test_what_is_not_read_without_machines_needs_them(folder: str) -> None:
    root = built_in_root()
    modules = [path for path in (root / folder).rglob("test_*.py") if "content" not in path.relative_to(root).parts]
    assert modules
    marked = re.compile(r"^pytestmark = .*\bpytest\.mark\.live\b", re.MULTILINE)
    assert [path for path in modules if not marked.search(path.read_text(encoding="utf-8"))] == []


@dataclass
class Labs:
    """The instances of an engine."""

    names: set[str] = field(default_factory=lambda: {"before-0001"})

    def all(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in sorted(self.names)]

    def remove(self, name: str) -> None:
        self.names.remove(name)


def test_labs_of_interrupted_tests_are_removed_and_others_stay() -> None:
    labs = Labs()
    session = cast("Session", SimpleNamespace(app=SimpleNamespace(instances=labs)))

    def interrupted() -> None:
        with _without_leftovers(session):
            labs.names.add("of-a-test-0002")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert labs.names == {"before-0001"}
