"""Forgetting takes the files along, for the command line and the portal; recordings go when their time is over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.deliverables.deliverables_store import REPORT, DeliverablesStore
from orchestrator.privacy.erasure import Erasure, sweep_recordings
from orchestrator.privacy.kept_recordings import KeptRecordings
from orchestrator.records import attempts, erasure_requests, journal, personal_data
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People
from tests.unit.privacy.recordings import record

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ONE, TWO, THREE = "00000000000000a1", "00000000000000b2", "00000000000000c3"


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    yield made
    made.close()


class Kept:
    """What is kept of Léa, who has practised on a lab, and of Tom."""

    def __init__(self, store: Database, folder: Path) -> None:
        self.store = store
        self.deliverables = DeliverablesStore(folder / "deliverables")
        self.recordings = KeptRecordings(folder / "recordings")
        with store.write() as writing:
            people = People(writing)
            lea, tom = people.add(NewPerson("lea", "Léa")), people.add(NewPerson("tom"))
            self.lea, self.tom = lea.ref, tom.ref
            new = attempts.NewAttempt("cable-out", "pair", "3", "lab-1", "d" * 64, ("1.3",), 1, 20, 2)
            attempts.begin(writing, lea, new, by=lea)
            erasure_requests.ask(writing, lea, journal.now())
        self.deliverables.write("lab-1", REPORT, "mine")
        for lab, name, owner in (("lab-1", ONE, self.lea), ("lab-9", TWO, self.lea), ("lab-1", THREE, self.tom)):
            record(folder / "recordings", lab, name, owner, began=NOW)

    def forget(self, *, gone: bool = True) -> int:
        erasure = Erasure(self.store, self.deliverables, self.recordings)
        done = erasure.forget(lambda writing: [People(writing).find("lea")], lambda _: "P-0", reason="asked", gone=gone)
        return done["lea"].recordings

    @property
    def names(self) -> list[str]:
        return [one.id for one in self.recordings.every()]


@pytest.fixture
def kept(store: Database, tmp_path: Path) -> Kept:
    return Kept(store, tmp_path)


def test_forgetting_takes_answers_reports_and_recordings_along(kept: Kept) -> None:
    assert kept.forget() == 2
    assert kept.names == [THREE]
    assert kept.deliverables.kept("lab-1") == ()
    with kept.store.read() as reading:
        assert personal_data.forgotten(reading) == {kept.lea}
        assert erasure_requests.every(reading) == ()


def test_who_still_practises_loses_nothing(kept: Kept) -> None:
    with pytest.raises(UsageError, match="lab-1"):
        kept.forget(gone=False)
    assert len(kept.names) == 3
    assert kept.deliverables.kept("lab-1")


def test_a_file_that_stays_is_told_and_goes_with_the_next_sweep(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: object, _recordings: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as broken:
        broken.setattr(KeptRecordings, "erase", refuse)
        with pytest.raises(MachineError) as told:
            kept.forget()
    assert told.value.hint is not None
    assert sweep_recordings(kept.store, kept.recordings, NOW, 90) == 2
    assert kept.names == [THREE]


@pytest.mark.parametrize(
    ("after", "held", "left"),
    [
        (timedelta(days=89, hours=23), (), [ONE, THREE, TWO]),
        (timedelta(days=90, seconds=2), (), []),
        (timedelta(days=91), (THREE,), [THREE]),
    ],
)
def test_recordings_go_when_their_time_is_over(
    kept: Kept, after: timedelta, held: tuple[str, ...], left: list[str]
) -> None:
    assert sweep_recordings(kept.store, kept.recordings, NOW + after, 90, held) == 3 - len(left)
    assert kept.names == left


def test_a_wish_is_noted_once_and_can_be_withdrawn(kept: Kept) -> None:
    with kept.store.write() as writing:
        lea = People(writing).find("lea")
        first = erasure_requests.asked_at(writing, lea)
        erasure_requests.ask(writing, lea, journal.now() + timedelta(days=1))
        assert erasure_requests.asked_at(writing, lea) == first
        assert [one.person.handle for one in erasure_requests.every(writing)] == ["lea"]
        for _ in range(2):
            erasure_requests.withdraw(writing, lea)
        assert erasure_requests.every(writing) == ()
        kinds = [one.event.kind for one in journal.entries(writing, subject=lea.ref)]
    assert kinds == ["person.added", "person.erasure-asked", "person.erasure-withdrawn"]


def test_a_look_is_noted_once_within_a_while(kept: Kept) -> None:
    with kept.store.write() as writing:
        lea = People(writing).find("lea")
        (attempt,) = attempts.of_person(writing, lea)
        for by in (kept.tom, kept.tom, "P-0000000000ff"):
            personal_data.note_look(writing, attempt.id, by=by)
        looks = personal_data.looks(writing, lea)
        assert [(one.by, one.scenario) for one in looks] == [("P-0000000000ff", "cable-out"), (kept.tom, "cable-out")]
        own = personal_data.entries(writing, People(writing).find("tom"))
        assert [(one.entry.event.kind, one.about) for one in own] == [
            ("person.added", True),
            (personal_data.LOOKED, False),
        ]
