"""The program's end of the helper's socket, against a helper that says what a test wants."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import ExitCode, LabError, MachineError
from orchestrator.fabric.client import FabricClient
from orchestrator.fabric.fabric_interface import (
    CommandTimeoutError,
    Completed,
    HostActivity,
    HostRef,
    HostUnreachableError,
    PortState,
)
from orchestrator.fabric.helper.messages import VERSION, Channel, ProtocolError, encode

PC1 = HostRef("demo-1a2b", "pc1")
Answer = Callable[[Channel, dict[str, Any], bytes], None]


class Helper:
    """A helper with a thread for each connection; ``answers`` says what comes of each operation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Answer] = {}
        self.greeting: dict[str, Any] = {"ok": {"version": VERSION}}
        self.asked: list[tuple[int, dict[str, Any], bytes]] = []
        """The connection's number, the request and its input."""
        self.roles: list[str] = []
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def on(self, operation: str, body: dict[str, Any], blob: bytes = b"", fds: tuple[int, ...] = ()) -> None:
        """Answer an operation."""

        def answer(channel: Channel, _request: dict[str, Any], _input: bytes) -> None:
            channel.send(body, blob, fds)

        self.answers[operation] = answer

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        self._listener.close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(10)
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._connections)))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        channel = Channel(connection)
        try:
            while (message := channel.receive()) is not None:
                body, blob, _ = message
                if body["op"] == "hello":
                    self.roles.append(body["role"])
                    channel.send(self.greeting)
                    continue
                self.asked.append((number, body, blob))
                self.answers[body["op"]](channel, body, blob)
        except (OSError, ProtocolError):
            return


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Helper]:
    made = Helper(tmp_path / "fabric.sock")
    yield made
    made.close()


@pytest.fixture
def client(helper: Helper) -> Iterator[FabricClient]:
    with FabricClient(helper.path) as made:
        yield made


DONE = {"ok": {"status": 3, "stdout": 4, "truncated": True}}


# What is asked and what is understood ---------------------------------------------------------------------


def test_a_command_goes_and_its_result_comes(helper: Helper, client: FabricClient) -> None:
    helper.on("run", DONE, b"out\xfferr")
    done = client.run(PC1, ("cat", "-"), timeout=7, stdin=b"in\0", environment={"LANG": "C"})
    assert done == Completed(3, b"out\xff", b"err", truncated=True)
    assert helper.asked == [
        (
            1,
            {
                "op": "run",
                "instance": "demo-1a2b",
                "host": "pc1",
                "argv": ["cat", "-"],
                "timeout": 7,
                "environment": {"LANG": "C"},
                "vouched": False,
            },
            b"in\0",
        )
    ]
    assert helper.roles == ["access"]


def test_hosts_of_many_labs_are_asked_for_in_one_message(helper: Helper, client: FabricClient) -> None:
    seen = {"demo-1a2b": {"pc1": {"runs": True, "booted": True, "typed": 12.5}}, "demo-3c4d": {"pc1": {"runs": False}}}
    helper.on("activity", {"ok": {}}, json.dumps(seen).encode())
    found = client.activity({"demo-1a2b": ("pc1",), "demo-3c4d": ("pc1",)}, timeout=5)
    assert found == {
        PC1: HostActivity(runs=True, booted=True, typed=12.5),
        HostRef("demo-3c4d", "pc1"): HostActivity(runs=False),
    }
    asked = {"op": "activity", "hosts": {"demo-1a2b": ["pc1"], "demo-3c4d": ["pc1"]}, "timeout": 5}
    assert helper.asked == [(1, asked, b"")]
    assert helper.roles == ["access"]


def test_an_observers_command_goes_to_a_segment(helper: Helper, client: FabricClient) -> None:
    helper.on("observe", {"ok": {"status": 0, "stdout": 0, "truncated": False}})
    assert client.observe("demo", "office", "192.168.10.9/24", ["ping", "r1"], gateway="192.168.10.1").status == 0
    assert helper.asked[0][1] == {
        "op": "observe",
        "instance": "demo",
        "segment": "office",
        "address": "192.168.10.9/24",
        "gateway": "192.168.10.1",
        "argv": ["ping", "r1"],
        "timeout": 20.0,
    }


def test_cables_are_read_and_changed(helper: Helper, client: FabricClient) -> None:
    port = {"host": "pc1", "interface": "eth0", "segment": "office", "plugged": False, "mtu": 1400}
    helper.on("ports", {"ok": {"ports": [{**port, "rate": 0, "loss": 5}, {**port, "rate": 8000, "loss": 0}]}})
    helper.on("set-port", {"ok": {}})
    assert client.ports("demo") == (
        PortState("pc1", "eth0", "office", plugged=False, mtu=1400, rate=None, loss=5),
        PortState("pc1", "eth0", "office", plugged=False, mtu=1400, rate=8000, loss=0),
    )
    client.set_port(PC1, "eth0", plugged=True, rate=0)
    assert helper.asked[-1][1] == {
        "op": "set-port",
        "instance": "demo-1a2b",
        "host": "pc1",
        "interface": "eth0",
        "plugged": True,
        "segment": None,
        "mtu": None,
        "rate": 0,
        "loss": None,
    }
    assert helper.roles == ["control"], "both went over one connection"


