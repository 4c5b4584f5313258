"""Questions for the interview, and what is missing: a member's own is in the journal."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.assessment.decisions import record_of
from orchestrator.assessment.event_words import told
from orchestrator.labd import deliberation_contract as j
from orchestrator.labd.calls import Call
from orchestrator.labd.session_contract import OfSession

from .conftest import SCENARIO, Site, refusal_of
from .sealed_sitting import sitting
from .test_deliberation import PLAN, Room, play, sealed_file, site

pytestmark = pytest.mark.slow

__all__ = ["site"]


def test_what_is_open_is_asked_about_in_words_that_say_what_was_seen(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await room.decide(room.anne, "1.3", verdict="to-question")
        sheet = await room.sheet(room.anne)
        title = sheet.scenarios[0].title.en
        assert [(one.text.en, one.phase, one.subject) for one in sheet.questions] == [
            (f"{title}: The firewall lets everything through. What happened there, and why?", "reseau", ""),
            (f"{title}: ssh no longer starts. What happened there, and why?", "reseau", ""),
            (f"{title}: two gradings do not agree on 'It answers.' What may it depend on?", "reseau", "1.3"),
            ("To be completed, the jury says: Au vu des preuves.", "", "1.3"),
        ]  # fmt: skip

    play(site, scene)


def test_a_members_question_is_an_observation_in_the_journal(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        before = (await room.view(room.anne)).digest
        asked = j.RecordObservation("december", "C-01", "Pourquoi ce redémarrage ?", question=True)
        await room.client.call(j.OBSERVE, asked, room.paul.token)
        sheet = await room.sheet(room.anne)
        assert [(one.text, one.by, one.question) for one in sheet.general] == [
            ("Pourquoi ce redémarrage ?", "Paul Leroy", True)
        ]
        assert (await room.view(room.anne)).digest != before

    play(site, scene)
    (event,) = [one for one in site.registry.log.events("december") if one.kind == "observed"]
    assert (event.by, event.details["question"]) == ("leroy", True)
    assert told(event).en == "Question to ask: Pourquoi ce redémarrage ?"


def test_a_digest_of_observations_alone_is_the_one_that_was_signed(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await room.client.call(j.OBSERVE, j.RecordObservation("december", "C-01", "Calme."), room.paul.token)

    play(site, scene)
    session = site.registry.jury_session("december")
    (event,) = session.state().of("observed")
    assert "question" not in event.details
    assert record_of(session.state()).digest


def test_what_is_missing_is_named(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.planned(PLAN.replace("minutes: 75,", "minutes: 75, report: true,"))
        session = room.site.registry.jury_session("december")
        session.draw("reseau", "root")
        sitting(session, "reseau", "C-01", SCENARIO, handed_in=False)
        asked = j.RecordObservation("december", "C-01", "Bien.")
        await room.client.call(j.OBSERVE, asked, room.paul.token)
        sheet = await room.sheet(room.anne)
        title = sheet.scenarios[0].title.en
        assert [one.en for one in sheet.missing] == [
            f"Réseau: no report was handed in for '{title}'.", "No observation by Anne Martin.",
        ]  # fmt: skip
        view = await room.view(room.anne)
        assert [one.missing for one in view.candidates] == [sheet.missing, ()], "nobody misses what is still to come"

    play(site, scene)


CALLS: tuple[tuple[Call[Any, Any], object], ...] = (
    (j.DELIBERATION, OfSession("december")),
    (j.SHEET, j.OfCandidate("december", "C-02")),
)


def test_evidence_that_was_changed_stops_the_deliberation_with_the_reason(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await room.view(room.anne)
        path = sealed_file(room, "C-02")
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        for call, asked in CALLS:
            refusal = await refusal_of(room.client, call, asked, room.anne.token)
            assert (refusal.kind, "not the file that was sealed" in refusal.text.en) == ("machine", True)
        path.unlink()
        sheet = await room.sheet(room.anne, "C-02")
        assert [one.en.split(": ")[1][:11] for one in sheet.missing[:1]] == ["no terminal"]

    play(site, scene)
