"""Conversations on the disk: lines are only added, and a half-written one is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator.deliverables.deliverables_store import CONVERSATION, DeliverablesStore
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.conversation_file import line_of, transcript, turns_in

TURN = Turn(
    persona="anne",
    at="2026-11-30T10:00:00.000Z",
    language="fr",
    said="Débranchez « eth0 »\u2028!",
    intents=("ask_unplug",),
    slots={"command": "eth0"},
    reply="Voilà.",
    sets=("identity",),
    acts=(PersonaAct("2026-11-30T10:00:01.000Z", "cable", "pc1", "eth0 unplug", 0, "a\nb"),),
    patience=2,
)
SECOND = Turn("paul", "2026-11-30T10:01:00.000Z", "en", "hm", reply="What?")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = DeliverablesStore(tmp_path)
    for turn in (TURN, SECOND):
        store.add("lab", CONVERSATION, line_of(turn))
    assert turns_in(store.read("lab", CONVERSATION)) == (TURN, SECOND)
    assert store.kept("lab") == (tmp_path / "lab" / CONVERSATION,)
    assert turns_in(None) == ()


def test_a_half_written_line_is_no_turn_and_harms_no_other(tmp_path: Path) -> None:
    store = DeliverablesStore(tmp_path)
    store.add("lab", CONVERSATION, line_of(TURN))
    path = store.path("lab", CONVERSATION)
    path.write_bytes(path.read_bytes() + line_of(SECOND).encode()[:25])
    assert turns_in(store.read("lab", CONVERSATION)) == (TURN,)
    store.add("lab", CONVERSATION, line_of(SECOND))
    assert turns_in(store.read("lab", CONVERSATION)) == (TURN, SECOND)


def test_what_is_no_turn_is_passed_over() -> None:
    data = b'[]\n{"persona": 1}\n\xff\n' + line_of(TURN).encode()
    assert turns_in(data) == (TURN,)


def test_a_transcript_is_for_people() -> None:
    text = transcript((TURN, SECOND), {"anne": "Anne Faure"}, "Candidate", "en")
    assert "Candidate: Débranchez" in text
    assert "* Anne Faure unplugs the cable of pc1 (eth0).\n" in text
    assert "Anne Faure: Voilà." in text
    looked = replace(TURN, acts=(PersonaAct(TURN.at, "looks", "pc1", "curl intranet", 7, ""),))
    assert "* anne regarde sur pc1 : curl intranet (état 7)\n" in transcript((looked,), {}, "Candidat", "fr")
