"""A jury that deliberates in labd: who is a member, what was seen, decisions, signatures, documents, corrections."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.labd import deliberation_contract as j
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.day_contract import ACT_ON_DAY, ActOnDay
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.rules import DOCUMENTS, EVIDENCE
from orchestrator.labd.seat_contract import ANSWER_SEAT, MAKE_CODES, AnswerSeat, MakeCodes
from orchestrator.labd.session_contract import PLAN_SESSION, WITHDRAW_SESSION, OfSession, PlanSession, WithdrawSession
from orchestrator.records import credentials, journal, retention
from orchestrator.records.people import People
from tests.unit.records.test_journal import tamper

from .conftest import SCENARIO, Member, Site, refusal_of
from .sealed_sitting import sitting
from .test_sessions import HERE

pytestmark = pytest.mark.slow

PASSWORD = "a long enough sentence"
PLAN = f"""\
contract: 1
id: december
title: Session de décembre
referential: rncp-227
ccps: [1]
date: "2099-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {{id: martin, name: Anne Martin, person: anne, quality: Responsable informatique}}
  - {{id: leroy, name: Paul Leroy, person: paul, quality: Technicien}}
candidates:
  - {{number: C-01, name: Zoé Faure}}
  - {{number: C-02, name: Ali Benali}}
phases:
  - {{name: reseau, title: Réseau, minutes: 75, scenarios: [{SCENARIO}]}}
