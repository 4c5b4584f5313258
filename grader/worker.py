"""A forked worker: runs groups of checks, those of a group in their order, and tells over a pipe what happens."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import FrameType
from typing import Any

from grader.command_log import CommandLog
from grader.linux_processes import die_with_parent
from grader.load import scaled_deadline
from grader.plugin import CheckTimeoutError, GraderPlugin, Judgement, Planned, judge
from grader.report import CommandRecord
from grader.shared_looks import SharedLooks


@dataclass(frozen=True)
class Ends:
    """The worker's ends of what leads to the grading process.

    Attributes:
        orders: where the groups come from: the numbers of each in a line of JSON.
        pipe: where the messages go (JSON lines).
        output: a file for what the checks print.
        window: where it asks for what the checks share.
    """

    orders: int
    pipe: int
    output: int
    window: socket.socket


def work(plugin: GraderPlugin, checks: Mapping[int, Planned], ends: Ends, parent: int) -> None:
    """Run groups of checks in this freshly forked process, as they are ordered.

    It ends early, leaving the rest to another worker, when a check has upset the process: after a time-out a
    connection may be in the middle of an answer, and pytest cannot go on after ``pytest.exit``.

    Args:
        plugin: the grading's plugin.
        checks: each check by its number.
        ends: what leads to the grading process.
        parent: the grading process.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent(parent, signal.SIGKILL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, ends.output), (2, ends.output)):
        os.dup2(source, target)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 (the descriptor; each line at once)
    signal.signal(signal.SIGALRM, _out_of_time)
    messages = _Messages(ends.pipe)
    plugin.recorder = CommandLog(messages.command)
    plugin.shared = SharedLooks(ends.window)
    with os.fdopen(ends.orders, encoding="ascii") as groups:
        for line in groups:
            if _work_off(plugin, [(number, checks[number]) for number in json.loads(line)], messages, ends.output):
                return
    plugin.close()


def _work_off(plugin: GraderPlugin, group: Sequence[tuple[int, Planned]], messages: _Messages, output: int) -> bool:
    """Run a group's checks one after another; return whether one has upset the process."""
    for position, (number, check) in enumerate(group):
        following = group[position + 1][1].item if position + 1 < len(group) else None
        limit = _Limit(check.timeout, messages)
        messages.send({"start": number, "printed": os.fstat(output).st_size, "timeout": limit.seconds})
        started = time.monotonic()
        upset = _run(plugin, check, following, limit)
        judged = replace(
            check.result,
            outcome=plugin.judgement.outcome,
            evidence=plugin.judgement.evidence,
            seconds=round(time.monotonic() - started, 4),
        )
        messages.send({"end": judged.to_document()})
        if upset:
            return True
    return False


def _run(plugin: GraderPlugin, check: Planned, following: Any, limit: _Limit) -> bool:  # noqa: ANN401 (an item or None)
    """Run one check for as long as it may take; return whether the process is upset by it."""
    plugin.judgement = Judgement("pass")
    _time_is_over.clear()
    _limit.append(limit)
    limit.begin()
    try:
        check.item.ihook.pytest_runtest_protocol(item=check.item, nextitem=following)
    except BaseException as error:
        plugin.judgement = judge("escaped", error, check.item.path)
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _limit.clear()
    if _time_is_over and plugin.judgement.outcome != "error":  # a bare except swallowed it
        plugin.judgement = judge("call", CheckTimeoutError(limit.told), check.item.path)
    return bool(_time_is_over)


class _Limit:
    """How long a check may take: longer than it was given where the machine has become busier since it began.

    What the check waits for is stretched by the load of that moment, and must not outlast the check itself.

    Attributes:
        seconds: the limit as it is now.
    """

    def __init__(self, given: float, messages: _Messages) -> None:
        self.seconds = scaled_deadline(given)
        self._given = given
        self._messages = messages
        self._began = 0.0

    @property
    def told(self) -> str:
        return f"{round(self.seconds, 1):g}"

    def begin(self) -> None:
        """Count from now."""
        self._began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def extended(self) -> bool:
        """Return whether there is more time, now that the limit is reached; who waits for the check is told."""
        longer = scaled_deadline(self._given)
        if longer < self.seconds + _WORTH:
            return False
        self.seconds = longer
        self._messages.send({"timeout": longer})
        signal.setitimer(signal.ITIMER_REAL, max(_WORTH, self._began + longer - time.monotonic()))
        return True


_WORTH = 0.1
"""Seconds by which a limit is extended at least."""
_limit: list[_Limit] = []
_time_is_over: list[bool] = []


def _out_of_time(_number: int, _frame: FrameType | None) -> None:
    if _limit and _limit[0].extended():
        return
    _time_is_over.append(True)
    if _limit:
        raise CheckTimeoutError(_limit[0].told)


class _Messages:
    """Writes whole lines, of one thread after another; the alarm waits, so that none is cut in the middle."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._pipe, line) :]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def command(self, record: CommandRecord) -> None:
        self.send({"command": asdict(record)})
