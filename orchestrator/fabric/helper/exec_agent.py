"""The agent's own side: a process in a host that spawns commands with no more rights than the host's root has.

It stays outside the host's PID namespace, where a trainee could trace it; its children are inside. The AppArmor profile
of the host waits for the child's exec. A child shares the agent's memory until then (vfork(2): the copy of a page
table for each command took longer than many a command); nobody can trace it in that moment, because that memory is
not dumpable.
"""

from __future__ import annotations

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
from typing import Any, NoReturn

from . import cgroups, confinement, hosts, kernel, namespaces
from .dockerd import HostContainer
from .outcome import Outcome, collect, kill

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
}

_NO_HISTORY = {"VTYSH_HISTFILE": "/dev/null"}
"""What keeps a command without a terminal out of the histories in which a technician looks for what others typed: FRR's
shell notes what it is given as an argument too."""
_ORDINARY_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores and a command must not."""
HEAD = struct.Struct("!II")
"""The lengths of a request and of its input."""


def serve(container: HostContainer, connection: socket.socket, pidfd: int) -> NoReturn:
    """Be the agent until the helper's end of the connection closes.

    Args:
        container: the host.
        connection: to the helper.
        pidfd: holds the host's first process.
    """
    try:
        low, high = sorted((connection.fileno(), pidfd))
        for first, end in ((3, low), (low + 1, high), (high + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])):
            os.closerange(first, end)
        _let_go_of_the_helpers_output()
        kernel.die_with_parent(signal.SIGTERM)
        kernel.not_dumpable()
        if not hosts.has_booted(container.pid):  # it begins in other namespaces, and with other rights, than it keeps
            namespaces.require_confined(container.pid, namespaces.capabilities_of(container.wiring))
        mask, profile = kernel.bounding_set(container.pid), confinement.profile_of(container.pid)
        cgroups.join(container.pid, container.id)
        if profile:
            confinement.take_profile_at_exec(profile)
        kernel.enter_pidfd(pidfd, kernel.NAMESPACES | (kernel.NEWUSER if namespaces.has_entered(container.pid) else 0))
        _require_alive(pidfd)  # so all that was asked of its number was asked of it
        os.close(pidfd)
        confinement.filter_calls()
        kernel.limit_capabilities(mask)
    except BaseException as error:  # whatever it was, the helper must hear it
        _answer(connection, repr(error).encode())
        os._exit(1)
    _answer(connection, b"ready")
    try:
        while True:
            text_size, input_size = HEAD.unpack(connection.recv(HEAD.size, socket.MSG_WAITALL))
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


def _let_go_of_the_helpers_output() -> None:
    """Hold nothing that Docker waits for when the helper ends: an agent in a frozen host cannot end before it thaws."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.close(nothing)


def _require_alive(pidfd: int) -> None:
    ended = select.poll()
    ended.register(pidfd, select.POLLIN)
    if ended.poll(0):
        raise ProcessLookupError(errno.ESRCH, "the host has ended")


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
    environment = ENVIRONMENT | _NO_HISTORY | request["environment"]
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
    kill(child)
    os._exit(0)


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
