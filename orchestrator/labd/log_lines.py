"""labd's log as lines that are read in a terminal: what a host or a person chose in them acts on none."""

from __future__ import annotations

import logging

from orchestrator.core.control_characters import name_of, visible


class LogLines(logging.Formatter):
    """Writes controls out, and the ends of lines in a message: evidence may be what a program in a host printed."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging calls it
        """Return the line of a record, without what follows it (a traceback)."""
        line = super().formatMessage(record)
        return "".join(name_of(character) if len(f"{character}x".splitlines()) > 1 else character for character in line)

    def format(self, record: logging.LogRecord) -> str:
        """Return all lines of a record."""
        return visible(super().format(record)).replace("\r", "\\r")
