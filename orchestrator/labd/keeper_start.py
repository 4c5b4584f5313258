"""Starts the keeper where none answers, so that it outlives labd, however labd ends."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.labd.child_environment import child_environment

_START_S: Final = 20.0
_READY: Final = b"ready"


class KeeperStart:
    """Starts the keeper of one socket."""

    def __init__(self, path: Path, recordings: Path) -> None:
        """Take where it listens, and where it records."""
        self._path = path.absolute()
        self._recordings = recordings.absolute()
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """Start the keeper if none answers.

        Raises:
            MachineError: it does not start.
        """
        with self._lock:
            if not self._answers():
                self._start()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            try:
                asking.connect(str(self._path))
            except OSError:
                return False
            return True

    def _start(self) -> None:
        """Start it in a session of its own, with no descriptor of ours, and read its output until it is ready."""
        command = [sys.executable, "-P", "-m", "orchestrator.keeper"]
        reading, writing = os.pipe()
        try:
            keeper = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*command, "--socket", str(self._path), "--recordings", str(self._recordings)],
                stdin=subprocess.DEVNULL,
                stdout=writing,
                cwd="/",
                env=child_environment(),
                start_new_session=True,
            )
        finally:
            os.close(writing)
        try:
            ready = _said_ready(reading)
        finally:
            os.close(reading)
        if not ready:
            keeper.kill()
            keeper.wait()
            raise MachineError(
                Text(fr="Le gardien des terminaux ne démarre pas.", en="The keeper of terminals does not start."),
                Text(
                    fr=f"Lancez-le pour voir pourquoi : « python -m orchestrator.keeper --socket {self._path} ».",
                    en=f"Start it to see why: 'python -m orchestrator.keeper --socket {self._path}'.",
                ),
            )
        threading.Thread(target=keeper.wait, daemon=True, name="keeper").start()  # no zombie where it ends before us


def _said_ready(descriptor: int) -> bool:
    """Return whether a process said so in time, before it closed its output."""
    said, deadline = b"", time.monotonic() + _START_S
    while _READY not in said.split(b"\n")[:-1]:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return False
        piece = os.read(descriptor, 1 << 12)
        if not piece:
            return False
        said += piece
    return True
