"""The helper's main loop: who is greeted, what is answered, and that no client can end it."""

from __future__ import annotations

import json
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from orchestrator.fabric.helper import dockerd
from orchestrator.fabric.helper.dockerd import DockerUnavailableError
from orchestrator.fabric.helper.messages import (
    HEADER,
    MAX_JSON,
    VERSION,
    Channel,
    Hello,
    Ports,
    Request,
    RunCommand,
    SetPort,
    WaitReady,
    body_of,
)

if TYPE_CHECKING:
    from orchestrator.fabric.helper.server import Server
    from tests.unit.fabric.conftest import Bench, Modules

Body: TypeAlias = dict[str, Any]


class EndOfTurnError(Exception):
    """Ends the loop, which is for ever, after one turn."""


class Forks:
    """Keeps the connections that a fork server would serve."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []

    def hand_over(self, connection: socket.socket) -> None:
        self.connections.append(connection.dup())


class Served:
    """A server on a socket of the test's, turned by hand."""

    def __init__(self, server: Server, path: Path, bench: Bench, forks: Forks) -> None:
        self.server = server
        self.forks = forks
        self.bench = bench
        self.path = path
        self._open: list[socket.socket] = []

    def turn(self) -> None:
        for _ in range(2):  # what the first turn accepts or cables, the second one answers
            with pytest.raises(EndOfTurnError):
                self.server.run()

    def connect(self) -> Channel:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self.path))
        connection.settimeout(10)
        self._open.append(connection)
        return Channel(connection)

    def client(self) -> Channel:
        """Return a connection that was greeted."""
        channel = self.connect()
        assert self.ask(channel, Hello(VERSION, "control")) == {"ok": {"version": VERSION}}
        return channel

    def ask(self, channel: Channel, request: Request | Body) -> Body | None:
        """Return the answer; None where the server hung up."""
        channel.send(body_of(request) if isinstance(request, Request) else request)
        self.turn()
        return self.answer(channel)

    @staticmethod
    def answer(channel: Channel) -> Body | None:
        message = channel.receive()
        return None if message is None else message[0]

    @staticmethod
    def silent(channel: Channel) -> bool:
        """Return whether no answer is there (yet)."""
        channel.connection.setblocking(False)
        try:
            channel.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            channel.connection.settimeout(10)
        return False

    def close(self) -> None:
        for connection in (*self._open, *self.forks.connections):
            connection.close()
        for client in list(self.server._clients):
            self.server._drop(client)
        self.server._listener.close()


@pytest.fixture
def served(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    module = bench.modules.server
    path = tmp_path / "fabric.sock"
    rests: list[float] = []

    def end_of_turn() -> None:
        raise EndOfTurnError

    monkeypatch.setattr(module, "SOCKET", path)
    monkeypatch.setattr(module, "STATE", bench.state)
    monkeypatch.setattr(module, "prepare_namespace", lambda: None)
    monkeypatch.setattr(module, "Links", lambda: bench.links)
    monkeypatch.setattr(module, "log", bench.log.append)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=bench.clock.monotonic, sleep=rests.append))
    monkeypatch.setattr(module, "_reap", end_of_turn)
    monkeypatch.setattr(dockerd, "socket_group", os.getgid)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    selector = module.selectors.DefaultSelector()
    monkeypatch.setattr(module, "selectors", SimpleNamespace(DefaultSelector=lambda: selector, EVENT_READ=1))
    forks = Forks()
    made = Served(module.Server(forks), path, bench, forks)
    tick, tock = socket.socketpair()
    selector.register(tick, selectors.EVENT_READ, lambda: None)
    tock.send(b".")  # never read: a turn always ends
    yield made
    made.close()
    for key in list(selector.get_map().values()):
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
    selector.close()
    tock.close()


def error(body: Body | None) -> tuple[str, str]:
    assert body is not None
    return body["error"]["kind"], body["error"]["message"]


# Greeting -------------------------------------------------------------------------------------------------


