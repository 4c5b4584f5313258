"""Terminals and forwards on real file descriptors."""

# ruff: noqa: ARG002 (the fakes have the real parts' parameters)

from __future__ import annotations

import contextlib
import os
import pty
import signal
import socket
import termios
import threading

import pytest

from orchestrator.access import terminal
from orchestrator.access.port_forward import Forwarding
from orchestrator.core import interrupts
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import same
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from tests.fakes.fabric import FakeFabric
from tests.loopback import V6, v6_only


class Echo:
    """A far end that answers in capitals and hangs up at ``q``."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self.sizes: list[tuple[int, int]] = []
        self.closed = False

    def fileno(self) -> int:
        return self._reading

    def read(self) -> bytes:
        data = os.read(self._reading, 100)
        return b"" if b"Q" in data else data

    def write(self, data: bytes) -> None:
        os.write(self._writing, data.upper())

    def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    def close(self) -> None:
        self.closed = True


def type_once_raw(master: int, slave: int, keys: bytes) -> threading.Thread:
    """Type as soon as the terminal passes keys on as they are."""

    def raw() -> bool:
        return not termios.tcgetattr(slave)[3] & termios.ICANON

    def type_() -> None:
        if wait_until(raw, within=30):
            os.write(master, keys)

    thread = threading.Thread(target=type_, daemon=True)
    thread.start()
    return thread


def test_what_is_typed_reaches_the_far_end_and_the_terminal_is_given_back() -> None:
    master, slave = pty.openpty()
    reading, writing = os.pipe()
    before, remote = termios.tcgetattr(slave), Echo()
    typing = type_once_raw(master, slave, b"ab\x03")  # Ctrl-C is a key like any other

    def look_and_quit() -> None:
        typing.join()
        os.read(reading, 3)
        os.write(master, b"q")

    helper = threading.Thread(target=look_and_quit, daemon=True)
    helper.start()
    terminal.attach(remote, stdin=slave, stdout=writing)
    helper.join(5)
    assert termios.tcgetattr(slave) == before
    assert remote.closed
    assert remote.sizes
    os.close(writing)
    os.close(reading)
    os.close(master)
    os.close(slave)


def test_the_terminal_is_given_back_when_the_far_end_breaks() -> None:
    class Broken(Echo):
        def read(self) -> bytes:
            raise ConnectionError

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    typing = type_once_raw(master, slave, b"x")
    with pytest.raises(ConnectionError):
        terminal.attach(Broken(), stdin=slave, stdout=slave)
    typing.join(5)
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_a_change_of_the_window_is_passed_on() -> None:
    remote = Echo()
    reading, writing = os.pipe()

    def resize_then_leave() -> None:
        wait_until(lambda: remote.sizes, within=30)
        os.kill(os.getpid(), signal.SIGWINCH)
        wait_until(lambda: len(remote.sizes) > 1, within=30)
        os.write(writing, b"q")

    helper = threading.Thread(target=resize_then_leave)
    helper.start()
    out, into = os.pipe()
    terminal.attach(remote, stdin=reading, stdout=into)
    helper.join()
    assert len(remote.sizes) > 1
    for descriptor in (reading, writing, out, into):
        os.close(descriptor)


def test_the_master_of_a_terminal_ends_quietly() -> None:
    master, slave = pty.openpty()
    os.close(slave)
    remote = terminal.MasterRemote(master)
    assert remote.read() == b""
    remote.close()


class Upstream(FakeFabric):
    """A host whose port answers with what it was sent."""

    def connect(self, target: HostRef, port: int, *, address: str = "127.0.0.1", timeout: float = 5.0) -> socket.socket:
        if port != 80:
            return super().connect(target, port)
        ours, theirs = socket.socketpair()

        def answer() -> None:
            with theirs:
                while data := theirs.recv(1000):
                    theirs.sendall(data.upper())

        threading.Thread(target=answer, daemon=True).start()
        return ours


def test_many_connections_at_once_are_passed_on_both_ways() -> None:
    forwarding = Forwarding(Upstream(), HostRef("x", "web1"), 80)
    thread = threading.Thread(target=forwarding.serve, args=(lambda _error: None,), daemon=True)
    thread.start()
    clients = [socket.create_connection(("127.0.0.1", forwarding.local), timeout=5) for _ in range(8)]
    for number, client in enumerate(clients):
        client.sendall(f"abc{number}".encode())
        client.shutdown(socket.SHUT_WR)
    assert [_all_of(client) for client in clients] == [f"ABC{n}".encode() for n in range(8)]
    forwarding.close()
    thread.join(5)
    assert not thread.is_alive()


def _all_of(client: socket.socket) -> bytes:
    with client:
        return b"".join(iter(lambda: client.recv(100), b""))


def test_a_port_where_nothing_listens_is_told() -> None:
    told: list[str] = []
    forwarding = Forwarding(Upstream(), HostRef("x", "web1"), 81)
    threading.Thread(target=forwarding.serve, args=(lambda e: told.append(e.text.en),), daemon=True).start()
    with socket.create_connection(("127.0.0.1", forwarding.local), timeout=5) as client:
        assert client.recv(1) == b""
    assert wait_until(lambda: told, within=30)
    forwarding.close()


class Listening(FakeFabric):
    """A host in this machine's own network."""

    def connect(self, target: HostRef, port: int, *, address: str = "127.0.0.1", timeout: float = 5.0) -> socket.socket:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            raise LabError(same(f"{target}: {address}:{port}: {error.strerror}")) from error


