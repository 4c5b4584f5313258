"""A plan by fields in labd: checked as its text would be, each mistake at its field, from text to fields and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.labd import plan_contract
from orchestrator.labd import plan_form_contract as form
from orchestrator.labd import session_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.plan_form import filled, short_name
from orchestrator.labd.plan_form_contract import CandidateFields, DrawFields, MemberFields, PhaseFields, PlanFields
from orchestrator.portal.rehearsal_plan import SECONDS, rehearsal
from orchestrator.proof.proof_status import Status

from .conftest import SCENARIO, Site, refusal_of

pytestmark = pytest.mark.slow

HERE = Status("here", "2026-11-27T10:00:00Z", seeds=(1,), program="0.1.0+p")
FIELDS = PlanFields(
    title="Session de décembre", referential="rncp-227", date="2099-12-14", centre="Centre de Nantes", room="B12",
    columns="candidate subject decision",
    jury=(
        MemberFields(name="Anne Martin", quality="Responsable", person="anne"),
        MemberFields(),
        MemberFields("leroy", "Paul Leroy", "Technicien"),
    ),
    candidates=(
        CandidateFields(),
        CandidateFields("C-01", "Zoé Faure"),
        CandidateFields("C-02", "Ali Benali", "1/3", "remote", "petit roux"),
        CandidateFields(attendance=""),
    ),
    phases=(
        PhaseFields("reseau", "Réseau", "75", "10", report=True, scenarios=(SCENARIO,)),
        PhaseFields(title="Tirage au sort", minutes="50", hints=True, draw=(DrawFields("1.3", "1", "4", "1"),)),
    ),
)  # fmt: skip
Scene = Callable[[LabdClient, str], Awaitable[Any]]


def play(site: Site, scene: Scene) -> Any:  # noqa: ANN401 - what the scene returns
    """Play a scene with an organiser's token."""
    site.proofs.known = HERE
    organiser = site.member("ines", "organiser")
    site.member("anne", "jury")

    async def main() -> Any:  # noqa: ANN401 - what the scene returns
        async with site.labd() as client:
            return await scene(client, organiser.token)

    return asyncio.run(main())


async def planned(client: LabdClient, token: str, fields: PlanFields, *, anyway: bool = False) -> contract.PlanOutcome:
    return await client.call(contract.PLAN_SESSION, contract.PlanSession(fields=fields, anyway=anyway), token)


