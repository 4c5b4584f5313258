"""A testinfra backend over the fabric: no docker command line, and what cannot be observed is an error.

The shell says 127 for a command that does not exist and 126 for one that cannot be executed (POSIX, Shell
Command Language 2.8.2). testinfra hands these on as ordinary statuses, so that ``socket.is_listening`` would
read a missing ``ss`` as "nothing listens". Here they raise ``ObservationError``, but for the places where
testinfra itself, or the check's author, asks exactly this question (pytest-testinfra 10.2.2):

* ``command -v X`` and ``which X`` (``Host.exists``, ``Host.find_command``, how modules choose an
  implementation): dash answers 127 for "no such command";
* a status that the caller lists: ``run_expect([0, 127], "realpath %s", ...)`` in ``File.linked_to``.

A tool that is missing inside a pipeline does not show in the status; the shell's own message on standard
error does.
"""

from __future__ import annotations

import functools
import platform
import re
import time
from typing import Any, NoReturn

import testinfra.host
import testinfra.modules.systeminfo
from testinfra.backend.base import BaseBackend, CommandResult

from grader import testinfra_modules
from grader.command_log import CommandLog
from grader.errors import CheckMistakeError, changed_tools, killed_tool, missing_tool, unexpected_status
from grader.host_inspector import HostInspector
from grader.load import scaled_deadline
from grader.shared_looks import NOTHING_SHARED, SharedLooks
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef

DEFAULT_TIMEOUT = 10.0
"""Seconds for one command in a host; ``host.run(..., timeout=)`` changes it."""

CANNOT_EXECUTE, NOT_FOUND = 126, 127
_PROBES = re.compile(r"(command -v|which) ")
_NOT_FOUND = r"(?:line )?\d+: (?P<tool>.+?): (?:command )?not found$"
_SHELL_NOT_FOUND = re.compile(rf"^/bin/sh: {_NOT_FOUND}", re.MULTILINE)
"""dash: ``/bin/sh: 1: ss: not found``; bash: ``/bin/sh: line 1: ss: command not found``."""
_ANY_SHELL_NOT_FOUND = re.compile(rf"^(?:\S*/)?\w*sh: {_NOT_FOUND}", re.MULTILINE)


class FabricBackend(BaseBackend):
    """Runs testinfra's commands in one host through the fabric."""

    NAME = "fabric"

    def __init__(
        self, fabric: Fabric, target: HostRef, recorder: CommandLog, shared: SharedLooks = NOTHING_SHARED
    ) -> None:
        """Make a backend for one host; each command is recorded as the running check's evidence."""
        super().__init__(target.host)
        self._fabric = fabric
        self._target = target
        self._recorder = recorder
        self.inspector = HostInspector(fabric, target, recorder.add, shared)

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:  # noqa: ANN401 (testinfra\'s signature)
        """Run a command in the host's shell.

        Args:
            command: the command; ``%s`` stands for an argument, which gets quoted.
            args: the arguments.
            kwargs: ``timeout`` (seconds) and ``expected`` (statuses that the caller deals with, even 126 and
                127).

        Raises:
            ObservationError: the command is missing, cannot be executed or was killed.
            HostUnreachableError: the host does not run.
            CommandTimeoutError: the command did not end.
        """
        line = self.get_command(command, *args)
        started = time.monotonic()
        try:
            done = self._fabric.run(
                self._target,
                ("/bin/sh", "-c", line),
                timeout=scaled_deadline(kwargs.get("timeout", DEFAULT_TIMEOUT)),
                vouched=True,
            )
        except BreakfixError as error:
            self._recorder.add(self.hostname, line, None, str(error), time.monotonic() - started, in_host=True)
            raise
        output = self.decode(done.stdout) + self.decode(done.stderr)
        self._recorder.add(self.hostname, line, done.status, output, time.monotonic() - started, in_host=True)
        if done.changed:
            raise changed_tools(self.hostname, line, done.changed)
        self._refuse_no_answer(line, done.status, self.decode(done.stderr), kwargs.get("expected", ()))
        return self.result(done.status, self.encode(line), done.stdout, done.stderr)

    def run_local(self, command: str, *_: str) -> NoReturn:
        """Refuse: a check looks at the lab, never at the grader's own machine."""
        raise CheckMistakeError(
            Text(
                fr=f"Un contrôle n'exécute rien sur la machine de l'évaluateur : {command}",
                en=f"A check runs nothing on the grader's own machine: {command}",
            )
        )

    def get_encoding(self) -> str:
        """Return UTF-8; testinfra would run Python in the host to find out."""
        return "utf-8"

    def decode(self, data: bytes) -> str:
        """Return text; a byte that is no UTF-8 must not break a check, whatever a host prints."""
        return data.decode("utf-8", errors="replace")

    def encode(self, data: str) -> bytes:
        """Return the bytes of a text."""
        return data.encode("utf-8", errors="surrogateescape")

    def _refuse_no_answer(self, line: str, status: int, stderr: str, expected: list[int]) -> None:
        if status in expected or (_PROBES.match(line) and status >= 0):
            return
        if status < 0:
            raise killed_tool(self.hostname, line, -status)
        if status in (CANNOT_EXECUTE, NOT_FOUND):
            raise missing_tool(self.hostname, line, status)
        # Only the check's own shell: another one may be a trainee's script, whose mistakes are no error of the check.
        if NOT_FOUND not in expected and (missing := _SHELL_NOT_FOUND.search(stderr)):
            raise missing_tool(self.hostname, missing["tool"], NOT_FOUND)


