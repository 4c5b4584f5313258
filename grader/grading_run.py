"""A grading, in a process of its own: collects once, and forks workers, which take one group of checks after another.

Forked workers share all that is imported, and keep a check that dies or hangs from touching another group's. Each has
its own connection to the fabric, which a worker that goes on uses again, with all that was learnt over it. The program
gets JSON lines: ``collected``, ``begun`` and ``result`` for each check, ``report``.

What is asked again and again of a host, whether its daemons are the image's, one check asks for all. After the last
answer it is asked once more, here. Where it does not hold any more, the checks that passed by it are graded again, each
by looks of its own: these have a second ``result``, and the later one counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any, NoReturn

import pytest

from grader.check_groups import Numbered, groups_of, unknown, waves
from grader.command_log import Commands
from grader.host_inspector import HostInspector
from grader.identity import host_of, no_longer_so
from grader.job import GradeRequest
from grader.lab_tools import offer
from grader.linux_processes import kill_group
from grader.load import MOST, scaled_deadline
from grader.plugin import GraderPlugin, Planned, refused
from grader.pytest_options import pytest_arguments
from grader.report import CheckResult, CommandRecord, Report
from grader.running_worker import RunningWorker, end_of
from grader.shared_looks import Desk, pair
from grader.told import running_for_trainee
from grader.worker import Ends, work
from orchestrator.core.documents import document_of
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef

_GRACE = 2.0
"""Seconds that a check gets beyond its time to end by the worker's own alarm, which tells where it hung."""

_LAST_LOOK = 10.0
"""Seconds after which no further host is asked whether all is as the checks saw it: what is not asked does not hold."""


def grade(request: GradeRequest, events_fd: int) -> None:
    """Grade, and write events to a file descriptor.

    Args:
        request: what to grade.
        events_fd: where the events go.
    """
    run = _GradingRun(request, events_fd)
    signal.signal(signal.SIGTERM, run.stop)
    offer(request.tools)
    request.fabric.load()  # imported once, before the workers are forked
    sys.dont_write_bytecode = True  # leave no __pycache__ in a trainer's folder
    run.grade()


