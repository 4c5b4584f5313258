"""Hidden inputs: files that exist in a host only while a check looks at what a script makes of them.

A workspace is a folder of its own below ``/tmp`` of the host, owned by the user who runs the script, and removed
whatever happens to the check: it passes, fails, breaks, or runs out of time.
"""

from __future__ import annotations

import io
import posixpath
import secrets
import shlex
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from grader import tools
from grader.command_log import CommandLog
from grader.errors import CheckMistakeError, ObservationError, changed_tools
from grader.inputs import FileContent, HiddenFile
from grader.load import scaled_deadline
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed, Fabric, HostRef

_PARENT, _NAME = "/tmp", "breakfix-check."  # noqa: S108 - in the lab's host
_TIME = 20.0
_FORGOTTEN = ("find", _PARENT, "-maxdepth", "1", "-name", f"{_NAME}*", "-mmin", "+60", "-exec", "rm", "-rf", "{}", "+")
"""Removes workspaces of gradings that were killed."""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
}


class Workspace:
    """A folder in a host with hidden inputs; see ``LabView.workspace``."""

    def __init__(self, fabric: Fabric, target: HostRef, folder: str, user: str, recorder: CommandLog) -> None:
        """Work in a folder that exists."""
        self._fabric = fabric
        self._target = target
        self._recorder = recorder
        self._user = user
        self.folder = folder

    def path(self, name: str = "") -> str:
        """Return the absolute path of something in the workspace."""
        return posixpath.join(self.folder, name) if name else self.folder

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = _TIME,
        environment: Mapping[str, str] | None = None,
    ) -> tools.Completion:
        """Run a command in the workspace as its user, and return how it ended, whatever that is.

        The environment is small and fixed, so that nothing of the grader's decides. A command that does not exist
        ends with 127 and one that cannot be executed with 126, as in a shell: that is the trainee's affair.

        Raises:
            CommandTimeoutError: it did not end; it was killed.
        """
        settings = [f"{name}={value}" for name, value in {**_ENVIRONMENT, **(environment or {})}.items()]
        done = self._execute(
            (*_as(self._user), "/usr/bin/env", "-i", f"--chdir={self.folder}", *settings, *argv), timeout
        )
        return tools.Completion(done.status, _text(done.stdout), _text(done.stderr))

    def read(self, name: str) -> bytes | None:
        """Return a file's content, or None where there is none."""
        done = self._execute(("cat", "--", self.path(name)), _TIME)
        return done.stdout if done.status == 0 else None

    def listing(self) -> tuple[str, ...]:
        """Return the files of the workspace by their relative path, sorted; folders are not listed."""
        done = self._execute(("find", self.folder, "!", "-type", "d", "-printf", r"%P\0"), _TIME)
        if done.status != 0:
            raise _cannot_prepare(self._target.host, done)
        return tuple(sorted(name for name in _text(done.stdout).split("\0") if name))

    def state(self) -> Mapping[str, str]:
        """Return the digest of each file by its relative path: two equal states, and nothing was changed."""
        done = self._execute(
            ("find", self.folder, "!", "-type", "d", "-exec", "sha256sum", "--zero", "--", "{}", "+"), _TIME
        )
        if done.status != 0:
            raise _cannot_prepare(self._target.host, done)
        lines = (line.split("  ", 1) for line in _text(done.stdout).split("\0") if line)
        return {path.removeprefix(f"{self.folder}/"): digest for digest, path in lines}

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return _recorded(self._fabric, self._target, self._recorder, argv, timeout)


@contextmanager
def workspace(
    fabric: Fabric, target: HostRef, recorder: CommandLog, files: Mapping[str, FileContent], user: str
) -> Iterator[Workspace]:
    """Make a workspace in a host, and remove it at the end.

    It is removed over a connection of its own: after a time-out, the check's may be in the middle of an answer.

    Raises:
        CheckMistakeError: a file's name leaves the workspace.
        ObservationError: the host cannot take it (no such user, a full disk).
    """
    archive = _archive(files)
    folder = f"{_PARENT}/{_NAME}{secrets.token_hex(8)}"
    try:
        for argv, stdin in (
            (_FORGOTTEN, b""),
            (("mkdir", "--mode=0700", folder), b""),
            (("tar", "--extract", f"--directory={folder}"), archive),
            (("chown", "--recursive", "--no-dereference", f"{user}:", folder), b""),
            ((*_as(user), "test", "-w", folder), b""),
        ):
            done = _recorded(fabric, target, recorder, argv, _TIME, stdin)
            if done.status != 0:
                raise _cannot_prepare(target.host, done)
        yield Workspace(fabric, target, folder, user, recorder)
    finally:
        with fabric.another_connection() as connection:
            gone = _recorded(connection, target, recorder, ("rm", "-rf", "--", folder), _TIME)
        if gone.status != 0:
            raise _cannot_prepare(target.host, gone)


def _as(user: str) -> tuple[str, ...]:
    return ("runuser", "-u", user, "--")


def _recorded(
    fabric: Fabric, target: HostRef, recorder: CommandLog, argv: tuple[str, ...], timeout: float, stdin: bytes = b""
) -> Completed:
    line = shlex.join(argv)
    started = time.monotonic()
    try:
        done = fabric.run(target, argv, timeout=scaled_deadline(timeout), stdin=stdin, vouched=True)
    except BreakfixError as error:
        recorder.add(target.host, line, None, str(error), time.monotonic() - started, in_host=True)
        raise
    output = _text(done.stdout + done.stderr)
    recorder.add(target.host, line, done.status, output, time.monotonic() - started, in_host=True)
    if done.changed:
        raise changed_tools(target.host, line, done.changed)
    return done


def _archive(files: Mapping[str, FileContent]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                raise CheckMistakeError(
                    Text(
                        fr=f"« {name} » n'est pas un chemin à l'intérieur de l'espace de travail.",
                        en=f"'{name}' is no path inside the workspace.",
                    )
                )
            file = content if isinstance(content, HiddenFile) else HiddenFile(content or "")
            entry = tarfile.TarInfo(str(path))
            entry.mtime = int(time.time()) if file.modified is None else file.modified
            if content is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
                continue
            data = file.content.encode() if isinstance(file.content, str) else file.content
            entry.mode, entry.size = file.mode, len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _cannot_prepare(host: str, done: Completed) -> ObservationError:
    said = _text(done.stderr or done.stdout).strip()[:300]
    return ObservationError(
        Text(
            fr=f"{host} : les fichiers de l'évaluation ne peuvent pas y être mis ou retirés : {said}",
            en=f"{host}: the grading's files cannot be put there or taken away: {said}",
        )
    )