def missed_by_a_shell(stderr: str) -> str | None:
    """Return the command that a shell says it did not find, or None; for a command that ended with status 127."""
    missing = _ANY_SHELL_NOT_FOUND.search(stderr)
    return missing["tool"] if missing else None


class _SystemInfo(testinfra.modules.systeminfo.SystemInfo):
    """What a host is: every image grows from our base, which is Debian 13.

    testinfra would ask the host, which costs three commands, and would let a trainee who edits ``/etc/os-release``
    choose by which of its implementations they are judged.
    """

    @functools.cached_property
    def sysinfo(self) -> dict[str, str | None]:
        """Return what a host is without asking it."""
        debian = {"type": "linux", "distribution": "debian", "codename": "trixie", "release": "13"}
        return {**debian, "arch": platform.machine()}


class LabHost(testinfra.host.Host):
    """testinfra's Host, with messages that a trainer can read."""

    has_command_v = True
    """POSIX shells have it; testinfra would ask each host each time."""

    @functools.cached_property
    def system_info(self) -> _SystemInfo:
        """Return what the host is."""
        made: _SystemInfo = _SystemInfo.get_module(self)  # type: ignore[no-untyped-call]
        return made

    @functools.cached_property
    def file(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``file``, seen from outside."""
        return testinfra_modules.File.get_module(self)

    @functools.cached_property
    def group(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``group``, seen from outside."""
        return testinfra_modules.Group.get_module(self)

    @functools.cached_property
    def interface(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``interface``, seen from outside."""
        return testinfra_modules.Interface.get_module(self)

    @functools.cached_property
    def package(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``package``, seen from outside."""
        return testinfra_modules.Package.get_module(self)

    @functools.cached_property
    def process(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``process``, seen from outside."""
        return testinfra_modules.Process.get_module(self)  # type: ignore[no-untyped-call]

    @functools.cached_property
    def service(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``service``, seen from outside."""
        return testinfra_modules.Service.get_module(self)

    @functools.cached_property
    def socket(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``socket``, seen from outside."""
        return testinfra_modules.Socket.get_module(self)

    @functools.cached_property
    def user(self) -> Any:  # noqa: ANN401 (testinfra's modules have no types)
        """Return testinfra's module ``user``, seen from outside."""
        return testinfra_modules.User.get_module(self)

    def run_expect(self, expected: list[int], command: str, *args: str, **kwargs: Any) -> CommandResult:  # noqa: ANN401 (testinfra\'s signature)
        """Run a command that must end with one of the expected statuses.

        Raises:
            AssertionError: it ended with another one.
        """
        __tracebackhide__ = True
        done = self.run(command, *args, **kwargs, expected=expected)
        if done.rc not in expected:
            raise AssertionError(self._unexpected(done, expected))
        return done

    def check_output(self, command: str, *args: str, **kwargs: Any) -> str:  # noqa: ANN401 (testinfra\'s signature)
        """Return what a command that must succeed prints, without the newline at its end.

        Raises:
            AssertionError: its status is not 0.
        """
        __tracebackhide__ = True
        done = self.run(command, *args, **kwargs)
        if done.rc != 0:
            raise AssertionError(self._unexpected(done, [0]))
        return done.stdout.rstrip("\r\n")

    def _unexpected(self, done: CommandResult, expected: list[int]) -> str:
        command = self.backend.decode(done.command)
        said = (done.stderr or done.stdout).strip()[:300]
        return unexpected_status(self.backend.hostname, command, done.rc, expected, said)


def lab_host(fabric: Fabric, target: HostRef, recorder: CommandLog, shared: SharedLooks = NOTHING_SHARED) -> LabHost:
    """Return testinfra's view of a host of a lab."""
    backend = FabricBackend(fabric, target, recorder, shared)
    host = LabHost(backend)
    backend.set_host(host)
    return host