def test_the_socket_is_for_its_group_alone(served: Served) -> None:
    assert served.path.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (Hello(VERSION + 1, "control"), "version"),
        (Hello(VERSION, "root"), "bad-request"),
        (Ports("demo"), "bad-request"),
        ({"op": "hello"}, "bad-request"),
        ({"op": "shutdown"}, "bad-request"),
    ],
    ids=["version", "role", "not greeted", "half a hello", "unknown"],
)
def test_who_is_not_greeted_gets_nothing(served: Served, first: Request | Body, kind: str) -> None:
    channel = served.connect()
    assert error(served.ask(channel, first))[0] == kind
    assert error(served.ask(channel, Ports("demo")))[0] == "bad-request"


def test_a_connection_that_enters_hosts_is_handed_over(served: Served) -> None:
    channel = served.connect()
    channel.send(body_of(Hello(VERSION, "access")))
    served.turn()
    (given,) = served.forks.connections
    given.send(b"from its own process")
    assert channel.connection.recv(64) == b"from its own process"
    assert not served.server._clients, "the helper's loop has nothing more to do with it"


def test_what_enters_hosts_is_no_matter_of_the_control_connection(served: Served) -> None:
    kind, message = error(served.ask(served.client(), RunCommand("demo", "pc1", ["id"], 5.0, {}, vouched=False)))
    assert kind == "bad-request"
    assert "access" in message


# Cables ---------------------------------------------------------------------------------------------------


def test_cables_are_listed_and_changed(served: Served) -> None:
    served.bench.docker.run("pc1", pid=10)
    channel = served.client()
    assert served.ask(channel, SetPort("demo", "pc1", "eth0", plugged=False)) == {"ok": {}}
    answer = served.ask(channel, Ports("demo"))
    assert answer is not None
    assert [(p["host"], p["plugged"]) for p in answer["ok"]["ports"]] == [("pc1", False)]


def test_a_request_that_fails_is_answered(served: Served) -> None:
    channel = served.client()
    assert error(served.ask(channel, SetPort("demo", "pc9", "eth0", plugged=False)))[0] == "unknown"
    served.bench.docker.run("pc1", pid=10)
    served.turn()
    assert error(served.ask(channel, SetPort("demo", "pc1", "eth0", mtu=1)))[0] == "bad-request"


# Waiting --------------------------------------------------------------------------------------------------


def test_a_waiter_is_answered_when_all_its_hosts_have_booted(served: Served) -> None:
    processes = [served.bench.docker.run(host, pid=10 + n) for n, host in enumerate(("pc1", "pc2"))]
    channel = served.client()
    channel.send(body_of(WaitReady("demo", ["pc1", "pc2"], 60.0)))
    for process in processes:
        served.turn()
        assert served.silent(channel)
        assert process.notify is not None
        process.booted = True
        process.notify.send(b"READY=1")
    served.turn()
    assert served.answer(channel) == {"ok": {}}


def test_a_host_that_has_just_ended_is_not_ready(served: Served) -> None:
    process = served.bench.docker.run("pc1", pid=10, at_gate=False, booted=True)
    served.bench.links.cables["demo", "pc1", "eth0"] = (10, served.bench.port("office"))
    assert served.ask(served.client(), WaitReady("demo", ["pc1"], 60.0)) == {"ok": {}}
    process.booted = False  # Docker has not told yet
    channel = served.client()
    channel.send(body_of(WaitReady("demo", ["pc1"], 60.0)))
    served.turn()
    assert served.silent(channel)


def test_a_waiter_is_told_at_its_deadline_which_hosts_are_late(served: Served) -> None:
    process = served.bench.docker.run("pc1", pid=10)
    served.bench.docker.run("pc2", pid=11)
    channel = served.client()
    channel.send(body_of(WaitReady("demo", ["pc1", "pc2", "pc3"], 60.0)))
    served.turn()
    assert process.notify is not None
    process.booted = True
    process.notify.send(b"READY=1")
    served.bench.clock.now += 59
    served.turn()
    assert served.silent(channel)
    assert served.server._pause() == pytest.approx(1.0), "the loop wakes at the deadline"
    served.bench.clock.now += 1
    served.turn()
    assert error(served.answer(channel)) == ("timeout", "pc2, pc3")


