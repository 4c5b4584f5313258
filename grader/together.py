"""What several threads ask at the same moment is asked together: one program answers, instead of one for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

_MOMENT = 0.01
"""Seconds for which the first question waits for others: a tenth of what a program takes to start."""


def _a_moment(_gathered: Sequence[object]) -> None:
    time.sleep(_MOMENT)


class _Batch(Generic[Q, A]):
    def __init__(self) -> None:
        self.questions: list[Q] = []
        self.answers: Future[Sequence[A]] = Future()


class Together(Generic[Q, A]):
    """Gathers questions of one kind; all of a batch are answered when the last one is."""

    def __init__(self, wait: Callable[[Sequence[Q]], None] = _a_moment) -> None:
        """Gather nothing yet; ``wait`` is called with what a batch has gathered, and returns when that is enough."""
        self._wait = wait
        self._lock = threading.Lock()
        self._open: dict[Hashable, _Batch[Q, A]] = {}

    def ask(self, of: Hashable, question: Q, answer: Callable[[Sequence[Q]], Sequence[A]]) -> A:
        """Return the answer to a question.

        Args:
            of: whom it is for; only questions of the same are gathered.
            question: the question.
            answer: answers a batch, in the questions' order; that of the thread that came first is called.

        Raises:
            Exception: what ``answer`` raised: each thread of a batch gets it.
        """
        with self._lock:
            batch = self._open.get(of)
            comes_first = batch is None
            if batch is None:
                batch = self._open[of] = _Batch()
            number = len(batch.questions)
            batch.questions.append(question)
        if comes_first:
            self._wait(batch.questions)
            with self._lock:
                del self._open[of]
            try:
                batch.answers.set_result(answer(batch.questions))
            except BaseException as error:
                batch.answers.set_exception(error)
        return batch.answers.result()[number]
