"""Keeps labd and the portal running: starts them in order, starts a crashed one again, ends them in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.serving import bounded_log
from orchestrator.serving.process_entry import Entry

_READY = "ready"
_EVIDENCE = 4000
"""Bytes of a log's end that explain a failure."""


@dataclass(frozen=True)
class ServedProcess:
    """A program that is kept running.

    Attributes:
        name: what it is called.
        program: its command line.
        entry: with which rights it is entered; its ``parent`` is this process.
        environment: all of its environment.
        log: where its errors go.
        descriptors: those of ours that it inherits.
        patience: seconds that it may take to end before it is killed.
    """

    name: str
    program: tuple[str, ...]
    entry: Entry
    environment: Mapping[str, str]
    log: Path
    descriptors: tuple[int, ...] = ()
    patience: float = 20


@dataclass(frozen=True)
class RestartPace:
    """How long to wait before a crashed program is started again.

    Attributes:
        first: seconds before the first restart; each further one waits twice as long.
        longest: the most seconds.
        calm: seconds after which a program that ran counts as sound again.
        ready: seconds that a program may take to be ready.
        logs: seconds between two looks at how large the logs are.
    """

    first: float = 1
    longest: float = 60
    calm: float = 60
    ready: float = 120
    logs: float = 30

    def wait(self, crashes: int) -> float:
        """Return how long to wait after so many crashes in a row."""
        return float(min(self.longest, self.first * 2 ** min(crashes - 1, 20)))


@dataclass(frozen=True)
class GroupEvent:
    """Something that happened to a program.

    Attributes:
        kind: ``ready``; ``told``: it said a document; ``crashed``; ``ending``; ``ended``; ``killed``: it did not end.
        name: which program.
        pid: its process.
        status: with which status it ended, negative for a signal.
        wait: seconds until it is started again.
        document: what it told.
    """

    kind: Literal["ready", "told", "crashed", "ending", "ended", "killed"]
    name: str
    pid: int = 0
    status: int = 0
    wait: float = 0
    document: Mapping[str, Any] = field(default_factory=dict)


Tell = Callable[[GroupEvent], None]


class NotReadyError(MachineError):
    """A program did not get ready when it was started for the first time."""


