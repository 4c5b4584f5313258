"""The helper's main loop: one thread, one selector, nothing that blocks for long."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from . import dockerd, kernel
from .access_processes import ForkServer, log
from .links import Links, prepare_namespace
from .messages import (
    ROLES,
    VERSION,
    Decoder,
    Hello,
    HelperError,
    Ports,
    ProtocolError,
    Request,
    SetPort,
    WaitReady,
    encode,
    parse,
)
from .port_states import PortStates
from .reconciler import Reconciler

SOCKET = Path("/run/breakfix/fabric.sock")
LOCK = "lock"
"""Beside the socket, where programs of different users lock instances against each other; the helper only makes it."""
STATE = Path("/var/lib/breakfix/ports.json")
_MAX_CLIENTS = 256
_QUIET = 1.0
"""Seconds without anything to do after which memory goes back to the machine."""
_TROUBLE = 0.05
"""Seconds that the loop rests after trouble that nobody expected: it may be there again at once."""


@dataclass(eq=False)
class ClientConnection:
    """A connection before and, for control, after its first message."""

    connection: socket.socket
    decoder: Decoder = field(default_factory=Decoder)
    greeted: bool = False


@dataclass(eq=False)
class Waiter:
    """A client that waits for hosts to be ready."""

    client: ClientConnection
    request: WaitReady
    deadline: float


class Server:
    """The helper."""

    def __init__(self, forks: ForkServer) -> None:
        """Prepare the fabric's namespace and listen; ``forks`` gets the connections that enter hosts."""
        self._forks = forks
        self._pid = os.getpid()
        prepare_namespace()
        self._selector = selectors.DefaultSelector()
        self._reconciler = Reconciler(self._selector, Links(), PortStates(STATE), log)
        self._clients: set[ClientConnection] = set()
        self._waiters: list[Waiter] = []
        self._tidy = False
        self._listener = self._listen()

    def _listen(self) -> socket.socket:
        SOCKET.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous = os.umask(0o177)
        listener.bind(str(SOCKET))
        os.umask(previous)
        os.chown(SOCKET, 0, dockerd.socket_group())
        SOCKET.chmod(0o660)
        self._make_lock_file()
        listener.listen(_MAX_CLIENTS)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return listener

    @staticmethod
    def _make_lock_file() -> None:
        """Make the lock file for whoever may use Docker; one that is there stays, for it may be in use."""
        descriptor = os.open(SOCKET.with_name(LOCK), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        os.chown(descriptor, 0, dockerd.socket_group())
        os.chmod(descriptor, 0o660)
        os.close(descriptor)

    def run(self) -> NoReturn:
        """Serve for ever: all labs hang on it, so whatever goes wrong ends no more than what it befell."""
        while True:
            _attempt(self._reconciler.follow_docker)
            for key, _ in self._events():
                _attempt(key.data)
            _attempt(self._reconciler.next_event)
            _attempt(self._reconciler.open_gates)
            _attempt(self._answer_waiters)
            _reap()

    def end(self) -> NoReturn:
        """Take the socket away and end; a child that was forked meanwhile only ends."""
        if os.getpid() == self._pid:
            SOCKET.unlink(missing_ok=True)
        os._exit(0)

    def _events(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for what is to be done next; what lists of all interfaces have taken is given back once all is quiet."""
        pause = self._pause()
        quiet = pause is None and not self._tidy
        events = self._selector.select(_QUIET if quiet else pause)
        if events:
            self._tidy = False
        elif quiet:
            kernel.give_back_memory()
            self._tidy = True
        return events

    def _pause(self) -> float | None:
        """Return how long the loop may sleep."""
        now = time.monotonic()
        pauses = [waiter.deadline - now for waiter in self._waiters]
        if (hosts := self._reconciler.pause(now)) is not None:
            pauses.append(hosts)
        return max(0.0, min(pauses)) if pauses else None

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        if len(self._clients) >= _MAX_CLIENTS:
            connection.close()
            return
        connection.setblocking(False)
        client = ClientConnection(connection)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._on_client(client))

    def _on_client(self, client: ClientConnection) -> None:
        try:
            data = client.connection.recv(1 << 16)
            messages = client.decoder.feed(data) if data else None
        except BlockingIOError:
            return
        except (OSError, ProtocolError):
            messages = None
        if messages is None:
            self._drop(client)
            return
        for body, _ in messages:
            if client not in self._clients:
                return
            self._on_message(client, body)

    def _on_message(self, client: ClientConnection, body: dict[str, Any]) -> None:
        try:
            request = parse(body)
            if not client.greeted:
                self._greet(client, request)
                return
            answer = self._carry_out(client, request)
        except ProtocolError as error:
            self._send(client, {"error": {"kind": "bad-request", "message": str(error)}})
        except HelperError as error:
            self._send(client, {"error": {"kind": error.kind, "message": str(error)}})
        except Exception as error:  # one request's trouble must not end the helper
            self._send(client, {"error": {"kind": "failed", "message": f"{type(error).__name__}: {error}"}})
        else:
            if answer is not None:
                self._send(client, {"ok": answer})

    def _greet(self, client: ClientConnection, request: Request) -> None:
        if not isinstance(request, Hello) or request.role not in ROLES:
            message = f"the first message must be hello, with a role among {', '.join(ROLES)}"
            raise ProtocolError(message)
        if request.version != VERSION:
            kind, message = "version", f"this helper speaks version {VERSION} of the protocol"
            raise HelperError(kind, message)
        client.greeted = True
        match request.role:
            case "control":
                self._send(client, {"ok": {"version": VERSION}})
            case "access":
                self._forks.hand_over(client.connection)
                self._drop(client)

    def _carry_out(self, client: ClientConnection, request: Request) -> dict[str, Any] | None:
        match request:
            case WaitReady():
                self._waiters.append(Waiter(client, request, time.monotonic() + request.timeout))
                return None
            case Ports():
                return {"ports": self._reconciler.ports(request.instance)}
            case SetPort():
                self._reconciler.set_port(request)
                return {}
        message = f"{request.op} belongs on an access connection"
        raise ProtocolError(message)

    def _answer_waiters(self) -> None:
        for waiter in list(self._waiters):
            wired = {w.container.host: w for w in self._reconciler.hosts_of(waiter.request.instance)}
            late = [h for h in waiter.request.hosts if h not in wired or not self._reconciler.is_ready(wired[h])]
            failed = {h: wired[h].failure for h in late if h in wired and wired[h].failure}
            if late and not failed and time.monotonic() < waiter.deadline:
                continue
            self._waiters.remove(waiter)
            if failed:
                error = {"kind": "failed", "message": "; ".join(f"{h}: {why}" for h, why in failed.items())}
                self._send(waiter.client, {"error": error})
            elif late:
                self._send(waiter.client, {"error": {"kind": "timeout", "message": ", ".join(late)}})
            else:
                self._send(waiter.client, {"ok": {}})

    def _send(self, client: ClientConnection, body: dict[str, Any]) -> None:
        """Send an answer; a client that cannot be answered is dropped."""
        if client not in self._clients:
            return
        try:
            client.connection.sendall(encode(body))
        except (OSError, ProtocolError):  # it does not read, or asked for more than an answer may hold
            self._drop(client)

    def _drop(self, client: ClientConnection) -> None:
        self._clients.discard(client)
        self._waiters = [w for w in self._waiters if w.client is not client]
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()


def load_profile() -> None:
    """Load the hosts' AppArmor profile where the kernel has AppArmor and its files are mounted here."""
    if not Path("/sys/kernel/security/apparmor/.replace").exists():
        return
    profile = Path(__file__).with_name("breakfix-host.apparmor")
    done = subprocess.run(["apparmor_parser", "--replace", "--skip-cache", profile], check=False, capture_output=True)
    if done.returncode:
        log(f"apparmor_parser: {done.stderr.decode(errors='replace').strip()}")


def _attempt(act: Callable[[], object]) -> None:
    """Do a part of a turn; trouble with it is logged."""
    try:
        act()
    except Exception as error:
        log(f"{type(error).__name__}: {error}")
        time.sleep(_TROUBLE)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main(forks: ForkServer) -> None:
    """Run the helper until it is told to stop."""
    load_profile()
    server = Server(forks)
    stop: Callable[..., NoReturn] = lambda *_: server.end()  # noqa: E731
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run()
