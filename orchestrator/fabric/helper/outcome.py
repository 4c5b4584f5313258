"""Following a command to its end: what it prints, bounded, and its status."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass

from .messages import MAX_OUTPUT


@dataclass(frozen=True)
class Outcome:
    """How a command ended; ``timed_out`` commands were killed."""

    status: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    timed_out: bool


def kill(child: int) -> None:
    """Kill a command with all that is still in its process group."""
    for send in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError):
            send(child, signal.SIGKILL)


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
        kill(child)
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
