"""The store of people and results, from the command line: what is recorded there, and what is read of it."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import BreakfixError, UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.practice.recorder import PracticeRecorder
    from orchestrator.records.database import Transaction


def record(invocation: Invocation, act: Callable[[PracticeRecorder], BreakfixError | None]) -> None:
    """Record something, last of all: a person reads the result meanwhile. Trouble is a warning.

    Args:
        invocation: the command line.
        act: is given what records, and returns its trouble.
    """
    trouble = act(invocation.app.practice)
    if trouble is not None:
        said = trouble.text.in_(invocation.language)
        invocation.output.note(Text(fr=f"! Non enregistré : {said}", en=f"! Not recorded: {said}"), style="warn")
        if trouble.hint is not None:
            invocation.output.note(f"  → {trouble.hint.in_(invocation.language)}")


@contextmanager
def reading(invocation: Invocation) -> Iterator[Transaction]:
    """Give what was recorded to a command that only reads: it makes no store where there is none.

    Raises:
        UsageError: ``--database`` names one that is not there.
        MachineError: the store cannot be read.
    """
    database = invocation.app.database
    if invocation.database and not database.exists:
        raise UsageError(
            Text(
                fr=f"Il n'y a pas d'enregistrements dans {database.name} : ce fichier n'existe pas.",
                en=f"Nothing is recorded in {database.name}: there is no such file.",
            ),
            Text(
                fr="Vérifiez son chemin. Une commande qui enregistre (start, people add, …) le crée.",
                en="Check its path. A command that records (start, people add, …) makes it.",
            ),
        )
    with database.read() as transaction:
        yield transaction


def myself(writing: Transaction) -> str:
    """Return the ``ref`` of who runs the program."""
    from orchestrator.records.people import People

    return People(writing).of_account(getpass.getuser()).ref
