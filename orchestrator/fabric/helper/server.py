"""The helper's main loop: wires hosts as Docker starts them, keeps the cables' states, serves clients.

One thread, one selector, nothing that blocks for long. Docker's event stream says when a host starts; the host's
own label says how it is cabled; the file of cable states says what has been changed since.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from . import dockerd, hosts
from .access import Access
from .agent import ClientGoneError
from .dockerd import DockerUnavailableError, Events, HostContainer
from .links import Links, Port, port_name, prepare_namespace
from .protocol import (
    VERSION,
    Channel,
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

SOCKET = Path("/run/breakfix/fabric.sock")
STATE = Path("/var/lib/breakfix/ports.json")

_GATE_RETRY = 0.002
"""Seconds between two looks at a gate that is not there yet; it appears as soon as the host's init runs."""
_RECONNECT = 0.5
"""Seconds until the next try to reach Docker."""
_MAX_CLIENTS = 256


def log(message: str) -> None:
    """Print a line to the container's log."""
    print(message, file=sys.stderr, flush=True)


class PortStates:
    """What each cable is now, kept in a file so that a restarted host or helper finds it again."""

    def __init__(self, path: Path) -> None:
        """Read the file; without one every cable is as its host's label says."""
        self._path = path
        self._states: dict[str, Port] = {}
        with contextlib.suppress(FileNotFoundError):
            self._states = {name: Port(**port) for name, port in json.loads(path.read_text()).items()}

    def get(self, instance: str, host: str, interface: str, segment: str) -> Port:
        """Return a cable's state; ``segment`` is the one that it is cabled to from the start."""
        return self._states.get(f"{instance}/{host}/{interface}", Port(segment))

    def set(self, instance: str, host: str, interface: str, port: Port) -> None:
        """Record a cable's new state."""
        self._states[f"{instance}/{host}/{interface}"] = port
        self._write()

    def forget(self, instance: str) -> None:
        """Drop the states of an instance that is gone."""
        kept = {name: port for name, port in self._states.items() if not name.startswith(f"{instance}/")}
        if kept != self._states:
            self._states = kept
            self._write()

    def _write(self) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({name: asdict(port) for name, port in self._states.items()}))
        draft.replace(self._path)


@dataclass(eq=False)
class Wired:
    """A host that the helper looks after."""

    container: HostContainer
    gate_open: bool = False
    ready: bool = False
    failure: str = ""
    receiver: socket.socket | None = None


@dataclass(eq=False)
class Client:
    """A connection before and, for control, after its first message."""

    connection: socket.socket
    decoder: Decoder = field(default_factory=Decoder)
    greeted: bool = False


@dataclass(eq=False)
class Waiter:
    """A client that waits for hosts to be ready."""

    client: Client
    request: WaitReady
    deadline: float


