"""A portal with a labd in memory behind it, asked directly or looked at in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Browser
from tests.unit.portal.served_portal import ServedPortal, browsing, served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


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


# In Chromium: one browser and one portal for all tests of a file ------------------------------------------------


@pytest.fixture(scope="module")
def portal() -> Iterator[ServedPortal]:
    with served() as one:
        yield one


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserContext]:
    with browsing() as browser:
        yield browser.new_context(locale="en-GB", reduced_motion="reduce")


@pytest.fixture
def page(portal: ServedPortal, chromium: BrowserContext, labd: FakeLabd) -> Iterator[Page]:
    """A page of its own for each test, at a portal with this labd behind it; its scripts do nothing wrong."""
    with labd.serving(portal.folder):
        page = portal.page(chromium)
        page.set_viewport_size({"width": 1400, "height": 950})
        yield page
        page.close()
    assert portal.wrong == []
