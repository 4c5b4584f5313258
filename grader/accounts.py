"""A host's account files as its C library reads them, and not as they look: blanks before a name do not hide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.lines import BLANKS, lines_in

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector

_WIDTHS = {"passwd": 7, "group": 4, "shadow": 9}
_LEAST = {"passwd": 4, "group": 3, "shadow": 2}
"""Columns without which there is no row; the others may be left out (glibc, ``nss/fgetpwent_r.c`` and its like)."""


def rows_in(text: str, database: str) -> list[list[str]]:
    """Return the rows of ``passwd``, ``group`` or ``shadow``, with all columns."""
    rows = (line.split(":") for line in _stripped(text) if line and not line.startswith("#"))
    width = _WIDTHS[database]
    return [[*row, *[""] * width][: max(width, len(row))] for row in rows if len(row) >= _LEAST[database]]


def rows_of(inspector: HostInspector, database: str) -> list[list[str]]:
    """Return the rows of ``passwd``, ``group`` or ``shadow`` of a host's ``/etc``."""
    return rows_in((inspector.read(f"/etc/{database}") or b"").decode("utf-8", errors="replace"), database)


def account_names(text: str) -> set[str]:
    """Return the names of the accounts or groups that a file of the kind has."""
    return {line.split(":")[0] for line in _stripped(text) if ":" in line}


def _stripped(text: str) -> list[str]:
    return [line.strip(BLANKS) for line in lines_in(text)]