class _GradingRun:
    def __init__(self, request: GradeRequest, events_fd: int) -> None:
        self._request = request
        self._events_fd = events_fd
        self._workers: dict[int, RunningWorker] = {}
        self._selector = selectors.DefaultSelector()
        self._checks: dict[int, Planned] = {}
        self._results: dict[int, CheckResult] = {}
        self._problems: list[CheckResult] = []
        self._desk = Desk(self._check_of)
        self._selector.register(self._desk, selectors.EVENT_READ)
        self._again: dict[int, list[CommandRecord]] = {}
        self._left_out = 0
        self._over = False
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._plugin = GraderPlugin(request, self._run)

    def grade(self) -> None:
        missing = [f for f in self._request.files if not f.is_file()]
        files = [f for f in self._request.files if f.is_file()]
        absent = Text(fr="Ce fichier de contrôles n'existe pas.", en="This check file does not exist.")
        self._problems = [refused(f.name, absent) for f in missing]
        if files:
            pytest.main(pytest_arguments(files), plugins=[self._plugin])
            return
        if not missing:
            self._problems.append(refused("checks", Text(fr="Aucun fichier de contrôles.", en="No check file.")))
        for problem in self._problems:
            self._send({"event": "result", "result": problem.to_document()})
        self._report()

    def _report(self) -> None:
        results = [*(self._results[n] for n in sorted(self._results)), *self._problems]
        report = Report(
            instance=self._request.facts.instance,
            scenario=self._request.scenario,
            seed=self._request.seed,
            digest=self._request.digest,
            started_at=self._started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - self._started, 3),
            results=tuple(results),
            whole=not self._left_out,
        )
        self._send({"event": "report", "report": report.to_json(indent=None)})

    def stop(self, _number: int, _frame: FrameType | None) -> NoReturn:
        for worker in list(self._workers.values()):
            kill_group(worker.pid)
        os._exit(128 + signal.SIGTERM)

    def _run(self, collected: list[Planned], problems: list[CheckResult]) -> None:
        selection = self._request.selection
        planned = [check for check in collected if selection.only is None or check.result.id in selection.only]
        known = {check.result.id for check in collected} | {problem.id for problem in problems}
        self._problems += [*problems, *unknown(selection, known)]
        longest = MOST * max((p.timeout for p in planned), default=0.0)
        self._send({"event": "collected", "checks": len(planned), "longest": longest + _GRACE})
        for problem in self._problems:
            self._send({"event": "result", "result": problem.to_document()})
        self._checks = dict(enumerate(planned))
        try:
            for wave in waves(planned, selection):
                self._work_off(groups_of(wave))
            self._grade_again()
            self._left_out = len(collected) - len(self._results)
            self._report()  # those who wait for it need not wait until the last worker has gone
        finally:  # also where nobody reads the events any more: what the checks started would outlive their workers
            for pid in self._workers:
                kill_group(pid)

    def _grade_again(self) -> None:
        """Grade those checks again that passed by what others saw and what does not hold any more."""
        for worker in [worker for worker in self._workers.values() if worker.waiting]:
            self._bury(worker)  # the first red was enough, and this one goes on
            os.close(worker.output)
        self._desk.closed = True
        self._again = self._in_doubt()
        if self._again:
            self._over = False
            self._work_off(groups_of((number, self._checks[number]) for number in sorted(self._again)))

    def _in_doubt(self) -> dict[int, list[CommandRecord]]:
        """Return the checks that passed by what is not so any more, each with what was seen of it, as evidence."""
        passed = {number for number, result in self._results.items() if result.outcome == "pass"}
        relied_on = {key: (answer, checks & passed) for key, answer, checks in self._desk.relied_on()}
        hosts: dict[str, dict[str, str]] = {}
        for key, (answer, checks) in relied_on.items():
            if checks:
                hosts.setdefault(host_of(key), {})[key] = answer
        found: dict[int, list[CommandRecord]] = {}
        until = time.monotonic() + scaled_deadline(_LAST_LOOK)
        for host, answers in hosts.items():
            for key, why in self._no_longer_so(host, answers, until).items():
                record = CommandRecord(f"{host} (from outside)", "last look at what checks share", None, why, 0.0)
                for number in relied_on[key][1]:
                    found.setdefault(number, []).append(record)
        return found

    def _no_longer_so(self, host: str, relied_on: Mapping[str, str], until: float) -> Mapping[str, str]:
        """Return what of a host does not hold any more, or could not be asked, with the reason."""
        if time.monotonic() > until:
            return dict.fromkeys(relied_on, "there was no time left to ask")
        facts = self._request.facts
        try:
            with contextlib.closing(self._request.fabric.make()) as fabric:
                inspector = HostInspector(fabric, HostRef(facts.instance, host), lambda *_: None)
                return no_longer_so(inspector, relied_on, facts.placed.get(host) or {})
        except Exception as error:  # whatever it is, nothing is known of this host
            return dict.fromkeys(relied_on, str(error))

    def _check_of(self, pid: int) -> int | None:
        """Return the check that a worker is at, by all that it has told."""
        worker = self._workers[pid]
        self._read(worker)
        return worker.started

    def _work_off(self, queue: deque[deque[Numbered]]) -> None:
        """Run the groups of checks, as many at once as there are workers for, until all are done or one decides."""
        while not self._over and (queue or any(worker.waiting for worker in self._workers.values())):
            while queue and (free := self._free_worker()) is not None:
                self._hand(free, queue.popleft())
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._desk:
                    self._desk.serve()
                    continue
                worker = self._workers.get(key.data)
                if worker is None:
                    continue
                self._read(worker)
                if key.fd == worker.pidfd and (again := self._reap(worker)):
                    queue.appendleft(again)
            self._kill_overdue()

    def _free_worker(self) -> RunningWorker | None:
        """Return a worker that has nothing to do, a new one where there may be one more."""
        for worker in self._workers.values():
            if not worker.waiting:
                return worker
        return self._start() if len(self._workers) < max(1, self._request.workers) else None

    @staticmethod
    def _hand(worker: RunningWorker, group: deque[Numbered]) -> None:
        """Give a worker a group of checks; one that has just ended leaves it to the next (``_reap``)."""
        worker.waiting = group
        with contextlib.suppress(BrokenPipeError):
            os.write(worker.orders, json.dumps([number for number, _ in group]).encode() + b"\n")

    def _start(self) -> RunningWorker:
        reading, writing = os.pipe()
        ordered, ordering = os.pipe()
        window, their_window = pair()
        output = os.memfd_create("output")
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # no stop between the fork and its entry here
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
                for fd in (reading, ordering, self._events_fd, *(w.orders for w in self._workers.values())):
                    os.close(fd)
                window.close()
                work(self._plugin, self._checks, Ends(ordered, writing, output, their_window), parent)
                status = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)
        os.close(writing)
        os.close(ordered)
        their_window.close()
        os.set_blocking(reading, False)
        worker = RunningWorker(pid, os.pidfd_open(pid), reading, ordering, output)
        self._workers[pid] = worker
        self._desk.watch(pid, window)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        self._selector.register(worker.pipe, selectors.EVENT_READ, pid)
        self._selector.register(worker.pidfd, selectors.EVENT_READ, pid)
        return worker

    def _patience(self) -> float | None:
        deadlines = [w.deadline for w in self._workers.values() if w.deadline is not None and not w.timed_out]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.deadline is not None and now >= worker.deadline and not worker.timed_out:
                worker.timed_out = True
                kill_group(worker.pid)

    def _read(self, worker: RunningWorker) -> None:
        while True:
            try:
                data = os.read(worker.pipe, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                if worker.pipe in self._selector.get_map():
                    self._selector.unregister(worker.pipe)
                return
            *lines, worker.rest = (worker.rest + data).split(b"\n")
            for line in lines:
                self._take(worker, json.loads(line))

    def _take(self, worker: RunningWorker, message: dict[str, Any]) -> None:
        match message:
            case {"start": number, "printed": printed, "timeout": timeout}:
                worker.started = number
                worker.printed = printed
                worker.since = time.monotonic()
                worker.timeout = timeout
                worker.deadline = worker.since + timeout + _GRACE
                worker.commands = Commands()
                for record in self._again.get(number, ()):
                    worker.commands.add(record)
                sentence = document_of(running_for_trainee(worker.waiting[0][1].result))
                self._send({"event": "begun", "number": number, "sentence": sentence})
            case {"timeout": timeout}:
                worker.timeout = timeout
                worker.deadline = worker.since + timeout + _GRACE
            case {"command": record}:
                worker.commands.add(CommandRecord(**record))
            case {"end": result}:
                self._finish(worker, CheckResult.from_document(result))

    def _finish(self, worker: RunningWorker, result: CheckResult) -> None:
        number, _ = worker.waiting.popleft()
        worker.started = worker.deadline = None
        self._results[number] = result = replace(result, commands=worker.commands.all())
        self._over |= self._request.selection.until_red and result.outcome == "fail" and not self._again
        self._send({"event": "result", "number": number, "result": result.to_document()})

    def _reap(self, worker: RunningWorker) -> deque[Numbered] | None:
        """Bury a worker that ended; return the checks that it left for another one."""
        status = self._bury(worker)
        if worker.waiting and (worker.started is not None or os.waitstatus_to_exitcode(status) != 0):
            check = worker.waiting[0][1]
            reason = end_of(worker, status)
            seconds = round(time.monotonic() - worker.since, 4) if worker.since else 0.0
            self._finish(worker, replace(check.result, outcome="error", evidence=reason, seconds=seconds))
        os.close(worker.output)
        return worker.waiting or None

    def _bury(self, worker: RunningWorker) -> int:
        """End a worker, take what it has said, and return its status; what it printed stays open."""
        kill_group(worker.pid)  # what its checks started, while the dead leader still keeps the group's number
        _, status = os.waitpid(worker.pid, 0)
        self._read(worker)
        if worker.pipe in self._selector.get_map():
            self._selector.unregister(worker.pipe)
        self._selector.unregister(worker.pidfd)
        self._desk.forget(worker.pid)
        for fd in (worker.pipe, worker.pidfd, worker.orders):
            os.close(fd)
        del self._workers[worker.pid]
        return status

    def _send(self, event: dict[str, Any]) -> None:
        line = json.dumps(event).encode() + b"\n"
        while line:
            line = line[os.write(self._events_fd, line) :]
