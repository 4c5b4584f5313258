"""What a check ran, kept as evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from grader.report import CommandRecord

_OUTPUT_LIMIT = 1200
"""Characters kept of one command's output: its beginning and its end."""

_HEAD, _TAIL = 25, 25
"""Commands kept of one check: the first and the last ones."""


def trim(text: str, limit: int = _OUTPUT_LIMIT) -> str:
    """Return a text of at most about ``limit`` characters, cut in the middle."""
    text = text.strip("\n")
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"


class CommandLog:
    """Passes on each command of the running check at once, so that a check that dies leaves its evidence."""

    def __init__(self, send: Callable[[CommandRecord], None]) -> None:
        """Remember where the records go."""
        self._send = send

    def add(
        self, where: str, command: str, status: int | None, output: str, seconds: float, *, in_host: bool = False
    ) -> None:
        """Record one command, or one look from outside."""
        record = CommandRecord(where, trim(command), status, trim(output), round(seconds, 4), in_host=in_host)
        self._send(record)


class Commands:
    """The commands of one check, in order; the same command with the same answer in a row counts as one."""

    def __init__(self) -> None:
        """Start with none."""
        self._head: list[CommandRecord] = []
        self._tail: list[CommandRecord] = []

    def add(self, record: CommandRecord) -> None:
        """Take one more; from the middle of many, commands are forgotten."""
        latest = self._tail or self._head
        if latest and latest[-1].same_answer(record):
            latest[-1] = replace(record, times=latest[-1].times + 1)
        elif len(self._head) < _HEAD:
            self._head.append(record)
        else:
            self._tail = [*self._tail[1 - _TAIL :], record]

    def all(self) -> tuple[CommandRecord, ...]:
        """Return the commands kept."""
        return (*self._head, *self._tail)
