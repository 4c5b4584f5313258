"""Several places are asked at the same time; what was asked is over when the answer comes."""

from __future__ import annotations

import json
import os
import signal
import threading
from types import FrameType

import pytest

from grader import concurrently
from grader.report import CommandRecord
from grader.worker import _Messages


def test_places_are_asked_together_and_answers_keep_their_order() -> None:
    together = threading.Barrier(5, timeout=30)

    def ask(number: int) -> int:
        together.wait()  # one after another would never get past it
        return number * number

    assert concurrently(ask, range(5)) == [0, 1, 4, 9, 16]


def test_the_first_place_without_an_answer_is_told_when_all_have_ended() -> None:
    others = threading.Event()
    ended = []

    def ask(place: str) -> None:
        if place == "first":
            assert others.wait(30)
        ended.append(place)
        if place == "last":
            others.set()
        if place != "second":
            pytest.fail(f"no answer from {place}")

    with pytest.raises(pytest.fail.Exception, match="no answer from first"):
        concurrently(ask, ["first", "second", "last"])
    assert sorted(ended) == ["first", "last", "second"]


class TimeIsOverError(Exception):
    """Raised by the alarm."""


def test_a_check_whose_time_is_over_does_not_wait_for_those_that_it_asks() -> None:
    asked, over = threading.Event(), threading.Event()

    def out_of_time(_number: int, _frame: FrameType | None) -> None:
        raise TimeIsOverError

    def ask(_place: str) -> None:
        asked.set()
        os.kill(os.getpid(), signal.SIGALRM)
        assert over.wait(30)

    before = signal.signal(signal.SIGALRM, out_of_time)
    try:
        with pytest.raises(TimeIsOverError):
            concurrently(ask, ["pc1"])
        assert asked.is_set()
        assert not over.is_set()
    finally:
        over.set()
        signal.signal(signal.SIGALRM, before)


def test_what_several_threads_run_is_told_in_whole_lines() -> None:
    reading, writing = os.pipe()
    messages = _Messages(writing)
    long = CommandRecord("pc1", "ping", 0, "é" * 4000, 0.1)
    lines: list[str] = []

    def read() -> None:
        with os.fdopen(reading, encoding="utf-8") as pipe:
            lines.extend(pipe)

    reader = threading.Thread(target=read)
    reader.start()
    concurrently(lambda _: messages.command(long), range(64))
    os.close(writing)
    reader.join(30)
    assert [json.loads(line)["command"]["output"] for line in lines] == [long.output] * 64


def test_the_alarm_is_left_to_the_check_whose_messages_it_must_not_cut() -> None:
    reading, writing = os.pipe()
    messages = _Messages(writing)

    def ask(place: str) -> set[int]:
        messages.command(CommandRecord(place, "ping", 0, "", 0.1))
        return signal.pthread_sigmask(signal.SIG_BLOCK, ())

    blocked = concurrently(ask, ["pc1", "pc2"])
    os.close(reading)
    os.close(writing)
    assert all(signal.SIGALRM in signals for signals in blocked)
    assert signal.SIGALRM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
