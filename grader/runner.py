"""Grades an instance in a process of its own, and gives back the report.

Checks never run in the command line's or the portal's process: they are imported afresh for each grading,
may die without harm, and end with it. The process is forked from one that has everything imported: see
``grader.forkserver``.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from grader.command_log import trim
from grader.job import GradeRequest
from grader.report import CheckResult, Report
from orchestrator.core.text import Text

OnResult = Callable[[CheckResult], None]
OnRunning = Callable[[tuple[Text, ...]], None]
"""Is told the sentences of the checks that run now, the one that began first before the others."""

_COLLECT_TIME = 60.0
"""Seconds until all check files must be imported."""

_MOMENT = 0.1
"""Seconds between two questions whether a grading is to go on."""

_MARGIN = 15.0
"""Seconds beyond the longest check's time in which the next result must come."""

_STOP_TIME = 3.0
_OWN_AND_CHILDREN_S = slice(11, 15)
"""Where proc(5) has utime, stime, cutime and cstime, behind the process's name."""


class _Grading:
    """A running grading process, seen from the program."""

    def __init__(self, stream: socket.socket, server: _Server) -> None:
        self._stream = stream
        self._server = server
        self.status: int | None = None

    def ended(self, within: float) -> bool:
        """Return whether the process has ended; wait for that as long as is said."""
        if self.status is None:
            self._stream.settimeout(within)
            try:
                said = self._stream.recv(16)
            except (TimeoutError, BlockingIOError):
                return False
            except ConnectionError:
                said = b""
            self.status = int(said) if said else -signal.SIGKILL  # without its server, the kernel has killed it
        return True

    def stop(self) -> None:
        """End the process: asked, it kills its workers; the kernel kills them if it is killed itself."""
        for request in (b"t", b"k"):
            if self.ended(0 if request == b"t" else _STOP_TIME):
                break
            with contextlib.suppress(OSError):
                self._stream.send(request)
        self.ended(_STOP_TIME)
        self._stream.close()

    def log(self) -> str:
        """Return what the server printed: why it could not even begin."""
        return "" if self._server.runs() else _end_of(self._server.log)


class _Server:
    """The process that gradings are forked from; see ``grader.forkserver``."""

    def __init__(self) -> None:
        """Start it, in a session of its own so that a terminal's Ctrl-C comes only to us."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.log = _log()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-P", "-m", "grader", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    def runs(self) -> bool:
        """Return whether it can be asked."""
        return self._process.poll() is None

    def begin(self, request: GradeRequest, events: int, log: IO[bytes]) -> _Grading:
        """Begin a grading; one that cannot begin has ended already."""
        ours, theirs = socket.socketpair()
        with os.fdopen(os.memfd_create("job"), "wb") as job, theirs:
            job.write(request.to_json().encode())
            job.seek(0)
            fds = [job.fileno(), events, log.fileno(), theirs.fileno()]
            with contextlib.suppress(OSError):  # it died: nobody holds the other end of the stream any more
                socket.send_fds(self._control, [request.fabric.factory.encode()], fds)
        return _Grading(ours, self)

    def close(self) -> None:
        """End it, and with it what it forked."""
        self._control.close()
        try:
            self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.log.close()


_lock = threading.Lock()
_servers: list[_Server] = []


def prepare() -> None:
    """Start what gradings are forked from, so that it is ready when the first one is asked for. Does not wait."""
    _ready()


def _ready() -> _Server:
    """Return the server of this program, a new one where it has died."""
    with _lock:
        if _servers and not _servers[0].runs():
            _servers.pop().close()
        if not _servers:
            _servers.append(_Server())
        return _servers[0]


def processor_time() -> float:
    """Return the seconds of the processor that gradings of this program used which have ended; 0 before the first."""
    with _lock:
        if not _servers:
            return 0.0
        stat = Path(f"/proc/{_servers[0].pid}/stat").read_bytes()
    ticks = stat.rpartition(b")")[2].split()[_OWN_AND_CHILDREN_S]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


@atexit.register
def forget() -> None:
    """End the prepared process; the next grading starts another one."""
    with _lock:
        while _servers:
            _servers.pop().close()


def grade(
    request: GradeRequest,
    *,
    on_result: OnResult | None = None,
    on_running: OnRunning | None = None,
    go_on: Callable[[], None] | None = None,
) -> Report:
    """Grade an instance.

    Whatever goes wrong is in the report as an error, and makes its verdict ``not_valid``; also when the grading
    process itself breaks. When this call is interrupted, nothing of the grading is left running.

    Args:
        request: what to grade.
        on_result: called with each result as it comes, in the order in which the checks stand in their files: the
            same order each time, whichever ends first. A check that was graded again has a further one, which says so
            in its sentence, and which counts.
        on_running: is told what runs, each time that it changes.
        go_on: called several times a second while the grading runs; what it raises ends the grading, and is raised.
    """
    started_at = datetime.now(UTC)
    started = time.monotonic()
    arrived: dict[int, CheckResult] = {}
    others: list[CheckResult] = []
    shown = _InOrder(on_result)
    running: dict[int | None, Text] = {}
    reading, writing = os.pipe()
    with _log() as log, os.fdopen(reading, "rb", buffering=0) as events:
        try:
            grading = _ready().begin(request, writing, log)
        finally:
            os.close(writing)
        out_of_time = False
        try:
            for event in _events(events, go_on):
                match event:
                    case {"event": "begun", "number": number, "sentence": sentence}:
                        running[number] = Text(**sentence)
                    case {"event": "result", "number": number, "result": document}:
                        arrived[number] = CheckResult.from_document(document)
                        running.pop(number, None)
                        shown.take(number, arrived[number])
                    case {"event": "result", "result": document}:
                        others.append(CheckResult.from_document(document))
                        shown.take(None, others[-1])
                    case {"event": "report", "report": text}:
                        shown.end()
                        return Report.from_json(text)
                if on_running is not None:
                    on_running(tuple(running.values()))
            grading.ended(_STOP_TIME)
        except TimeoutError:
            out_of_time = True
        finally:
            grading.stop()
        broken = _broken(grading.status, _end_of(log) or grading.log(), out_of_time=out_of_time)
    shown.end()
    if on_result is not None:
        on_result(broken)
    return Report(
        instance=request.facts.instance,
        scenario=request.scenario,
        seed=request.seed,
        digest=request.digest,
        started_at=started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        seconds=round(time.monotonic() - started, 3),
        results=(*others, *arrived.values(), broken),
        whole=False,
    )


class _InOrder:
    """Hands results on in the order of the checks; one that comes early waits for those before it.

    Where the check has been shown, a later result of it is a further one.
    """

    def __init__(self, on_result: OnResult | None) -> None:
        self._on_result = on_result
        self._next = 0
        self._early: dict[int, CheckResult] = {}

    def take(self, number: int | None, result: CheckResult) -> None:
        """Take a result; one without a number is no check's, and waits for none."""
        if self._on_result is None:
            return
        if number is None:
            self._on_result(result)
            return
        if number < self._next:
            self._on_result(_again(result))
            return
        self._early[number] = result
        while self._next in self._early:
            self._next += 1
            self._on_result(self._early.pop(self._next - 1))

    def end(self) -> None:
        """Hand on what still waits, for nothing more will come: the checks before it were not graded to their end."""
        if self._on_result is not None:
            for number in sorted(self._early):
                self._on_result(self._early.pop(number))