class Server:
    """The helper."""

    def __init__(self) -> None:
        """Prepare the fabric's namespace and listen."""
        prepare_namespace()
        self._selector = selectors.DefaultSelector()
        self._links = Links()
        self._states = PortStates(STATE)
        self._wired: dict[str, Wired] = {}
        self._segments: dict[str, set[str]] = {}
        self._ports: dict[str, set[tuple[str, str]]] = {}
        self._clients: set[Client] = set()
        self._waiters: list[Waiter] = []
        self._events: Events | None = None
        self._next_reconnect = 0.0
        self._listener = self._listen()

    def _listen(self) -> socket.socket:
        SOCKET.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous = os.umask(0o177)
        listener.bind(str(SOCKET))
        os.umask(previous)
        os.chown(SOCKET, 0, dockerd.socket_group())
        SOCKET.chmod(0o660)
        listener.listen(64)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return listener

    def run(self) -> NoReturn:
        """Serve for ever."""
        while True:
            self._follow_docker()
            for key, _ in self._selector.select(self._pause()):
                key.data()
            self._open_gates()
            self._answer_waiters()
            _reap()

    def _pause(self) -> float | None:
        """Return how long the loop may sleep: until the next gate, deadline or reconnection."""
        now = time.monotonic()
        pauses = [w.deadline - now for w in self._waiters]
        if any(not w.gate_open and not w.failure for w in self._wired.values()):
            pauses.append(_GATE_RETRY)
        if self._events is None:
            pauses.append(self._next_reconnect - now)
        return max(0.0, min(pauses)) if pauses else None

    # Docker's hosts -----------------------------------------------------------------------------------

    def _follow_docker(self) -> None:
        """Subscribe to Docker's events where that is not so, and take in what happened meanwhile."""
        if self._events is not None or time.monotonic() < self._next_reconnect:
            return
        try:
            events = Events()
            self._reconcile()
        except (DockerUnavailableError, OSError) as error:
            log(f"Docker does not answer: {error}")
            self._next_reconnect = time.monotonic() + _RECONNECT
            return
        self._events = events
        self._selector.register(events, selectors.EVENT_READ, self._on_events)

    def _on_events(self) -> None:
        events = self._events
        if events is None:
            return
        try:
            for action, container, instance in events.read():
                if action == "start":
                    self._take_in(container)
                else:
                    self._let_go(container)
                if action == "destroy":
                    self._sweep(instance)
        except DockerUnavailableError as error:
            log(f"Docker: {error}")
            self._selector.unregister(events)
            events.close()
            self._events = None

    def _reconcile(self) -> None:
        """Take in every running host, and forget instances that have no container left."""
        existing = dockerd.containers()
        running = {container for container, _, runs in existing if runs}
        for container in set(self._wired) - running:
            self._let_go(container)
        for container in running:
            self._take_in(container)
        for instance in set(self._segments) - {instance for _, instance, _ in existing}:
            self._sweep(instance)
        self._remove_strays({instance for _, instance, _ in existing})

    def _remove_strays(self, instances: set[str]) -> None:
        for name in self._links.strays(instances):
            self._links.remove(name)

    def _take_in(self, container_id: str) -> None:
        """Look after a host that runs: cable it unless it is, and open its gate when it waits there."""
        container = dockerd.inspect(container_id)
        if container is None:
            return
        known = self._wired.get(container.id)
        if known is not None and known.container.pid == container.pid:
            return
        self._let_go(container.id)
        wired = self._wired[container.id] = Wired(container)
        try:
            self._cable(container)
        except Exception as error:  # noqa: BLE001 - one host's trouble must not end the helper
            wired.failure = f"{type(error).__name__}: {error}"
            log(f"{container.instance}/{container.host}: {wired.failure}")

    def _cable(self, container: HostContainer) -> None:
        instance, host = container.instance, container.host
        for segment in container.wiring["segments"]:
            self._links.ensure_bridge(instance, segment)
            self._segments.setdefault(instance, set()).add(segment)
        for interface in container.wiring["interfaces"]:
            port = self._states.get(instance, host, interface["name"], interface["segment"])
            self._ports.setdefault(instance, set()).add((host, interface["name"]))
            if self._links.reaches(port_name(instance, host, interface["name"]), container.pid):
                self._links.apply(instance, host, interface["name"], port)
            else:
                self._links.plug_in(
                    instance, host, interface["name"], pid=container.pid, mac=interface["mac"], port=port
                )

    def _open_gates(self) -> None:
        for wired in self._wired.values():
            if wired.gate_open or wired.failure:
                continue
            gate = hosts.try_gate(wired.container.pid)
            if gate is None:
                if hosts.has_booted(wired.container.pid):
                    wired.gate_open = wired.ready = True
                continue
            try:
                hosts.prepare(wired.container.pid, writable_net_sysctls=wired.container.wiring["sysctls"])
                wired.receiver = hosts.listen_for_ready(wired.container.pid)
                self._selector.register(
                    wired.receiver, selectors.EVENT_READ, lambda wired=wired: self._on_notice(wired)
                )
                os.write(gate, b"go\n")
                wired.gate_open = True
            except OSError as error:
                wired.failure = str(error)
                log(f"{wired.container.instance}/{wired.container.host}: {error}")
            finally:
                os.close(gate)

    def _on_notice(self, wired: Wired) -> None:
        """Read what a host's systemd says of its boot."""
        if wired.receiver is None:
            return
        with contextlib.suppress(BlockingIOError):
            if b"READY=1" in wired.receiver.recv(4096).split(b"\n"):
                wired.ready = True

    def _let_go(self, container_id: str) -> None:
        """Forget a host's process; its cables end with its network namespace."""
        wired = self._wired.pop(container_id, None)
        if wired is None:
            return
        if wired.receiver is not None:
            self._selector.unregister(wired.receiver)
            wired.receiver.close()

    def _sweep(self, instance: str) -> None:
        """Remove what is left of an instance when its last container is gone."""
        if any(name == instance for _, name, _ in dockerd.containers()):
            return
        self._links.forget(instance, self._segments.pop(instance, set()), self._ports.pop(instance, set()))
        self._states.forget(instance)

    # Clients ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        if len(self._clients) >= _MAX_CLIENTS:
            connection.close()
            return
        connection.setblocking(False)
        client = Client(connection)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._on_client(client))

    def _on_client(self, client: Client) -> None:
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

    def _on_message(self, client: Client, body: dict[str, Any]) -> None:
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
        except Exception as error:  # noqa: BLE001 - one request's trouble must not end the helper
            self._send(client, {"error": {"kind": "failed", "message": f"{type(error).__name__}: {error}"}})
        else:
            if answer is not None:
                self._send(client, {"ok": answer})

    def _greet(self, client: Client, request: Request) -> None:
        if not isinstance(request, Hello) or request.role not in {"control", "access"}:
            message = "the first message must be hello, with role control or access"
            raise ProtocolError(message)
        if request.version != VERSION:
            kind, message = "version", f"this helper speaks version {VERSION} of the protocol"
            raise HelperError(kind, message)
        client.greeted = True
        if request.role == "control":
            self._send(client, {"ok": {"version": VERSION}})
            return
        if os.fork() == 0:
            _serve_access(client.connection, self._selector)
        self._drop(client)

    def _carry_out(self, client: Client, request: Request) -> dict[str, Any] | None:
        match request:
            case WaitReady():
                self._waiters.append(Waiter(client, request, time.monotonic() + request.timeout))
                return None
            case Ports():
                return {"ports": self._port_list(request.instance)}
            case SetPort():
                self._set_port(request)
                return {}
        message = f"{request.op} belongs on an access connection"
        raise ProtocolError(message)

    def _hosts_of(self, instance: str) -> list[Wired]:
        return [w for w in self._wired.values() if w.container.instance == instance]

    def _port_list(self, instance: str) -> list[dict[str, Any]]:
        ports = []
        for wired in self._hosts_of(instance):
            host = wired.container.host
            for interface in wired.container.wiring["interfaces"]:
                state = self._states.get(instance, host, interface["name"], interface["segment"])
                ports.append({"host": host, "interface": interface["name"], **asdict(state)})
        return sorted(ports, key=lambda p: (p["host"], p["interface"]))

    def _set_port(self, request: SetPort) -> None:
        planned = {
            i["name"]: i["segment"]
            for w in self._hosts_of(request.instance)
            if w.container.host == request.host
            for i in w.container.wiring["interfaces"]
        }
        if request.interface not in planned:
            kind, message = "unknown", f"no running host {request.host} with an interface {request.interface}"
            raise HelperError(kind, message)
        if request.segment is not None and request.segment not in self._segments.get(request.instance, ()):
            kind, message = "unknown", f"no segment {request.segment}"
            raise HelperError(kind, message)
        if not (
            68 <= (request.mtu or 1500) <= 9000
            and 0 <= (request.loss or 0) <= 100
            and (request.rate or 0) >= 0
        ):
            message = "mtu must be 68 to 9000 bytes, loss 0 to 100 percent, rate 0 or more bits per second"
            raise ProtocolError(message)
        place = (request.instance, request.host, request.interface)
        port = self._states.get(*place, planned[request.interface]).changed(
            plugged=request.plugged,
            segment=request.segment,
            mtu=request.mtu,
            rate=request.rate,
            loss=request.loss,
        )
        self._links.apply(*place, port)
        self._states.set(*place, port)

    def _answer_waiters(self) -> None:
        for waiter in list(self._waiters):
            wired = {w.container.host: w for w in self._hosts_of(waiter.request.instance)}
            late = [h for h in waiter.request.hosts if h not in wired or not wired[h].ready]
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

    def _send(self, client: Client, body: dict[str, Any]) -> None:
        """Send an answer; a client that does not read is dropped rather than waited for."""
        if client not in self._clients:
            return
        try:
            client.connection.sendall(encode(body))
        except OSError:
            self._drop(client)

    def _drop(self, client: Client) -> None:
        self._clients.discard(client)
        self._waiters = [w for w in self._waiters if w.client is not client]
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()


