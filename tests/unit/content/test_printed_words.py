"""What a scenario's expressions print, by the expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.planning.planner import plan_scenario
from orchestrator.planning.printed_words import printed_words

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

CONSTANT = ("lab", "domain", "seed", "cause")


def printed(folder: Folder, script: str) -> dict[str, str]:
    """Return what is printed where a solution's script says something more."""
    folder.edit("solutions/reference.yaml", "script: |\n", f"script: |\n        {script}\n")
    content = folder.content
    scenario = content.scenario("cable-out")
    plan = plan_scenario(scenario, 42, content.images_of(scenario.lab))
    return printed_words(scenario, plan.values, CONSTANT)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo {{ 'pc2' if office == 'Brest' else 'pc1' }}", {"{{ 'pc2' if office == 'Brest' else 'pc1' }}": "pc2"}),
        (
            "echo {{ {'B': 'copper', 'L': 'tin'}[office[0]] }}",
            {"{{ {'B': 'copper', 'L': 'tin'}[office[0]] }}": "copper"},
        ),
        ("echo desk{{ desk }}.{{ domain }}", {"desk{{ desk }}.{{ domain }}": "desk27.pair.example"}),
        ("echo {{   office   | lower }}", {"{{ office | lower }}": "brest"}),
        ("echo x={{ office }} {{ domain }} a.{{ domain }} {{ cause | upper }}", {}),
        ("echo {{ office[0] }} {{ desk * 10 }}", {}),
        ("{% for one in office %}echo {{ one }}-{{ one }}; {% endfor %}", {}),
        ("echo {{ office ~ ' and more' }}", {}),
    ],
    ids=["choice", "table", "beside", "filter", "alone", "short", "loop", "several words"],
)
def test_words_that_say_what_was_drawn(folder: Folder, script: str, words: dict[str, str]) -> None:
    assert printed(folder, script) == words
