"""Running commands inside a host with no more rights than the host's own root has.

One agent process per host and connection: it joins the host's cgroups and namespaces and takes its seccomp filter
once, gives up every capability that the host's root does not have, then spawns each command. It stays outside the
host's PID namespace, where a trainee could trace it; its children are inside. The AppArmor profile of the host waits
for the child's exec. A child shares the agent's memory until then (vfork(2): the copy of a page table for each command
took longer than many a command); nobody can trace it in that moment, because that memory is not dumpable.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import termios
import time
from dataclasses import dataclass
from typing import Any, NoReturn

import seccomp

from . import cgroups, kernel
from .dockerd import HostContainer
from .protocol import MAX_BLOB, MAX_OUTPUT, HelperError

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
}

_FORBIDDEN_CALLS = (
    "mount",
    "umount2",
    "pivot_root",
    "setns",
    "unshare",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "bpf",
    "perf_event_open",
    "open_by_handle_at",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "swapon",
    "swapoff",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "open_tree",
    "io_uring_setup",
    "mount_setattr",
    "acct",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "iopl",
    "ioperm",
    "quotactl",
    "syslog",
)
"""What Docker's default seccomp profile refuses without CAP_SYS_ADMIN and its like."""

_ORDINARY_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores and a command must not."""
_HEAD = struct.Struct("!II")
_LAST_WORDS = 0.5
"""Seconds that an agent gets to kill its command."""
_GRACE = 2.0
"""Seconds that an agent gets beyond a command's time-out before it is killed itself (a host may freeze it)."""


class ClientGoneError(Exception):
    """The client hung up while its command ran."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended; ``timed_out`` commands were killed."""

    status: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    timed_out: bool


def _end(agent: int) -> None:
    """End an agent: asked, it kills its command first; one that does not (a host may freeze it) is killed."""
    ended = select.poll()
    pidfd = os.pidfd_open(agent)
    try:
        ended.register(pidfd, select.POLLIN)
        os.kill(agent, signal.SIGTERM)
        if not ended.poll(_LAST_WORDS * 1000):
            os.kill(agent, signal.SIGKILL)
    finally:
        os.close(pidfd)
    os.waitpid(agent, 0)


def _seccomp() -> None:
    """Load a filter that all children inherit."""
    filter_ = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    for call in _FORBIDDEN_CALLS:
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), call)
    for namespace in (
        kernel.NEWNS, kernel.NEWCGROUP, kernel.NEWUTS, kernel.NEWIPC, kernel.NEWPID, kernel.NEWNET, kernel.NEWUSER
    ):  # fmt: skip
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, namespace, namespace))
    filter_.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    filter_.set_attr(seccomp.Attr.CTL_NNP, 0)  # sudo must go on working in a host
    filter_.load()


def _profile_of(pid: int) -> str | None:
    """Return a process's AppArmor profile, or None where it is not confined."""
    try:
        with open(f"/proc/{pid}/attr/apparmor/current") as current:
            profile = current.read().strip("\0\n").rsplit(" (", 1)[0]
    except OSError:
        return None
    return None if profile == "unconfined" else profile


def _take_profile_at_exec(profile: str) -> None:
    """Have whatever this process's children execute be confined by an AppArmor profile (they inherit the request)."""
    with open("/proc/self/attr/apparmor/exec", "w") as attribute:
        attribute.write(f"exec {profile}")


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
            _serve(container, theirs)
        theirs.close()
        self._socket = ours
        ours.settimeout(30)
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
            self._socket.sendall(_HEAD.pack(len(text), len(stdin)) + text + stdin)
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


def _serve(container: HostContainer, connection: socket.socket) -> NoReturn:
    """Be the agent until the helper's end of the connection closes."""
    try:
        keep = connection.fileno()
        os.closerange(3, keep)
        os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        kernel.die_with_parent(signal.SIGTERM)
        kernel.not_dumpable()
        mask, profile = kernel.bounding_set(container.pid), _profile_of(container.pid)
        cgroups.join(container.pid, container.id)
        if profile:
            _take_profile_at_exec(profile)
        kernel.enter(container.pid, kernel.NAMESPACES)
        _seccomp()
        kernel.limit_capabilities(mask)
    except BaseException as error:  # whatever it was, the helper must hear it
        _answer(connection, repr(error).encode())
        os._exit(1)
    _answer(connection, b"ready")
    try:
        while True:
            text_size, input_size = _HEAD.unpack(connection.recv(_HEAD.size, socket.MSG_WAITALL))
            request = json.loads(connection.recv(text_size, socket.MSG_WAITALL))
            stdin = connection.recv(input_size, socket.MSG_WAITALL) if input_size else b""
            if "rows" in request:
                _terminal(request, connection)
            else:
                outcome = _run(request, stdin)
                head = {
                    "status": outcome.status,
                    "stdout": len(outcome.stdout),
                    "truncated": outcome.truncated,
                    "timed_out": outcome.timed_out,
                }
                _answer(connection, json.dumps(head).encode())
                _answer(connection, outcome.stdout + outcome.stderr)
    finally:
        os._exit(0)


def _answer(connection: socket.socket, data: bytes) -> None:
    connection.sendall(len(data).to_bytes(4, "big") + data)


