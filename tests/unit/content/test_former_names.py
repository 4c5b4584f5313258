"""A scenario that bears another name now: found by the former one, with the draws that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.planning.variant import draw_variant

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

NOW = "no-network-upstairs"


def renamed(folder: Folder, *former: str) -> Folder:
    """Give the scenario another name, and say which it had."""
    folder.edit("scenario.yaml", "id: cable-out\n", f"id: {NOW}\nformer_ids: [{', '.join(former)}]\n")
    place = (folder.root / folder.long("scenario.yaml")).parent
    place.rename(place.with_name(NOW))
    return folder


def test_a_seed_draws_what_it_drew_under_the_first_name(folder: Folder) -> None:
    before = draw_variant(folder.content.scenario("cable-out"), 42)
    content = renamed(folder, "cable-out", "cable-pulled").content
    assert draw_variant(content.scenario(NOW), 42) == before


def test_it_is_found_by_each_name_that_it_had(folder: Folder) -> None:
    content = renamed(folder, "cable-out", "cable-pulled").content
    for name in (NOW, "cable-out", "1.3-network-connection/cable-pulled"):
        assert content.scenario(name).id == NOW
    assert content.scenarios() == (NOW,)
    assert content.names_now(("cable-out", NOW, "unheard-of")) == {"cable-out": NOW}
    with pytest.raises(UsageError, match='unknown scenario "cable-in"'):
        content.scenario("cable-in")


def test_a_name_that_another_scenario_has_is_that_one_s(folder: Folder) -> None:
    content = renamed(folder, "cable-out").content
    place = content.scenario_folder(NOW)
    other = place.with_name("cable-out")
    other.mkdir()
    (other / "scenario.yaml").write_text((place / "scenario.yaml").read_text().replace(f"id: {NOW}", "id: cable-out"))
    assert folder.content.scenario_folder("cable-out") == other


@pytest.mark.parametrize("former", [(NOW,), ("cable-out", "cable-out")])
def test_a_name_is_said_once(folder: Folder, former: tuple[str, ...]) -> None:
    with pytest.raises(ContentError) as error:
        renamed(folder, *former).content.scenario(NOW)
    assert [problem.text.en for problem in error.value.problems] == [f'"{former[-1]}" is said already']
