"""A worker as the grading process sees it, and how it died."""

from __future__ import annotations

import os
import signal
from collections import deque
from dataclasses import dataclass, field

from grader.check_groups import Numbered
from grader.command_log import Commands, trim
from orchestrator.core.text import Text


@dataclass
class RunningWorker:
    """A running worker: its process, how it is told what to do, what it still has to do, and what it is at."""

    pid: int
    pidfd: int
    pipe: int
    orders: int
    output: int
    waiting: deque[Numbered] = field(default_factory=deque)
    started: int | None = None
    printed: int = 0
    since: float = 0.0
    timeout: float = 0.0
    deadline: float | None = None
    timed_out: bool = False
    commands: Commands = field(default_factory=Commands)
    rest: bytes = b""


def end_of(worker: RunningWorker, status: int) -> Text:
    """Return how a worker died in the middle of a check, with the last lines that it printed."""
    if worker.timed_out:
        reason = Text(
            fr=f"Le contrôle n'a pas fini en {round(worker.timeout, 1):g} s et a été tué.",
            en=f"The check did not end within {round(worker.timeout, 1):g} s and was killed.",
        )
    else:
        code = os.waitstatus_to_exitcode(status)
        end = f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        fin = f"état {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        reason = Text(
            fr=f"Le contrôle a mis fin à son propre processus ({fin}).",
            en=f"The check ended its own process ({end}).",
        )
    size = os.fstat(worker.output).st_size
    printed = os.pread(worker.output, 4000, max(worker.printed, size - 4000)).decode("utf-8", errors="replace").strip()
    return reason.map(lambda text: f"{text}\n{trim(printed)}") if printed else reason
