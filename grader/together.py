"""What several threads ask at the same moment is asked together: one program answers, instead of one for each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOMENT = 0.01
"""Seconds for which the first question waits for others: a tenth of what a program takes to start."""


class _Batch(Generic[Q, A]):
    def __init__(self) -> None:
        self.questions: list[Q] = []
        self.answers: Future[Sequence[A]] = Future()


class Together(Generic[Q, A]):
    """Gathers questions of one kind; all of a batch are answered when the last one is."""

    def __init__(self, *, most: int = 1 << 10, moment: float = MOMENT) -> None:
        """Gather nothing yet.

        Args:
            most: as many questions make a batch whole.
            moment: seconds for which others are waited for otherwise.
        """
        self._most = most
        self._moment = moment
        self._came = threading.Condition()
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
        with self._came:
            batch = self._open.setdefault(of, _Batch())
            number = len(batch.questions)
            batch.questions.append(question)
            self._came.notify_all()
            if number == 0:
                self._came.wait_for(lambda: len(batch.questions) >= self._most, self._moment)
                del self._open[of]
        if number == 0:
            try:
                batch.answers.set_result(answer(batch.questions))
            except BaseException as error:
                batch.answers.set_exception(error)
        return batch.answers.result()[number]