def _serve_access(connection: socket.socket, selector: selectors.BaseSelector) -> NoReturn:
    """Become the process of one access connection."""
    status = 1
    try:
        selector.close()
        keep = os.dup2(connection.fileno(), 3) if connection.fileno() != 3 else 3
        connection.detach()
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        own = socket.socket(fileno=keep)
        own.setblocking(True)
        channel = Channel(own)
        channel.send({"ok": {"version": VERSION}})
        Access(channel).serve()
        status = 0
    except ClientGoneError:
        status = 0
    except (OSError, ProtocolError) as error:
        log(f"access connection: {error}")
    finally:
        os._exit(status)


def load_profile() -> None:
    """Load the hosts' AppArmor profile where the kernel has AppArmor and its files are mounted here."""
    if not Path("/sys/kernel/security/apparmor/.replace").exists():
        return
    profile = Path(__file__).with_name("breakfix-host.apparmor")
    done = subprocess.run(
        ["apparmor_parser", "--replace", "--skip-cache", profile], check=False, capture_output=True
    )
    if done.returncode:
        log(f"apparmor_parser: {done.stderr.decode(errors='replace').strip()}")


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    """Run the helper until it is told to stop."""
    stop: Callable[..., NoReturn] = lambda *_: os._exit(0)  # noqa: E731
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    load_profile()
    Server().run()
