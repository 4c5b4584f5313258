"""Forgetting people: the one way of the command line and the portal, from the store to the files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.privacy.kept_recordings import KeptRecordings
from orchestrator.records import personal_data, retention
from orchestrator.records.database import Database, Transaction
from orchestrator.records.models import Person


@dataclass(frozen=True)
class ErasedPerson:
    """What came of forgetting somebody: see ``retention.Forgotten``; and how many recordings of theirs are gone."""

    forgotten: retention.Forgotten
    recordings: int


class Erasure:
    """Erases what identifies people, and what only they could be known by; results stay under their ``ref``."""

    def __init__(self, database: Database, deliverables: DeliverablesStore, recordings: KeptRecordings) -> None:
        """Take the store, what was handed in on this machine, and the recordings of its terminals."""
        self._database = database
        self._deliverables = deliverables
        self._recordings = recordings

    def forget(
        self,
        who: Callable[[Transaction], Iterable[Person]],
        by: Callable[[Transaction], str],
        *,
        reason: str,
        gone: bool = False,
    ) -> Mapping[str, ErasedPerson]:
        """Forget people: all of them, or nobody.

        Args:
            who: returns whom; called in the transaction in which they are forgotten.
            by: returns the ``ref`` of who asks for it.
            reason: why, in a word that names nobody: ``asked``, ``retention``.
            gone: the labs of their running attempts are gone.

        Returns:
            What came of it, by the short name that they had.

        Raises:
            UsageError: somebody still practises on a lab, or is forgotten already.
            MachineError: they are forgotten, but a file of theirs is still there.
        """
        done: dict[str, retention.Forgotten] = {}
        with self._database.write() as writing:
            me = by(writing)
            for one in who(writing):
                handle = one.handle
                if gone:
                    retention.end_gone(writing, one)
                done[handle] = retention.forget(writing, one, by=me, reason=reason)
        try:
            return {handle: ErasedPerson(one, self._files(one)) for handle, one in done.items()}
        except OSError as error:
            raise MachineError(
                Text(
                    fr=f"L'identité est effacée, mais un fichier n'a pas pu l'être : {error.strerror}.",
                    en=f"The identity is erased, but a file could not be: {error.strerror}.",
                ),
                Text(
                    fr="labd efface ce qui reste chaque jour, et quand il démarre.",
                    en="labd erases what is left each day, and when it starts.",
                ),
                str(error),
            ) from error

    def _files(self, one: retention.Forgotten) -> int:
        for instance in one.instances:
            self._deliverables.forget(instance)
        return self._recordings.erase(self._recordings.of_owner(one.ref))


def sweep_recordings(
    database: Database, recordings: KeptRecordings, now: datetime, days: int, held: Iterable[str] = ()
) -> int:
    """Remove recordings whose time is over, and those of people who were forgotten, on another machine perhaps.

    Args:
        database: the store.
        recordings: what is kept.
        now: the moment (UTC).
        days: days for which a recording is kept after its end.
        held: ids of terminals that are open: theirs stay while their owner is known.

    Returns:
        How many recordings went.

    Raises:
        OSError: the system refuses it.
        MachineError: the store does not answer.
    """
    kept, oldest, open_ones = tuple(recordings.every()), now - timedelta(days=days), frozenset(held)
    with database.read() as reading:
        forgotten = personal_data.forgotten(reading)
    over = (one for one in kept if one.ended < oldest and one.id not in open_ones)
    gone = recordings.erase({*over, *(one for one in kept if one.owner in forgotten)})
    recordings.remove_empty_folders()
    return gone