def _run(request: dict[str, Any], stdin: bytes) -> Outcome:
    """Run a command and collect what it prints."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # no end between the command's start and its entry here
    try:
        child = _spawn(request, (in_read, out_write, err_write))
    except OSError as error:
        for fd in (in_write, out_read, err_read):
            os.close(fd)
        return _not_executed(request["argv"][0], error)
    else:
        signal.signal(signal.SIGTERM, lambda *_: _end_with(child))
    finally:
        for fd in (in_read, out_write, err_write):
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        return collect(child, in_write, out_read, err_read, stdin, request["timeout"])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _spawn(request: dict[str, Any], standard: tuple[int, int, int]) -> int:
    """Start a command in a session of its own and return its process id.

    Raises:
        OSError: it cannot be executed.
    """
    environment = ENVIRONMENT | request["environment"]
    os.chdir(_directory())
    return os.posix_spawn(
        _found(request["argv"][0], environment["PATH"]),
        request["argv"],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(standard)],
        setsid=True,
        setsigmask=(),
        setsigdef=_ORDINARY_SIGNALS,
    )


def _directory() -> str:
    return "/root" if os.path.isdir("/root") else "/"


def _found(command: str, path: str) -> str:
    """Return the path of a command as execvp(3) would find it; one that is nowhere comes back as it is."""
    if "/" in command:
        return command
    places = (f"{folder or '.'}/{command}" for folder in path.split(":"))
    existing = [place for place in places if os.path.isfile(place)]
    return next((place for place in existing if os.access(place, os.X_OK)), existing[0] if existing else f"/{command}")


def _not_executed(command: str, error: OSError) -> Outcome:
    """Return what a shell says of a command that does not exist (127) or cannot be executed (126)."""
    missing = isinstance(error, FileNotFoundError)
    told = f"{command}: {'command not found' if missing else error.strerror}\n"
    return Outcome(127 if missing else 126, b"", told.encode(), truncated=False, timed_out=False)


def _end_with(child: int) -> NoReturn:
    """End this agent and the command that it runs."""
    _kill(child)
    os._exit(0)


def _kill(child: int) -> None:
    """Kill a command with all that is still in its process group."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError):
            kill(child, signal.SIGKILL)


def _terminal(request: dict[str, Any], connection: socket.socket) -> None:
    """Start a command on a new terminal and send the master to the helper.

    The command is forked twice, so that the host's systemd inherits and reaps it: a dead child of ours that
    nobody collects would keep the kernel from ending the host's PID namespace, and Docker from stopping it.
    """
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", request["rows"], request["columns"], 0, 0))
    between = os.fork()
    if between == 0:
        if os.fork():
            os._exit(0)
        _take_terminal(slave, request)
    os.waitpid(between, 0)
    os.close(slave)
    socket.send_fds(connection, [b"t"], [master])
    os.close(master)


def _take_terminal(slave: int, request: dict[str, Any]) -> NoReturn:
    """Become the command. Only async-signal-safe simple steps: this is a forked child."""
    argv, environment = request["argv"], ENVIRONMENT | request["environment"]
    try:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for target in range(3):
            os.dup2(slave, target)
        os.chdir(_directory())
        for number in _ORDINARY_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.execve(_found(argv[0], environment["PATH"]), argv, environment)
    except OSError as error:
        refused = _not_executed(argv[0], error)
        os.write(2, refused.stderr)
        os._exit(refused.status)
    finally:
        os._exit(125)


def collect(child: int, in_write: int, out_read: int, err_read: int, stdin: bytes, timeout: float) -> Outcome:  # noqa: C901 - one loop over four file descriptors reads best in one place
    """Feed and read a command until its own process ends (what it left in the background may hold the pipes)."""
    deadline = time.monotonic() + timeout
    pidfd = os.pidfd_open(child)
    output = _Output(out_read, err_read)
    poll = select.poll()
    for fd in (pidfd, out_read, err_read):
        poll.register(fd, select.POLLIN)
    pending, ended, timed_out = memoryview(stdin), False, False
    os.set_blocking(in_write, False)
    if stdin:
        poll.register(in_write, select.POLLOUT)
    else:
        os.close(in_write)
    while not ended and not timed_out:
        left = deadline - time.monotonic()
        timed_out = left <= 0
        for fd, _ in poll.poll(max(0.0, left) * 1000):
            if fd == pidfd:
                ended = True
            elif fd == in_write:
                pending = _feed(in_write, pending)
                if not pending:
                    poll.unregister(in_write)
                    os.close(in_write)
            elif not output.read(fd):
                poll.unregister(fd)
    if not ended:
        _kill(child)
    _, status = os.waitpid(child, 0)
    output.finish()
    if pending:
        os.close(in_write)
    os.close(pidfd)
    return Outcome(
        os.waitstatus_to_exitcode(status), bytes(output.of[out_read]), bytes(output.of[err_read]),
        output.truncated, not ended,
    )  # fmt: skip


def _feed(fd: int, pending: memoryview) -> memoryview:
    try:
        return pending[os.write(fd, pending) :]
    except BrokenPipeError:
        return pending[:0]


class _Output:
    """What a command has printed so far, bounded."""

    def __init__(self, *fds: int) -> None:
        self.of = {fd: bytearray() for fd in fds}
        self.truncated = False
        for fd in fds:
            os.set_blocking(fd, False)

    def read(self, fd: int) -> bool:
        """Read once; return whether more may come."""
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return True
        room = max(0, MAX_OUTPUT - sum(map(len, self.of.values())))
        self.of[fd] += data[:room]
        self.truncated |= len(data) > room
        return bool(data)

    def finish(self) -> None:
        """Read what the pipes still hold (at most what a pipe can hold) and close them."""
        for fd in self.of:
            for _ in range(32):
                before = len(self.of[fd])
                if not self.read(fd) or len(self.of[fd]) == before:
                    break
            os.close(fd)
