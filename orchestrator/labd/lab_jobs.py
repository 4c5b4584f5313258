"""What is being done with labs: one act at a time with each, few at once with all, each told from its beginning to end.

The locks of the service layer keep other programs away; within labd, whose threads share them, this does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Literal, ParamSpec, TypeVar

from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.event_log import EventLog
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import broken, busy_with, cut_short, refusal_of

T = TypeVar("T")
P = ParamSpec("P")

_log = logging.getLogger(__name__)

Act = Literal["start", "check", "reset", "resume", "stop"]
"""What takes its time, and is told by events."""
ShortAct = Literal["cable", "hint", "freeze", "thaw", "save", "say"]
"""What is done while its caller waits."""

_WAITS: Final = Text(fr="En attente : d'autres labs passent d'abord.", en="Waiting: other labs come first.")


class WorkThreads:
    """A fixed number of threads: each has a connection to the fabric of its own, which stays."""

    def __init__(self, size: int, name: str) -> None:
        """Take how many, and what they are called."""
        self._size = size
        self._executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._given = 0
        self._closed = False

    @property
    def full(self) -> bool:
        """Return whether the next work has to wait."""
        return self._given >= self._size

    async def run(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return what a function returns, or raise what it raises, once a thread was free for it.

        Raises:
            RefusedCallError: labd ends before it was its turn.
        """
        if self._closed:
            raise RefusedCallError(cut_short())
        self._given += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*args, **named))
        except asyncio.CancelledError:
            if self._closed:
                raise RefusedCallError(cut_short()) from None
            raise
        finally:
            self._given -= 1

    def close(self) -> None:
        """Let nothing more begin; what runs goes on."""
        self._closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)


class LabJobs:
    """The acts on all labs; only the event loop's thread calls it, but for ``act_on``."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._freed: list[Callable[[], None]] = []
        self._acts: dict[str, Act | ShortAct] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[asyncio.Future[None]] = []

    def act_on(self, lab: str) -> str:
        """Return what is being done with a lab; empty where nothing is."""
        return self._acts.get(lab, "")

    def when_freed(self, tell: Callable[[], None]) -> None:
        """Have a function called whenever something has come to its end."""
        self._freed.append(tell)

    def being_made(self) -> int:
        """Return how many labs are being started, started again, or resumed."""
        return sum(act in {"start", "reset", "resume"} for act in self._acts.values())

    @contextmanager
    def holding(self, lab: str, act: Act | ShortAct) -> Iterator[None]:
        """Keep everything else away from a lab within the block.

        Raises:
            RefusedCallError: something else is being done with it.
        """
        if lab in self._acts:
            raise busy_with(self._acts[lab])
        self._acts[lab] = act
        try:
            yield
        finally:
            del self._acts[lab]
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
            self._waiting.clear()
            for tell in self._freed:
                tell()

    async def free(self, lab: str) -> None:
        """Wait until nothing is being done with a lab; whoever goes on without a pause is the first."""
        while lab in self._acts:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    def begin(
        self,
        lab: str,
        act: Act,
        log: Callable[[], EventLog],
        threads: WorkThreads,
        work: Callable[[], None],
        *,
        then: Callable[[Refusal | None], Awaitable[None]] | None = None,
        after: Callable[[], None] | None = None,
    ) -> asyncio.Event:
        """Begin an act, and return at once what is set when it is over.

        Args:
            lab: the lab's name.
            act: what is done.
            log: returns what is told; it is asked once the lab is held, for a log of a lab that is neither there nor
                worked on is taken for one of a lab that is gone.
            threads: where ``work`` is done.
            work: does it.
            then: called at the end, with why it failed or None, before the end is told.
            after: called once its end is told, where it has not failed.

        Raises:
            RefusedCallError: something else is being done with the lab.
        """
        held, over = self.holding(lab, act), asyncio.Event()
        held.__enter__()
        told = log()
        told.add("began", {"act": act})
        if threads.full:
            told.add("step", {"text": _WAITS})

        async def carry_out() -> None:
            refusal = await _refusal_from(threads.run(work))
            if then is not None:
                refusal = await _refusal_from(then(refusal)) or refusal
            told.add("ended", {"act": act, "refusal": refusal})  # before it is let go, as it is asked for above
            held.__exit__(None, None, None)
            if after is not None and refusal is None:
                after()
            over.set()

        task = asyncio.create_task(carry_out())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return over

    async def finish(self) -> None:
        """Wait until all that was begun is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)


async def _refusal_from(doing: Awaitable[None]) -> Refusal | None:
    """Return why something failed; None: it did not."""
    try:
        await doing
    except RefusedCallError as error:
        return error.refusal
    except BreakfixError as error:
        return refusal_of(error)
    except asyncio.CancelledError:
        raise
    except Exception:
        _log.exception("an act on a lab failed")
        return broken()
    return None
