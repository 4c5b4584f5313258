"""All that is kept about one person, as files for an archive: nothing of others, no more than their pages told them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from grader.report import Report
from orchestrator.core.language import Language
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.labd.attempt_look import marks_of
from orchestrator.labd.calls import Who
from orchestrator.labd.my_data_words import FOLDERS, README
from orchestrator.labd.privacy_desk import PrivacyParts
from orchestrator.labd.trainee_view import grading_view, iso
from orchestrator.labd.wire import encode
from orchestrator.model.seeds import shown_seed
from orchestrator.personas.conversation_file import without_passwords
from orchestrator.privacy.kept_recordings import PIECE, KeptRecording
from orchestrator.records import erasure_requests, journal, personal_data, trainer_notes
from orchestrator.records.database import Database, Transaction
from orchestrator.records.models import Attempt, Person
from orchestrator.records.people import People

Files = Iterator[tuple[str, Iterable[bytes]]]
_ASIDE: Final = ("", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9")
"""What was handed in on earlier labs of a name lies beside it, under these endings."""


class MyData:
    """Collects what is kept about somebody; the store is asked in short transactions, as the files are taken."""

    def __init__(self, database: Database, parts: PrivacyParts) -> None:
        """Take the store, and what is kept beside it."""
        self._database = database
        self._parts = parts

    def files(self, who: Who, language: Language) -> Files:
        """Yield name and content of each file."""

        def named(part: str, name: str = "") -> str:
            place = FOLDERS[part].in_(language)
            return f"{place}/{name}" if name else place

        with self._database.read() as reading:
            person = People(reading).find(who.ref)
            about, entries = _person(reading, person), _journal(reading, person)
            numbers = personal_data.attempts(reading, person)
            shared = personal_data.shared_instances(reading, person)
            instances = set(personal_data.instances(reading, person)) - shared
        read_me = README.in_(language).format(at=iso(journal.now()), name=who.name, handle=who.handle)
        yield named("README"), [read_me.encode()]
        yield named("person"), [_json(about)]
        yield named("journal"), [_json(entries)]
        for number, scenario in numbers:
            yield named("attempts", f"{number}-{scenario}.json"), self._attempt(number)
        for name, content in self._handed_in(sorted(instances)):
            yield named("handed-in", name), [content]
        for one in self._parts.recordings.of_owner(who.ref):
            yield (
                named("recordings", f"{one.began:%Y-%m-%d-%H%M%S}-{one.lab}-{one.host}-{one.id}.cast"),
                self._cast(one),
            )

    def _attempt(self, number: int) -> Iterator[bytes]:
        with self._database.read() as reading:
            attempt = personal_data.attempt(reading, number)
            document = None if attempt is None else _attempt(reading, attempt)
        yield _json(document)

    def _handed_in(self, instances: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for instance in instances:
            for ending in _ASIDE:
                for path in self._parts.deliverables.kept(f"{instance}{ending}"):
                    with contextlib.suppress(OSError):  # it has gone since
                        data = path.read_bytes()
                        given = without_passwords(data) if path.name == CONVERSATION else data
                        yield f"{instance}{ending}/{path.name}", given

    def _cast(self, one: KeptRecording) -> Iterator[bytes]:
        with contextlib.suppress(OSError), self._parts.recordings.opened(one.lab, one.id) as file:
            while piece := file.read(PIECE):
                yield piece


def _person(reading: Transaction, person: Person) -> Mapping[str, Any]:
    return {
        "reference": person.ref,
        "short_name": person.handle,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "roles": sorted(person.roles),
        "language": person.language,
        "born": person.born,
        "email": person.email,
        "organisation": person.organisation,
        "candidate_number": person.candidate_number,
        "extra_time": person.extra_time,
        "account_of_this_machine": person.account,
        "created_at": iso(person.created_at),
        "keep_until": person.keep_until,
        "classes": [{"name": name, "as": role} for name, role in personal_data.classes(reading, person)],
        "password_chosen_at": _iso(personal_data.password_chosen(reading, person)),
        "sign_ins": [
            {
                "since": iso(one.since),
                "last_seen": iso(one.last_seen),
                "browser": one.agent,
                "ended_at": _iso(one.ended_at),
            }
            for one in personal_data.sign_ins(reading, person)
        ],
        "erasure_asked_at": _iso(erasure_requests.asked_at(reading, person)),
        "replayed_by_a_trainer": [
            {"at": iso(one.at), "scenario": one.scenario} for one in personal_data.looks(reading, person)
        ],
    }


def _journal(reading: Transaction, person: Person) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for own in personal_data.entries(reading, person):
        event = own.entry.event
        if not own.about:  # whom it was about, and what, is theirs
            found.append({"at": iso(own.entry.at), "kind": event.kind, "by": "you"})
            continue
        by = {person.ref: "you", journal.PROGRAM: "breakfix"}.get(event.actor, "somebody else")
        at = {"at": iso(own.entry.at), "kind": event.kind, "by": by}
        found.append({**at, "subject": event.subject, "payload": event.payload})
    return found


def _attempt(reading: Transaction, attempt: Attempt) -> Mapping[str, Any]:
    reports = [(kept.at, Report.from_document(kept.report)) for kept in attempt.reports]
    return {
        "scenario": attempt.scenario,
        "lab": attempt.lab,
        "name_of_the_lab": attempt.instance,
        "variant": shown_seed(int(attempt.seed)),
        "competences": attempt.competences,
        "difficulty": attempt.difficulty,
        "minutes": attempt.minutes,
        "started_at": iso(attempt.started_at),
        "solved_at": _iso(attempt.solved_at),
        "ended_at": _iso(attempt.ended_at),
        "end": attempt.end,
        "hints": [{"at": iso(at), "number": number} for at, number in personal_data.hints(reading, attempt.id)],
        "handed_in": [
            {"at": iso(one.at), "kind": one.kind, "detail": one.detail}
            for one in personal_data.happened(reading, attempt.id)
        ],
        "written_by_trainers": [
            {
                "at": iso(one.at),
                "kind": one.kind,
                "text": one.text,
                "changed": _iso(one.changed),
                "withdrawn": _iso(one.withdrawn),
            }
            for one in trainer_notes.of_attempts(reading, [attempt.id])[attempt.id]
        ],
        "a_trainer_was_let_type": [iso(at) for at in trainer_notes.typing_allowed(reading, attempt.id)],
        "checks": [grading_view(report, marks_of(reports[: n + 1]), at) for n, (at, report) in enumerate(reports)],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _json(document: object) -> bytes:
    return json.dumps(json.loads(encode(document)), indent=2, ensure_ascii=False).encode() + b"\n"
