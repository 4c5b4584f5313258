"""What a candidate handed in, once it is sealed: read from the archive that the journal names; nothing of results."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.evidence import seal
from orchestrator.core.text import same
from orchestrator.deliverables.deliverables_store import ANSWERS, CONVERSATION, REPORT
from orchestrator.labd import seat_talk_contract as k
from orchestrator.labd import seat_terminal_contract as t
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.sealed_subject import SealedSubjects
from orchestrator.model.deliverables import HostQuestion
from orchestrator.model.plan import Plan

from .conftest import SCENARIO, Site
from .test_day import act
from .test_seat_talk import ACTS, peopled, say
from .test_sittings import WRITTEN, Room, answer, kept, room, site, subject
from .test_talk import ANNE, MASKED, PASSWORD, SAM, TELLS

__all__ = ["peopled", "site"]
pytestmark = pytest.mark.slow

RESULT = "a-verdict-that-no-candidate-reads"


@pytest.fixture
def planned_again(peopled: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Have a variant's plan be found again with what it asks, and with its people."""
    preview = peopled.labs.plans.preview

    def known(scenario: str, seed: int) -> Plan:
        question = HostQuestion(kind="host", question=same("Which host?"), truth="pc1")
        people = {one.name: one for one in (ANNE, SAM)}
        return replace(preview(scenario, seed), questions={"where": question}, personas=people)

    monkeypatch.setattr(peopled.labs.plans, "preview", known)
    return peopled


def sealed(site: Site, number: str = "C-01", *, known: bool = True) -> Path:
    """Have a candidate's evidence be sealed as it is at the end, beside a grading; and their lab be gone."""
    session = site.registry.jury_session("december")
    state = session.state()
    (lab,) = state.sittings["reseau", number].labs
    plan, folder = site.labs.running.planned(lab.instance).plan, session.folder.sitting("reseau", number)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ANSWERS, REPORT, CONVERSATION):
        if content := kept(site, number, name):
            (folder / f"{lab.scenario}.{name}").write_text(content)
    now = session.clock(state).now()
    graded = {lab.scenario: {"verdict": "not_valid", "why": RESULT}}
    session.keep(
        Draft("cut", PROGRAM, now, number, "reseau", {"deadline": now, "not_paused": {}}),
        Draft("graded", PROGRAM, now, number, "reseau", {"labs": graded}),
    )
    state, path = session.state(), session.folder.sealed("reseau", number)
    plans = {lab.scenario: plan} if known else {}
    made = seal(path, state, state.sittings["reseau", number], session.folder, plans)
    details = {"file": path.name, "sha256": made.sha256, "size": made.size, "files": made.files}
    session.keep(Draft("sealed", PROGRAM, now, number, "reseau", details, made.sha256))
    return path


async def worked(here: Room) -> None:
    """Have a candidate answer, report and talk, and finish."""
    await here.begin()
    await here.call(g.ANSWER_SUBJECT, answer("pc1"))
    await here.call(g.REPORT_SUBJECT, WRITTEN)
    await say(here, ACTS)
    await say(here, TELLS, "sam")
    await act(here.client, here.organiser, "finished", "reseau", "C-01")


async def look(here: Room) -> g.SittingSubject:
    view: g.SittingSubject = await here.call(g.SUBJECT, subject())
    return view


def test_what_was_handed_in_stays_the_same_when_it_is_sealed(
    planned_again: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with room(planned_again) as here:
            await worked(here)
            before = await look(here)
            sealed(planned_again)

            def gone(_name: str | None) -> None:
                raise AssertionError("the lab is gone")

            monkeypatch.setattr(planned_again.labs.running, "planned", gone)
            after = await look(here)
            assert after == replace(before, title=after.title)
            assert (after.questions[0].answer, after.talks[1].turns[0].said) == ("pc1", MASKED)
            assert [str(after).count(one) for one in (RESULT, "not_valid", PASSWORD, SCENARIO)] == [0, 0, 0, 0]
            assert (await here.call(k.SEAT_TALK, subject())).people == ()
            assert (await here.call(t.SEAT_HOSTS, t.OfSeatPhase("reseau"))).scenarios == ()
            assert "over" in (await here.refused(g.ANSWER_SUBJECT, answer("srv1"))).text.en
            ali = await here.refused(g.SUBJECT, subject(2), here.ali)
            assert (ali.kind, ali.text.en) == ("missing", "There is no such scenario here.")

    asyncio.run(play())


def test_a_scenario_that_nobody_knows_any_more_is_shown_as_it_was_written(peopled: Site) -> None:
    async def play() -> None:
        async with room(peopled) as here:
            await worked(here)
            sealed(peopled, known=False)
            view = await look(here)
            assert "where: pc1" in view.questions[0].answer
            assert view.report is not None
            assert (view.report.cause, view.report.minutes) == ("A cable.", 12)
            assert [(one.person.name, one.turns[0].said) for one in view.talks] == [("anne", ACTS), ("sam", MASKED)]
            assert [str(view).count(one) for one in (RESULT, PASSWORD)] == [0, 0]

    asyncio.run(play())


def test_an_archive_that_is_not_what_was_sealed_is_not_shown(planned_again: Site) -> None:
    async def play() -> None:
        async with room(planned_again) as here:
            await worked(here)
            path = sealed(planned_again)
            content = path.read_bytes()
            await look(here)
            path.write_bytes(content[:-1] + b"x")
            refusals = [await here.refused(g.SUBJECT, subject())]
            path.unlink()
            refusals.append(await here.refused(g.SUBJECT, subject()))
            assert {(one.kind, one.text.en) for one in refusals} == {
                ("missing", "What you handed in cannot be shown here.")
            }
            path.write_bytes(content)
            assert (await look(here)).questions[0].answer == "pc1"

    asyncio.run(play())


def test_an_archive_is_read_once_however_often_it_is_looked_at(
    planned_again: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, read = SealedSubjects._read, list[str]()

    def counted(*asked: object) -> object:
        read.append("")
        return own(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(SealedSubjects, "_read", counted)

    async def play() -> None:
        async with room(planned_again) as here:
            await worked(here)
            sealed(planned_again)
            for _ in range(3):
                await look(here)

    asyncio.run(play())
    assert len(read) == 1
