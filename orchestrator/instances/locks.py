"""One program at a time acts on an instance: whoever comes second is told who is at work, and since when.

A lock is a byte of a file, at a place that the instance's name decides, locked as POSIX has it (fcntl(2), advisory
record locks): the kernel frees it when the process ends, however it ends, says which process holds it, and nothing is
left in the file. Two files are used: the user's own, beside the records, which is always there; and one that the fabric
helper makes for all who may use Docker, so that two users exclude each other as well.

Who acts on an instance and gives way (``Locks.giving_way``) leaves its lock free, and looks whether somebody takes it.

A lock is the process's: its threads share it, as the jobs of a proof have to when all of them are called off.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.core.elision import de
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

_PATIENCE: Final = 2.0
"""Seconds to wait for a lock: a command that holds it shortly (a hint, an answer) lets the next one through."""
_FLOCK: Final = struct.Struct("hhqqi4x")
"""``struct flock`` of fcntl(2) on Linux: type, whence, start, length (0: to the end), process."""
_ALL: Final = (0, 0)
_ASIDE: Final = "aside"
"""Behind an instance's name and a space, the name of a lock of its own: no instance has a space in its name."""
_LONGEST: Final = 70
"""Letters of a command line that are shown."""
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock; what cannot be known of it is empty.

    Attributes:
        pid: its number; 0 where it is in another PID namespace.
        command: its command line, shortened.
        user: whose it is.
        since: when it was started.
    """

    pid: int
    command: str = ""
    user: str = ""
    since: datetime | None = None

    @property
    def text(self) -> Text:
        """Return who it is, in both languages."""
        if not self.pid:
            return Text(fr="un autre programme", en="another program")
        command = f"« {self.command} »" if self.command else "un programme", f"'{self.command}'" if self.command else ""
        since = self.since.astimezone().strftime("%H:%M:%S") if self.since else ""
        of, by = (f" {de(self.user)}", f" of {self.user}") if self.user else ("", "")
        return Text(
            fr=f"{command[0]} (processus {self.pid}{of}{f', depuis {since}' if since else ''})",
            en=f"{command[1] or 'a program'} (process {self.pid}{by}{f', since {since}' if since else ''})",
        )


class BusyError(LabError):
    """Another program is at work on the instance; nothing was done.

    Attributes:
        holder: that program.
    """

    def __init__(self, subject: str | None, holder: Holder) -> None:
        """Make the error for an instance, or for any of them."""
        who = holder.text
        super().__init__(
            Text(
                fr=f"Le lab {subject} est occupé : {who.fr} y travaille.",
                en=f"The lab {subject} is busy: {who.en} is at work on it.",
            )
            if subject
            else Text(fr=f"Un lab est occupé : {who.fr} y travaille.", en=f"A lab is busy: {who.en} is at work on it."),
            Text(
                fr="Attendez qu'il ait fini"
                + (f", ou arrêtez-le : « kill {holder.pid} ». Rien n'a été fait." if holder.pid else "."),
                en="Wait until it is done"
                + (f", or end it: 'kill {holder.pid}'. Nothing was done." if holder.pid else "."),
            ),
        )
        self.holder = holder


class _Taken(Exception):  # noqa: N818 - no error
    """Somebody else holds a range of a file."""

    def __init__(self, pid: int) -> None:
        self.pid = pid


class _File:
    """A lock file, open while this process holds a lock in it.

    There is one for each path in a process: closing a file anywhere frees all the locks that the process has in it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._descriptor = -1
        self._held: Counter[tuple[int, int]] = Counter()

    def take(self, place: tuple[int, int], *, make: bool, share: bool) -> bool:
        """Lock a range; return False where the file is not there, or not for this user.

        Args:
            place: its start and length.
            make: whether the file is made where it is missing.
            share: whether it may be this process that holds it already.

        Raises:
            _Taken: another process holds it, or a part of it; or this one, where it is not shared.
            OSError: the file cannot be made.
        """
        with self._guard:
            if self._held[place] or self._held[_ALL]:
                if not share:
                    raise _Taken(os.getpid())
            elif not self._lock(place, make=make):
                return False
            self._held[place] += 1
            return True

    def _lock(self, place: tuple[int, int], *, make: bool) -> bool:
        if self._descriptor < 0 and not self._open(make=make):
            return False
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, place[1], place[0])
        except (BlockingIOError, PermissionError):
            taken = _Taken(self._holder(place) or 0)
            self._close_if_idle()
            raise taken from None
        return True

    def holder(self, place: tuple[int, int]) -> int | None:
        """Return the process that holds a range or a part of it, 0 where it cannot be told; None: nobody else does."""
        with self._guard:
            if self._descriptor < 0 and not self._open(make=False):
                return None
            try:
                return self._holder(place)
            finally:
                self._close_if_idle()

    def give_back(self, place: tuple[int, int]) -> None:
        """Unlock a range, once all who share it have."""
        with self._guard:
            self._held[place] -= 1
            if not self._held[place] and not self._held[_ALL]:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, place[1], place[0])
            self._close_if_idle()

    def _open(self, *, make: bool) -> bool:
        if make:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o600)
        except (FileNotFoundError, PermissionError):
            if make:
                raise
            return False
        return True

    def _close_if_idle(self) -> None:
        if not self._held.total():
            os.close(self._descriptor)
            self._descriptor = -1

    def _holder(self, place: tuple[int, int]) -> int | None:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, *place, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(self._descriptor, fcntl.F_GETLK, asked))
        return None if kind == fcntl.F_UNLCK else max(0, int(pid))


