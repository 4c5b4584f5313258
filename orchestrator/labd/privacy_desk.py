"""What is kept of people, and how it goes at their own wish. Called from threads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import same
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.labd import account_words, privacy_refusals
from orchestrator.labd.account_roles import is_another_administrator
from orchestrator.labd.calls import Who
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.privacy_contract import (
    Erased,
    ErasureRequestLine,
    ErasureView,
    LookLine,
    OfPerson,
    PrivacyView,
)
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.trainee_view import iso
from orchestrator.privacy.erasure import Erasure
from orchestrator.privacy.kept_recordings import KeptRecording, KeptRecordings
from orchestrator.records import erasure_requests, journal, personal_data, retention, sign_ins
from orchestrator.records.database import Transaction
from orchestrator.records.models import Person
from orchestrator.records.people import People

_LOOKS = 50
"""Looks that the page shows."""
_HOUR_S = 3600


@dataclass(frozen=True)
class PrivacyParts:
    """What is kept on this machine beside the store.

    Attributes:
        recordings: the recordings of terminals.
        deliverables: what was handed in.
        recordings_days: days for which a recording is kept after its end.
    """

    recordings: KeptRecordings
    deliverables: DeliverablesStore
    recordings_days: int


class PrivacyDesk:
    """Tells what is kept, notes wishes to be forgotten, and carries them out."""

    def __init__(self, desk: LabDesk, parts: PrivacyParts, clock: Callable[[], datetime] = journal.now) -> None:
        """Take what finds labs, what is kept, and what time it is."""
        self._desk = desk
        self._database = desk.parts.database
        self._recordings = parts.recordings
        self._days = parts.recordings_days
        self._erasure = Erasure(self._database, parts.deliverables, parts.recordings)
        self._clock = clock

    def view(self, who: Who) -> PrivacyView:
        """Return what is kept about somebody."""
        running: Sequence[str] = ()
        with contextlib.suppress(BreakfixError):  # without the engine nobody knows what runs; the rest is known
            running = self._running(who.ref)
        with self._database.read() as reading:
            person = People(reading).find(who.ref)
            labs = personal_data.instances(reading, person)
            # Of these labs only: to read the head of every recording of the machine takes seconds.
            kept = [one for lab in sorted(set(labs)) for one in self._recordings.of_lab(lab, who.ref)]
            policy, asked = retention.policy(reading), erasure_requests.asked_at(reading, person)
            names = {one.ref: one.name or one.handle for one in People(reading).list()}
            titles = self._desk.parts.shelf.all()
            return PrivacyView(
                email=person.email or "",
                born=person.born.isoformat() if person.born else "",
                organisation=person.organisation or "",
                candidate_number=person.candidate_number or "",
                account=person.account or "",
                classes=tuple(name for name, _ in personal_data.classes(reading, person)),
                trainers=tuple(names.get(one.ref, one.handle) for one in personal_data.trainers(reading, person)),
                attempts=len(labs),
                recordings=len(kept),
                recorded_bytes=_size(kept),
                looks=tuple(
                    LookLine(
                        iso(one.at),
                        names.get(one.by, "—"),
                        titles[one.scenario].document.title if one.scenario in titles else same(one.scenario),
                    )
                    for one in personal_data.looks(reading, person)[:_LOOKS]
                ),
                days=policy.days,
                until=retention.keep_until(reading, person).isoformat(),
                keeps_number=policy.keep_candidate_numbers,
                recordings_days=self._days,
                sign_in_hours=round(sign_ins.IDLE.total_seconds() / _HOUR_S),
                sign_in_days=sign_ins.LONGEST.days,
                asked=iso(asked) if asked else "",
                running=tuple(running),
            )

    # A wish to be forgotten -------------------------------------------------------------------------------------

    def ask(self, who: Who) -> None:
        """Note that somebody, whose password was just right, asks to be forgotten.

        Raises:
            RefusedCallError: nobody else could administer the portal.
        """
        with self._database.write() as writing:
            person = People(writing).find(who.ref)
            _require_another_administrator(writing, person)
            erasure_requests.ask(writing, person, self._clock())

    def withdraw(self, who: Who) -> None:
        """Note that somebody asks so no longer."""
        with self._database.write() as writing:
            erasure_requests.withdraw(writing, People(writing).find(who.ref))

    def requests(self) -> tuple[ErasureRequestLine, ...]:
        """Return who asks to be forgotten, the oldest wish first."""
        with self._database.read() as reading:
            return tuple(
                ErasureRequestLine(one.person.handle, one.person.name or one.person.handle, iso(one.asked_at))
                for one in erasure_requests.every(reading)
            )

    def look(self, asked: OfPerson) -> ErasureView:
        """Return what would come of carrying a wish out.

        Raises:
            RefusedCallError: nobody of that name has asked.
            BreakfixError: the engine does not answer.
        """
        with self._database.read() as reading:
            person = _asking(reading, asked.handle)
            wished = erasure_requests.asked_at(reading, person)
            running, kept = self._running(person.ref), self._recordings.of_owner(person.ref)
            return ErasureView(
                handle=person.handle,
                name=person.name or person.handle,
                asked=iso(wished) if wished else "",
                classes=tuple(name for name, _ in personal_data.classes(reading, person)),
                attempts=len(personal_data.instances(reading, person)),
                recordings=len(kept),
                recorded_bytes=_size(kept),
                kept_by=retention.kept_by(reading, person),
                running=running,
            )

    def erase(self, by: Who, asked: OfPerson) -> Erased:
        """Forget somebody who has asked for it, as the command line does.

        Raises:
            RefusedCallError: nobody of that name has asked, a lab of theirs runs, or nobody else could administer.
            BreakfixError: the engine or the store does not answer, or a file cannot be removed.
        """
        with self._database.read() as reading:
            ref = _asking(reading, asked.handle).ref
        running = self._running(ref)
        if running:
            raise RefusedCallError(privacy_refusals.still_running(running))

        def who(writing: Transaction) -> tuple[Person, ...]:
            person = _asking(writing, asked.handle)  # the wish may have been withdrawn meanwhile
            _require_another_administrator(writing, person)
            return (person,)

        # Of their attempts none runs by now: labs of which the store says otherwise were removed by other ways.
        (done,) = self._erasure.forget(who, lambda _: by.ref, reason="asked", gone=True).values()
        return Erased(done.forgotten.ref, done.recordings)

    def _running(self, ref: str) -> tuple[str, ...]:
        return tuple(one.name for one in self._desk.mine(ref) if self._desk.state_of(one) != "failed")


def _asking(transaction: Transaction, handle: str) -> Person:
    person = People(transaction).with_handle(handle)
    if person is None or erasure_requests.asked_at(transaction, person) is None:
        raise RefusedCallError(privacy_refusals.no_request())
    return person


def _require_another_administrator(transaction: Transaction, person: Person) -> None:
    """Refuse to forget the last one who can sign in as an administrator."""
    if "administrator" not in person.roles:
        return
    if not is_another_administrator(transaction, person):
        raise RefusedCallError(replace(account_words.last_administrator(), field=""))


def _size(kept: Sequence[KeptRecording]) -> int:
    return sum(one.size for one in kept)
