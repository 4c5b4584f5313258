"""What is due of the content's proofs: the stale ones, and by turns a little of what is recorded (``proof.due``)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.app import App
from orchestrator.proof.due import Due, due
from orchestrator.proof.ledger import differences
from orchestrator.proof.model import Proof
from orchestrator.proof.prover import prove
from orchestrator.proof.seed_cover import draw, seeds_for
from orchestrator.proof.stages import ProofSubject
from tests.live.conftest import Watching, told

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.core, pytest.mark.sample]

PROGRAM = App()
"""Asked for what is due when tests are collected: each is one, so that a failure names its scenario."""
DUE: Due = due(PROGRAM.content, PROGRAM.proofs)


@pytest.fixture(scope="module")
def played(app: App, request: pytest.FixtureRequest) -> Mapping[str, Proof]:
    """Return the proofs that this run asks for: all at once, as many labs as the machine bears."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    asked = {named["due"] for named in parameters if "due" in named}
    order = (*DUE.stale, *DUE.replayed, *DUE.whole, *DUE.main_lines)
    subjects = [subject for name in order if name in asked for subject in subjects_of(app, name)]
    made = prove(app.labs, subjects, jobs=None, watch=Watching())
    return {proof.scenario: proof for proof in made}


def subjects_of(app: App, name: str) -> list[ProofSubject]:
    """Return the variants to play; what is compared is graded whole, the rest until a shortcut is refused."""
    scenario = app.content.scenario(name)
    if name in DUE.replayed:
        drawn = [draw(scenario, seed) for seed in DUE.records[name].entry.seeds]
        return [ProofSubject(app.labs.plans.plan(name, one.seed), one.cases) for one in drawn]
    (one,) = seeds_for(scenario, 1)
    plan = app.labs.plans.plan(name, one.seed)
    record = DUE.records.get(name)
    red = {s.name: record.entry.red(one.seed, f"shortcut {s.name}") if record else () for s in plan.shortcuts}
    return [ProofSubject(plan, one.cases, main_line=name in DUE.main_lines, red_first=red)]


@pytest.mark.parametrize("due", [*DUE.stale, *DUE.whole, *DUE.main_lines])
def test_it_is_proven(played: Mapping[str, Proof], due: str) -> None:
    assert played[due].proven, told(played[due])


@pytest.mark.parametrize("due", DUE.replayed)
def test_every_colour_is_as_recorded(played: Mapping[str, Proof], due: str) -> None:
    assert played[due].proven, told(played[due])
    assert [*differences(DUE.records[due].entry, played[due])] == []


def test_something_is_due() -> None:
    assert DUE.replayed or DUE.stale
