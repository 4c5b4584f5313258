"""A session in memory, with clocks that a test sets."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from orchestrator.assessment.events import Draft, SessionEvent
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.plan_file import Offer, PlanContext
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.binding import Binding
from orchestrator.proof.proof_status import Reliance, Status

RELIED = Reliance(
    "cut",
    "here",
    Status("here", "2025-12-01T10:00:00Z", seeds=(1,), program="0.1.0+p"),
    Binding("s", "c", "l", "i", "0.1.0+p"),
)
"""The proof that a jury relied on."""
SECOND = 1_000_000_000
START = 1_765_699_200  # 2025-12-14 08:00 UTC


class Played:
    """Clocks that a test sets."""

    def __init__(self, wall: int, count: int = 5 * SECOND, boot: str = "first") -> None:
        self.wall_ns, self.count_ns, self.boot_id = wall * SECOND, count, boot

    def wall(self) -> int:
        return self.wall_ns

    def count(self) -> int:
        return self.count_ns

    def boot(self) -> str:
        return self.boot_id

    def go(self, seconds: int, *, clock_set_by: int = 0) -> None:
        self.count_ns += seconds * SECOND
        self.wall_ns += (seconds + clock_set_by) * SECOND


class MemoryLog:
    """Keeps events in memory, numbered as the journal does."""

    def __init__(self) -> None:
        self._kept: dict[str, list[SessionEvent]] = {}
        self._lock = threading.Lock()

    def sessions(self) -> tuple[str, ...]:
        return tuple(self._kept)

    def append(self, session: str, drafts: Sequence[Draft]) -> None:
        with self._lock:
            rows = self._kept.setdefault(session, [])
            for draft in drafts:
                values = {field.name: getattr(draft, field.name) for field in fields(Draft)}
                rows.append(SessionEvent(**values, number=len(rows) + 1, seal=f"{len(rows):064x}"))

    def create(self, session: str, drafts: Sequence[Draft]) -> bool:
        kinds = [event.kind for event in self._kept.get(session, ())]
        if kinds.count("planned") > kinds.count("withdrawn"):
            return False
        self.append(session, drafts)
        return True

    def events(self, session: str) -> tuple[SessionEvent, ...]:
        with self._lock:
            return tuple(self._kept.get(session, ()))

    def head(self) -> str:
        return str(sum(map(len, self._kept.values())))

    def require_sound(self) -> None:
        """Nobody but this very process reaches it."""


PLAN = """\
contract: 1
id: december
title: Session de décembre
referential: rncp-227
ccps: [1, 2]
date: "2025-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {id: martin, name: Anne Martin, quality: Responsable informatique}
  - {id: leroy, name: Paul Leroy, quality: Technicien}
candidates:
  - {number: C-01, name: Zoé Faure}
  - {number: C-02, name: Ali Benali, extra_time: 1/3}
phases:
  - {name: reseau, title: Réseau, minutes: 75, scenarios: [cut]}
  - {name: tirage, title: Tirage, minutes: 60, reading_minutes: 10, draw: [{competence: "2.1"}]}
"""
OFFERS = {"cut": Offer(("1.3",), 1), "dhcp": Offer(("2.1",), 2), "dns": Offer(("2.1",), 1)}


def plan_context() -> PlanContext:
    return PlanContext(Content((built_in_root(),)).referential(), OFFERS, lambda _name, _rule: None)


def make_registry(folder: Path, source: Played) -> SessionRegistry:
    return SessionRegistry(MemoryLog(), folder / "sessions", plan_context, source)


def make_jury_session(folder: Path, source: Played, *, minute: int = 60, ccps: str = "ccps: [1, 2]") -> JurySession:
    file = folder / "session.yaml"
    file.write_text(PLAN.replace("ccps: [1, 2]", ccps), encoding="utf-8")
    return make_registry(folder, source).create(WrittenPlan.read(file), "organiser", minute=minute)


def open_in_memory(jury_session: JurySession, phase: str) -> None:
    """Say of a phase's labs that they are ready, as ``Opening`` does once they are."""
    if phase not in jury_session.state().drawings:
        jury_session.draw(phase, "organiser", "0" * 32)
    state = jury_session.state()
    now = jury_session.clock(state).now()
    for candidate, scenarios in state.drawings[phase].drawn.items():
        for scenario in scenarios:
            details = {
                "scenario": scenario,
                "instance": f"{scenario}-{candidate.lower()}",
                "variant": 0,
                "hosts": ["pc1", "r1"],
                "seen": "",
                "proof": RELIED.to_document(),
            }
            jury_session.keep(Draft("opened", "breakfix", now, candidate, phase, details, "d" * 64))