_files: dict[Path, _File] = {}


def _file(path: Path) -> _File:
    return _files.setdefault(path, _File(path))


class Locks:
    """The locks of all instances."""

    def __init__(self, own: Path, shared: Path | None = None, *, patience: float = _PATIENCE) -> None:
        """Lock in files.

        Args:
            own: the user's lock file, which is made where it is missing.
            shared: the lock file of all users of this machine, which may not be there.
            patience: seconds to wait for whoever holds a lock.
        """
        self._own = own
        self._shared = shared
        self._patience = patience

    @contextmanager
    def exclusive(self, instance: str) -> Iterator[None]:
        """Keep every other program from acting on an instance within the block.

        Raises:
            BusyError: another one is at work on it.
            MachineError: no lock file can be made.
        """
        with self._locked(_place(instance), instance, self._patience):
            yield

    @contextmanager
    def exclusive_with_all(self) -> Iterator[None]:
        """Keep every other program from acting on any instance within the block.

        Raises:
            BusyError: another one is at work on one.
            MachineError: no lock file can be made.
        """
        with self._locked(_ALL, None, self._patience):
            yield

    @contextmanager
    def exclusive_nowait(self, instance: str) -> Iterator[None]:
        """Be the only one at work on an instance within the block, in this process too; nobody is waited for.

        Raises:
            BusyError: somebody is at work on it.
            MachineError: no lock file can be made.
        """
        with self._locked(_place(instance), instance, 0, share=False):
            yield

    @contextmanager
    def giving_way(self, instance: str) -> Iterator[Callable[[], None]]:
        """Act on an instance within the block, and keep nobody from it: who locks it does so at once.

        Gives what is to be called again and again meanwhile: it raises ``BusyError`` as soon as another program is at
        work on the instance, for the block to end. Of those who give way, only one is at work at a time.

        Raises:
            BusyError: somebody is at work on it.
            MachineError: no lock file can be made.
        """

        def go_on() -> None:
            holder = self.holder(instance)
            if holder is not None:
                raise BusyError(instance, holder)

        with self._locked(_place(f"{instance} {_ASIDE}"), instance, 0, share=False):
            go_on()
            yield go_on

    def holder(self, instance: str) -> Holder | None:
        """Return the other program that is at work on an instance just now; None where none is."""
        for path in (self._own, self._shared):
            pid = _file(path).holder(_place(instance)) if path is not None else None
            if pid is not None:
                return holder_of(pid)
        return None

    @contextmanager
    def _locked(
        self, place: tuple[int, int], instance: str | None, patience: float, *, share: bool = True
    ) -> Iterator[None]:
        taken: _Taken | None = None

        def take() -> ExitStack | None:
            nonlocal taken
            try:
                return self._take(place, share=share)
            except _Taken as other:
                taken = other
                return None

        held = wait_until(take, within=patience)
        if held is None:
            raise BusyError(instance, holder_of(taken.pid if taken else 0))
        with held:
            yield

    def _take(self, place: tuple[int, int], *, share: bool) -> ExitStack:
        """Lock a range in both files; one has to do where the other cannot be had: a full disk keeps no lab alive."""
        trouble: OSError | None = None
        with ExitStack() as stack:
            locked = False
            for path, make in ((self._own, True), (self._shared, False)):
                try:
                    if path is not None and _file(path).take(place, make=make, share=share):
                        stack.callback(_file(path).give_back, place)
                        locked = True
                except OSError as error:
                    trouble = error
            if not locked:
                reason = (trouble.strerror or str(trouble)) if trouble else ""
                raise MachineError(
                    Text(fr=f"Impossible d'écrire {self._own} : {reason}", en=f"Cannot write {self._own}: {reason}")
                ) from trouble
            return stack.pop_all()


def _place(instance: str) -> tuple[int, int]:
    """Return the byte that stands for an instance: so many are there that no two share one."""
    return int.from_bytes(hashlib.sha256(instance.encode()).digest()[:7]) + 1, 1


def holder_of(pid: int, proc: Path = _PROC) -> Holder:
    """Return what is known of a process."""
    folder = proc / str(pid)
    command, user, since = "", "", None
    with contextlib.suppress(OSError):
        command = _shown((folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1])
    with contextlib.suppress(OSError, ValueError, IndexError):
        since = _started((folder / "stat").read_text(), (proc / "stat").read_text())
    with contextlib.suppress(OSError, KeyError):
        user = pwd.getpwuid(folder.stat().st_uid).pw_name
    return Holder(pid, command, user, since)


def _shown(words: list[str]) -> str:
    """Return a command line as it was typed: our own program's name stands for how it was called."""
    for number, word in enumerate(words[:5]):
        if Path(word).name in {"breakfix", "orchestrator"}:
            words = ["breakfix", *words[number + 1 :]]
            break
    line = " ".join(words)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _started(process: str, machine: str) -> datetime:
    """Return when a process was started, from its ``stat`` and the machine's (proc(5))."""
    ticks = int(process.rpartition(")")[2].split()[19])
    boot = next(int(line.split()[1]) for line in machine.splitlines() if line.startswith("btime "))
    return datetime.fromtimestamp(boot + ticks / os.sysconf("SC_CLK_TCK")).astimezone()
