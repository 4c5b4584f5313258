"""What all tests start from."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.compiling", "tests.delays", "tests.leaving_out", "tests.timing"]


def pytest_configure() -> None:
    """Hear Ctrl-C and a hang-up also where a shell's background, or nohup, has made pytest deaf to them."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Have nobody search the modules and the tests that are collected for garbage, again and again: all of it stays.

    Tests make many objects, and few cycles: with Python's own thresholds a sixth of their time went into the search.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        gc.enable()
