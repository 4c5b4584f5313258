"""What jury sessions still need of the machine: which labs, from when, and until when."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.reserved_places import ReservedPlaces
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import MachineError
from orchestrator.core.text import same
from tests.unit.assessment.sessions import OFFERS, PLAN, START, MemoryLog, Played, make_registry, open_in_memory

DAY = 86_400
CUT, POOL = frozenset({"cut"}), frozenset({"dhcp", "dns"})
ALL = (CUT, CUT, POOL, POOL)
"""A phase with one scenario and one that is drawn, for two candidates."""


def nothing(_session: JurySession) -> None:
    """Leave a session as it was planned."""


def draw(session: JurySession) -> None:
    session.draw("tirage", "organiser", "0" * 32)


def open_first(session: JurySession) -> None:
    open_in_memory(session, "reseau")


def open_one(session: JurySession) -> None:
    """Open the labs of the first phase of which one failed."""
    open_first(session)
    log = session._log
    assert isinstance(log, MemoryLog)
    kept = [one for one in log.events(session.session) if (one.kind, one.candidate) != ("opened", "C-02")]
    log._kept[session.session] = [replace(one, number=number) for number, one in enumerate(kept, start=1)]


def seal_first(session: JurySession) -> None:
    open_one(session)
    session.keep(Draft("sealed", PROGRAM, START, "C-01", "reseau"))


def withdraw(session: JurySession) -> None:
    session.withdraw("organiser", "another plan")


def close(session: JurySession) -> None:
    session.keep(Draft("closed", "martin", START))


def elsewhere(session: JurySession) -> None:
    """Have the session be another machine's, which has its secret."""
    shutil.rmtree(session.folder.path)


@pytest.mark.parametrize(
    ("act", "later", "wanted"),
    [
        (nothing, 0, ALL),
        (nothing, -DAY, ()),
        (nothing, DAY, ()),
        (nothing, -9 * 3600, ALL),  # 23:00 UTC, which is midnight in Paris
        (nothing, -9 * 3600 - 1, ()),
        (draw, 0, (CUT, CUT, frozenset({"dhcp"}), frozenset({"dhcp"}))),
        (open_first, 0, (POOL, POOL)),
        (open_first, DAY, ()),
        (open_one, 0, (CUT, POOL, POOL)),
        (open_one, DAY, (CUT,)),
        (seal_first, 0, (POOL, POOL)),
        (withdraw, 0, ()),
        (close, 0, ()),
        (elsewhere, 0, ()),
    ],
)
def test_which_labs_will_still_be_opened(
    tmp_path: Path, act: Callable[[JurySession], None], later: int, wanted: tuple[frozenset[str], ...]
) -> None:
    source = Played(START)
    registry = planned(tmp_path, source)
    act(registry.jury_session("december"))
    source.go(later)
    reserved = ReservedPlaces(registry)
    assert reserved.wanted(OFFERS) == wanted
    assert reserved.wanted(OFFERS) == wanted, "and so again"


def planned(folder: Path, source: Played) -> SessionRegistry:
    registry = make_registry(folder, source)
    file = folder / "session.yaml"
    file.write_text(PLAN, encoding="utf-8")
    registry.create(WrittenPlan.read(file), "organiser")
    return registry


def test_a_damaged_session_keeps_nobody_from_working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = planned(tmp_path, Played(START))

    def damaged(_session: JurySession) -> None:
        raise MachineError(same("an entry is damaged"))

    monkeypatch.setattr(JurySession, "state", damaged)
    assert ReservedPlaces(registry).wanted(OFFERS) == ()
