"""The process that gradings are forked from: it has imported pytest and all that a grading needs, and waits.

The imports take longer than twenty checks. A program that grades more than once pays for them once, and one that
knows early that it will grade has them done while it does other things. Each grading is a fork of its own: check files
are imported afresh in it, and whatever it breaks ends with it.

The program asks over a socket (``SOCK_SEQPACKET``): one message per grading, with the name of its fabric and four file
descriptors: the job, the events, the log, and a stream (``b"t"`` and ``b"k"`` ask for an end; the exit status comes
back as text). When the program is gone, so are its gradings and this process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from grader.grading_run import grade
from grader.job import GradeRequest
from grader.linux_processes import die_with_parent

_MOST_BYTES = 4096
_FILES = 4
_NUMBERS = {b"t": signal.SIGTERM, b"k": signal.SIGKILL}


@dataclass(frozen=True)
class _Grading:
    """A grading that runs: its process, and the stream to the program that asked for it."""

    pid: int
    pidfd: int
    stream: socket.socket


def main(arguments: Sequence[str]) -> None:
    """Fork a grading for each request until the program is gone.

    Args:
        arguments: the file descriptor of the socket.
    """
    control = socket.socket(fileno=int(arguments[0]))
    control.set_inheritable(False)
    _Server(control).serve()


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._gradings: dict[int, _Grading] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    name, fds, _, _ = socket.recv_fds(self._control, _MOST_BYTES, _FILES)
                    if not name:
                        return  # and the kernel ends the gradings (die_with_parent)
                    self._begin(name.decode(), fds)
                elif (grading := self._gradings.get(key.data)) is None:
                    continue  # it ended earlier in this round
                elif key.fd == grading.pidfd:
                    self._bury(grading)
                else:
                    self._obey(grading)

    def _begin(self, fabric: str, fds: Sequence[int]) -> None:
        for fd in fds:
            os.set_inheritable(fd, False)
        job, events, log, stream_fd = fds
        with contextlib.suppress(ImportError):  # the grading says so better
            importlib.import_module(fabric.partition(":")[0])
        stream, parent = socket.socket(fileno=stream_fd), os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # no end between the fork and its entry here
        pid = os.fork()
        if pid == 0:
            _become_grading(job, events, log, parent, [self._control, stream, *(g.stream for g in self._running())])
        grading = _Grading(pid, os.pidfd_open(pid), stream)
        self._gradings[pid] = grading
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        for fd in (job, events, log):
            os.close(fd)
        self._selector.register(grading.pidfd, selectors.EVENT_READ, pid)
        self._selector.register(stream, selectors.EVENT_READ, pid)

    def _running(self) -> list[_Grading]:
        return list(self._gradings.values())

    def _obey(self, grading: _Grading) -> None:
        """Send a grading what the program asks; a program that hung up wants no more of it."""
        try:
            asked = grading.stream.recv(1)
        except ConnectionResetError:
            asked = b""
        if not asked:
            self._selector.unregister(grading.stream)
        signal.pidfd_send_signal(grading.pidfd, _NUMBERS.get(asked, signal.SIGTERM))

    def _bury(self, grading: _Grading) -> None:
        _, status = os.waitpid(grading.pid, 0)
        del self._gradings[grading.pid]
        self._selector.unregister(grading.pidfd)
        os.close(grading.pidfd)
        with contextlib.suppress(KeyError):
            self._selector.unregister(grading.stream)
        with contextlib.suppress(OSError), grading.stream:  # nobody may wait for it any more
            grading.stream.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _become_grading(job: int, events: int, log: int, parent: int, foreign: Sequence[socket.socket]) -> NoReturn:
    """Grade in this freshly forked process, in a session of its own, and end it."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        die_with_parent(parent, signal.SIGTERM)
        for end in foreign:
            end.close()
        for target in (1, 2):
            os.dup2(log, target)
        os.close(log)
        with os.fdopen(job, "rb") as text:
            request = GradeRequest.from_json(text.read().decode())
        grade(request, events)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
