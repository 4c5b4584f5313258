"""Becomes another program with fewer rights, and dies with the one that started it.

``serve`` starts labd and the portal through this module. It runs for a moment in the new process, alone there, so
that nothing happens between a fork and an exec in a process that has threads.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNS = 0x20000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_PARENT_GONE = 125
_LARGEST_FILE = 64 << 20
"""Bytes of the one file that such a program writes, its log, which is ours: whoever breaks into it fills no disk."""

_MODULE = "orchestrator.serving.process_entry"

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Entry:
    """How a program is entered.

    Attributes:
        parent: the process that starts it.
        death_signal: what it gets when the parent is gone.
        user: as whom it runs; None: as before.
        group: its only group; counts with ``user``.
        shown: folders that the user may not reach; they are shown to the program, read-only, where they are.
    """

    parent: int
    death_signal: signal.Signals
    user: int | None = None
    group: int | None = None
    shown: tuple[Path, ...] = ()

    def command(self, program: Sequence[str]) -> list[str]:
        """Return the command line that enters a program so."""
        words = [sys.executable, "-P", "-m", _MODULE]
        words += ["--parent", str(self.parent), "--death-signal", str(int(self.death_signal))]
        if self.user is not None:
            words += ["--user", str(self.user), "--group", str(self.group)]
        words += [word for path in self.shown for word in ("--show", str(path))]
        return [*words, "--", *program]


def main(words: Sequence[str] | None = None) -> None:
    """Enter the program that the command line names; does not return."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("--show", type=Path, action="append", default=[])
    parser.add_argument("program", nargs="+")
    found = parser.parse_args(words)
    if found.show:
        _show_or_exit(found.show)
    if found.user is not None:
        os.setgroups([])
        os.setresgid(found.group, found.group, found.group)
        os.setresuid(found.user, found.user, found.user)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    _prctl(_PR_SET_PDEATHSIG, found.death_signal)  # after the change of user, which forgets it
    if os.getppid() != found.parent:
        sys.exit(_PARENT_GONE)
    os.execvp(found.program[0], found.program)  # noqa: S606 - no shell is wanted


def hidden_top(path: Path) -> Path | None:
    """Return the outermost folder above a path that others may not pass through; None: they reach it."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def _show_or_exit(paths: Sequence[Path]) -> None:
    try:
        _show(paths)
    except OSError as error:
        listed = ", ".join(map(str, paths))
        sys.exit(f"{error}: the portal's account cannot read {listed}. Move the checkout, for example to /opt.")


def _show(paths: Sequence[Path]) -> None:
    """Have this process see nothing below the folders that are closed to others, but these paths, read-only."""
    _checked(_libc.unshare(_CLONE_NEWNS))
    _mount("none", Path("/"), _MS_REC | _MS_PRIVATE)
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in paths]
    for top in {top for path in paths if (top := hidden_top(path))}:
        _mount("tmpfs", top, _MS_NOSUID | _MS_NODEV, kind="tmpfs", data="mode=0755,size=64k")
    for path, descriptor in kept:
        with contextlib.suppress(FileExistsError):
            path.mkdir(parents=True)
        _mount(f"/proc/self/fd/{descriptor}", path, _MS_BIND | _MS_REC)
        _mount("none", path, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def _mount(source: str, target: Path, flags: int, *, kind: str = "", data: str = "") -> None:
    _checked(
        _libc.mount(
            source.encode(),
            os.fsencode(target),
            kind.encode() or None,
            ctypes.c_ulong(flags),
            data.encode() or None,
        )
    )


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
