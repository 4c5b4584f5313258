"""A session's course: what is allowed when, and what time it is for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.supervision import all_sealed
from orchestrator.assessment.terminal_gate import TerminalGate, remaining_text, require_seat
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import MachineError, UsageError
from tests.unit.assessment.sessions import PLAN, START, Played, make_jury_session, make_registry, open_in_memory

HOUR = 3600


@pytest.fixture
def source() -> Played:
    return Played(START)


@pytest.fixture
def jury_session(tmp_path: Path, source: Played) -> JurySession:
    return make_jury_session(tmp_path, source)


def deadline(jury_session: JurySession, candidate: str, phase: str = "reseau") -> int | None:
    state = jury_session.state()
    end = state.deadline(state.sittings[phase, candidate])
    return None if end is None else end - START


def test_a_session_is_planned_once(tmp_path: Path, source: Played) -> None:
    registry = make_registry(tmp_path, source)
    file = tmp_path / "session.yaml"
    file.write_text(PLAN, encoding="utf-8")
    made = registry.create(WrittenPlan.read(file), "organiser")
    assert made.folder.secret() == registry.jury_session(None).folder.secret()
    with pytest.raises(UsageError, match="exists already"):
        registry.create(WrittenPlan.read(file), "organiser")
    with pytest.raises(UsageError, match="No session is called 'decembre'") as caught:
        registry.jury_session("decembre")
    assert caught.value.hint is not None
    assert "december" in caught.value.hint.en


def test_the_session_that_is_open_is_meant(tmp_path: Path, source: Played) -> None:
    """Neither one that is merely planned nor one that is closed blocks the commands of the one that runs."""
    registry = make_registry(tmp_path, source)
    for name in ("december", "january", "march"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(PLAN.replace("id: december", f"id: {name}"), encoding="utf-8")
        registry.create(WrittenPlan.read(file), "organiser")
    with pytest.raises(UsageError, match="several sessions"):
        registry.jury_session(None)
    open_in_memory(registry.jury_session("january"), "reseau")
    assert registry.jury_session(None).session == "january"
    open_in_memory(registry.jury_session("march"), "reseau")
    with pytest.raises(UsageError, match="several sessions"):
        registry.jury_session(None)
    registry.jury_session("january").keep(Draft("closed", "breakfix", START, details={"digest": "x"}))
    assert registry.jury_session(None).session == "march"
    holder = registry.holder_of("cut-c-01")
    assert holder is not None
    assert registry.holder_of("cut-c-99") is None


@pytest.mark.parametrize(
    "draft",
    [
        Draft("drawn", "x", START, phase="reseau", details={"phase": "reseau"}),
        Draft("opened", "x", START, "C-01", "reseau", {"scenario": "cut"}),
        Draft("warned", "x", START, "C-09", "reseau", {"minutes": 5}),
        Draft("clock", "x", START, details={"time": "noon"}),
    ],
    ids=lambda draft: draft.kind,
)
def test_a_damaged_event_is_told_in_a_sentence(jury_session: JurySession, draft: Draft) -> None:
    jury_session.keep(draft)
    with pytest.raises(MachineError, match=r"Entry \d+ of the journal, of session december, is damaged"):
        jury_session.state()


def test_names_stand_in_events_of_their_own(jury_session: JurySession) -> None:
    state = jury_session.state()
    assert state.plan.candidate("C-01").name == "Zoé Faure"
    others = [event for event in state.events if event.kind != "identity"]
    assert "Zoé" not in str([event.to_document() for event in others])
    assert "Martin" not in str([event.to_document() for event in others])


def test_nothing_starts_before_the_labs_are_open(jury_session: JurySession) -> None:
    with pytest.raises(UsageError, match="not all open"):
        jury_session.start("reseau", "organiser")
    with pytest.raises(UsageError, match="no phase 'resau'"):
        jury_session.start("resau", "organiser")


def test_deadlines_of_one_and_all(jury_session: JurySession, source: Played) -> None:
    open_in_memory(jury_session, "reseau")
    source.go(600)
    jury_session.start("reseau", "organiser")
    assert deadline(jury_session, "C-01") == 600 + 75 * 60
    assert deadline(jury_session, "C-02") == 600 + 100 * 60
    source.go(900)
    jury_session.arrive("reseau", "C-02", "organiser")  # late: the end stays
    assert deadline(jury_session, "C-02") == 600 + 100 * 60
    jury_session.pause("organiser", "Coupure de courant")
    assert deadline(jury_session, "C-01") is None
    source.go(421, clock_set_by=HOUR)  # somebody sets the machine's clock meanwhile
    jury_session.pause("organiser", "Malaise", "C-02")
    jury_session.resume("organiser")
    assert deadline(jury_session, "C-01") == 600 + 75 * 60 + 421
    assert deadline(jury_session, "C-02") is None
    source.go(79)
    jury_session.resume("organiser", "C-02")
    assert deadline(jury_session, "C-02") == 600 + 100 * 60 + 500
    with pytest.raises(UsageError, match="has begun already"):
        jury_session.start("reseau", "organiser")
    with pytest.raises(UsageError, match="does not stand still"):
        jury_session.resume("organiser")
    source.go(60)
    jury_session.finish("reseau", "C-01", "organiser")
    assert deadline(jury_session, "C-01") == 600 + 900 + 421 + 79 + 60


def test_one_by_one(jury_session: JurySession, source: Played) -> None:
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser", "C-01")
    source.go(120)
    jury_session.start("reseau", "organiser")
    assert (deadline(jury_session, "C-01"), deadline(jury_session, "C-02")) == (4500, 6120)


def test_a_rehearsal_has_short_minutes(tmp_path: Path, source: Played) -> None:
    jury_session = make_jury_session(tmp_path, source, minute=2)
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    assert jury_session.state().rehearsal
    assert (deadline(jury_session, "C-01"), deadline(jury_session, "C-02")) == (150, 200)


def test_a_drawing_is_made_once_and_shown_again(jury_session: JurySession) -> None:
    drawing = jury_session.draw("tirage", "organiser")
    assert jury_session.redraw("tirage") == (drawing, True)
    assert set(drawing.pools[0]) == {"dhcp", "dns"}
    with pytest.raises(UsageError, match="has been drawn"):
        jury_session.draw("tirage", "organiser")


def test_words_and_people_are_required(jury_session: JurySession) -> None:
    with pytest.raises(UsageError, match="Say why"):
        jury_session.pause("organiser", " ")
    with pytest.raises(UsageError, match="no candidate 'C-03'"):
        jury_session.incident("organiser", "Chute", "C-03")
    jury_session.incident("organiser", "Bruit dans le couloir")
    assert [event.details["text"] for event in jury_session.state().of("incident", "C-01")] == ["Bruit dans le couloir"]


def test_a_seat_opens_after_the_reading_and_closes_with_the_time(jury_session: JurySession, source: Played) -> None:
    open_in_memory(jury_session, "tirage")
    with pytest.raises(UsageError, match="has not begun"):
        require_seat(TerminalGate(jury_session, "tirage", "C-01"))
    jury_session.start("tirage", "organiser")
    with pytest.raises(UsageError, match="reading time; the machines open in 600 s"):
        require_seat(TerminalGate(jury_session, "tirage", "C-01"))
    source.go(600)
    gate = TerminalGate(jury_session, "tirage", "C-01")
    require_seat(gate)
    state = jury_session.state()
    assert remaining_text(state, gate.sitting, gate.clock.now()).en == "1:00:00"
    jury_session.pause("organiser", "Essai")
    with pytest.raises(UsageError, match="stands still"):
        require_seat(TerminalGate(jury_session, "tirage", "C-01"))
    jury_session.resume("organiser")
    source.go(HOUR - 1)
    assert gate.may_type()
    assert not gate.over()
    source.go(1)
    assert not gate.may_type()
    assert gate.over()
    with pytest.raises(UsageError, match="time is over"):
        require_seat(TerminalGate(jury_session, "tirage", "C-01"))
    assert TerminalGate(jury_session, "tirage", "C-02").may_type()  # a third more


def test_who_has_not_come_is_not_waited_for(jury_session: JurySession) -> None:
    open_in_memory(jury_session, "reseau")
    jury_session.absent("reseau", "C-02", "organiser")
    jury_session.start("reseau", "organiser")
    assert jury_session.state().sittings["reseau", "C-02"].started is None
    jury_session.keep(Draft("sealed", "breakfix", START, "C-01", "reseau", {"file": "x"}))
    assert all_sealed(jury_session.state())


def test_who_was_absent_and_comes_has_everybody_s_end(jury_session: JurySession, source: Played) -> None:
    open_in_memory(jury_session, "reseau")
    jury_session.absent("reseau", "C-02", "organiser")
    with pytest.raises(UsageError, match="not running for C-02"):
        jury_session.arrive("reseau", "C-02", "organiser")
    source.go(60)
    jury_session.start("reseau", "organiser")
    source.go(900)
    jury_session.arrive("reseau", "C-02", "organiser")
    assert not jury_session.state().sittings["reseau", "C-02"].absent
    assert deadline(jury_session, "C-02") == 60 + 100 * 60
    source.go(85 * 60)
    with pytest.raises(UsageError, match="not running for C-02"):
        jury_session.finish("reseau", "C-02", "organiser")  # the time is over already


def test_it_is_enough_when_all_are_sealed(jury_session: JurySession) -> None:
    assert not all_sealed(jury_session.state())
    open_in_memory(jury_session, "reseau")
    assert not all_sealed(jury_session.state())
    jury_session.start("reseau", "organiser")
    for candidate in ("C-01", "C-02"):
        assert not all_sealed(jury_session.state())
        jury_session.keep(Draft("sealed", "breakfix", START, candidate, "reseau", {"file": "x"}))
    assert all_sealed(jury_session.state())
