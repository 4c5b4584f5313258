"""Every scenario on real hosts: what is found in the content's folders is proven, there is no list.

One seed each by default; ``BREAKFIX_PROOF_SEEDS=3`` (every night, for example) proves more variants of each.
``BREAKFIX_RECORD_PROOFS=1`` also records each proof beside its scenario, as ``prove --record`` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.ledger import ProvingMachine, differences
from orchestrator.proof.model import Proof
from orchestrator.proof.prover import prove
from orchestrator.proof.seed_cover import seeds_for
from orchestrator.proof.stages import ProofSubject
from tests.live.conftest import Watching, parameters_of_run, told

pytestmark = [pytest.mark.live, pytest.mark.slow]

CONTENT = Content([built_in_root()])
SCENARIOS = CONTENT.scenarios()
SEEDS = int(os.environ.get("BREAKFIX_PROOF_SEEDS", "1"))


class Recording(Watching):
    """Records each proof of a scenario that is sound."""

    def __init__(self, app: App, names: Iterable[str]) -> None:
        super().__init__()
        info = app.labs.running.engine().info()
        self._proofs = app.proofs
        self._machine = ProvingMachine.this(info.version, info.cgroup_version)
        self._bindings = {name: app.proofs.binding(name) for name in names}

    def proved(self, proof: Proof) -> None:
        """See ``Watching``."""
        stored = self._proofs.keep(proof, self._bindings[proof.scenario])
        if stored is not None and proof.proven:
            self._proofs.record(stored, self._machine)


@pytest.fixture(scope="module")
def proofs(app: App, request: pytest.FixtureRequest) -> Mapping[str, Proof]:
    """Return the proofs of the scenarios that this run asks for: all at once, as many labs as the machine bears."""
    names = parameters_of_run(request, "scenario")
    subjects = [
        ProofSubject(app.labs.plans.plan(name, drawn.seed), drawn.cases)
        for name in SCENARIOS
        if name in names
        for drawn in seeds_for(CONTENT.scenario(name), SEEDS)
    ]
    watch = Recording(app, names) if os.environ.get("BREAKFIX_RECORD_PROOFS") == "1" else Watching()
    made = prove(app.labs, subjects, jobs=None, watch=watch)
    return {proof.scenario: proof for proof in made}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_is_proven(proofs: Mapping[str, Proof], scenario: str) -> None:
    proof = proofs[scenario]
    assert proof.proven, told(proof)
    assert len(proof.variants) == SEEDS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_colour_is_as_recorded(app: App, proofs: Mapping[str, Proof], scenario: str) -> None:
    """A scenario that has changed since is proven, and nothing more: its record is about another state of it."""
    found = app.proofs.ledger.find(scenario)
    assert found is not None, f"breakfix prove {scenario} --record"
    if not found.entry.binding.changed(app.proofs.binding(scenario)):
        assert [*differences(found.entry, proofs[scenario])] == []


def test_content_has_scenarios() -> None:
    assert SCENARIOS, f"no scenario below {Path(built_in_root(), 'scenarios')}"
