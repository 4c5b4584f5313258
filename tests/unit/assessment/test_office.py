"""A session's course: what is allowed when, and what time it is for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.assessment.office import Desk
from orchestrator.assessment.seat import Gate, remaining_text, require_seat
from orchestrator.assessment.supervision import all_sealed
from orchestrator.errors import UsageError
from tests.unit.assessment.sessions import PLAN, START, Played, make_desk, make_office, open_in_memory

HOUR = 3600


@pytest.fixture
def source() -> Played:
    return Played(START)


@pytest.fixture
def desk(tmp_path: Path, source: Played) -> Desk:
    return make_desk(tmp_path, source)


def deadline(desk: Desk, candidate: str, phase: str = "reseau") -> int | None:
    state = desk.state()
    end = state.deadline(state.sittings[phase, candidate])
    return None if end is None else end - START


def test_a_session_is_planned_once(tmp_path: Path, source: Played) -> None:
    office = make_office(tmp_path, source)
    file = tmp_path / "session.yaml"
    file.write_text(PLAN, encoding="utf-8")
    made = office.create(file, "organiser")
    assert made.folder.secret() == office.desk(None).folder.secret()
    with pytest.raises(UsageError, match="exists already"):
        office.create(file, "organiser")
    with pytest.raises(UsageError, match="No session is called 'decembre'") as caught:
        office.desk("decembre")
    assert caught.value.hint is not None
    assert "december" in caught.value.hint.en


def test_names_stand_in_events_of_their_own(desk: Desk) -> None:
    state = desk.state()
    assert state.plan.candidate("C-01").name == "Zoé Faure"
    others = [event for event in state.events if event.kind != "identity"]
    assert "Zoé" not in str([event.to_document() for event in others])
    assert "Martin" not in str([event.to_document() for event in others])


def test_nothing_starts_before_the_labs_are_open(desk: Desk) -> None:
    with pytest.raises(UsageError, match="not all open"):
        desk.start("reseau", "organiser")
    with pytest.raises(UsageError, match="no phase 'resau'"):
        desk.start("resau", "organiser")


def test_deadlines_of_one_and_all(desk: Desk, source: Played) -> None:
    open_in_memory(desk, "reseau")
    source.go(600)
    desk.start("reseau", "organiser")
    assert deadline(desk, "C-01") == 600 + 75 * 60
    assert deadline(desk, "C-02") == 600 + 100 * 60
    source.go(900)
    desk.arrive("reseau", "C-02", "organiser")  # late: the end stays
    assert deadline(desk, "C-02") == 600 + 100 * 60
    desk.pause("organiser", "Coupure de courant")
    assert deadline(desk, "C-01") is None
    source.go(421, clock_set_by=HOUR)  # somebody sets the machine's clock meanwhile
    desk.pause("organiser", "Malaise", "C-02")
    desk.resume("organiser")
    assert deadline(desk, "C-01") == 600 + 75 * 60 + 421
    assert deadline(desk, "C-02") is None
    source.go(79)
    desk.resume("organiser", "C-02")
    assert deadline(desk, "C-02") == 600 + 100 * 60 + 500
    with pytest.raises(UsageError, match="has begun already"):
        desk.start("reseau", "organiser")
    with pytest.raises(UsageError, match="does not stand still"):
        desk.resume("organiser")
    source.go(60)
    desk.finish("reseau", "C-01", "organiser")
    assert deadline(desk, "C-01") == 600 + 900 + 421 + 79 + 60


def test_one_by_one(desk: Desk, source: Played) -> None:
    open_in_memory(desk, "reseau")
    desk.start("reseau", "organiser", "C-01")
    source.go(120)
    desk.start("reseau", "organiser")
    assert (deadline(desk, "C-01"), deadline(desk, "C-02")) == (4500, 6120)


def test_a_rehearsal_has_short_minutes(tmp_path: Path, source: Played) -> None:
    desk = make_desk(tmp_path, source, minute=2)
    open_in_memory(desk, "reseau")
    desk.start("reseau", "organiser")
    assert desk.state().rehearsal
    assert (deadline(desk, "C-01"), deadline(desk, "C-02")) == (150, 200)


def test_a_drawing_is_made_once_and_shown_again(desk: Desk) -> None:
    drawing = desk.draw("tirage", "organiser")
    assert desk.redraw("tirage") == (drawing, True)
    assert set(drawing.pools[0]) == {"dhcp", "dns"}
    with pytest.raises(UsageError, match="has been drawn"):
        desk.draw("tirage", "organiser")


def test_words_and_people_are_required(desk: Desk) -> None:
    with pytest.raises(UsageError, match="Say why"):
        desk.pause("organiser", " ")
    with pytest.raises(UsageError, match="no candidate 'C-03'"):
        desk.incident("organiser", "Chute", "C-03")
    desk.incident("organiser", "Bruit dans le couloir")
    assert [event.details["text"] for event in desk.state().of("incident", "C-01")] == ["Bruit dans le couloir"]


def test_a_seat_opens_after_the_reading_and_closes_with_the_time(desk: Desk, source: Played) -> None:
    open_in_memory(desk, "tirage")
    with pytest.raises(UsageError, match="has not begun"):
        require_seat(Gate(desk, "tirage", "C-01"))
    desk.start("tirage", "organiser")
    with pytest.raises(UsageError, match="reading time; the machines open in 600 s"):
        require_seat(Gate(desk, "tirage", "C-01"))
    source.go(600)
    gate = Gate(desk, "tirage", "C-01")
    require_seat(gate)
    state = desk.state()
    assert remaining_text(state, gate.sitting, gate.clock.now()).en == "1:00:00"
    desk.pause("organiser", "Essai")
    with pytest.raises(UsageError, match="stands still"):
        require_seat(Gate(desk, "tirage", "C-01"))
    desk.resume("organiser")
    source.go(HOUR - 1)
    assert gate.may_type()
    assert not gate.over()
    source.go(1)
    assert not gate.may_type()
    assert gate.over()
    with pytest.raises(UsageError, match="time is over"):
        require_seat(Gate(desk, "tirage", "C-01"))
    assert Gate(desk, "tirage", "C-02").may_type()  # a third more


def test_who_has_not_come_is_not_waited_for(desk: Desk) -> None:
    open_in_memory(desk, "reseau")
    desk.absent("reseau", "C-02", "organiser")
    desk.start("reseau", "organiser")
    assert desk.state().sittings["reseau", "C-02"].started is None
    desk.keep(Draft("sealed", "breakfix", START, "C-01", "reseau", {"file": "x"}))
    assert all_sealed(desk.state())


def test_who_was_absent_and_comes_has_everybody_s_end(desk: Desk, source: Played) -> None:
    open_in_memory(desk, "reseau")
    desk.absent("reseau", "C-02", "organiser")
    with pytest.raises(UsageError, match="not running for C-02"):
        desk.arrive("reseau", "C-02", "organiser")
    source.go(60)
    desk.start("reseau", "organiser")
    source.go(900)
    desk.arrive("reseau", "C-02", "organiser")
    assert not desk.state().sittings["reseau", "C-02"].absent
    assert deadline(desk, "C-02") == 60 + 100 * 60
    source.go(85 * 60)
    with pytest.raises(UsageError, match="not running for C-02"):
        desk.finish("reseau", "C-02", "organiser")  # the time is over already


def test_it_is_enough_when_all_are_sealed(desk: Desk) -> None:
    assert not all_sealed(desk.state())
    open_in_memory(desk, "reseau")
    assert not all_sealed(desk.state())
    desk.start("reseau", "organiser")
    for candidate in ("C-01", "C-02"):
        assert not all_sealed(desk.state())
        desk.keep(Draft("sealed", "breakfix", START, candidate, "reseau", {"file": "x"}))
    assert all_sealed(desk.state())
