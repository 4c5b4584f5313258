"""One client's access connection: commands, terminals, sockets and observers, in a process of its own.

A process per connection keeps one client's trouble from the others, and lets namespaces be entered safely.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
from typing import Any

from . import dockerd, kernel
from .agent import ENVIRONMENT, Agent, Outcome, collect
from .dockerd import HostContainer
from .protocol import Channel, Connect, HelperError, Observe, ProtocolError, Request, Run, Terminal, parse

_NOBODY = 65534


class Access:
    """Serves one access connection until it closes."""

    def __init__(self, channel: Channel) -> None:
        """Serve ``channel``."""
        self._channel = channel
        self._agents: dict[tuple[str, str], Agent] = {}
        self._own_network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def serve(self) -> None:
        """Answer requests, one at a time, until the client is gone."""
        while (message := self._channel.receive()) is not None:
            body, blob, fds = message
            for fd in fds:
                os.close(fd)
            try:
                answer, output, passed = self._carry_out(parse(body), blob)
            except HelperError as error:
                self._channel.send({"error": {"kind": error.kind, "message": str(error)}})
            except ProtocolError as error:
                self._channel.send({"error": {"kind": "bad-request", "message": str(error)}})
            except (OSError, LookupError, ValueError, dockerd.DockerUnavailableError) as error:
                self._channel.send({"error": {"kind": "failed", "message": f"{type(error).__name__}: {error}"}})
            else:
                self._channel.send({"ok": answer}, output, tuple(passed))
                for fd in passed:
                    os.close(fd)

    def _carry_out(self, request: Request, blob: bytes) -> tuple[dict[str, Any], bytes, list[int]]:
        match request:
            case Run():
                agent = self._agent(request.instance, request.host)
                client = self._channel.connection.fileno()
                outcome = agent.run(request.argv, request.timeout, blob, request.environment, client=client)
                return _answer(outcome)
            case Terminal():
                agent = self._agent(request.instance, request.host)
                fd = agent.terminal(request.argv, request.rows, request.columns, request.environment)
                return {}, b"", [fd]
            case Connect():
                return {}, b"", [self._connect(request)]
            case Observe():
                return _answer(self._observe(request))
        message = f"{request.op} belongs on a control connection"
        raise ProtocolError(message)

    def _agent(self, instance: str, host: str) -> Agent:
        """Return the agent in a host, a new one after the host was restarted or the agent lost."""
        agent = self._agents.get((instance, host))
        if agent is not None:
            if agent.usable():
                return agent
            del self._agents[instance, host]
            agent.close()
        agent = Agent(_running(instance, host))
        self._agents[instance, host] = agent
        return agent

    def _connect(self, request: Connect) -> int:
        agent = self._agent(request.instance, request.host)
        kernel.enter_pidfd(agent.pidfd, kernel.NEWNET)
        try:
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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

    def _observe(self, request: Observe) -> Outcome:
        """Run a tool in a fresh network namespace that is plugged into a segment, as an unprivileged user."""
        from .links import Links, configure_station  # noqa: PLC0415 - already there where observers are served

        unshared_read, unshared_write = os.pipe()
        wired_read, wired_write = os.pipe()
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                kernel.die_with_parent()
                kernel.unshare(kernel.NEWNET)
                os.write(unshared_write, b"1")
                os.close(wired_write)
                if not os.read(wired_read, 1):
                    os._exit(125)
                configure_station(request.address, request.gateway)
                for target, source in enumerate((in_read, out_write, err_write)):
                    os.dup2(source, target)
                _become_observer(request.argv)
            except OSError as error:
                os.write(2, f"{request.argv[0]}: {error.strerror}\n".encode())
                os._exit(127 if isinstance(error, FileNotFoundError) else 126)
            finally:
                os._exit(125)
        for fd in (unshared_write, wired_read, in_read, out_write, err_write):
            os.close(fd)
        with contextlib.closing(Links()) as links:
            try:
                os.read(unshared_read, 1)
                links.station(request.instance, request.segment, child, f"o{child}", request.address)
                os.write(wired_write, b"1")
            finally:
                os.close(unshared_read)
                os.close(wired_write)
                outcome = collect(child, in_write, out_read, err_read, b"", request.timeout)
                links.remove(f"o{child}")  # at once: the kernel takes its time to end a network namespace
        if outcome.timed_out:
            kind, message = "timeout", f"{request.argv[0]} did not end"
            raise HelperError(kind, message)
        return outcome


def _running(instance: str, host: str) -> HostContainer:
    container = dockerd.find(instance, host)
    if container is None:
        kind, message = "unreachable", f"{instance}/{host} does not run"
        raise HelperError(kind, message)
    return container


def _answer(outcome: Outcome) -> tuple[dict[str, Any], bytes, list[int]]:
    if outcome.timed_out:
        kind, message = "timeout", "the command did not end in time and was killed"
        raise HelperError(kind, message)
    head = {"status": outcome.status, "stdout": len(outcome.stdout), "truncated": outcome.truncated}
    return head, outcome.stdout + outcome.stderr, []


def _become_observer(argv: list[str]) -> None:
    """Give up every right but to send pings, then execute the tool."""
    with open("/proc/sys/net/ipv4/ping_group_range", "w") as pings:
        pings.write(f"{_NOBODY} {_NOBODY}")
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.chdir("/")
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    kernel.no_new_privileges()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvpe(argv[0], argv, {"PATH": ENVIRONMENT["PATH"], "LANG": "C.UTF-8", "HOME": "/"})