@V6
def test_a_server_that_listens_by_ipv6_only_is_reached() -> None:
    with contextlib.closing(v6_only()) as server:
        forwarding = Forwarding(Listening(), HostRef("x", "web1"), server.getsockname()[1])
        threading.Thread(target=forwarding.serve, args=(lambda _error: None,), daemon=True).start()
        with socket.create_connection(("127.0.0.1", forwarding.local), timeout=30) as client:
            theirs, _ = server.accept()
            with theirs:
                client.sendall(b"tea")
                assert theirs.recv(3) == b"tea"
        forwarding.close()


@V6
def test_where_neither_is_listened_the_first_refusal_is_told() -> None:
    told: list[str] = []
    with socket.socket(socket.AF_INET6) as held:  # nobody listens at its port, and nobody else can
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        held.bind(("::", 0))
        port = held.getsockname()[1]
        forwarding = Forwarding(Listening(), HostRef("x", "web1"), port)
        threading.Thread(target=forwarding.serve, args=(lambda e: told.append(e.text.en),), daemon=True).start()
        with socket.create_connection(("127.0.0.1", forwarding.local), timeout=30) as client:
            assert client.recv(1) == b""
        assert wait_until(lambda: told, within=30)
        forwarding.close()
    assert told == [f"x/web1: 127.0.0.1:{port}: Connection refused"]


def test_it_listens_on_this_machine_only_and_says_when_it_cannot() -> None:
    with contextlib.closing(Forwarding(Upstream(), HostRef("x", "web1"), 80)) as first:
        assert first._listener.getsockname()[0] == "127.0.0.1"
        with pytest.raises(UsageError):
            Forwarding(Upstream(), HostRef("x", "web1"), 80, local=first.local)


# Interruptions --------------------------------------------------------------------------------------------


def test_the_first_signal_interrupts_and_others_only_tell() -> None:
    told: list[int] = []
    with interrupts.installed(lambda: told.append(1)):
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert told == [1]


def test_a_clean_up_runs_to_its_end_and_the_interruption_follows() -> None:
    told: list[int] = []
    done: list[str] = []

    def clean_up() -> None:
        with interrupts.shielded():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("clean")
        done.append("never")

    with interrupts.installed(lambda: told.append(1)), pytest.raises(KeyboardInterrupt):
        clean_up()
    assert (told, done) == ([1], ["clean"])


def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.installed(lambda: None):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