def test_fields_become_the_plan_that_a_file_would_be(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> str:
        written = await client.call(plan_contract.WRITE_PLAN, plan_contract.WritePlan(FIELDS), token)
        read = await client.call(plan_contract.READ_PLAN, plan_contract.ReadPlan(written.plan), token)
        assert read.fields is not None
        assert (read.mistakes, read.comments) == ((), False)
        again = await client.call(plan_contract.WRITE_PLAN, plan_contract.WritePlan(read.fields), token)
        assert again == written, "what was filled in is lost on no way"
        assert (await planned(client, token, FIELDS)).session == "session-de-decembre"
        view = await client.call(contract.SESSION, contract.OfSession("session-de-decembre"), token)
        asked = contract.WithdrawSession(view.id, "Again, of its text.")
        await client.call(contract.WITHDRAW_SESSION, asked, token)
        assert (await client.call(contract.PLAN_SESSION, contract.PlanSession(written.plan), token)).session == view.id
        same = await client.call(contract.SESSION, contract.OfSession(view.id), token)
        assert replace(same, planned=view.planned) == view
        assert [one.id for one in view.jury] == ["martin", "leroy"]
        assert [(one.number, one.attendance, one.trainers) for one in view.candidates] == [
            ("C-01", "on-site", ()), ("C-02", "remote", ("petit", "roux")),
        ]  # fmt: skip
        assert [(one.name, one.report, one.hints) for one in view.phases] == [
            ("reseau", True, False), ("tirage-au-sort", False, True),
        ]  # fmt: skip
        return written.plan

    text = play(site, scene)
    first, second = [event for event in site.registry.log.events("session-de-decembre") if event.kind == "planned"]
    assert first.content_hash == second.content_hash
    assert 'date: "2099-12-14"' in text


def _member(i: int, **other: Any) -> PlanFields:  # noqa: ANN401 - fields
    rows = [replace(one, **other) if j == i else one for j, one in enumerate(FIELDS.jury)]
    return replace(FIELDS, jury=tuple(rows))


def _candidate(**other: Any) -> PlanFields:  # noqa: ANN401 - fields
    rows = FIELDS.candidates
    return replace(FIELDS, candidates=(*rows[:2], replace(rows[2], **other), rows[3]))


def _phase(**other: Any) -> PlanFields:  # noqa: ANN401 - fields
    return replace(FIELDS, phases=(FIELDS.phases[0], replace(FIELDS.phases[1], **other)))


def _rule(**other: Any) -> PlanFields:  # noqa: ANN401 - fields
    return _phase(draw=(DrawFields("1.3"), replace(DrawFields("1.3"), **other)))


@pytest.mark.parametrize(
    ("fields", "key", "said"),
    [
        (replace(FIELDS, title=" "), "title", "fill this in"),
        (replace(FIELDS, title="12"), "id", "fill this in"),
        (replace(FIELDS, id="Décembre"), "id", "lower-case letters"),
        (replace(FIELDS, date="2099-02-30"), "date", "no day 2099-02-30"),
        (replace(FIELDS, date="14/12/2099"), "date", "2026-12-14"),
        (replace(FIELDS, referential="rncp-226"), "referential", 'did you mean "rncp-227"?'),
        (replace(FIELDS, scope="ccps"), "ccps", "tick at least one CCP"),
        (replace(FIELDS, ccps=("1",)), "ccps", "one of the two"),
        (replace(FIELDS, scope="ccps", ccps=("1", "7")), "ccps", "no CCP 7"),
        (replace(FIELDS, scope="ccps", ccps=("one",)), "ccps", "a whole number"),
        (replace(FIELDS, timezone="Europe/Pari"), "timezone", 'did you mean "Europe/Paris"?'),
        (replace(FIELDS, proof="elsewhere"), "proof", "here"),
        (replace(FIELDS, retention_months="0"), "retention_months", "at least 1"),
        (replace(FIELDS, columns="candidate decison"), "columns", 'did you mean "decision"?'),
        (replace(FIELDS, columns="candidate candidate"), "columns", "is there already"),
        (replace(FIELDS, notes="bell\x07"), "notes", "control character"),
        (replace(FIELDS, jury=()), "jury", "at least two members"),
        (replace(FIELDS, jury=FIELDS.jury[:2]), "jury", "at least two members"),
        (_member(2, quality=""), "jury-2-quality", "fill this in"),
        (_member(2, name="", id="x"), "jury-2-name", "fill this in"),
        (_member(2, person="ann"), "jury-2-person", 'did you mean "anne"?'),
        (_member(2, person="ines"), "jury-2-person", "this account is yours"),
        (_member(0, id="leroy"), "jury-0-id", "is used 2 times"),
        (replace(FIELDS, candidates=(CandidateFields(),)), "candidates", "at least one candidate"),
        (_candidate(number="c1"), "candidates-2-number", "capitals and digits"),
        (_candidate(number="C-01"), "candidates-2-number", "is used 2 times"),
        (_candidate(name=""), "candidates-2-name", "fill this in"),
        (_candidate(extra_time="a third"), "candidates-2-extra_time", "1/3"),
        (_candidate(attendance="remot"), "candidates-2-attendance", 'did you mean "remote"?'),
        (_candidate(trainers="leroy"), "candidates-2", "Paul Leroy trained C-02"),
        (_candidate(trainers="Petit"), "candidates-2-trainers", "lower-case letters"),
        (_candidate(person="nobody"), "candidates-2-person", "nobody called"),
        (replace(FIELDS, phases=()), "phases", "at least one phase"),
        (_phase(title=""), "phases-1-title", "fill this in"),
        (_phase(name="reseau"), "phases-1-name", "is used 2 times"),
        (_phase(minutes=""), "phases-1-minutes", "fill this in"),
        (_phase(minutes="an hour"), "phases-1-minutes", 'found "an hour"'),
        (_phase(minutes="1441"), "phases-1-minutes", "at most 1440"),
        (_phase(reading_minutes="-5"), "phases-1-reading_minutes", "a whole number"),
        (_phase(network="lan"), "phases-1-network", "documentation"),
        (_phase(draw=()), "phases-1", "one of the two"),
        (_phase(scenarios=(SCENARIO,)), "phases-1", "one of the two"),
        (_rule(competence=""), "phases-1-draw-1-competence", "choose one, or remove"),
        (_rule(competence="1.9"), "phases-1-draw-1-competence", "unknown competence"),
        (_rule(hardest="5"), "phases-1-draw-1-hardest", "at most 4"),
        (_rule(count="6", hardest="1"), "phases-1-draw-1", "6 to draw for 1.3"),
        (_phase(draw=(), scenarios=(SCENARIO, "moved-desk")), "phases-1-scenarios-1", f'did you mean "{SCENARIO}"?'),
        (_phase(draw=(), scenarios=("",)), "phases-1-scenarios-0", "choose one, or remove"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_field(site: Site, fields: PlanFields, key: str, said: str) -> None:
    async def scene(client: LabdClient, token: str) -> contract.PlanOutcome:
        return await planned(client, token, fields, anyway=True)

    outcome: contract.PlanOutcome = play(site, scene)
    assert (outcome.session, outcome.doubts) == ("", ())
    assert {(one.part, one.line, one.column) for one in outcome.mistakes} == {("form", 0, "")}
    assert any(one.key == key and said in one.text.en for one in outcome.mistakes), outcome.mistakes
    assert site.registry.log.sessions() == ()


def test_a_field_is_told_once_in_the_form_s_own_words(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> contract.PlanOutcome:
        return await planned(client, token, PlanFields())

    outcome: contract.PlanOutcome = play(site, scene)
    told = [one.key for one in outcome.mistakes]
    assert told == ["title", "referential", "date", "centre", "room", "jury", "candidates", "phases"]
    assert {one.text.en for one in outcome.mistakes[:5]} == {"fill this in"}


def test_doubts_and_a_name_that_is_taken_are_told_of_fields_as_well(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> None:
        past = replace(FIELDS, date="2020-12-14")
        assert (await planned(client, token, past)).doubts
        assert (await planned(client, token, past, anyway=True)).session == "session-de-decembre"
        (mistake,) = (await planned(client, token, FIELDS)).mistakes
        assert (mistake.key, mistake.hint) != ("id", None)
        too_many = replace(FIELDS, candidates=(CandidateFields("C-1", "x"),) * (form.MOST_CANDIDATES + 1))
        asked = contract.PlanSession(fields=too_many)
        assert (await refusal_of(client, contract.PLAN_SESSION, asked, token)).kind == "wrong"
        asked_text = plan_contract.WritePlan(too_many)
        assert (await refusal_of(client, plan_contract.WRITE_PLAN, asked_text, token)).kind == "wrong"

    play(site, scene)


@pytest.mark.parametrize(
    ("plan", "listed", "line", "said"),
    [
        ("a: [b", "", 1, "not closed"),
        ("- a", "", 1, "pairs"),
        ("contract: 2", "", 1, "expected 1"),
        ("id: a\ntitel: b", "", 2, 'did you mean "title"?'),
        ("id: a\nid: b", "", 2, "is already on line 1"),
        ("title: [a]", "", 1, "only a text"),
        ("jury: anne", "", 1, "a list here"),
        ("jury:\n  - {name: a, nmae: b}", "", 2, 'did you mean "name"?'),
        ("phases:\n  - hints: sometimes", "", 2, "true or false"),
        ("phases:\n  - draw: {competence: 1.3}", "", 2, "a list here"),
        ("candidates: [" + "{}," * 61 + "]", "", 1, "60 rows"),
        ("id: a", "number;nom\nC-01;Zoé", 1, 'unknown column "nom"'),
        ("candidates: []", "number;name\nC-01;Zoé", 1, "keep them in one place"),
    ],
)
def test_a_text_with_something_that_has_no_field_stays_text(
    site: Site, plan: str, listed: str, line: int, said: str
) -> None:
    async def scene(client: LabdClient, token: str) -> plan_contract.PlanRead:
        return await client.call(plan_contract.READ_PLAN, plan_contract.ReadPlan(plan, listed), token)

    read: plan_contract.PlanRead = play(site, scene)
    assert read.fields is None
    assert any(one.line == line and said in one.text.en for one in read.mistakes), read.mistakes


def test_a_text_that_is_not_right_yet_becomes_fields_all_the_same(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> None:
        text = "# mine\nid: a\ndate: 14/12\nccps: [1, x]\nphases:\n  - minutes: 1_000\n    draw: [{competence: 1.30}]\n"
        asked = plan_contract.ReadPlan(text, "number;name;trainers\nC-01;Zoé;petit roux\n")
        read = await client.call(plan_contract.READ_PLAN, asked, token)
        assert read.comments
        fields = read.fields
        assert fields is not None
        assert (fields.date, fields.ccps, fields.scope) == ("14/12", ("1", "x"), "ccps")
        assert (fields.phases[0].minutes, fields.phases[0].draw[0].competence) == ("1_000", "1.30")
        assert fields.candidates == (CandidateFields("C-01", "Zoé", trainers="petit roux"),)
        nothing = await client.call(plan_contract.READ_PLAN, plan_contract.ReadPlan(), token)
        assert nothing == plan_contract.PlanRead(PlanFields())
        asked = plan_contract.ReadPlan(candidates="number,name\nC-01,Zoé\n")
        listed = await client.call(plan_contract.READ_PLAN, asked, token)
        assert listed == plan_contract.PlanRead(PlanFields(candidates=(CandidateFields("C-01", "Zoé"),)))

    play(site, scene)


def test_what_a_plan_may_name_is_what_a_jury_may_rely_on(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> None:
        site.member("paul", "jury", "trainer")
        site.member("both", "jury")
        site.give_both_roles("both")
        choices = await client.call(plan_contract.PLAN_CHOICES, Nothing(), token)
        assert choices.referential == "rncp-227"
        assert [one.number for one in choices.ccps] == [1, 2, 3]
        assert SCENARIO in {one.id for one in choices.scenarios}
        assert {one.handle for one in choices.members} == {"anne", "paul"}
        assert all(0 <= one.here <= one.recorded for one in choices.competences)
        assert "1.3" in {one.code for one in choices.competences}

    play(site, scene)


@pytest.mark.parametrize(
    ("text", "taken", "made"),
    [
        ("Session de décembre", (), "session-de-decembre"), ("  ", (), ""), ("2026", (), ""),
        ("1re phase", (), "phase"), ("Cœur", (), "coeur"), ("漢字", (), ""), ("Martin", ("martin",), "martin-2"),
        ("Martin", ("martin", "martin-2"), "martin-3"), ("a" * 99, (), "a" * 45),
    ],
)  # fmt: skip
def test_a_short_name_is_made_of_a_title(text: str, taken: tuple[str, ...], made: str) -> None:
    assert short_name(text, taken) == made


def test_rows_keep_their_numbers_where_empty_ones_are_left_out() -> None:
    made = filled(FIELDS)
    assert [one["id"] for one in made.document["jury"]] == ["martin", "leroy"]
    assert made.key_of(("jury", 1, "name")) == "jury-2-name"
    assert made.key_of(("candidates", 0, "trainers", 1)) == "candidates-1-trainers"
    assert made.key_of(("phases", 1, "draw", 0, "count")) == "phases-1-draw-0-count"
    assert made.key_of(("ccps", 3)) == "ccps"
    assert made.key_of(()) == ""


def test_a_rehearsal_of_a_day_is_a_plan_that_holds(site: Site) -> None:
    async def scene(client: LabdClient, token: str) -> contract.SessionView:
        choices = await client.call(plan_contract.PLAN_CHOICES, Nothing(), token)
        made = rehearsal(choices, "fr", datetime.now(UTC))
        assert made is not None
        asked = contract.PlanSession(fields=made, rehearsal=int(SECONDS))
        outcome = await client.call(contract.PLAN_SESSION, asked, token)
        assert (outcome.mistakes, outcome.session) == ((), made.id)
        return await client.call(contract.SESSION, contract.OfSession(made.id), token)

    view: contract.SessionView = play(site, scene)
    assert (view.minute, len(view.candidates), len(view.phases)) == (2, 6, 2)
