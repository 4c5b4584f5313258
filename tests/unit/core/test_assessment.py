"""An assessed candidate's seed: the same each time for the jury, out of reach for everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.job import Factory, GradeRequest
from orchestrator.assessment.candidate_seeds import assessed_seed, new_secret
from orchestrator.model.seeds import MAX_SEED, SECRET, is_secret, shown_seed
from orchestrator.planning.variant import choose_seed

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

SESSION = bytes(range(32))


PINNED = 266747787023600135908488733044747838266


def test_the_method_is_pinned() -> None:
    """Results are defended years later: this number must never change."""
    assert assessed_seed(SESSION, "no-network-after-move", "candidate 7") == PINNED


def test_session_scenario_and_candidate_each_make_another_seed() -> None:
    seeds = {
        assessed_seed(secret, scenario, candidate)
        for secret in (SESSION, bytes(32))
        for scenario in ("a", "ab", "dns-zone-broken")
        for candidate in ("b", "bc", "c", "Zoé Lefèvre")
    }
    assert len(seeds) == 24
    assert all(is_secret(seed) and SECRET <= seed < 2**128 for seed in seeds)


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert assessed_seed(SESSION, "ab", "c") != assessed_seed(SESSION, "a", "bc")
    assert assessed_seed(SESSION, "a\0b", "c") != assessed_seed(SESSION, "a", "b\0c")


@pytest.mark.parametrize(
    ("secret", "scenario", "candidate"), [(b"short", "a", "b"), (SESSION, "", "b"), (SESSION, "a", "")]
)
def test_what_would_be_guessed_is_refused(secret: bytes, scenario: str, candidate: str) -> None:
    with pytest.raises(ValueError, match=r"secret|candidate"):
        assessed_seed(secret, scenario, candidate)


def test_secrets_are_fresh() -> None:
    assert len({new_secret() for _ in range(20)}) == 20
    assert len(new_secret()) == 32


def test_what_is_shown_leads_nowhere() -> None:
    practice = choose_seed()
    assert not is_secret(practice)
    assert shown_seed(practice) == practice
    seeds = [assessed_seed(SESSION, "a", str(n)) for n in range(50)]
    shown = {shown_seed(seed) for seed in seeds}
    assert len(shown) == 50
    assert all(0 <= number <= MAX_SEED for number in shown)
    assert not shown & {seed & MAX_SEED for seed in seeds}


def test_neither_templates_nor_the_report_hold_a_secret_seed(world: World) -> None:
    world.edit(
        "scenarios/1.3-network-connection/moved-desks/ticket.en.md", "has no network.", "has no network ({{ seed }})."
    )
    seed = assessed_seed(SESSION, "moved-desks", "7")
    plan = world.plan(seed)
    assert plan.ticket is not None
    assert f"({shown_seed(seed)})" in plan.ticket.en
    assert str(seed) not in repr([plan.ticket, plan.hints, plan.debrief, plan.hosts, plan.faults, plan.values])
    request = GradeRequest.of(plan, "moved-desks-1a2b", fabric=Factory("x:y"))
    assert str(seed) not in request.to_json()
    assert world.plan(seed).values["user"] != world.plan(shown_seed(seed)).values["user"]
