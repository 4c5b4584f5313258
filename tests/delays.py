"""Drawn delays wherever threads, tasks and programs take turns: a plugin of pytest's, on with ``pytest --delays SEED``.

They bring to light what depends on who is first, which a quiet machine hides for months. Nothing is slower than a
loaded machine may be: what fails under them is a mistake of the test, or of what it tests.
"""

from __future__ import annotations

import asyncio
import functools
import os
import random
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import pytest

P = ParamSpec("P")
R = TypeVar("R")

OFTEN, SELDOM = (0.5, 0.05), (0.03, 0.02)
"""In which share of turns there is a delay, and the longest one in seconds: of threads and programs; of tasks."""


class Delays:
    """Draws the delays of a process.

    Attributes:
        made: how many there were.
    """

    def __init__(self, seed: str) -> None:
        """Draw from this seed."""
        self._random = random.Random(seed)
        self.made = 0

    def around(self, act: Callable[P, R], share: float, most: float) -> Callable[P, R]:
        """Return something that does what is given, at times later, and is at times known to be done later."""

        @functools.wraps(act)
        def late(*args: P.args, **kwargs: P.kwargs) -> R:
            self._rest(share, most)
            try:
                return act(*args, **kwargs)
            finally:
                self._rest(share, most)

        return late

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Delay the threads, the tasks and the programs of this process, until the patches are undone."""
        submit = ThreadPoolExecutor.submit

        def submit_late(
            pool: ThreadPoolExecutor, act: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
        ) -> Future[R]:
            return submit(pool, self.around(act, *OFTEN), *args, **kwargs)

        patch.setattr(ThreadPoolExecutor, "submit", submit_late)
        patch.setattr(threading.Thread, "run", self.around(threading.Thread.run, *OFTEN))
        patch.setattr(subprocess.Popen, "__init__", self.around(subprocess.Popen.__init__, *OFTEN))
        patch.setattr(asyncio.Handle, "_run", self.around(asyncio.Handle._run, *SELDOM))

    def _rest(self, share: float, most: float) -> None:
        if self._random.random() < share:
            self.made += 1
            threading.Event().wait(self._random.random() * most)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; each process of pytest draws its own delays."""
    parser.getgroup("delays").addoption("--delays", metavar="SEED", help="delay threads, tasks and programs at times")


def pytest_configure(config: pytest.Config) -> None:
    """Delay what this process does, where it is asked for."""
    seed = config.getoption("delays")
    if seed is not None:
        patch = pytest.MonkeyPatch()
        Delays(f"{seed} {os.environ.get('PYTEST_XDIST_WORKER', '')}").install(patch)
        config.add_cleanup(patch.undo)