def test_a_waiter_is_told_at_once_of_a_host_that_failed(served: Served) -> None:
    served.bench.links.trouble["pc2"] = OSError("File exists")
    served.bench.docker.run("pc1", pid=10, at_gate=False)
    served.bench.docker.run("pc2", pid=11)
    kind, message = error(served.ask(served.client(), WaitReady("demo", ["pc1", "pc2"], 60.0)))
    assert kind == "failed"
    assert "pc2" in message
    assert "File exists" in message
    assert "pc1" not in message


def test_each_waiter_has_its_own_answer(served: Served) -> None:
    served.bench.docker.run("pc1", pid=10, at_gate=False, booted=True)
    served.bench.links.cables["demo", "pc1", "eth0"] = (10, served.bench.port("office"))
    served.bench.docker.run("pc1", pid=20, at_gate=False, instance="other")
    patient = served.client()
    patient.send(body_of(WaitReady("other", ["pc1"], 60.0)))
    assert served.ask(served.client(), WaitReady("demo", ["pc1"], 60.0)) == {"ok": {}}
    assert served.silent(patient)


def test_a_waiter_that_hung_up_is_forgotten(served: Served) -> None:
    channel = served.client()
    channel.send(body_of(WaitReady("demo", ["pc1"], 60.0)))
    served.turn()
    channel.connection.close()
    served.turn()
    assert served.server._waiters == []
    served.bench.clock.now += 61
    assert served.ask(served.client(), Ports("demo")) == {"ok": {"ports": []}}


# Whatever a client does -----------------------------------------------------------------------------------


def test_nonsense_ends_its_own_connection_only(served: Served) -> None:
    well, sick = served.client(), served.client()
    sick.connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    served.turn()
    assert served.answer(sick) is None
    assert served.ask(well, Ports("demo")) == {"ok": {"ports": []}}


def test_a_request_in_pieces_is_answered_when_it_is_whole(served: Served) -> None:
    channel = served.client()
    frame = b"\0\0\0\x20\0\0\0\0" + b'{"op":"ports","instance":"demo"}'
    for byte in frame[:-1]:
        channel.connection.sendall(bytes([byte]))
        served.turn()
    assert served.silent(channel)
    channel.connection.sendall(frame[-1:])
    served.turn()
    assert served.answer(channel) == {"ok": {"ports": []}}


def test_several_requests_at_once_are_answered_in_order(served: Served) -> None:
    channel = served.client()
    for instance in ("demo", "\ud800"):
        channel.send(body_of(Ports(instance)))
    channel.send({"op": "nonsense"})
    served.turn()
    answers = [served.answer(channel) for _ in range(3)]
    assert answers[:2] == [{"ok": {"ports": []}}] * 2
    assert error(answers[2])[0] == "bad-request"


@pytest.mark.parametrize(
    "request_",
    [
        {"op": "é" * 200_000},
        {"op": "ports", "instance": "demo", "é" * 200_000: 1},
        body_of(SetPort("demo", "é" * 200_000, "eth0")),
        body_of(WaitReady("demo", ["é" * 200_000], 0.0)),
    ],
    ids=["operation", "field", "host", "waiting"],
)
def test_an_answer_that_would_be_too_large_does_not_end_the_helper(served: Served, request_: Body) -> None:
    """An é has two bytes in a request and six in an answer, which may so be longer than a message can be."""
    channel = served.client()
    text = json.dumps(request_, ensure_ascii=False).encode()
    sending = threading.Thread(target=channel.connection.sendall, args=(HEADER.pack(len(text), 0) + text,))
    sending.start()
    while sending.is_alive():
        served.turn()
    for _ in range(100):
        if not served.silent(channel):
            break
        served.turn()
    answer = served.answer(channel)
    assert answer is None or len(str(answer)) < MAX_JSON
    assert served.ask(served.client(), Ports("demo")) == {"ok": {"ports": []}}


def test_a_client_that_does_not_read_is_dropped(served: Served) -> None:
    for number in range(40):
        served.bench.docker.run(f"pc{number}", pid=10 + number, at_gate=False)
    channel = served.client()
    channel.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for _ in range(100):
        if not served.server._clients:
            break
        try:
            channel.send(body_of(Ports("demo")))
        except BrokenPipeError:
            break
        served.turn()
    assert served.server._clients == set()