def _again(result: CheckResult) -> CheckResult:
    """Return a further result of a check, which says that it is one."""
    before = result.before and _said_again(result.before)
    return replace(result, sentence=_said_again(result.sentence), before=before)


def _said_again(sentence: Text) -> Text:
    return Text(fr=f"Évalué de nouveau : {sentence.fr}", en=f"Graded again: {sentence.en}")


def _log() -> IO[bytes]:
    """Return a file for what a process prints: in memory, for a machine whose /tmp is full grades as well."""
    return os.fdopen(os.memfd_create("log"), "w+b")


def _end_of(log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
    return log.read().decode("utf-8", errors="replace")


def _events(stream: IO[bytes], go_on: Callable[[], None] | None) -> Iterator[dict[str, Any]]:
    """Yield the events until the stream ends.

    Raises:
        TimeoutError: the next one did not come in time.
    """
    limit = _COLLECT_TIME
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not _readable(selector, limit, go_on):
                raise TimeoutError
            data = stream.read(1 << 16)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["event"] == "collected":
                    limit = event["longest"] + _MARGIN
                yield event


def _readable(selector: selectors.BaseSelector, limit: float, go_on: Callable[[], None] | None) -> bool:
    """Return whether something can be read within a number of seconds; meanwhile it is asked whether to go on."""
    if go_on is None:
        return bool(selector.select(limit))
    deadline = time.monotonic() + limit
    while True:
        go_on()
        left = deadline - time.monotonic()
        if selector.select(max(0.0, min(left, _MOMENT))):
            return True
        if left <= 0:
            return False


def _environment() -> dict[str, str]:
    """Return our environment without what changes Python or pytest, and with the way to our packages."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    root = str(Path(__file__).resolve().parents[1])
    others = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(p).is_absolute()]
    return kept | {
        "PYTHONPATH": os.pathsep.join([root, *others]),
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def _broken(status: int | None, log: str, *, out_of_time: bool) -> CheckResult:
    if out_of_time:
        text = Text(
            fr="L'évaluateur n'a plus donné de nouvelles et a été arrêté.",
            en="The grader gave no more sign of life and was stopped.",
        )
    else:
        text = Text(
            fr=f"L'évaluateur s'est arrêté avant la fin (état {status}).",
            en=f"The grader stopped before its end (status {status}).",
        )
    log = trim(log, 2000)
    return CheckResult(
        id="grader",
        role=None,
        points=0,
        competence=None,
        sentence=Text(fr="L'évaluation va jusqu'à son terme.", en="The grading comes to its end."),
        outcome="error",
        evidence=text.map(lambda t: f"{t}\n{log}") if log.strip() else text,
    )