def test_a_socket_and_a_terminal_come_as_file_descriptors(helper: Helper, client: FabricClient) -> None:
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    helper.on("connect", {"ok": {}}, fds=(theirs.fileno(),))
    helper.on("terminal", {"ok": {}}, fds=(reading,))
    with ours, theirs, client.connect(PC1, 22) as connection:
        connection.sendall(b"SSH-2.0")
        assert ours.recv(7) == b"SSH-2.0"
    fd = client.terminal(PC1, ["bash"], rows=24, columns=80)
    os.write(writing, b"$ ")
    assert os.read(fd, 2) == b"$ "
    for one in (fd, reading, writing):
        os.close(one)


def test_a_session_has_a_connection_of_its_own(helper: Helper, client: FabricClient) -> None:
    helper.on("ports", {"ok": {"ports": []}})
    client.ports("demo")
    with client.another_connection() as other:
        other.ports("demo")
    client.ports("demo")
    assert [number for number, _, _ in helper.asked] == [1, 2, 1]


def test_who_asks_at_once_has_a_connection_each_and_they_are_used_again(helper: Helper, client: FabricClient) -> None:
    together = threading.Barrier(2, timeout=10)

    def answer(channel: Channel, _request: dict[str, Any], _input: bytes) -> None:
        together.wait()  # over one connection the second would wait for the first
        channel.send({"ok": {"ports": []}})

    helper.answers["ports"] = answer
    for _ in range(2):
        threads = [threading.Thread(target=client.ports, args=("demo",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(helper.asked) == 4
    assert {number for number, _, _ in helper.asked} == {1, 2}


def test_waiting_asks_for_every_host(helper: Helper, client: FabricClient) -> None:
    helper.on("wait-ready", {"ok": {}})
    client.wait_ready("demo", ("pc1", "r1"), timeout=60)
    assert helper.asked[0][1] == {"op": "wait-ready", "instance": "demo", "hosts": ["pc1", "r1"], "timeout": 60}


# Errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error", "fr", "en"),
    [
        ("unreachable", HostUnreachableError, "demo-1a2b/pc1 est injoignable", "demo-1a2b/pc1 cannot be reached"),
        ("timeout", CommandTimeoutError, "pas de fin après 2.5 s", "not done after 2.5 s"),
        ("failed", LabError, "demo-1a2b/pc1 : ", "demo-1a2b/pc1: "),
        ("unknown", LabError, "demo-1a2b/pc1 : ", "demo-1a2b/pc1: "),
        ("bad-request", LabError, "demo-1a2b/pc1 : ", "demo-1a2b/pc1: "),
        ("some-day", LabError, "demo-1a2b/pc1 : ", "demo-1a2b/pc1: "),
    ],
)
def test_each_kind_of_error_has_its_class_and_both_languages(
    helper: Helper, client: FabricClient, kind: str, error: type[LabError], fr: str, en: str
) -> None:
    helper.on("run", {"error": {"kind": kind, "message": "what the helper says"}})
    with pytest.raises(LabError) as raised:
        client.run(PC1, ["true"], timeout=2.5)
    assert type(raised.value) is error
    assert fr in raised.value.text.fr
    assert en in raised.value.text.en
    assert "what the helper says" in raised.value.text.fr
    assert "what the helper says" in raised.value.text.en


def test_an_error_does_not_end_the_connection(helper: Helper, client: FabricClient) -> None:
    helper.on("run", {"error": {"kind": "failed", "message": "no"}})
    with pytest.raises(LabError):
        client.run(PC1, ["true"])
    helper.on("run", DONE, b"out.err")
    assert client.run(PC1, ["true"]).stderr == b"err"
    assert [number for number, _, _ in helper.asked] == [1, 1]


def silent(error: MachineError) -> str:
    assert error.exit_code == ExitCode.MACHINE
    assert error.hint is not None
    assert "doctor" in error.hint.fr
    assert "doctor" in error.hint.en
    assert error.text.fr != error.text.en
    return error.text.en


def test_a_helper_that_has_others_to_take_in_first_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tried = tmp_path / "fabric.sock", threading.Event()

    class Trying(socket.socket):
        def connect(self, address: str, /) -> None:  # type: ignore[override]
            tried.set()
            super().connect(address)

    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(str(path))
        listener.listen(0)
        first.connect(str(path))
        with socket.socket(socket.AF_UNIX) as second:
            second.setblocking(False)
            with pytest.raises(BlockingIOError):
                second.connect(str(path))  # there is room for one

        def take_in() -> None:
            assert tried.wait(10)
            listener.accept()[0].close()
            connection, _ = listener.accept()
            with connection:
                channel = Channel(connection)
                assert channel.receive()
                channel.send({"ok": {"version": VERSION}})

        taking_in = threading.Thread(target=take_in)
        taking_in.start()
        monkeypatch.setattr("orchestrator.fabric.client.socket.socket", Trying)
        with FabricClient(path) as client:
            client.ping()
        taking_in.join(10)


def test_without_a_helper_the_next_step_is_told(tmp_path: Path) -> None:
    with FabricClient(tmp_path / "absent.sock") as client, pytest.raises(MachineError) as raised:
        client.ping()
    assert "absent.sock" in silent(raised.value)


def test_a_helper_of_another_version_is_refused_in_its_words(helper: Helper, client: FabricClient) -> None:
    helper.greeting = {"error": {"kind": "version", "message": "this helper speaks version 9 of the protocol"}}
    with pytest.raises(MachineError) as raised:
        client.ping()
    assert "version 9" in silent(raised.value)
    helper.greeting = {"ok": {"version": VERSION}}
    client.ping()


def test_our_version_is_stated(helper: Helper, client: FabricClient) -> None:
    client.ping()
    client.ping()
    assert helper.roles == ["control"], "one connection serves all"


@pytest.mark.parametrize("sent", [0, 3, 8, 12, -1])
def test_a_helper_that_hangs_up_mid_answer_is_told_and_asked_anew(
    helper: Helper, client: FabricClient, sent: int
) -> None:
    frame = encode(DONE, b"out.err")

    def break_off(channel: Channel, _request: dict[str, Any], _input: bytes) -> None:
        channel.connection.sendall(frame[:sent])
        channel.connection.shutdown(socket.SHUT_RDWR)

    helper.answers["run"] = break_off
    with pytest.raises(MachineError) as raised:
        client.run(PC1, ["true"])
    assert "closed the connection" in silent(raised.value)
    helper.on("run", DONE, b"out.err")
    assert client.run(PC1, ["true"]).stdout == b"out."
    assert [number for number, _, _ in helper.asked] == [1, 2]


def test_a_helper_that_talks_nonsense_is_told_and_asked_anew(helper: Helper, client: FabricClient) -> None:
    def nonsense(channel: Channel, _request: dict[str, Any], _input: bytes) -> None:
        channel.connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    helper.answers["ports"] = nonsense
    with pytest.raises(MachineError) as raised:
        client.ports("demo")
    assert "too many bytes" in silent(raised.value)
    helper.on("ports", {"ok": {"ports": []}})
    assert client.ports("demo") == ()


def test_a_helper_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "fabric.sock"
    first = Helper(path)
    client = FabricClient(path)
    client.ping()
    first.on("ports", {"ok": {"ports": []}})
    client.ports("demo")
    first.close()
    with pytest.raises(MachineError):
        client.ports("demo")
    path.unlink()
    second = Helper(path)
    try:
        second.on("ports", {"ok": {"ports": []}})
        assert client.ports("demo") == ()
    finally:
        client.close()
        second.close()


def test_a_helper_that_was_replaced_between_two_requests_is_not_noticed(tmp_path: Path) -> None:
    path = tmp_path / "fabric.sock"
    with FabricClient(path) as client:
        for _ in range(2):
            helper = Helper(path)
            helper.on("run", DONE, b"out\xfferr")
            assert client.run(PC1, ("true",)).status == 3
            helper.close()
            path.unlink()


def test_an_answer_that_never_comes_ends_at_its_deadline(
    helper: Helper, client: FabricClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.fabric.client._ANSWER_GRACE", 0.05)
    helper.answers["run"] = lambda *_: None
    with pytest.raises(MachineError) as raised:
        client.run(PC1, ["sleep", "9"], timeout=0)
    assert "timed out" in silent(raised.value)


def test_the_answer_to_an_interrupted_request_is_not_taken_for_the_next_ones(
    helper: Helper, client: FabricClient
) -> None:
    """Ctrl-C while the first answer is awaited: it arrives on a connection that nobody reads any more."""
    interrupted = threading.Event()
    main = threading.get_ident()

    def late(channel: Channel, _request: dict[str, Any], _input: bytes) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        assert interrupted.wait(10)
        channel.send({"ok": {"status": 0, "stdout": 5, "truncated": False}}, b"first")

    helper.answers["run"] = late
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            client.run(PC1, ["echo", "first"])
    finally:
        signal.signal(signal.SIGINT, before)
        interrupted.set()
    helper.on("run", {"ok": {"status": 0, "stdout": 6, "truncated": False}}, b"second")
    assert client.run(PC1, ["echo", "second"]).stdout == b"second"
    assert [number for number, _, _ in helper.asked] == [1, 2]


def test_closing_twice_and_using_again_is_no_error(helper: Helper, client: FabricClient) -> None:
    client.ping()
    client.close()
    client.close()
    client.ping()
    assert helper.roles == ["control", "control"]
