"""Clusters in memory, where no time passes between two looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from orchestrator.cluster import cluster, cluster_job

T = TypeVar("T")
LOOKS = 300


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once, and so many times at most."""

    def wait_until(condition: Callable[[], T | None], *, within: float, every: float | None = None) -> T | None:
        assert within > 1
        assert every
        return next((value for value in (condition() for _ in range(LOOKS)) if value), None)

    monkeypatch.setattr(cluster, "wait_until", wait_until)
    monkeypatch.setattr(cluster_job, "wait_until", wait_until)
