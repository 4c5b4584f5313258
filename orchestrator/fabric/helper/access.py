"""One client's access connection: commands, terminals, sockets, observers, looks from outside, in a process of its own.

A process per connection keeps one client's trouble from the others, and lets namespaces be entered safely.
"""

from __future__ import annotations

import json
import math
import os
import select
import socket
import time
from collections.abc import Mapping
from typing import Any

from . import dockerd, kernel, layers, root_files, tool_runs
from .agent_client import Agent
from .dockerd import HostContainer
from .host_state import State, changes, more_of
from .inspector import Outside
from .messages import (
    Activity,
    Changes,
    Channel,
    Compare,
    Connect,
    HelperError,
    KeepStates,
    Look,
    Looks,
    Network,
    Observe,
    Processes,
    ProtocolError,
    Request,
    RunCommand,
    Sockets,
    StateChanges,
    Terminal,
    Tool,
    Unit,
    parse,
)
from .outcome import Outcome
from .sound_states import SoundStates

Answer = tuple[dict[str, Any], bytes, list[int]]
"""What is answered, the blob, and the file descriptors passed."""

_OWN_MODULES = {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""A host's Python takes modules from its own folders alone, and writes none there."""
_MOST_HOSTS = 24
"""Hosts of which something is remembered between two connections: each takes some twenty file descriptors."""
_SCAN_TIME = 5.0
"""Seconds to look through a host's tools; it takes a millisecond where a trainee has not filled their folders."""
_ACTIVITY_TIME = 0.25
"""Seconds to look for what was changed last in a host; it takes two milliseconds where nobody has filled its disk."""


class Access:
    """Serves one access connection after another. What it learns of the hosts outlives a connection, no agent does."""

    def __init__(self) -> None:
        """Know nothing of any host yet."""
        self._agents: dict[tuple[str, str], Agent] = {}
        self._outsides: dict[tuple[str, str], Outside] = {}
        self._sound = SoundStates()
        self._own_network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def serve(self, channel: Channel) -> None:
        """Answer requests, one at a time, until the client is gone; then no process of ours is left in a host."""
        while (message := self._next(channel)) is not None:
            body, blob, fds = message
            for fd in fds:
                os.close(fd)
            try:
                answer, output, passed = self._carry_out(parse(body), blob, channel.connection.fileno())
            except HelperError as error:
                channel.send({"error": {"kind": error.kind, "message": str(error)}})
            except ProtocolError as error:
                channel.send({"error": {"kind": "bad-request", "message": str(error)}})
            except TimeoutError:
                channel.send({"error": {"kind": "timeout", "message": "the host did not answer"}})
            except (OSError, LookupError, ValueError, dockerd.DockerUnavailableError) as error:
                channel.send({"error": {"kind": "failed", "message": f"{type(error).__name__}: {error}"}})
            else:
                channel.send({"ok": answer}, output, tuple(passed))
                for fd in passed:
                    os.close(fd)
        self._rest()

    def _rest(self) -> None:
        """End the agents, and forget the hosts that have been known longest where they are many."""
        while self._agents:
            self._agents.popitem()[1].close()
        for key in list(self._outsides)[:-_MOST_HOSTS]:
            self._outsides.pop(key).close()

    def wait_for(self, said: socket.socket) -> None:
        """Wait until a socket has something to be read; meanwhile let go of hosts that end.

        Their mounts would wait for us.
        """
        while True:
            poll = select.poll()
            poll.register(said, select.POLLIN | select.POLLHUP)
            for pidfd in (*(a.pidfd for a in self._agents.values()), *(o.pidfd for o in self._outsides.values())):
                poll.register(pidfd, select.POLLIN)
            ready = {fd for fd, _ in poll.poll()}
            if said.fileno() in ready:
                return
            self._let_go(ready)

    def _next(self, channel: Channel) -> tuple[dict[str, Any], bytes, list[int]] | None:
        if not channel.pending:
            self.wait_for(channel.connection)
        return channel.receive()

    def _let_go(self, ended: set[int]) -> None:
        """Close what is in, or looks at, hosts whose first process has ended."""
        for key in [key for key, agent in self._agents.items() if agent.pidfd in ended]:
            self._agents.pop(key).close()
        for key in [key for key, outside in self._outsides.items() if outside.pidfd in ended]:
            self._outsides.pop(key).close()

    def _carry_out(self, request: Request, blob: bytes, client: int) -> Answer:
        match request:
            case RunCommand():
                return self._run(request, blob, client)
            case Terminal():
                agent = self._agent(request.instance, request.host)
                fd = agent.terminal(request.argv, request.rows, request.columns, request.environment)
                return {}, b"", [fd]
            case Connect():
                return {}, b"", [self._connect(request)]
            case Observe():
                return _answer(tool_runs.observe(request))
            case Network() | Activity() | KeepStates() | StateChanges():
                return self._of_several(request, blob)
            case Tool() | Unit() | Look() | Sockets() | Processes() | Compare() | Changes() | Looks():
                return self._look(request)
        message = f"{request.op} belongs on a control connection"
        raise ProtocolError(message)

    def _run(self, request: RunCommand, blob: bytes, client: int) -> Answer:
        """Run a command in a host; where it is to be vouched for, see before and after what its tools are."""
        outside = self._outside(request.instance, request.host) if request.vouched else None
        began = layers.now()
        changed = outside.changed_tools(time.monotonic() + _SCAN_TIME) if outside else []
        agent = self._agent(request.instance, request.host)
        environment = {**(_OWN_MODULES if request.vouched else {}), **request.environment}
        outcome = agent.run(request.argv, request.timeout, blob, environment, client=client)
        head, output, fds = _answer(outcome)
        if outside:
            head["changed"] = changed or outside.changed_tools(time.monotonic() + _SCAN_TIME, since=began)
        return head, output, fds

    def _look(self, request: Tool | Unit | Look | Sockets | Processes | Compare | Changes | Looks) -> Answer:
        """Look at a host from outside."""
        outside = self._outside(request.instance, request.host)
        deadline = time.monotonic() + request.timeout
        with outside.root() as root:
            match request:
                case Tool():
                    return _answer(tool_runs.use(request, outside.pidfd, root))
                case Unit():
                    return outside.unit(root, request, deadline), b"", []
                case Look():
                    return *root_files.look(root, request, deadline), []
                case Compare():
                    return root_files.compare(root, outside.layers(), request.paths, deadline), b"", []
                case Changes():
                    now = layers.now()
                    since = math.inf if request.since is None else request.since
                    return {"changed": outside.changed_tools(deadline, since), "now": now}, b"", []
                case _:
                    return {}, json.dumps(self._rows(outside, root, request, deadline)).encode(), []

    def _rows(self, outside: Outside, root: int, request: Sockets | Processes | Looks, deadline: float) -> object:
        """Return what fills the blob of an answer."""
        match request:
            case Sockets():
                return outside.sockets(root, self._own_network, deadline, connected=request.connected)
            case Processes():
                return outside.processes(root, request.identify, deadline)
            case Looks():
                return root_files.looks(root, request, deadline)

    def _network(self, request: Network) -> dict[str, dict[str, Any]]:
        """Return what decides where packets go, of several hosts."""
        deadline = time.monotonic() + request.timeout
        addressing = {}
        for host in request.addressing:
            try:
                addressing[host] = self._outside(request.instance, host).addressing(self._own_network, deadline)
            except HelperError as error:
                if error.kind != "unreachable":
                    raise
        forwarding = {}
        for host in (*request.forwarding, *request.beside):
            try:
                forwarding[host] = self._outside(request.instance, host).forwarding_state(
                    self._own_network, deadline, tool_runs.packet_filters
                )
            except HelperError as error:
                if error.kind != "unreachable" or host in request.forwarding:
                    raise
        return {"addressing": addressing, "forwarding": forwarding}

    def _of_several(self, request: Network | Activity | KeepStates | StateChanges, blob: bytes) -> Answer:
        """Look at several hosts."""
        match request:
            case Network():
                rows: object = self._network(request)
            case Activity():
                rows = self._activity(request)
            case KeepStates():
                self._keep_states(request, more_of(blob))
                rows = []
            case StateChanges():
                return self._state_changes(request, more_of(blob))
        return {}, json.dumps(rows).encode(), []

    def _keep_states(self, request: KeepStates, more: Mapping[str, State]) -> None:
        """Keep what state hosts are in: of all of them or, where there is trouble with one, of none."""
        deadline = time.monotonic() + request.timeout
        states = {host: self._state(request.instance, host, deadline) | more.get(host, {}) for host in request.hosts}
        kept: list[str] = []
        try:
            for host, state in states.items():
                container = self._outside(request.instance, host).container.id
                self._sound.put(container, state)
                kept.append(container)
        except (OSError, LookupError, HelperError, dockerd.DockerUnavailableError):
            for container in kept:
                self._sound.forget(container)
            raise

    def _state_changes(self, request: StateChanges, more: Mapping[str, State]) -> Answer:
        """Return in what hosts are not in the state that was kept, and of which of them none was."""
        deadline = time.monotonic() + request.timeout
        rows, missing = [], []
        for host in request.hosts:
            now = self._state(request.instance, host, deadline) | more.get(host, {})
            sound = self._sound.get(self._outside(request.instance, host).container.id)
            if sound is None:
                missing.append(host)
            else:
                rows += [(host, *change) for change in changes(sound, now)]
        return {"missing": missing}, json.dumps(rows).encode(), []

    def _state(self, instance: str, host: str, deadline: float) -> State:
        outside = self._outside(instance, host)
        with outside.root() as root:
            return outside.state(root, self._own_network, deadline, tool_runs.packet_filters)

    def _activity(self, request: Activity) -> dict[str, dict[str, dict[str, Any]]]:
        """Return who lives, and what was typed and changed last, by lab and host; trouble with one is in its row."""
        deadline = time.monotonic() + request.timeout
        wanted = {(instance, host) for instance, hosts in request.hosts.items() for host in hosts}
        known = {name for name in wanted if name in self._outsides and self._outsides[name].lives()}
        running = dockerd.find_all(wanted - known)
        return {
            instance: {
                host: self._activity_of(instance, host, running.get((instance, host)), deadline) for host in hosts
            }
            for instance, hosts in request.hosts.items()
        }

    def _activity_of(
        self, instance: str, host: str, container: HostContainer | None, deadline: float
    ) -> dict[str, Any]:
        """Return a host's row, where ``container`` is that of a host which was not known: None if it does not run."""
        if container is None and (instance, host) not in self._outsides:
            return {"runs": False}
        try:
            outside = self._outside(instance, host, container)
            return outside.activity(min(deadline, time.monotonic() + _ACTIVITY_TIME))
        except ProcessLookupError:
            return {"runs": False}
        except HelperError as error:
            return {"runs": False} if error.kind == "unreachable" else {"runs": True, "trouble": str(error)}
        except OSError as error:
            return {"runs": True, "trouble": f"{type(error).__name__}: {error}"}

    def _outside(self, instance: str, host: str, container: HostContainer | None = None) -> Outside:
        """Return the outside of a host, a new one after the host was restarted.

        Docker is asked for its container where that is not given.
        """
        outside = self._outsides.get((instance, host))
        if outside is not None:
            if outside.lives():
                return outside
            del self._outsides[instance, host]
            outside.close()
        agent = self._agents.get((instance, host))
        if agent is not None and agent.usable():
            container = agent.container
        outside = Outside(container or _running(instance, host))
        self._outsides[instance, host] = outside
        return outside

    def _agent(self, instance: str, host: str) -> Agent:
        """Return the agent in a host, a new one after the host was restarted or the agent lost."""
        agent = self._agents.get((instance, host))
        if agent is not None:
            if agent.usable():
                return agent
            del self._agents[instance, host]
            agent.close()
        outside = self._outsides.get((instance, host))
        agent = Agent(outside.container if outside is not None and outside.lives() else _running(instance, host))
        self._agents[instance, host] = agent
        return agent

    def _connect(self, request: Connect) -> int:
        agent = self._agent(request.instance, request.host)
        kernel.enter_pidfd(agent.pidfd, kernel.NEWNET)
        try:
            family = socket.AF_INET6 if ":" in request.address else socket.AF_INET
            connection = socket.socket(family, socket.SOCK_STREAM)
        finally:
            kernel.enter_fd(self._own_network)
        try:
            connection.settimeout(request.timeout)
            connection.connect((request.address, request.port))
            connection.settimeout(None)
        except OSError as error:
            connection.close()
            kind = "timeout" if isinstance(error, TimeoutError) else "failed"
            message = f"{request.address}:{request.port}: {error.strerror or error}"
            raise HelperError(kind, message) from error
        return connection.detach()


def _running(instance: str, host: str) -> HostContainer:
    container = dockerd.find(instance, host)
    if container is None:
        kind, message = "unreachable", f"{instance}/{host} does not run"
        raise HelperError(kind, message)
    return container


def _answer(outcome: Outcome) -> Answer:
    if outcome.timed_out:
        kind, message = "timeout", "the command did not end in time and was killed"
        raise HelperError(kind, message)
    head = {"status": outcome.status, "stdout": len(outcome.stdout), "truncated": outcome.truncated}
    return head, outcome.stdout + outcome.stderr, []
