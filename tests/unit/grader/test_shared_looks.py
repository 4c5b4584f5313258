"""What the checks of a grading share: one finds out, the others wait, and the dead hold up nobody."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.shared_looks import NOTHING_SHARED, Desk, SharedLooks, pair

WAIT = 10


class Workers:
    """A desk, served by a thread, and the ways to it of some workers: worker 7 is at check 7."""

    def __init__(self) -> None:
        self.desk = Desk(lambda worker: worker if worker >= 0 else None)
        self._ends: dict[int, socket.socket] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def way(self, worker: int) -> SharedLooks:
        ours, theirs = pair()
        self.desk.watch(worker, ours)
        self._ends[worker] = theirs
        return SharedLooks(theirs)

    def relied(self) -> dict[str, tuple[str, list[int]]]:
        return {key: (answer, sorted(checks)) for key, answer, checks in self.desk.relied_on()}

    def waiting(self, key: str, count: int) -> None:
        """Wait until so many wait for an answer."""
        while len(self.desk._asked[key].waiting) < count:
            self._over.wait(0.005)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for worker, end in self._ends.items():
            self.desk.forget(worker)
            end.close()
        self.desk._selector.close()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.desk, selectors.EVENT_READ)
            while selector.select(0.02) or not self._over.is_set():
                self.desk.serve()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def asking(way: SharedLooks, key: str, find: Callable[[], str | None]) -> tuple[str | None, str | None]:
    """Return what was known, and what was found out."""
    with way.look(key) as look:
        if look.known is None:
            look.told = find()
        return look.known, look.told


def never() -> str:
    raise AssertionError("it is known")


def test_one_finds_out_and_the_others_wait(workers: Workers) -> None:
    began, go = threading.Event(), threading.Event()

    def find() -> str:
        began.set()
        assert go.wait(WAIT)
        return "genuine"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(asking, workers.way(1), "key", find)
        assert began.wait(WAIT)
        others = [pool.submit(asking, workers.way(n), "key", never) for n in (2, 3)]
        workers.waiting("key", 2)
        go.set()
        assert first.result(WAIT) == (None, "genuine")
        assert [other.result(WAIT) for other in others] == [("genuine", None)] * 2
    assert asking(workers.way(4), "key", never) == ("genuine", None)
    assert asking(workers.way(5), "another key", lambda: "new") == (None, "new")
    assert workers.relied() == {"key": ("genuine", [2, 3, 4])}, "who looked relies on nobody"


def test_a_check_may_ask_with_several_threads(workers: Workers) -> None:
    way, found = workers.way(1), []

    def find(key: str) -> str:
        found.append(key)
        return key.upper()

    keys = [f"key{n % 5}" for n in range(60)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda key: asking(way, key, lambda: find(key)), keys))
    assert [known or told for known, told in answers] == [key.upper() for key in keys]
    assert sorted(found) == sorted(set(keys))


@pytest.mark.parametrize("trouble", [False, True], ids=["found doubts", "found nothing out"])
def test_what_is_not_told_each_finds_out_at_the_same_time(workers: Workers, trouble: bool) -> None:
    began, go, all_look = threading.Event(), threading.Event(), threading.Barrier(2)

    def find() -> None:
        began.set()
        assert go.wait(WAIT)
        if trouble:
            raise OSError("the host does not run")

    def find_too() -> str:
        all_look.wait(WAIT)
        return "not shared any more"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(asking, workers.way(1), "key", find)
        assert began.wait(WAIT)
        others = [pool.submit(asking, workers.way(n), "key", find_too) for n in (2, 3)]
        workers.waiting("key", 2)
        go.set()
        assert isinstance(first.exception(WAIT), OSError) == trouble
        assert [other.result(WAIT) for other in others] == [(None, "not shared any more")] * 2
    assert workers.relied() == {}


def test_a_worker_that_dies_while_it_finds_out_leaves_that_to_the_next(workers: Workers) -> None:
    way, next_way, third_way = workers.way(1), workers.way(2), workers.way(3)
    go, going = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            asking(way, "key", lambda: os.read(go, 1).decode() and os._exit(0))
        finally:
            os._exit(1)
    while "key" not in workers.desk._asked:
        os.sched_yield()
    with ThreadPoolExecutor() as pool:
        following = pool.submit(asking, next_way, "key", lambda: "genuine")
        workers.waiting("key", 1)
        third = pool.submit(asking, third_way, "key", never)
        workers.waiting("key", 2)
        os.write(going, b"x")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert following.result(WAIT) == (None, "genuine")
        assert third.result(WAIT) == ("genuine", None)
    assert workers.relied() == {"key": ("genuine", [3])}


def test_one_that_died_while_it_waited_holds_up_nobody(workers: Workers) -> None:
    began, go = threading.Event(), threading.Event()

    def find() -> None:
        began.set()
        assert go.wait(WAIT)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(asking, workers.way(1), "key", find)
        assert began.wait(WAIT)
        dead = pool.submit(asking, workers.way(2), "key", lambda: None)
        workers.waiting("key", 1)
        workers.desk._asked["key"].waiting[0][1].close()
        assert dead.result(WAIT) == (None, None), "without an answer each looks for itself"
        go.set()
        first.result(WAIT)


def test_nothing_is_shared_without_a_grading_or_a_check_or_at_its_end(workers: Workers) -> None:
    assert asking(NOTHING_SHARED, "key", lambda: "own") == (None, "own")
    assert asking(workers.way(-1), "key", lambda: "own") == (None, "own")
    assert asking(workers.way(1), "key", lambda: "genuine") == (None, "genuine")
    workers.desk.closed = True
    assert asking(workers.way(2), "key", lambda: "own") == (None, "own")
    assert not NOTHING_SHARED
    assert workers.way(3)
