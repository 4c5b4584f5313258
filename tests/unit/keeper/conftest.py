"""A keeper in a process of its own for all tests of a file, each of which has its own labs; and terminals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.keeper.terminals import Running, Terminals, started


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A keeper that runs."""
    with started(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture
def terminals() -> Iterator[Terminals]:
    """Makes terminals, and ends them after the test."""
    with Terminals() as made:
        yield made
