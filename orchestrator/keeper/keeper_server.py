"""The keeper's door: its socket, who may come in, and what is done with their requests."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from orchestrator.keeper.held_terminal import is_master, is_plain_file
from orchestrator.keeper.held_terminals import FullError, HeldTerminals, UnknownTerminalError
from orchestrator.keeper.keeper_connection import KeeperConnection
from orchestrator.keeper.keeper_loop import KeeperLoop
from orchestrator.keeper.keeper_protocol import (
    Answer,
    AttachRequest,
    CloseRequest,
    DoneAnswer,
    EraseRequest,
    ForgetLabRequest,
    FrameError,
    KeepRequest,
    KeptAnswer,
    ListAnswer,
    ListRequest,
    RefusedAnswer,
    Request,
    SeatHead,
)

_CONNECTIONS: Final = 4096
"""Connections at a time: several viewers for each terminal. Whoever comes then is sent away."""
_WAITING: Final = 1024
"""Connections that wait to be taken: all viewers come at once when labd starts again."""
_AGAIN_SECONDS: Final = 0.5
_CREDENTIALS: Final = struct.Struct("3i")
_OPEN_TO_OTHERS: Final = 0o077


class CannotStartError(Exception):
    """The keeper cannot listen there; its text says why."""


class Keeper:
    """Serves clients from a socket that listens."""

    def __init__(self, listener: socket.socket, recordings: Path) -> None:
        """Take the socket, which stays the caller's, and the folder of recordings, which exists."""
        self._listener = listener
        self._loop = KeeperLoop()
        self._terminals = HeldTerminals(self._loop, recordings)
        self._connections: set[KeeperConnection] = set()
        self._listen()

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM; then hang all terminals up. To be called in the main thread.

        Args:
            ready: is called once SIGTERM is heard.
        """
        with _signals() as signals:
            self._loop.watch(signals.fileno(), self._loop.stop)
            ready()
            self._loop.run()
        for connection in tuple(self._connections):
            connection.close()
        self._terminals.hang_up()

    def _listen(self) -> None:
        self._loop.watch(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:
            # No descriptor is left: the socket would be ready again and again meanwhile.
            self._loop.unwatch(self._listener.fileno())
            self._loop.later(_AGAIN_SECONDS, self._listen)
            return
        if not _may_come_in(client) or len(self._connections) >= _CONNECTIONS:
            client.close()
            return
        client.setblocking(False)
        self._connections.add(KeeperConnection(client, self._loop, self._asked, self._connections.discard))

    def _asked(self, connection: KeeperConnection, request: Request) -> None:
        try:
            if isinstance(request, AttachRequest):
                connection.attach(self._terminals.find(request.id), request.after)
                return
            answer = self._answer(connection, request)
        except UnknownTerminalError:
            answer = RefusedAnswer("no-terminal")
        except FullError as error:
            answer = RefusedAnswer("too-many", str(error))
        except OSError as error:
            answer = RefusedAnswer("machine", str(error))
        connection.answer(answer)

    def _answer(self, connection: KeeperConnection, request: Request) -> Answer:
        match request:
            case KeepRequest():
                return self._keep(connection, request)
            case ListRequest():
                return ListAnswer(self._terminals.list())
            case CloseRequest(id=name):
                self._terminals.close(name)
            case ForgetLabRequest(lab=lab):
                self._terminals.forget_lab(lab)
            case EraseRequest(lab=lab):
                self._terminals.erase(lab)
            case _:
                raise FrameError("nothing is attached to this connection")
        return DoneAnswer()

    def _keep(self, connection: KeeperConnection, asked: KeepRequest) -> Answer:
        match connection.descriptors(), asked.seat:
            case (master,), None if is_master(master):
                return KeptAnswer(self._terminals.keep(master, asked.about))
            case (master, file), SeatHead() as head if is_master(master) and is_plain_file(file):
                return KeptAnswer(self._terminals.keep(master, asked.about, (file, head)))
        return RefusedAnswer("no-master")


def _may_come_in(client: socket.socket) -> bool:
    """Return whether the user at the other end is the keeper's own, or root."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(credentials)
    return user in (0, os.geteuid())


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Give a socket that listens, for as long as no other keeper may listen there.

    Raises:
        CannotStartError: another keeper is there, the folder is open to others, or the system refuses.
    """
    with contextlib.ExitStack() as ends:
        try:
            listener = _listener(path, ends)
        except OSError as error:
            raise CannotStartError(f"cannot listen at {path}: {error}") from error
        yield listener


def _listener(path: Path, ends: contextlib.ExitStack) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = path.parent.stat()
    if folder.st_uid != os.geteuid() or stat.S_IMODE(folder.st_mode) & _OPEN_TO_OTHERS:
        raise CannotStartError(f"{path.parent} must be a folder of this user alone (chmod 700 {path.parent})")
    _lock(path, ends)
    _remove_stale(path)
    listener = ends.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
    listener.bind(str(path))
    ends.callback(path.unlink, missing_ok=True)
    path.chmod(0o600)
    listener.listen(_WAITING)
    return listener


def _lock(path: Path, ends: contextlib.ExitStack) -> None:
    """Hold the lock beside a socket: of two keepers that start at once, one begins."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    ends.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStartError(f"another keeper is at {path}") from None


def _remove_stale(path: Path) -> None:
    """Remove the socket of a keeper that was killed, and nothing else."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise CannotStartError(f"{path} is there, and is no socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise CannotStartError(f"another keeper is at {path}")
        path.unlink()


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket that can be read once the keeper is to end.

    A terminal that hangs up and a Ctrl-C where it was started by hand are no reason to end the terminals of others.
    """

    def noted(_number: int, _frame: FrameType | None) -> None: ...

    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno())
        signal.signal(signal.SIGTERM, noted)
        yield reading
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends already
        signal.set_wakeup_fd(-1)


def raise_limit_of_files() -> None:
    """Let this process have as many descriptors as the system lets it: each terminal takes two, each viewer one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
