"""Running commands inside a host with no more rights than the host's own root has, as the helper sees it.

One agent process per host and connection (``exec_agent.py``): it joins the host's cgroups and namespaces and takes its
seccomp filter once, gives up every capability that the host's root does not have, then spawns each command.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from typing import Any

from .dockerd import HostContainer
from .exec_agent import HEAD, serve
from .messages import MAX_BLOB, HelperError
from .outcome import Outcome

_LAST_WORDS = 0.5
"""Seconds that an agent gets to kill its command."""
_ENTRY = 6.0
"""Seconds that an agent gets to enter the host, mostly milliseconds: whoever joins a frozen host is frozen as well."""
_GRACE = 2.0
"""Seconds that an agent gets beyond a command's time-out before it is killed itself (a host may freeze it)."""


class ClientGoneError(Exception):
    """The client hung up while its command ran."""


def _end(agent: int) -> None:
    """End an agent: asked, it kills its command first; one that does not (a host may freeze it) is killed."""
    ended = select.poll()
    pidfd = os.pidfd_open(agent)
    try:
        ended.register(pidfd, select.POLLIN)
        os.kill(agent, signal.SIGTERM)
        if not ended.poll(_LAST_WORDS * 1000):
            os.kill(agent, signal.SIGKILL)
            ended.poll(_LAST_WORDS * 1000)
    finally:
        os.close(pidfd)
    os.waitpid(agent, os.WNOHANG)  # a frozen one cannot even be killed before it is thawed: nobody waits for it


class Agent:
    """An agent in one host, seen from the helper."""

    def __init__(self, container: HostContainer) -> None:
        """Start the agent.

        Raises:
            HelperError: the host's cgroups or namespaces could not be joined.
        """
        self.container = container
        self._closed = False
        self.pidfd = os.pidfd_open(container.pid)
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            serve(container, theirs, self.pidfd)
        theirs.close()
        self._socket = ours
        ours.settimeout(_ENTRY)
        try:
            verdict = self._receive()
        except (HelperError, TimeoutError) as error:
            verdict = str(error).encode()
        if verdict != b"ready":
            self.close()
            message = f"cannot enter the host: {verdict.decode(errors='replace')}"
            raise HelperError("unreachable", message)

    def usable(self) -> bool:
        """Return whether the agent lives and the host's first process is still the one that was entered."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        poll.register(self._socket, select.POLLIN | select.POLLHUP)  # it speaks only when it is asked
        return not self._closed and not poll.poll(0)

    def run(
        self, argv: list[str], timeout: float, stdin: bytes, environment: dict[str, str], *, client: int
    ) -> Outcome:
        """Run a command to its end, or to the end of the client's connection.

        Raises:
            HelperError: the agent was lost: the host froze or killed it.
            ClientGoneError: the client hung up; the command was killed.
        """
        self._send({"argv": argv, "timeout": timeout, "environment": environment}, stdin)
        self._socket.settimeout(_GRACE)
        try:
            self._wait(timeout + _GRACE, client)
            head = json.loads(self._receive())
            output = self._receive()
        except TimeoutError:
            self.close()
            kind, message = "timeout", "the host did not let the command end"
            raise HelperError(kind, message) from None
        split = head["stdout"]
        return Outcome(head["status"], output[:split], output[split:], head["truncated"], head["timed_out"])

    def terminal(self, argv: list[str], rows: int, columns: int, environment: dict[str, str]) -> int:
        """Start a command on a new terminal and return the master's file descriptor."""
        self._send({"argv": argv, "rows": rows, "columns": columns, "environment": environment}, b"")
        self._socket.settimeout(10)
        data, fds, _, _ = socket.recv_fds(self._socket, 1, 1)
        if not data or not fds:
            kind, message = "unreachable", "no terminal could be opened in the host"
            raise HelperError(kind, message)
        return fds[0]

    def close(self) -> None:
        """End the agent with what it is running; closing twice is no error."""
        if self._closed:
            return
        self._closed = True
        self._socket.close()
        os.close(self.pidfd)
        _end(self.pid)

    def _wait(self, timeout: float, client: int) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(client, select.POLLRDHUP)
        ready = poll.poll(timeout * 1000)
        if not ready:
            raise TimeoutError
        if all(fd == client for fd, _ in ready):
            self.close()
            raise ClientGoneError

    def _send(self, request: dict[str, Any], stdin: bytes) -> None:
        text = json.dumps(request).encode()
        try:
            self._socket.sendall(HEAD.pack(len(text), len(stdin)) + text + stdin)
        except OSError as error:
            raise HelperError("unreachable", str(error)) from error

    def _receive(self) -> bytes:
        size = int.from_bytes(self._exactly(4), "big")
        if size > MAX_BLOB:
            kind, message = "unreachable", "the agent sent nonsense"
            raise HelperError(kind, message)
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        buffer = bytearray()
        while len(buffer) < size:
            piece = self._socket.recv(min(size - len(buffer), 1 << 20))
            if not piece:
                kind, message = "unreachable", "the command's supervisor was killed in the host"
                raise HelperError(kind, message)
            buffer += piece
        return bytes(buffer)