class ProcessGroup:
    """Programs that are started one after the other, and ended in the reverse order."""

    def __init__(self, processes: Sequence[ServedProcess], tell: Tell, pace: RestartPace | None = None) -> None:
        """Take the programs in the order of their start."""
        chosen = pace or RestartPace()
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()
        self._kept = [_Kept(one, tell, chosen, self._stop, self._hurry) for one in processes]
        self._logs, self._every = [one.log for one in processes], chosen.logs

    def stop(self) -> None:
        """Ask for the end; asked again, programs are killed at once. May be called by a signal's handler."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def run(self) -> None:
        """Keep all running until ``stop``, then end all.

        Raises:
            NotReadyError: one of them did not get ready at its first start; the others are ended.
        """
        tasks: list[asyncio.Task[None]] = []
        logs = asyncio.create_task(self._keep_logs_small())
        try:
            for one in self._kept:
                tasks.append(asyncio.create_task(one.keep()))
                await self._first(one.ready_once.wait(), tasks)
                if self._stop.is_set():
                    return
            await self._first(self._stop.wait(), tasks)
        finally:
            self._stop.set()
            for one in reversed(self._kept):
                await one.end()
            logs.cancel()
            await asyncio.gather(*tasks, logs, return_exceptions=True)

    async def _keep_logs_small(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            for path in self._logs:
                with contextlib.suppress(OSError):  # a full disk ends nothing; the next look may do it
                    bounded_log.keep_small(path)

    async def _first(self, awaited: Any, tasks: Sequence[asyncio.Task[None]]) -> None:  # noqa: ANN401 - a coroutine
        """Wait for something, for ``stop``, or for a task's failure, which is raised."""
        waits = [asyncio.ensure_future(awaited), asyncio.ensure_future(self._stop.wait())]
        try:
            done, _ = await asyncio.wait([*waits, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for one in done.intersection(tasks):
                one.result()
        finally:
            for wait in waits:
                wait.cancel()


class _Kept:
    """One program that is kept running."""

    def __init__(
        self, spec: ServedProcess, tell: Tell, pace: RestartPace, stop: asyncio.Event, hurry: asyncio.Event
    ) -> None:
        self._spec, self._tell, self._pace = spec, tell, pace
        self._stop, self._hurry = stop, hurry
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self.ready_once = asyncio.Event()

    async def keep(self) -> None:
        """Start the program, and again whenever it ends, until the group stops."""
        crashes = 0
        while not self._stop.is_set():
            began = asyncio.get_running_loop().time()
            process = await self._started()
            if process is None:
                return
            status = await self._watched(process)
            if self._stop.is_set():
                return
            if not self.ready_once.is_set():
                raise _not_ready(self._spec, status)
            calm = asyncio.get_running_loop().time() - began > self._pace.calm
            crashes = 1 if calm else crashes + 1
            wait = self._pace.wait(crashes)
            self._say("crashed", status=status, wait=wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)

    async def end(self) -> None:
        """End the program; one that does not end in time is killed."""
        async with self._starting:  # what is being started is there afterwards, and nothing is started any more
            process = self._process
        if process is None or _over(process):
            return
        self._say("ending")
        _signal(process, signal.SIGTERM)
        waits = [asyncio.ensure_future(one) for one in (process.wait(), self._hurry.wait())]
        await asyncio.wait(waits, timeout=self._spec.patience, return_when=asyncio.FIRST_COMPLETED)
        if _over(process):
            self._say("ended", status=await process.wait())
        else:
            _signal(process, signal.SIGKILL)
            await process.wait()
            self._say("killed")
        for wait in waits:
            wait.cancel()

    async def _started(self) -> asyncio.subprocess.Process | None:
        """Start the program; None where the group stops."""
        spec = self._spec
        async with self._starting:
            if self._stop.is_set():
                return None
            with bounded_log.opened(spec.log) as log:
                self._process = await asyncio.create_subprocess_exec(
                    *spec.entry.command(spec.program),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env=dict(spec.environment),
                    pass_fds=spec.descriptors,
                    start_new_session=True,  # Ctrl-C is ours to pass on, in order
                )
            return self._process

    async def _watched(self, process: asyncio.subprocess.Process) -> int:
        """Return a program's status when it has ended; one that is never ready is killed."""
        ready = asyncio.Event()
        reading = asyncio.create_task(self._read(process, ready))
        await _either(ready, process, self._pace.ready)
        if not ready.is_set():
            _signal(process, signal.SIGKILL)
        status = await process.wait()
        await reading
        return status

    async def _read(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Read what the program says: that it is ready, and documents, one a line."""
        stream = process.stdout
        while stream is not None and (line := await _line(stream)) is not None:
            word = line.decode(errors="replace").strip()
            if word == _READY:
                ready.set()
                self.ready_once.set()
                self._say("ready")
            elif word.startswith("{"):
                with contextlib.suppress(ValueError, RecursionError):
                    self._tell(GroupEvent("told", self._spec.name, process.pid, document=json.loads(word)))

    def _say(
        self, kind: Literal["ready", "crashed", "ending", "ended", "killed"], status: int = 0, wait: float = 0
    ) -> None:
        pid = self._process.pid if self._process else 0
        self._tell(GroupEvent(kind, self._spec.name, pid, status, wait))


async def _line(stream: asyncio.StreamReader) -> bytes | None:
    """Return the next line, empty for one that is too long to be ours; None at the end."""
    try:
        return await stream.readline() or None
    except ValueError:
        return b""


async def _either(ready: asyncio.Event, process: asyncio.subprocess.Process, within: float) -> None:
    """Wait until a program is ready or gone, or the time is over."""
    waits = [asyncio.ensure_future(one) for one in (ready.wait(), process.wait())]
    await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _over(process: asyncio.subprocess.Process) -> bool:
    return process.returncode is not None


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _not_ready(spec: ServedProcess, status: int) -> NotReadyError:
    said = spec.log.read_bytes()[-_EVIDENCE:].decode(errors="replace")
    return NotReadyError(
        Text(
            fr=f"{spec.name} n'a pas démarré (état {status}).",
            en=f"{spec.name} did not start (status {status}).",
        ),
        Text(fr=f"Son journal entier : {spec.log}", en=f"Its whole log: {spec.log}"),
        said,
    )
