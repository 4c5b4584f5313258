"""The program's end of the fabric helper's socket: implements the ``Fabric`` protocol."""

from __future__ import annotations

import json
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import (
    OUTSIDE_TIME,
    Addressing,
    CommandTimeoutError,
    Completed,
    FileState,
    ForwardingState,
    HostActivity,
    HostRef,
    HostUnreachableError,
    NetworkState,
    ObjectChange,
    PortState,
    ProcessState,
    SocketState,
    States,
    UnitState,
)
from orchestrator.fabric.helper.messages import (
    VERSION,
    Activity,
    Changes,
    Channel,
    Compare,
    Connect,
    Hello,
    KeepStates,
    Look,
    Looks,
    Network,
    Observe,
    Ports,
    Processes,
    ProtocolError,
    Request,
    RunCommand,
    SetPort,
    Sockets,
    StateChanges,
    Terminal,
    Tool,
    Unit,
    WaitReady,
    body_of,
)

_ANSWER_GRACE = 15.0
"""Seconds that the helper gets to answer beyond the time-out of what it was asked."""


class FabricClient:
    """A client of the fabric helper: as many connections as are asked over at once, each used again and again."""

    def __init__(self, socket_path: str | Path) -> None:
        """Remember where the helper listens; connections are made when they are first needed."""
        self._path = str(socket_path)
        self._idle: dict[str, list[Channel]] = {}

    def another_connection(self) -> FabricClient:
        """Return an independent connection to the same helper."""
        return FabricClient(self._path)

    def close(self) -> None:
        """Close the connections."""
        for channels in self._idle.values():
            for channel in channels:
                channel.connection.close()
        self._idle.clear()

    def __enter__(self) -> FabricClient:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def ping(self) -> None:
        """Make sure that the helper answers.

        Raises:
            MachineError: it does not.
        """
        self._give_back("control", self._take("control"))

    def wait_ready(self, instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        """See ``Fabric.wait_ready``."""
        self._ask("control", WaitReady(instance, list(hosts), timeout), timeout, instance)

    def run(
        self,
        target: HostRef,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        vouched: bool = False,
    ) -> Completed:
        """See ``Fabric.run``."""
        request = RunCommand(target.instance, target.host, list(argv), timeout, dict(environment or {}), vouched)
        answer, output, _ = self._ask("access", request, timeout, str(target), stdin)
        return _completed(answer, output)

    def observe(
        self,
        instance: str,
        segment: str,
        address: str,
        argv: Sequence[str],
        *,
        gateway: str = "",
        timeout: float = 20.0,
    ) -> Completed:
        """See ``Fabric.observe``."""
        request = Observe(instance, segment, address, gateway, list(argv), timeout)
        answer, output, _ = self._ask("access", request, timeout, f"{instance}/{segment}")
        return _completed(answer, output)

    def tool(self, target: HostRef, argv: Sequence[str], *, timeout: float = 20.0) -> Completed:
        """See ``Fabric.tool``."""
        request = Tool(target.instance, target.host, list(argv), timeout)
        answer, output, _ = self._ask("access", request, timeout, str(target))
        return _completed(answer, output)

    def unit(
        self, target: HostRef, name: str, properties: Sequence[str] = (), *, timeout: float = OUTSIDE_TIME
    ) -> UnitState:
        """See ``Fabric.unit``."""
        request = Unit(target.instance, target.host, name, list(properties), timeout)
        answer, _, _ = self._ask("access", request, timeout, str(target))
        return UnitState(answer["file_state"], answer["properties"])

    def look(
        self, target: HostRef, path: str, want: str = "status", *, follow: bool = True, timeout: float = OUTSIDE_TIME
    ) -> tuple[FileState, bytes]:
        """See ``Fabric.look``."""
        request = Look(target.instance, target.host, path, want, follow, timeout)
        answer, data, _ = self._ask("access", request, timeout, str(target))
        return FileState(**answer), data

    def sockets(
        self, target: HostRef, *, connected: bool = False, timeout: float = OUTSIDE_TIME
    ) -> tuple[SocketState, ...]:
        """See ``Fabric.sockets``."""
        request = Sockets(target.instance, target.host, connected, timeout)
        _, rows, _ = self._ask("access", request, timeout, str(target))
        return tuple(SocketState(**row) for row in json.loads(rows))

    def processes(
        self, target: HostRef, identify: Sequence[int] = (), *, timeout: float = OUTSIDE_TIME
    ) -> tuple[ProcessState, ...]:
        """See ``Fabric.processes``."""
        request = Processes(target.instance, target.host, list(identify), timeout)
        _, rows, _ = self._ask("access", request, timeout, str(target))
        return tuple(ProcessState(**row) for row in json.loads(rows))

    def compare(self, target: HostRef, paths: Sequence[str], *, timeout: float = OUTSIDE_TIME) -> Mapping[str, str]:
        """See ``Fabric.compare``."""
        request = Compare(target.instance, target.host, list(paths), timeout)
        answer, _, _ = self._ask("access", request, timeout, str(target))
        return answer

    def changed_tools(
        self, target: HostRef, since: int | None = None, *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[str, ...], int]:
        """See ``Fabric.changed_tools``."""
        request = Changes(target.instance, target.host, timeout, since)
        answer, _, _ = self._ask("access", request, timeout, str(target))
        return tuple(answer["changed"]), answer["now"]

    def looks(
        self, target: HostRef, paths: Sequence[str], want: str = "status", *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[FileState, list[Any]], ...]:
        """See ``Fabric.looks``."""
        request = Looks(target.instance, target.host, list(paths), want, timeout)
        _, rows, _ = self._ask("access", request, timeout, str(target))
        return tuple((FileState(**seen), below) for seen, below in json.loads(rows))

    def network(
        self,
        instance: str,
        *,
        addressing: Sequence[str] = (),
        forwarding: Sequence[str] = (),
        beside: Sequence[str] = (),
        timeout: float = OUTSIDE_TIME,
    ) -> NetworkState:
        """See ``Fabric.network``."""
        request = Network(instance, list(addressing), list(forwarding), list(beside), timeout)
        _, data, _ = self._ask("access", request, timeout, instance)
        seen = json.loads(data)
        return NetworkState(
            {host: Addressing(**row) for host, row in seen["addressing"].items()},
            {host: ForwardingState(**row) for host, row in seen["forwarding"].items()},
        )

    def activity(
        self, hosts: Mapping[str, Sequence[str]], *, timeout: float = OUTSIDE_TIME
    ) -> dict[HostRef, HostActivity]:
        """See ``Fabric.activity``."""
        request = Activity({instance: list(names) for instance, names in hosts.items()}, timeout)
        _, data, _ = self._ask("access", request, timeout, ", ".join(hosts))
        return {
            HostRef(instance, host): HostActivity(**row)
            for instance, rows in json.loads(data).items()
            for host, row in rows.items()
        }

    def keep_states(self, instance: str, hosts: Sequence[str], more: States, *, timeout: float = OUTSIDE_TIME) -> None:
        """See ``Fabric.keep_states``."""
        blob = json.dumps(more).encode()
        self._ask("access", KeepStates(instance, list(hosts), timeout), timeout, instance, blob)

    def state_changes(
        self, instance: str, hosts: Sequence[str], more: States, *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[ObjectChange, ...], tuple[str, ...]]:
        """See ``Fabric.state_changes``."""
        blob = json.dumps(more).encode()
        answer, data, _ = self._ask("access", StateChanges(instance, list(hosts), timeout), timeout, instance, blob)
        return tuple(ObjectChange(*row) for row in json.loads(data)), tuple(answer["missing"])

    def terminal(self, target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:
        """See ``Fabric.terminal``."""
        request = Terminal(target.instance, target.host, list(argv), rows, columns, {"TERM": "xterm-256color"})
        _, _, fds = self._ask("access", request, 10, str(target))
        return fds[0]

    def connect(self, target: HostRef, port: int, *, address: str = "127.0.0.1", timeout: float = 5.0) -> socket.socket:
        """See ``Fabric.connect``."""
        request = Connect(target.instance, target.host, address, port, timeout)
        _, _, fds = self._ask("access", request, timeout, str(target))
        return socket.socket(fileno=fds[0])

    def ports(self, instance: str) -> tuple[PortState, ...]:
        """See ``Fabric.ports``."""
        answer, _, _ = self._ask("control", Ports(instance), 10, instance)
        return tuple(
            PortState(
                host=p["host"],
                interface=p["interface"],
                segment=p["segment"],
                plugged=p["plugged"],
                mtu=p["mtu"],
                rate=p["rate"] or None,
                loss=p["loss"],
            )
            for p in answer["ports"]
        )

    def set_port(
        self,
        target: HostRef,
        interface: str,
        *,
        plugged: bool | None = None,
        segment: str | None = None,
        mtu: int | None = None,
        rate: int | None = None,
        loss: int | None = None,
    ) -> None:
        """See ``Fabric.set_port``."""
        request = SetPort(target.instance, target.host, interface, plugged, segment, mtu, rate, loss)
        self._ask("control", request, 10, str(target))

    def _ask(
        self, role: str, request: Request, timeout: float, subject: str, blob: bytes = b""
    ) -> tuple[dict[str, Any], bytes, list[int]]:
        """Send a request and return its answer; a connection that broke is not used again."""
        channel = self._take(role)
        channel.connection.settimeout(timeout + _ANSWER_GRACE)
        message = None
        try:
            channel.send(body_of(request), blob)
            message = channel.receive()
        except (OSError, ProtocolError) as error:
            raise _helper_silent(str(error) or type(error).__name__) from error
        finally:
            if message is None:
                channel.connection.close()  # an interrupted answer must not be taken for the next one's
        if message is None:
            raise _helper_silent("it closed the connection")
        self._give_back(role, channel)
        body, output, fds = message
        if "error" in body:
            raise _error_of(body["error"], subject, timeout)
        return body["ok"], output, fds

    def _take(self, role: str) -> Channel:
        """Return a connection that nobody else asks over; one that the helper has closed meanwhile is dropped."""
        idle = self._idle.setdefault(role, [])
        while True:
            try:
                channel = idle.pop()
            except IndexError:  # none, or another thread was quicker
                return self._connected(role)
            readable = select.poll()  # between requests the helper says nothing: what is to be read is the end
            readable.register(channel.connection, select.POLLIN | select.POLLHUP)
            if not readable.poll(0):
                return channel
            channel.connection.close()

    def _give_back(self, role: str, channel: Channel) -> None:
        self._idle.setdefault(role, []).append(channel)

    def _connected(self, role: str) -> Channel:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A socket that may block waits where the helper has others to take in first; with a time-out it is refused.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_ANSWER_GRACE), 0))
        channel = Channel(connection)
        try:
            connection.connect(self._path)
            connection.settimeout(_ANSWER_GRACE)
            channel.send(body_of(Hello(VERSION, role)))
            message = channel.receive()
        except (OSError, ProtocolError) as error:
            connection.close()
            raise _helper_silent(f"{self._path}: {error}") from error
        if message is None or "error" in message[0]:
            connection.close()
            raise _helper_silent("no answer to hello" if message is None else message[0]["error"]["message"])
        return channel


