"""The catalogue for trainers: what stands in it, how it goes for people, and proofs that are begun from it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest

from orchestrator.core.text import Text, same
from orchestrator.labd import catalogue_contract as contract
from orchestrator.labd import proof_contract, proof_refusals
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_work_contract import CHECK, HINT
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.proof_contract import ProofRun
from orchestrator.labd.proof_lines import ProofLine
from orchestrator.labd.proof_runs import ProofCommand
from orchestrator.labd.stated_checks import stated_checks
from orchestrator.labd.wire import encode
from orchestrator.model.seeds import SECRET
from orchestrator.proof.binding import Binding
from orchestrator.proof.ledger import FoundEntry, LedgerEntry, ProvingMachine
from orchestrator.proof.model import Proof, Stage, VariantProof
from orchestrator.proof.mutant_record import RecordedMutant, RecordedMutants
from orchestrator.proof.proof_status import Status
from orchestrator.proof.proof_store import StoredProof
from tests.labd_talk import SOON, events_until

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow

AT = "2026-11-29T10:00:00Z"


def test_every_scenario_is_there_with_the_state_of_its_proof(site: Site) -> None:
    trainer = site.member("ada", "trainer")
    site.proofs.known = Status("changed", AT, changed=("checks",), older=True)

    async def play() -> contract.CatalogueView:
        async with site.labd() as client:
            return await client.call(contract.CATALOGUE, Nothing(), trainer.token)

    view = asyncio.run(play())
    (line,) = [one for one in view.scenarios if one.id == SCENARIO]
    assert (line.proof.state, line.proof.older, line.proof.at) == ("changed", True, AT)
    assert "2026-11-29" in line.proof.said.en
    codes = {one.code for ccp in view.ccps for one in ccp.competences}
    assert set(line.competences) <= codes


def test_a_scenario_is_seen_from_inside(site: Site) -> None:
    trainer = site.member("ada", "trainer")
    stages = (Stage("healthy", "", 1.0), Stage("stopped", "", 0.1))
    proof = Proof(SCENARIO, same("Moved desks"), (VariantProof(1, "d", stages),), (), 12.5)
    site.proofs.stored = StoredProof(proof, Binding("s", "c", "l", "i", "p"), AT)
    site.proofs.known = Status("here", AT)

    async def play() -> None:
        async with site.labd() as client:
            view = await client.call(contract.INSIDE, contract.LookInside(SCENARIO, 7), trainer.token)
            plan = site.labs.plans.preview(SCENARIO, 7)
            assert (view.seed, view.ticket, view.hints) == ("7", plan.ticket, plan.hints)
            assert len(view.broken) == len(plan.faults) > 0
            assert [one.name for one in view.solutions] == [one.name for one in plan.solutions]
            assert view.solutions[0].reference
            assert all(step.lines for one in view.solutions for step in one.steps)
            assert [one.id for one in view.checks] == [one.id for one in stated_checks(plan)]
            assert view.numbers is None
            assert view.matrix is not None
            assert (view.matrix.source, view.matrix.seconds) == ("here", 12.5)
            for seed in (-1, SECRET):
                refusal = await refusal_of(client, contract.INSIDE, contract.LookInside(SCENARIO, seed), trainer.token)
                assert refusal == proof_refusals.WRONG_SEED
            nothing = await refusal_of(client, contract.INSIDE, contract.LookInside("nothing"), trainer.token)
            assert nothing.kind == "missing"

    asyncio.run(play())


@pytest.mark.parametrize("images", ["i", "other"])
def test_wrong_repairs_are_told_of_the_scenario_as_it_is(site: Site, images: str) -> None:
    trainer = site.member("ada", "trainer")
    said = Text(fr="Faux", en="Wrong \x1b[2J")
    played = (
        RecordedMutant("one", "refused", said),
        RecordedMutant("two", "flagged", said),
        RecordedMutant("three", "survived", said, lines=(said,), verdict="known-gap", reason=said),
        RecordedMutant("four", "equivalent", said, same=True, lines=(said,)),
    )
    entry = LedgerEntry(
        SCENARIO,
        AT,
        Binding("s", "c", "l", images, "p"),
        ProvingMachine("6", 2, "28"),
        (),
        mutants=(RecordedMutants(7, AT, "0.9+h", 40, played),),
    )
    site.proofs.found = FoundEntry(entry, "d", "package")

    async def play() -> tuple[contract.MutantsView, ...]:
        async with site.labd() as client:
            return (await client.call(contract.INSIDE, contract.LookInside(SCENARIO, 7), trainer.token)).mutants

    told = asyncio.run(play())
    assert [(one.seed, one.version, one.derived, one.refused, one.flagged) for one in told] == (
        [("7", "0.9", 40, 1, 1)] if images == "i" else []
    )
    for one in told:
        (survivor,) = one.survivors
        assert (survivor.name, survivor.verdict) == ("three", "known-gap")
        assert "\x1b" not in survivor.summary.en + survivor.lines[0].en
        assert [other.name for other in one.equivalent] == ["four"]


def test_the_checks_are_read_and_never_run(site: Site) -> None:
    checks = stated_checks(site.world.plan())
    assert checks
    assert {one.role for one in checks} <= {"symptom", "objective", "guard"}
    assert not any("{{" in one.sentence.fr + one.sentence.en for one in checks)


def test_numbers_are_of_ones_own_classes_and_of_nobody_alone(site: Site) -> None:
    owner, trainer = site.member("lea"), site.member("ada", "trainer")
    stranger, admin = site.member("bob", "trainer"), site.member("root", "administrator")
    site.a_class("tssr", trainer, owner)

    async def numbers(client: LabdClient, who: Member) -> contract.AttemptNumbers | None:
        return (await client.call(contract.INSIDE, contract.LookInside(SCENARIO), who.token)).numbers

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, owner)
            await client.call(HINT, OfLab(lab), owner.token)
            await client.call(CHECK, OfLab(lab), owner.token)
            await events_until(client, lab, owner.token, "ended", act="check")
            mine = await numbers(client, trainer)
            assert mine is not None
            assert (mine.people, mine.own, mine.hinted, mine.waiting) == (1, 1, 1, False)
            assert await numbers(client, admin) == mine, "an administrator's are all classes"
            theirs = await numbers(client, stranger)
            assert theirs == replace(mine, people=0, own=0, hinted=0, hints=0, waiting=True)

    asyncio.run(play())


def test_a_proof_is_begun_from_the_catalogue(site: Site) -> None:
    admin, trainer = site.member("root", "administrator"), site.member("ada", "trainer")
    said = encode(ProofLine("over", outcome="proven"))
    site.proving = ProofCommand([sys.executable, "-S", "-c", f"print({said.decode()!r})"])

    async def last(client: LabdClient) -> ProofRun | None:
        return (await client.call(proof_contract.PROOF, Nothing(), admin.token)).run

    async def play() -> None:
        async with site.labd() as client:
            assert await last(client) is None
            for seeds in (0, 5):
                refusal = await refusal_of(
                    client, proof_contract.PROVE, proof_contract.Prove(SCENARIO, seeds), admin.token
                )
                assert refusal == proof_refusals.WRONG_COUNT
            await client.call(contract.CATALOGUE, Nothing(), trainer.token)
            await client.call(proof_contract.PROVE, proof_contract.Prove(SCENARIO), admin.token)
            site.proofs.known = Status("here", AT)
            async with asyncio.timeout(SOON):
                while (run := await last(client)) is None or run.phase != "over":
                    pass
            assert (run.scenario, run.outcome, run.by) == (SCENARIO, "proven", admin.who.name)
            view = await client.call(contract.CATALOGUE, Nothing(), trainer.token)
            assert {one.proof.state for one in view.scenarios} == {"here"}, "it is read anew"

    asyncio.run(play())
