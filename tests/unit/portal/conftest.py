"""A portal with a labd in memory behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def labd() -> FakeLabd:
    return FakeLabd()


@pytest.fixture
def browser(runner: asyncio.Runner, labd: FakeLabd) -> Browser:
    return Browser(runner, labd)
