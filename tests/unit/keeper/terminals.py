"""Terminals with programs or without, keepers in processes, and reading what a terminal shows until it has come."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tty
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from orchestrator.keeper.keeper_client import Attachment, KeeperClient
from orchestrator.keeper.keeper_protocol import KeptTerminal, TerminalAbout

T = TypeVar("T")
WITHIN = 60
"""Seconds after which a test fails instead of waiting for ever."""
ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PS1": "$ ", "TERM": "xterm"}
BASH = ("bash", "--norc", "--noprofile", "--noediting")
_numbers = itertools.count(1)


def new_lab() -> str:
    """Return the name of a lab that no other test has."""
    return f"lab-{next(_numbers)}"


def about(lab: str) -> TerminalAbout:
    return TerminalAbout(lab, "identity-1", "srv", "root", "P-0123456789ab", rows=24, columns=80)


def run(test: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine; it fails where it hangs."""

    async def bounded() -> T:
        async with asyncio.timeout(WITHIN):
            return await test

    return asyncio.run(bounded())


@dataclass(frozen=True)
class Running:
    """A keeper that runs in a folder."""

    process: subprocess.Popen[str]
    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "s" / "keeper"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def client(self) -> KeeperClient:
        return KeeperClient(self.socket)

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory(self) -> int:
        """Return the kilobytes of memory that the keeper uses, what it shares with others by its share."""
        rows = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def arguments(folder: Path) -> list[str]:
    program = [sys.executable, "-P", "-m", "orchestrator.keeper"]
    return [*program, "--socket", str(folder / "s" / "keeper"), "--recordings", str(folder / "recordings")]


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Running]:
    """Give a keeper that listens; it is ended by SIGTERM."""
    with subprocess.Popen(arguments(folder), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield Running(process, folder)
        finally:
            process.terminate()
            process.wait(WITHIN)


class Terminals:
    """Makes terminals."""

    def __init__(self) -> None:
        self._ends = contextlib.ExitStack()
        self._open: set[int] = set()

    def bare(self) -> tuple[int, int]:
        """Return master and slave of a terminal that passes every byte on as it is: the test is its program."""
        master, slave = self.pair()
        tty.setraw(slave)
        return master, slave

    def pair(self) -> tuple[int, int]:
        master, slave = os.openpty()
        self._open |= {master, slave}
        return master, slave

    def close(self, descriptor: int) -> None:
        """Close a master or a slave now."""
        self._open.remove(descriptor)
        os.close(descriptor)

    def start(self, *command: str) -> tuple[int, subprocess.Popen[bytes]]:
        """Start a program with a terminal that is its controlling one; return its master."""
        master, slave = self.pair()
        process = subprocess.Popen(
            ["setsid", "--ctty", *command], stdin=slave, stdout=slave, stderr=slave, env=ENVIRONMENT
        )
        self.close(slave)
        self._ends.callback(process.wait, WITHIN)
        self._ends.callback(process.kill)
        return master, process

    async def keep_bare(self, client: KeeperClient, lab: str) -> tuple[str, int]:
        """Have a terminal kept that the test is the program of; return its id and the slave."""
        master, slave = self.bare()
        kept = await client.keep(master, about(lab))
        self.close(master)
        return kept, slave

    async def keep(self, client: KeeperClient, lab: str, *command: str) -> tuple[str, subprocess.Popen[bytes]]:
        """Start a program, and have its terminal kept."""
        master, process = self.start(*command)
        kept = await client.keep(master, about(lab))
        self.close(master)
        return kept, process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()
        for descriptor in tuple(self._open):
            self.close(descriptor)


async def shown_until(attachment: Attachment, wanted: bytes) -> bytes:
    """Return what the terminal shows until something of it has come."""
    seen = b""
    while wanted not in seen:
        event = await anext(attachment)
        if isinstance(event, bytes):
            seen += event
    return seen


async def next_of(attachment: Attachment, kind: type[T]) -> T:
    """Return the next event of a kind."""
    while True:
        event = await anext(attachment)
        if isinstance(event, kind):
            return event


async def shown_to(attachment: Attachment, end: int) -> bytes:
    """Return what follows the opening, up to a number of the terminal's bytes."""
    seen = b""
    while attachment.opening.at + len(seen) < end:
        event = await anext(attachment)
        assert isinstance(event, bytes), event
        seen += event
    return seen


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask the keeper until something is so: each question lets it go on."""
    while not await condition():
        pass


async def of_lab(client: KeeperClient, lab: str) -> list[KeptTerminal]:
    return [one for one in await client.terminals() if one.about.lab == lab]
