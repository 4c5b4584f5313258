"""The replay of attempts: whose each is, what was recorded of it, and its pieces. Called from threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from grader.report import Report
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Who
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_talk import talks_of_attempt
from orchestrator.labd.privacy_contract import Piece, PieceOf, RecordingLine, ReplayView
from orchestrator.labd.recording_secrets import RecordedAttempt, RecordingSecrets
from orchestrator.labd.replay_marks import marks_of
from orchestrator.labd.talk_contract import ConversationView
from orchestrator.labd.told_refusals import missing_recording
from orchestrator.labd.trainee_view import iso
from orchestrator.model.seeds import shown_seed
from orchestrator.personas.terminal_masks import masked_recording
from orchestrator.privacy.kept_recordings import KeptRecording, KeptRecordings
from orchestrator.records import attempts, personal_data
from orchestrator.records.database import Transaction
from orchestrator.records.models import Attempt
from orchestrator.records.people import People

_TO_A_SECOND: Final = timedelta(seconds=2)
"""A recording's head has its beginning to a second; between two attempts on a lab lies the time of its reset."""
_KNOWN_S: Final = 60.0
_MOST_KNOWN: Final = 1000


@dataclass(frozen=True)
class FoundAttempt:
    """An attempt that there is: its number, whose it is by their ``ref``, its lab, and its recordings' ids.

    Attributes:
        made: what its passwords come from.
    """

    number: int
    owner: str
    lab: str
    recordings: tuple[str, ...]
    made: RecordedAttempt


class ReplayDesk:
    """Knows the recordings of attempts; whether somebody may ask is for ``rules``."""

    def __init__(
        self, parts: LabParts, recordings: KeptRecordings, days: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the parts, and for how many days a recording is kept."""
        self._parts = parts
        self._database = parts.database
        self._recordings = recordings
        self._days = days
        self._clock = clock
        self._secrets = RecordingSecrets(parts)
        self._known: dict[int, tuple[float, FoundAttempt]] = {}

    def find(self, number: int) -> FoundAttempt | None:
        """Return an attempt; None where there is none. Each piece of a recording asks, so it is known for a while."""
        at, found = self._known.get(number, (0.0, None))
        if found is not None and self._clock() - at < _KNOWN_S:
            return found
        with self._database.read() as reading:
            attempt = personal_data.attempt(reading, number)
            if attempt is None or attempt.person.anonymised_at is not None:
                return None
            ids = tuple(one.id for one in self._of(attempt))
            of = RecordedAttempt.of(attempt)
            made = FoundAttempt(number, attempt.person.ref, attempt.instance, ids, of)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[number] = self._clock(), made
        return made

    def recorded(self, who: Who, scenario: str) -> tuple[int, ...]:
        """Return which of somebody's own attempts at a scenario have recordings, or talk with people of the lab."""
        with self._database.read() as reading:
            mine = attempts.of_person(reading, People(reading).find(who.ref))
            return tuple(one.id for one in mine if one.scenario == scenario and self._seen(reading, one))

    def view(self, who: Who, found: FoundAttempt) -> ReplayView:
        """Return an attempt's replay; a look of anybody but its owner is noted.

        Raises:
            RefusedCallError: the attempt is gone.
        """
        if who.ref != found.owner:
            with self._database.write() as writing:
                personal_data.note_look(writing, found.number, by=who.ref)
        with self._database.read() as reading:
            attempt = personal_data.attempt(reading, found.number)
            if attempt is None:
                raise missing_recording()
            gradings = [(kept.at, Report.from_document(kept.report)) for kept in attempt.reports]
            return ReplayView(
                attempt=attempt.id,
                scenario=attempt.scenario,
                title=self._title(attempt.scenario),
                seed=str(shown_seed(int(attempt.seed))),
                started=iso(attempt.started_at),
                solved=iso(attempt.solved_at) if attempt.solved_at else "",
                yours=who.ref == found.owner,
                name=attempt.person.name or attempt.person.handle,
                recordings=tuple(map(_line, self._of(attempt))),
                marks=marks_of(gradings, personal_data.hints(reading, attempt.id)),
                recordings_days=self._days,
                talks=self._talks(reading, attempt),
            )

    def piece(self, found: FoundAttempt, asked: PieceOf) -> Piece:
        """Return a piece of one of an attempt's recordings, without the passwords.

        Raises:
            RefusedCallError: it has none of that id, or it does not reach so far.
            BreakfixError: the engine does not answer.
        """
        known = asked.recording in found.recordings
        if not known:  # it may have begun since
            self._known.pop(found.number, None)
            again = self.find(found.number)
            known = again is not None and asked.recording in again.recordings
        piece = self._recordings.piece(found.lab, asked.recording, asked.at) if known else None
        if piece is None:
            raise missing_recording()
        secrets = self._secrets.of((found.made,))
        lines = masked_recording(piece.lines, secrets, before=piece.before, after=piece.after)
        return Piece(lines, piece.next, piece.end)

    def _of(self, attempt: Attempt) -> tuple[KeptRecording, ...]:
        """Return the recordings of an attempt: its owner's, of its lab, begun while it lasted."""
        first, last = attempt.started_at - _TO_A_SECOND, attempt.ended_at
        return tuple(
            one
            for one in self._recordings.of_lab(attempt.instance, attempt.person.ref)
            if first <= one.began and (last is None or one.began <= last)
        )

    def _seen(self, reading: Transaction, attempt: Attempt) -> bool:
        return bool(self._of(attempt) or self._talks(reading, attempt))

    def _talks(self, reading: Transaction, attempt: Attempt) -> tuple[ConversationView, ...]:
        try:
            return talks_of_attempt(self._parts.labs(), reading, attempt)
        except BreakfixError:  # the scenario is gone, or has a mistake by now: nobody can say who spoke
            return ()

    def _title(self, scenario: str) -> Text:
        known = self._parts.shelf.all().get(scenario)
        return same(scenario) if known is None else known.document.title


def _line(one: KeptRecording) -> RecordingLine:
    return RecordingLine(one.id, one.host, iso(one.began), one.seconds, one.size, one.rows, one.columns)
