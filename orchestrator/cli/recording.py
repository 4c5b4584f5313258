"""The store of people and results, from the command line: what is recorded there, and what is read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.session import Session
from orchestrator.errors import BreakfixError, UsageError
from orchestrator.text import Text

if TYPE_CHECKING:
    from orchestrator.practice.recorder import Recorder
    from orchestrator.records.database import Transaction


def record(session: Session, act: Callable[[Recorder], BreakfixError | None]) -> None:
    """Record something, last of all: a person reads the result meanwhile. Trouble is a warning.

    Args:
        session: the command line.
        act: is given what records, and returns its trouble.
    """
    trouble = act(session.app.practice)
    if trouble is not None:
        said = trouble.text.in_(session.language)
        session.output.note(plain(tr(f"! Non enregistré : {said}", f"! Not recorded: {said}"), "warn"))
        if trouble.hint is not None:
            session.output.note(plain(f"  → {trouble.hint.in_(session.language)}"))


@contextmanager
def reading(session: Session) -> Iterator[Transaction]:
    """Give what was recorded to a command that only reads: it makes no store where there is none.

    Raises:
        UsageError: ``--database`` names one that is not there.
        MachineError: the store cannot be read.
    """
    database = session.app.database
    if session.database and not database.exists:
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