"""


@pytest.fixture
def site(site: Site) -> Site:
    site.proofs.known = HERE
    return site


class Room:
    """A session whose evidence is sealed, its two members and its organiser."""

    def __init__(self, site: Site, client: LabdClient) -> None:
        self.site = site
        self.client = client
        self.ines = site.member("ines", "organiser")
        self.anne, self.paul = (self._member(handle) for handle in ("anne", "paul"))

    def _member(self, handle: str) -> Member:
        member = self.site.member(handle, "jury")
        with self.site.store.write() as writing:
            person, made = People(writing).find(handle), self.site.hashes.made(PASSWORD)
            credentials.choose_password(writing, person, made, now=journal.now(), way="link")
        return self.site.again(member.who.handle)

    async def planned(self, plan: str = PLAN) -> None:
        outcome = await self.client.call(PLAN_SESSION, PlanSession(plan), self.ines.token)
        assert outcome.mistakes == ()

    async def sealed(self) -> None:
        """Plan the session, and have its journal and its folder say that all was done."""
        await self.planned()
        session = self.site.registry.jury_session("december")
        session.draw("reseau", "root")
        for number in ("C-01", "C-02"):
            sitting(session, "reseau", number, SCENARIO)

    async def view(self, who: Member) -> j.DeliberationView:
        return await self.client.call(j.DELIBERATION, OfSession("december"), who.token)

    async def sheet(self, who: Member, number: str = "C-01") -> j.SheetView:
        return await self.client.call(j.SHEET, j.OfCandidate("december", number), who.token)

    async def decide(self, who: Member, subject: str, number: str = "C-01", verdict: Any = "acquired") -> None:  # noqa: ANN401
        asked = j.Decide("december", number, subject, verdict, "Au vu des preuves.")
        await self.client.call(j.DECIDE, asked, who.token)

    async def sign(self, who: Member, **other: Any) -> None:  # noqa: ANN401
        digest = (await self.view(who)).digest
        asked = j.SignRecord("december", **{"password": PASSWORD, "digest": digest, **other})
        await self.client.call(j.SIGN_RECORD, asked, who.token)

    async def all_decided(self) -> None:
        for number in ("C-01", "C-02"):
            for subject in (await self.sheet(self.anne, number)).undecided:
                await self.decide(self.anne, subject, number)


def play(site: Site, scene: Callable[[Room], Any]) -> None:
    async def whole() -> None:
        async with site.labd() as client:
            await scene(Room(site, client))

    asyncio.run(whole())


def sealed_file(room: Room, number: str = "C-01") -> Path:
    return room.site.registry.jury_session("december").folder.sealed("reseau", number)


async def archive(client: LabdClient, path: str, token: str) -> bytes:
    return b"".join([piece async for piece in client.archive(path, token)])


def test_what_was_seen_stands_beside_observations_and_decisions(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        (line,) = await room.client.call(j.JURY_SESSIONS, Nothing(), room.paul.token)
        assert line == j.JuryLine("december", "Session de décembre", "2099-12-14", "sealed", 2, 2)
        sheet = await room.sheet(room.anne)
        (graded,) = sheet.scenarios
        assert (graded.id, sheet.before, sheet.after, sheet.award) == (SCENARIO, "", "C-02", None)
        (line_13,) = [one for one in sheet.parts[0].competences if one.subject == "1.3"]
        assert [(one.outcome, one.sentence.en) for one in line_13.checks][:2] == [
            ("pass", "pc1 has the network."), ("error", "It answers."),
        ]  # fmt: skip
        assert sheet.undecided == ("1.3", "ccp-1")
        (kept,) = sheet.evidence
        assert (kept.phase, kept.size) == ("reseau", sealed_file(room).stat().st_size)

        asked = j.RecordObservation("december", "C-01", "  Explique bien.\nSans aide. ", "1.3")
        await room.client.call(j.OBSERVE, asked, room.paul.token)
        await room.decide(room.anne, "1.3", verdict="to-question")
        sheet = await room.sheet(room.paul)
        (line_13,) = [one for one in sheet.parts[0].competences if one.subject == "1.3"]
        assert [(one.text, one.by) for one in line_13.observations] == [("Explique bien.\nSans aide.", "Paul Leroy")]
        assert line_13.decision is not None
        assert (line_13.decision.verdict, line_13.decision.by) == ("to-question", "Anne Martin")
        view = await room.view(room.paul)
        assert [one.en for one in view.candidates[0].questions] == ["1.3"]
        assert (view.may_sign, view.closes) == (False, False)

    play(site, scene)


def test_two_members_sign_the_record_and_what_is_corrected(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await room.decide(room.anne, "1.3", verdict="to-question")
        await room.all_decided()
        view = await room.view(room.paul)
        assert (view.may_sign, view.closes, view.questions) == (True, False, True)
        await room.sign(room.paul)
        view = await room.view(room.anne)
        assert [(one.id, one.signed, one.me) for one in view.members] == [
            ("martin", False, True), ("leroy", True, False),
        ]  # fmt: skip
        assert view.closes
        with pytest.raises(RefusedError) as refused:
            await room.sign(room.anne)
        assert refused.value.refusal.field == "anyway"
        await room.sign(room.anne, anyway=True)
        view = await room.view(room.anne)
        assert (view.stage, bool(view.closed_at), view.may_sign) == ("closed", True, False)

        files = zipfile.ZipFile(io.BytesIO(await archive(room.client, f"{DOCUMENTS}/december", room.paul.token)))
        assert set(files.namelist()) == {
            "pv-december.pdf", "december-C-01.pdf", "december-C-02.pdf", "december.csv", "december.json",
        }  # fmt: skip
        assert files.read("pv-december.pdf").startswith(b"%PDF-")
        assert json.loads(files.read("december.json"))["record"]["closed_at"]
        evidence = await archive(room.client, f"{EVIDENCE}/december/reseau/C-01", room.paul.token)
        assert evidence == sealed_file(room).read_bytes()

        await room.decide(room.paul, "1.3", verdict="acquired")
        view = await room.view(room.paul)
        assert (view.corrections, view.may_sign) == (1, True)
        await room.sign(room.paul)
        await room.sign(room.anne)
        view = await room.view(room.anne)
        assert (view.corrections, view.questions) == (0, False)

    play(site, scene)
    events = site.registry.log.events("december")
    assert {(event.kind, event.by) for event in events if event.kind in {"decided", "correction"}} == {
        ("decided", "martin"), ("correction", "leroy"),
    }  # fmt: skip
    assert len([event for event in events if event.kind == "closed"]) == 2


def test_only_members_of_this_jury_look_and_decide(site: Site) -> None:
    asked: tuple[tuple[Call[Any, Any], object], ...] = (
        (j.DELIBERATION, OfSession("december")),
        (j.SHEET, j.OfCandidate("december", "C-01")),
        (j.OBSERVE, j.RecordObservation("december", "C-01", "Bien.")),
        (j.DECIDE, j.Decide("december", "C-01", "1.3", "acquired", "Bien.")),
        (j.SIGN_RECORD, j.SignRecord("december", PASSWORD, "0" * 64)),
    )

    async def scene(room: Room) -> None:
        await room.sealed()
        before = room.site.registry.log.events("december")
        other = site.member("olga", "jury")
        both = site.member("both", "jury")
        site.give_both_roles("both")
        ada = site.member("ada", "administrator", "trainer")
        for who, kind in ((other, "missing"), (both, "forbidden"), (ada, "forbidden"), (room.ines, "forbidden")):
            for call, request in asked:
                assert (await refusal_of(room.client, call, request, who.token)).kind == kind, (who, call.name)
            for path in (f"{DOCUMENTS}/december", f"{EVIDENCE}/december/reseau/C-01"):
                with pytest.raises(RefusedError) as refused:
                    await archive(room.client, path, who.token)
                assert refused.value.refusal.kind == kind
        assert await room.client.call(j.JURY_SESSIONS, Nothing(), other.token) == ()
        assert room.site.registry.log.events("december") == before

    play(site, scene)


def test_who_judges_or_sits_in_a_session_moves_nothing_in_it_whatever_their_roles(site: Site) -> None:
    async def scene(room: Room) -> None:
        site.member("zoe", "trainee", "organiser")
        await room.planned(PLAN.replace("name: Zoé Faure", "name: Zoé Faure, person: zoe"))
        with site.store.write() as writing:
            people = People(writing)
            people.give_role(people.find("anne"), "administrator")
        anne, zoe = site.again("anne"), site.again("zoe")
        before = room.site.registry.log.events("december")
        acts: tuple[tuple[Call[Any, Any], object], ...] = (
            (ACT_ON_DAY, ActOnDay("december", "pause", text="Alarme.")),
            (ACT_ON_DAY, ActOnDay("december", "open", "reseau")),
            (WITHDRAW_SESSION, WithdrawSession("december", "Pour voir.")),
            (MAKE_CODES, MakeCodes("december")),
        )
        for who in (anne, zoe):
            for call, asked in acts:
                assert (await refusal_of(room.client, call, asked, who.token)).kind == "forbidden", asked
        refusal = await refusal_of(room.client, ANSWER_SEAT, AnswerSeat("december", "confirm", "C-01", "0"), zoe.token)
        assert refusal.kind == "forbidden"
        assert room.site.registry.log.events("december") == before
        await room.client.call(ACT_ON_DAY, ActOnDay("december", "announce", text="Bonjour."), room.ines.token)
        await room.client.call(j.OBSERVE, j.RecordObservation("december", "C-01", "Bien."), anne.token)

    play(site, scene)


def test_who_moved_the_times_of_a_session_does_not_judge_in_it(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        with site.store.write() as writing:
            People(writing).find("paul").account = "leroy"
        session = room.site.registry.jury_session("december")
        session.keep(Draft("looked", room.paul.who.ref, 0, "C-01", "reseau", {"terminal": "x"}))
        observed = j.RecordObservation("december", "C-01", "Bien.")
        await room.client.call(j.OBSERVE, observed, room.paul.token)
        session.incident("leroy", "Une alarme.")
        before = room.site.registry.log.events("december")
        for call, asked in (
            (j.OBSERVE, observed),
            (j.DECIDE, j.Decide("december", "C-01", "1.3", "acquired", "Bien.")),
            (j.SIGN_RECORD, j.SignRecord("december", PASSWORD, "0" * 64)),
        ):
            refusal = await refusal_of(room.client, call, asked, room.paul.token)
            assert (refusal.kind, "organised" in refusal.text.en) == ("forbidden", True)
        assert room.site.registry.log.events("december") == before
        assert (await room.view(room.paul)).members

    play(site, scene)


def test_a_member_is_the_person_whom_the_plan_meant_not_who_is_called_so_now(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        with site.store.write() as writing:
            retention.forget(writing, People(writing).find("anne"), by="tests", reason="asked")
        other = site.member("anne", "jury")
        assert await room.client.call(j.JURY_SESSIONS, Nothing(), other.token) == ()
        assert (await refusal_of(room.client, j.DELIBERATION, OfSession("december"), other.token)).kind == "missing"

    play(site, scene)


@pytest.mark.parametrize(
    ("other", "field", "said"),
    [
        ({"password": "wrong"}, "password", "password"),
        ({"digest": "0" * 64}, "", "has changed since"),
    ],
)
def test_a_signature_is_refused(site: Site, other: dict[str, str], field: str, said: str) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await room.all_decided()
        with pytest.raises(RefusedError) as refused:
            await room.sign(room.paul, **other)
        assert refused.value.refusal.field == field
        assert said in refused.value.refusal.text.en
        assert not any(one.signed for one in (await room.view(room.paul)).members)

    play(site, scene)


def test_nothing_is_signed_before_all_is_decided_nor_decided_before_all_is_sealed(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.planned()
        with pytest.raises(RefusedError) as refused:
            await room.sign(room.paul)
        assert "nothing to sign" in refused.value.refusal.text.en
        session = room.site.registry.jury_session("december")
        session.draw("reseau", "root")
        opened = {"scenario": SCENARIO, "instance": "lab-1", "variant": 0, "hosts": ["pc1"]}
        session.keep(
            Draft("opened", "breakfix", 0, "C-01", "reseau", opened, "d" * 64),
            Draft("started", "root", 0, "C-01", "reseau"),
        )
        assert (await room.sheet(room.anne)).running == ("Réseau",)
        with pytest.raises(RefusedError) as refused:
            await room.decide(room.anne, "1.3")
        assert "not sealed" in refused.value.refusal.text.en
        assert "breakfix" not in str(refused.value.refusal)

    play(site, scene)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\x1b[2J"])
def test_words_that_cannot_be_kept_are_refused(site: Site, text: str) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        for call, asked in (
            (j.OBSERVE, j.RecordObservation("december", "C-01", text)),
            (j.DECIDE, j.Decide("december", "C-01", "1.3", "acquired", text)),
        ):
            refusal = await refusal_of(room.client, call, asked, room.anne.token)
            assert (refusal.kind, refusal.field) == ("wrong", "text")

    play(site, scene)


def test_a_journal_that_was_changed_stops_everything(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        tamper(site.store, "UPDATE journal SET content_hash = 'f' WHERE seq = (SELECT MAX(seq) FROM journal)")
        for call, asked in ((j.DELIBERATION, OfSession("december")), (j.SHEET, j.OfCandidate("december", "C-01"))):
            refusal = await refusal_of(room.client, call, asked, room.anne.token)
            assert refusal.kind == "machine"
            assert "is not what was written" in refusal.text.en
        with pytest.raises(RefusedError):
            await archive(room.client, f"{DOCUMENTS}/december", room.anne.token)

    play(site, scene)


def test_a_plan_names_members_whom_the_store_knows(site: Site) -> None:
    async def scene(room: Room) -> None:
        plan = PLAN.replace("person: paul", "person: nobody")
        outcome = await room.client.call(PLAN_SESSION, PlanSession(plan), room.ines.token)
        assert [(one.line, "nobody" in one.text.en) for one in outcome.mistakes] == [(11, True)]

    play(site, scene)
