"""Asking a host's systemd about its units, over its own socket (``/run/systemd/private``), from outside.

systemd itself serves that socket: no bus daemon and no tool of the host's is between. A trainee is root in the host,
so it is made sure that every byte of an answer was sent by the host's first process (the kernel says by whom), that it
alone holds the other end of the connection and what listens at that path, that this is the image's systemd with the
image's libraries, and that nobody traces it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time
from typing import Any

from . import kernel, processes, sockets
from .dbus import BusConnection, DBusError, MethodCall
from .dockerd import HostContainer
from .layers import Layers
from .messages import HelperError

SOCKET = "/run/systemd/private"
_MANAGER = "/org/freedesktop/systemd1"
_NAME = "org.freedesktop.systemd1"
_NO_UNIT_FILE = frozenset({f"{_NAME}.NoSuchUnit", "org.freedesktop.DBus.Error.FileNotFound"})
_FORKED = 2.0
"""Seconds that one of systemd's own children may hold its sockets: it does from its fork to its exec."""
_LOOK = 0.01
"""Seconds between two looks at such a child."""
_CREDENTIALS = struct.Struct("3i")


class Systemd:
    """The systemd of one host; one connection serves several questions."""

    def __init__(self, container: HostContainer, pidfd: int, root: int, layers: Layers | None, deadline: float) -> None:
        """Connect.

        Args:
            container: the host.
            pidfd: holds its first process.
            root: its root.
            layers: what tells its image's files, or None.
            deadline: of ``time.monotonic``.

        Raises:
            HelperError: nobody answers, or somebody else than the host's systemd.
        """
        self._pid = container.pid
        self._pidfd = pidfd
        self._layers = layers
        self._socket, self._place = _connect(container, root, deadline)
        try:
            self._connection = BusConnection(self._socket, deadline, speaker=container.pid)
        except DBusError as error:
            self._socket.close()
            raise HelperError("failed", f"the host's systemd: {error}") from error
        except TimeoutError:
            self._socket.close()
            raise

    def unit(self, root: int, name: str, properties: list[str], deadline: float) -> dict[str, Any]:
        """Return a unit's properties, and as ``file_state`` what ``systemctl is-enabled`` would say.

        Raises:
            HelperError: what was said cannot be relied upon, or nothing was said in time.
        """
        patience = min(deadline, time.monotonic() + _FORKED)
        before = self._problem(root, deadline, patience)
        answer = self._ask(name, properties, deadline)
        problem = before or self._problem(root, deadline, patience)
        if problem is not None:
            raise HelperError("failed", problem)
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, name: str, properties: list[str], deadline: float) -> dict[str, Any]:
        place = f"{_MANAGER}/unit/{_escaped(name)}"
        words = [property_.partition(".") for property_ in properties]
        calls = [MethodCall(_MANAGER, f"{_NAME}.Manager", "GetUnitFileState", (name,))]
        interface = "org.freedesktop.DBus.Properties"
        calls += [MethodCall(place, interface, "Get", (f"{_NAME}.{kind}", member)) for kind, _, member in words]
        if not properties:
            calls.append(MethodCall(place, interface, "GetAll", ("",)))
        try:
            state, *values = self._connection.ask(calls, deadline)
        except DBusError as error:
            raise HelperError("failed", f"the host's systemd: {error}") from error
        if isinstance(state, DBusError):
            if state.name not in _NO_UNIT_FILE:
                raise HelperError("failed", f"{name}: {state}")
            state = [""]
        for value in values:
            if isinstance(value, DBusError):
                raise HelperError("failed", f"{name}: {value}")
        known = values[0][0] if not properties else {w[2]: v[0] for w, v in zip(words, values, strict=True)}
        return {"file_state": state[0], "properties": known}

    def _problem(self, root: int, deadline: float, patience: float) -> str | None:
        """Return why what was said cannot be relied upon, or None; wait for systemd's children until ``patience``."""
        with processes.Table(root, self._pid) as table:
            foreign = table.foreign(1, self._layers, deadline)
            if foreign:
                return f"the host's first process is not its image's systemd: {', '.join(foreign)}"
            if table.traced(1):
                return "the host's systemd is being traced"
            return self._problem_of_holders(table, deadline, patience)

    def _problem_of_holders(self, table: processes.Table, deadline: float, patience: float) -> str | None:
        """Return whether somebody else than systemd has a hand in the connection: its end, or what it arrived at."""
        peer = sockets.peer_of(self._socket, deadline)
        if peer is None:  # this kernel lists no Unix sockets: who sent what it said has to do
            return None
        own_network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            listening = sockets.listening_at(self._place, self._pidfd, own_network, deadline)
        finally:
            os.close(own_network)
        while True:
            holders = table.holders({peer, *listening}, deadline)
            others = set[int]().union(*holders.values()) - {1}
            if not others:
                break
            if time.monotonic() >= patience or any(table.parent(other) > 1 for other in others):
                return f"another process ({min(others)}) answers at {SOCKET}"
            time.sleep(_LOOK)
        if not listening or not all(holders.values()):
            return f"the host's systemd holds no socket that listens at {SOCKET}"
        return None


def _connect(container: HostContainer, root: int, deadline: float) -> tuple[socket.socket, os.stat_result]:
    """Return a socket connected to the host's first process, and the file by which."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        place = kernel.open_in_root(root, SOCKET, os.O_PATH | os.O_NOFOLLOW)
        try:
            there = os.fstat(place)
            _connect_from_inside(connection, place, container, deadline)
        finally:
            os.close(place)
        _require_first_process(connection, container)
    except (OSError, HelperError) as error:
        connection.close()
        if isinstance(error, HelperError | TimeoutError):
            raise
        raise HelperError("failed", f"the host's systemd cannot be asked: {SOCKET}: {error.strerror}") from error
    return connection, there


def _require_first_process(connection: socket.socket, container: HostContainer) -> None:
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    if _CREDENTIALS.unpack(data)[0] != container.pid:
        raise HelperError("failed", f"another process than the host's systemd listens at {SOCKET}")


def _connect_from_inside(connection: socket.socket, place: int, container: HostContainer, deadline: float) -> None:
    """Have a child in the host's PID namespace connect: systemd speaks to nobody whose process it cannot see.

    The child does nothing else, and has all rights: a trainee can end or stop it, and trace it no more than this one.
    """
    left = max(0.0, deadline - time.monotonic())
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.enter(container.pid, kernel.NEWPID)
        try:
            child = os.fork()
            if child == 0:
                _be_the_child(connection, place, left)
        finally:
            kernel.enter_fd(own)
    finally:
        os.close(own)
    pidfd = os.pidfd_open(child)
    try:
        ended = select.poll()
        ended.register(pidfd, select.POLLIN)
        if not ended.poll(left * 1000):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.waitpid(child, 0)
            raise TimeoutError
    finally:
        os.close(pidfd)
    _, status = os.waitpid(child, 0)
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise OSError(code, os.strerror(code) if code > 0 else "what connects was killed in the host")


def _be_the_child(connection: socket.socket, place: int, left: float) -> None:
    code = 255
    try:
        kernel.die_with_parent()
        connection.settimeout(left)
        connection.connect(f"/proc/self/fd/{place}")
        code = 0
    except OSError as error:
        code = error.errno or code
    finally:
        os._exit(code)


def _escaped(name: str) -> str:
    """Return a unit's name as a part of an object's path (sd_bus_path_encode(3))."""
    return "".join(
        c if c.isascii() and (c.isalpha() or (c.isdigit() and i)) else "".join(f"_{b:02x}" for b in c.encode())
        for i, c in enumerate(name)
    )