def _completed(answer: dict[str, Any], output: bytes) -> Completed:
    split = answer["stdout"]
    changed = tuple(answer.get("changed", ()))
    return Completed(answer["status"], output[:split], output[split:], answer["truncated"], changed)


def _helper_silent(reason: str) -> MachineError:
    return MachineError(
        Text(
            fr=f"L'auxiliaire réseau (fabric) ne répond pas : {reason}",
            en=f"The fabric helper does not answer: {reason}",
        ),
        Text(
            fr="« breakfix doctor » dit ce qui manque ; « docker logs breakfix-fabric » montre son journal.",
            en="'breakfix doctor' says what is missing; 'docker logs breakfix-fabric' shows its log.",
        ),
    )


def _error_of(error: dict[str, Any], subject: str, timeout: float) -> LabError:
    """Word an error of the helper's for people."""
    kind, message = error.get("kind"), error.get("message", "")
    if kind == "unreachable":
        return HostUnreachableError(
            Text(fr=f"{subject} est injoignable : {message}", en=f"{subject} cannot be reached: {message}"),
            Text(
                fr="« breakfix status » montre l'état des machines.",
                en="'breakfix status' shows the hosts' states.",
            ),
        )
    if kind == "timeout":
        return CommandTimeoutError(
            Text(
                fr=f"{subject} : pas de fin après {timeout:g} s ({message})",
                en=f"{subject}: not done after {timeout:g} s ({message})",
            )
        )
    return LabError(Text(fr=f"{subject} : {message}", en=f"{subject}: {message}"))
