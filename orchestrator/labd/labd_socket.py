"""The Unix socket that labd listens at: one labd at a time, and nobody but its group beside its owner."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

_BACKLOG = 200


@contextlib.contextmanager
def labd_socket(path: Path, group: int | None) -> Iterator[socket.socket]:
    """Give a socket that listens at a path within the block; one that a killed labd left is replaced.

    Args:
        path: where.
        group: the number of the group that may connect besides the owner; None: no group.

    Raises:
        MachineError: a labd listens there, or the place cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o755 if group is not None else 0o700, parents=True, exist_ok=True)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(path) from None
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            _bind(listener, path, group)
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _bind(listener: socket.socket, path: Path, group: int | None) -> None:
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        os.umask(before)


def _taken(path: Path) -> MachineError:
    return MachineError(
        Text(fr=f"Un service des labs écoute déjà sur {path}.", en=f"A lab service listens at {path} already."),
        Text(fr="Arrêtez-le, ou donnez un autre --socket.", en="Stop it, or give another --socket."),
    )


def _unusable(path: Path, error: OSError) -> MachineError:
    reason = error.strerror or str(error)
    return MachineError(Text(fr=f"Impossible d'écouter sur {path} : {reason}", en=f"Cannot listen at {path}: {reason}"))
