"""The seeds of a proof draw every case before they draw one twice."""

from __future__ import annotations

import pytest

from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.scenario import FaultChoice, Scenario
from orchestrator.planning.variant import draw_variant
from orchestrator.proof.seed_cover import seeds_for, seeds_of_other_cases


@pytest.fixture(scope="module", params=["no-network-after-move", "intranet-not-found"])
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return Content([built_in_root()]).scenario(request.param)


def test_every_case_comes_before_one_comes_twice(scenario: Scenario) -> None:
    (choice,) = [entry for entry in scenario.document.faults if isinstance(entry, FaultChoice)]
    drawn = seeds_for(scenario, len(choice.one_of))
    assert {draw.cases[choice.as_] for draw in drawn} == set(choice.one_of)


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_more_seeds_begin_with_the_fewer(scenario: Scenario, count: int) -> None:
    drawn = [draw.seed for draw in seeds_for(scenario, count)]
    assert len(set(drawn)) == count
    assert drawn[0] == 1
    assert [draw.seed for draw in seeds_for(scenario, 9)][: min(count, 4)] == drawn[:4]


def test_the_cases_that_are_not_played_are_drawn_each_once(scenario: Scenario) -> None:
    (choice,) = [entry for entry in scenario.document.faults if isinstance(entry, FaultChoice)]
    played = seeds_for(scenario, 2)
    others = seeds_of_other_cases(scenario, played)
    cases = [drawn.cases[choice.as_] for drawn in (*played, *others)]
    assert sorted(cases) == sorted(choice.one_of)
    assert seeds_of_other_cases(scenario, (*played, *others)) == ()


def test_every_step_and_every_shortcut_is_drawn_that_only_some_seeds_have() -> None:
    """A choice decides there which steps its solutions have, and of a shortcut whether it is one at all."""
    content = Content([built_in_root()])
    owner = content.scenario("new-password-in-a-hurry")
    (first,) = seeds_for(owner, 1)
    (other,) = seeds_of_other_cases(owner, [first])
    behind = {draw_variant(owner, one.seed).values["behind"] for one in (first, other)}
    assert (first.seed, behind) == (1, {"owner", "stranger"})
    assert seeds_of_other_cases(owner, [first, other]) == ()
    late = content.scenario("september-looks-fine")
    (first,) = seeds_for(late, 1)
    (other,) = seeds_of_other_cases(late, [first])
    assert (first.seed, draw_variant(late, other.seed).values["held_up"]) == (1, "low")


def test_a_scenario_without_draws_takes_the_first_seeds(scenario: Scenario) -> None:
    document = scenario.document.model_copy(update={"faults": ()})
    plain = Scenario(**{**vars(scenario), "document": document, "solutions": (), "shortcuts": ()})
    assert [(draw.seed, draw.cases) for draw in seeds_for(plain, 3)] == [(1, {}), (2, {}), (3, {})]
