"""The processes of access connections: each serves one after another, and ends when nobody needs it."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.core.waiting import wait_until
from orchestrator.fabric.helper.messages import Channel

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules

pytestmark = pytest.mark.slow


class Telling:
    """Stands for ``Access``: answers every request with the process's number."""

    def serve(self, channel: Channel) -> None:
        while channel.receive() is not None:
            channel.send({"ok": os.getpid()})

    def wait_for(self, said: socket.socket) -> None:
        select.select([said], [], [])


class Connection:
    """A client's connection, which has been greeted."""

    def __init__(self, forks: Any) -> None:  # noqa: ANN401 - of a module that imports only with stubs
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(10)
        with theirs:
            forks.hand_over(theirs)
        self._channel = Channel(self._ours)
        assert self._channel.receive() is not None

    def ask(self) -> int:
        """Return the number of the process that serves it."""
        self._channel.send({"op": "who"})
        message = self._channel.receive()
        assert message is not None
        return int(message[0]["ok"])

    def close(self) -> None:
        self._ours.close()


Make = Callable[..., Any]
"""Starts a fork server, which ends with the test."""


@pytest.fixture
def make(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    module = sys.modules[f"{modules.server.__package__}.access_processes"]
    monkeypatch.setattr(module, "Access", Telling)
    monkeypatch.setattr(module, "filter_program", lambda: None)
    made: list[Any] = []

    def start(idle_time: float = 20.0) -> Any:  # noqa: ANN401 - as above
        monkeypatch.setattr(module, "_IDLE_TIME", idle_time)
        made.append(module.ForkServer())
        return made[-1]

    yield start
    for forks in made:
        forks._socket.close()
        os.waitpid(-1, 0)


def served_by(forks: Any) -> int:  # noqa: ANN401 - as above
    connection = Connection(forks)
    try:
        return connection.ask()
    finally:
        connection.close()


def soon() -> float:
    return time.monotonic() + 20


def served_again(forks: Any) -> int:  # noqa: ANN401 - as above
    """Return the process of a second connection; one that has not yet said that it is free does not get it."""
    seen: set[int] = set()
    deadline = soon()
    while (pid := served_by(forks)) not in seen:
        assert time.monotonic() < deadline
        seen.add(pid)
    return pid


def test_a_process_whose_connection_has_ended_serves_the_next_one(make: Make) -> None:
    assert served_again(make())


def test_connections_at_once_have_a_process_each(make: Make) -> None:
    forks = make()
    connections = [Connection(forks) for _ in range(3)]
    assert len({connection.ask() for connection in connections}) == 3
    for connection in connections:
        connection.close()


def test_a_process_that_was_killed_while_it_waited_is_replaced(make: Make) -> None:
    forks = make()
    killed = served_again(forks)
    os.kill(killed, signal.SIGKILL)
    assert served_by(forks) != killed
    assert served_by(forks) != killed


@pytest.mark.parametrize("alive", range(3))
def test_processes_that_were_killed_are_heard_of_together_with_a_connection(make: Make, alive: int) -> None:
    forks = make()
    connections = [Connection(forks) for _ in range(3)]
    waiting = [connection.ask() for connection in connections]
    server = int(Path("/proc", str(waiting[0]), "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    for connection in connections:
        connection.close()
    served_by(forks)  # by then it has heard that the others are free
    os.kill(server, signal.SIGSTOP)
    for pid in {*waiting} - {waiting[alive]}:
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda pid=pid: not Path("/proc", str(pid)).exists(), within=20, every=0.001)  # type: ignore[misc]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        forks.hand_over(theirs)
        os.kill(server, signal.SIGCONT)
        theirs.close()
        ours.settimeout(10)
        assert Channel(ours).receive() is not None
    assert served_by(forks) not in {*waiting} - {waiting[alive]}


def test_a_process_that_waits_in_vain_ends(make: Make) -> None:
    forks = make(0.0)
    place, deadline = Path("/proc", str(served_by(forks))), soon()
    while place.exists():
        assert time.monotonic() < deadline
    assert served_by(forks), "and the next one comes"


def test_waiting_processes_end_with_the_helper(make: Make) -> None:
    forks = make()
    place, deadline = Path("/proc", str(served_by(forks))), soon()
    forks._socket.shutdown(socket.SHUT_RDWR)
    while place.exists():
        assert time.monotonic() < deadline
