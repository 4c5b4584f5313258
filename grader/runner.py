"""Grades an instance in a process of its own, and gives back the report.

Checks never run in the command line's or the portal's process: they are imported afresh for each grading,
may die without harm, and end with it.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from grader.job import GradeRequest
from grader.recording import trim
from grader.report import CheckResult, Report
from orchestrator.text import Text

OnResult = Callable[[CheckResult], None]

_COLLECT_TIME = 60.0
"""Seconds until all check files must be imported."""

_MARGIN = 15.0
"""Seconds beyond the longest check's time in which the next result must come."""

_STOP_TIME = 3.0


def grade(request: GradeRequest, *, on_result: OnResult | None = None) -> Report:
    """Grade an instance.

    Whatever goes wrong is in the report as an error, and makes its verdict ``error``; also when the grading
    process itself breaks. When this call is interrupted, nothing of the grading is left running.

    Args:
        request: what to grade.
        on_result: called with each result as it comes, in the order in which the checks end.
    """
    started_at = datetime.now(UTC)
    started = time.monotonic()
    arrived: list[CheckResult] = []
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as log, os.fdopen(reading, "rb", buffering=0) as events:
        process = _start(writing, log)
        reason: str | None = None
        try:
            _hand_over(process, request)
            for event in _events(events):
                match event:
                    case {"event": "result", "result": document}:
                        arrived.append(CheckResult.from_document(document))
                        if on_result is not None:
                            on_result(arrived[-1])
                    case {"event": "report", "report": text}:
                        return Report.from_json(text)
            process.wait(_STOP_TIME)
        except TimeoutError:
            reason = "time"
        except subprocess.TimeoutExpired:
            pass
        finally:
            _stop(process)
        log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
        broken = _broken(reason, process.returncode, log.read().decode("utf-8", errors="replace"))
    if on_result is not None:
        on_result(broken)
    return Report(
        instance=request.facts.instance,
        scenario=request.scenario,
        seed=request.seed,
        digest=request.digest,
        started_at=started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        seconds=round(time.monotonic() - started, 3),
        results=(*arrived, broken),
    )


def _start(writing: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the grading process, in a session of its own so that a terminal's Ctrl-C comes only to us."""
    try:
        return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-P", "-m", "grader", str(writing), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
    finally:
        os.close(writing)


def _hand_over(process: subprocess.Popen[bytes], request: GradeRequest) -> None:
    if process.stdin is None:
        message = "the grading process was started without standard input"
        raise RuntimeError(message)
    try:
        with process.stdin as job:
            job.write(request.to_json().encode() + b"\n")
    except BrokenPipeError:
        return  # it is already dead; the end of its events says so


def _events(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the events until the stream ends.

    Raises:
        TimeoutError: the next one did not come in time.
    """
    patience = _COLLECT_TIME
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(patience):
                raise TimeoutError
            data = stream.read(1 << 16)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["event"] == "collected":
                    patience = event["longest"] + _MARGIN
                yield event


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the grading process: asked, it kills its workers; the kernel kills them if it is killed itself."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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


def _broken(reason: str | None, status: int | None, log: str) -> CheckResult:
    if reason is not None:
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