def test_no_more_clients_than_there_is_room_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.bench.modules.server, "_MAX_CLIENTS", 2)
    first, second = served.client(), served.client()
    third = served.connect()
    served.turn()
    assert served.answer(third) is None
    first.connection.close()
    served.turn()
    served.client()
    assert served.ask(second, Ports("demo")) == {"ok": {"ports": []}}


def test_the_lock_file_is_made_for_who_may_use_docker_and_kept(served: Served, modules: Modules) -> None:
    lock = served.path.with_name("lock")
    assert lock.stat().st_mode & 0o777 == 0o660
    before = lock.stat().st_ino
    modules.server.Server._make_lock_file()
    assert lock.stat().st_ino == before, "it may be in use"


def test_the_helper_takes_its_socket_away_and_its_children_do_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    end: Callable[[], object] = served.server.end  # it returns here, for nothing ends
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        end()
    assert served.path.exists()
    end()
    assert not served.path.exists()
    assert ended == [0, 0]


@pytest.mark.parametrize("found", [None, DockerUnavailableError("Connection refused")])
def test_a_helper_without_its_pause_container_ends_and_says_so(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, found: Exception | None
) -> None:
    """Docker starts it again."""

    def process_of(_name: str) -> None:
        if found is not None:
            raise found

    told: list[str] = []
    monkeypatch.setattr(dockerd, "process_of", process_of)
    monkeypatch.setattr(modules.pause, "log", told.append)
    with pytest.raises(SystemExit) as ended:
        modules.pause.join_pause()
    assert ended.value.code == 1
    assert "breakfix-pause does not run" in told


def test_the_helper_joins_its_pause_container(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[tuple[int, int]] = []
    monkeypatch.setattr(dockerd, "process_of", {"breakfix-pause": 88}.get)
    monkeypatch.setattr(modules.pause.kernel, "enter", lambda *what: entered.append(what))
    modules.pause.join_pause()
    assert entered == [(88, modules.pause.kernel.NEWNET)]


@pytest.mark.parametrize("part", ["follow_docker", "open_gates", "hosts_of"])
def test_trouble_that_nobody_expected_does_not_end_the_helper(
    served: Served, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    waiting, client = served.client(), served.client()
    waiting.send(body_of(WaitReady("demo", ["pc1"], 60.0)))
    served.turn()

    def fail(*_: object) -> None:
        raise KeyError(part)

    with monkeypatch.context() as patch:
        patch.setattr(served.server._reconciler, part, fail)
        served.turn()
    assert any(part in line for line in served.bench.log)
    assert served.ask(client, Ports("demo")) == {"ok": {"ports": []}}


def test_a_connection_that_cannot_be_taken_is_trouble_of_that_moment(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = served.client()

    def full() -> None:
        raise OSError(24, "Too many open files")

    served.connect()
    with monkeypatch.context() as patch:
        patch.setattr(served.server, "_listener", SimpleNamespace(accept=full, close=served.server._listener.close))
        served.turn()
    assert any("Too many open files" in line for line in served.bench.log)
    assert served.ask(client, Ports("demo")) == {"ok": {"ports": []}}


# Memory ---------------------------------------------------------------------------------------------------


def test_memory_goes_back_once_all_is_quiet(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the midst of work, and not each second while nothing happens."""
    waits: list[float | None] = []
    given_back: list[int] = []
    happening: list[list[object]] = [["an event"], [], [], ["an event"], []]

    def select(timeout: float | None) -> list[object]:
        waits.append(timeout)
        return happening[len(waits) - 1]

    monkeypatch.setattr(served.server, "_pause", lambda: None)
    monkeypatch.setattr(served.server._selector, "select", select)
    monkeypatch.setattr(served.bench.modules.server.kernel, "give_back_memory", lambda: given_back.append(len(waits)))
    for _ in happening:
        served.server._events()
    assert waits == [1.0, 1.0, None, None, 1.0]
    assert given_back == [2, 5]


def test_memory_stays_while_a_client_waits_for_hosts(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.bench.modules.server.kernel, "give_back_memory", pytest.fail)
    served.client().send(body_of(WaitReady("demo", ["pc1"], 30.0)))
    served.turn()
    monkeypatch.setattr(served.server._selector, "select", lambda _timeout: [])
    assert served.server._waiters
    assert served.server._events() == []
