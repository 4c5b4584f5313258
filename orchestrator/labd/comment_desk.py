"""Comments on attempts, as their authors change and withdraw them. For threads."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.labd import help_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.help_contract import ChangeComment, OfComment, OfMemberAttempt
from orchestrator.labd.member_attempts import attempt_of, plain_text
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import trainer_notes
from orchestrator.records.database import Database, Transaction
from orchestrator.records.models import Attempt, Person
from orchestrator.records.people import People
from orchestrator.records.trainer_notes import TrainerNoteRow


class CommentDesk:
    """Changes comments; whether somebody trains the class is for ``rules``, whether they wrote it is looked at here."""

    def __init__(self, database: Database) -> None:
        """Take the store."""
        self._database = database

    def change(self, who: Who, asked: ChangeComment) -> str:
        """Give a comment other words; return the name of the lab where its attempt runs still, else an empty one.

        Raises:
            RefusedCallError: there is no such comment, it is another's or withdrawn, or the text cannot be kept.
        """
        text = plain_text(asked.text)

        def change(writing: Transaction, note: TrainerNoteRow, by: Person) -> bool:
            if note.withdrawn_at is not None:
                raise RefusedCallError(help_refusals.withdrawn())
            return trainer_notes.change(writing, note, text, by=by)

        changed, attempt = self._act(who, OfComment(asked.name, asked.handle, asked.attempt, asked.note), change)
        return attempt.instance if changed and attempt.ended_at is None else ""

    def withdraw(self, who: Who, asked: OfComment) -> None:
        """Take a comment back, once and for all.

        Raises:
            RefusedCallError: there is no such comment, or it is another's.
        """

        def withdraw(writing: Transaction, note: TrainerNoteRow, by: Person) -> bool:
            return trainer_notes.withdraw(writing, note, by=by)

        self._act(who, asked, withdraw)

    def _act(
        self, who: Who, asked: OfComment, act: Callable[[Transaction, TrainerNoteRow, Person], bool]
    ) -> tuple[bool, Attempt]:
        with self._database.write() as writing:
            attempt = attempt_of(writing, OfMemberAttempt(asked.name, asked.handle, asked.attempt))
            note = trainer_notes.comment_of(writing, attempt, asked.note)
            if note is None:
                raise RefusedCallError(help_refusals.no_comment())
            by = People(writing).find(who.ref)
            if note.by_id != by.id:
                raise RefusedCallError(help_refusals.anothers_comment())
            return act(writing, note, by), attempt
