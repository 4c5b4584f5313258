"""Delays that are drawn where threads, tasks and programs take turns."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import delays
from tests.delays import Delays

ALWAYS = (1.0, 0.001)


def in_a_pool() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(divmod, 7, 2).result() == (3, 1)


def in_a_thread() -> None:
    said: list[str] = []
    thread = threading.Thread(target=said.append, args=("done",))
    thread.start()
    thread.join()
    assert said == ["done"]


def in_a_loop() -> None:
    async def said() -> str:
        await asyncio.sleep(0)
        return "done"

    assert asyncio.run(said()) == "done"


def in_a_program() -> None:
    assert subprocess.run((sys.executable, "-c", ""), check=True, timeout=60).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("act", [in_a_pool, in_a_thread, in_a_loop, in_a_program])
def test_each_is_delayed_and_does_what_it_did(act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "OFTEN", ALWAYS)
    monkeypatch.setattr(delays, "SELDOM", ALWAYS)
    made = Delays("1")
    with monkeypatch.context() as patch:
        made.install(patch)
        act()
    assert made.made >= 2
    before = made.made
    act()
    assert made.made == before, "undone"


def test_a_failure_stays_one() -> None:
    with pytest.raises(ZeroDivisionError):
        Delays("1").around(lambda: 1 // 0, *ALWAYS)()


def test_a_seed_draws_the_same_delays() -> None:
    def drawn(seed: str) -> list[int]:
        one, counts = Delays(seed), list[int]()
        late = one.around(lambda: counts.append(one.made), 0.5, 0.0)
        for _ in range(20):
            late()
        return counts

    assert drawn("1") == drawn("1") != drawn("2")
