"""Ctrl-C, SIGTERM, a closed terminal: one interruption, and never in the middle of a clean-up."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from orchestrator.core.interrupts import SIGNALS, installed, shielded


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Handlers are installed during the test; the list grows with each further signal."""
    said: list[str] = []
    with installed(lambda: said.append("cleaning up")):
        yield said


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts(told: list[str], number: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert told == []


def test_later_signals_only_tell_that_the_clean_up_runs(told: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.raise_signal(number)
    assert told == ["cleaning up"] * 2


def test_a_shielded_block_runs_to_its_end(told: list[str]) -> None:
    steps: list[str] = []

    def clean_up() -> None:
        with shielded():
            signal.raise_signal(signal.SIGTERM)
            steps.append("removed")

    with pytest.raises(KeyboardInterrupt):
        clean_up()
    assert steps == ["removed"]
    assert told == ["cleaning up"]


def test_shields_within_shields_count_as_one(told: list[str]) -> None:
    steps: list[str] = []

    def clean_up() -> None:
        with shielded():
            with shielded():
                signal.raise_signal(signal.SIGINT)
            steps.append("the inner one is over")

    with pytest.raises(KeyboardInterrupt):
        clean_up()
    assert steps == ["the inner one is over"]
    assert told


def test_a_clean_up_after_an_interruption_is_not_interrupted_again(told: list[str]) -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with shielded():
        signal.raise_signal(signal.SIGINT)
        steps.append("removed")
    assert steps == ["removed"]
    assert told == ["cleaning up"]


def test_a_shield_without_a_signal_changes_nothing(told: list[str]) -> None:
    with shielded():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert told == []


def test_an_error_of_the_block_itself_comes_through(told: list[str]) -> None:
    with pytest.raises(LookupError), shielded():
        raise LookupError
    assert told == []


def test_handlers_are_put_back(told: list[str]) -> None:
    ours = signal.getsignal(signal.SIGTERM)
    with installed(lambda: None):
        pass
    assert signal.getsignal(signal.SIGTERM) == ours
    assert told == []


def test_what_the_parent_ignores_stays_ignored() -> None:
    """``nohup breakfix …`` must outlive its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with installed(lambda: None):
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_needs_no_shield_and_takes_no_interruption(told: list[str]) -> None:
    """Signals reach the main thread only: one that comes meanwhile interrupts that one at once."""
    inside, over = threading.Event(), threading.Event()

    def work() -> None:
        with shielded():
            inside.set()
            over.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    assert inside.wait(10)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    over.set()
    worker.join(10)
    assert not worker.is_alive()
    assert told == []
