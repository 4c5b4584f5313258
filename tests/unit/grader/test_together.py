"""What threads ask at the same moment is answered together."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from grader import concurrently
from grader.together import Together

LONG = 30
"""Seconds: more than a test takes."""


def test_each_gets_its_own_answer_of_one_batch() -> None:
    together, batches = Together[int, int](most=3, moment=LONG), list[list[int]]()

    def squares(questions: Sequence[int]) -> list[int]:
        batches.append(list(questions))
        return [number * number for number in questions]

    assert concurrently(lambda number: together.ask("here", number, squares), range(3)) == [0, 1, 4]
    assert [sorted(batch) for batch in batches] == [[0, 1, 2]]


def test_what_is_asked_of_another_is_another_batch() -> None:
    both, together = threading.Barrier(2, timeout=30), Together[int, int](moment=0)

    def answered(questions: Sequence[int]) -> Sequence[int]:
        both.wait()  # in one batch the second would never come
        return questions

    assert concurrently(lambda number: together.ask(number, number, answered), (1, 2)) == [1, 2]


def test_each_of_a_batch_gets_its_error() -> None:
    together = Together[int, int](most=3, moment=LONG)

    def fails(_questions: Sequence[int]) -> Sequence[int]:
        raise LookupError

    def asked(number: int) -> bool:
        with pytest.raises(LookupError):
            together.ask("here", number, fails)
        return True

    assert concurrently(asked, range(3)) == [True, True, True]
