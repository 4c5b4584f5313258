"""The user's editor, for files that are written by hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text


def edit(invocation: Invocation, path: Path, *, options: Sequence[str]) -> None:
    """Open a file in the user's editor ($VISUAL, $EDITOR) and wait until it is closed.

    Args:
        invocation: the command.
        path: the file.
        options: the command's options that do the same without an editor.

    Raises:
        UsageError: there is no terminal to edit it on.
    """
    if not has_terminal():
        raise UsageError(
            Text(fr="Sans terminal, pas d'éditeur.", en="Without a terminal there is no editor."),
            Text(
                fr=f"Donnez-le avec {' ou '.join(options)} (voir --help), ou modifiez {path}.",
                en=f"Give it with {' or '.join(options)} (see --help), or edit {path}.",
            ),
        )
    invocation.output.note(str(path), style="quiet")
    click.edit(filename=str(path))


def has_terminal() -> bool:
    """Return whether there is somebody to edit."""
    return sys.stdin.isatty()
