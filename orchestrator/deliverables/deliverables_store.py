"""Where what a trainee hands in is kept: a folder per instance, which stays when the lab is stopped.

It holds what the trainee wrote and nothing else: the truth is in the plan, which is made again for each grading.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from pathlib import Path
from typing import Final

from orchestrator.instances.instance_records import unwritable

ANSWERS: Final = "answers.yaml"
REPORT: Final = "report.md"
CONVERSATION: Final = "conversation.jsonl"
"""What was said to people of the scenario, and what they answered: lines that are only ever added."""


class DeliverablesStore:
    """The folders of all instances of this user."""

    def __init__(self, folder: Path) -> None:
        """Keep them below ``folder``, which is made when the first file is written."""
        self._folder = folder

    def path(self, instance: str, name: str) -> Path:
        """Return where an instance's file is, or would be."""
        return self._folder / instance / name

    def read(self, instance: str, name: str) -> bytes | None:
        """Return a file's content, or None where nothing was handed in."""
        with contextlib.suppress(FileNotFoundError):
            return self.path(instance, name).read_bytes()
        return None

    def write(self, instance: str, name: str, text: str) -> Path:
        """Write a file and return where; it is replaced whole, never half.

        Raises:
            MachineError: it cannot be written; what was there before is still there.
        """
        path = self.path(instance, name)
        draft = path.with_name(f".{name}.new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise unwritable(path.parent, error) from error
        return path

    def add(self, instance: str, name: str, line: str) -> None:
        """Add a line to a file, on the disk when this returns; one that was left half written is ended first.

        Raises:
            MachineError: it cannot be written.
        """
        path = self.path(instance, name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("ab+", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                if size:
                    file.seek(size - 1)
                    line = line if file.read(1) == b"\n" else f"\n{line}"
                file.write(line.encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(path.parent, error) from error

    def kept(self, instance: str) -> tuple[Path, ...]:
        """Return the files that an instance has."""
        paths = (self.path(instance, name) for name in (ANSWERS, REPORT, CONVERSATION))
        return tuple(path for path in paths if path.is_file())

    def discard(self, instance: str) -> None:
        """Remove an instance's folder; one that is not there is no error."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._folder / instance)

    def put_aside(self, instance: str) -> None:
        """Keep what was handed in for an earlier instance of this name, as ``<name>.1`` and so on."""
        for number in itertools.count(1):
            aside = self._aside(instance, number)
            if not aside.exists():
                with contextlib.suppress(FileNotFoundError):
                    (self._folder / instance).rename(aside)
                return

    def forget(self, instance: str) -> None:
        """Remove all that was handed in for instances of a name."""
        self.discard(instance)
        for number in itertools.count(1):
            if not self._aside(instance, number).exists():
                return
            shutil.rmtree(self._aside(instance, number))

    def _aside(self, instance: str, number: int) -> Path:
        return self._folder / f"{instance}.{number}"
