"""What people did after the fault, as a scenario says it: rendered for the variant, hosts known, only after a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.planning.planner import plan_scenario

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

AFTERWARDS = """\
afterwards:
  - tell: {fr: "{{ user.full }} écrit", en: "{{ user.full }} writes"}
    when: cause == 'moved'
    host: pc1
    script: |
      sendmail {{ user.login }}
    trace: {host: web1, run: [grep, "{{ user.login }}", /var/log/mail.log], fails: false}
"""


def acting(folder: Folder, old: str = "", new: str = "") -> Folder:
    assert old in AFTERWARDS
    folder.edit("scenario.yaml", "hints:\n", AFTERWARDS.replace(old, new, 1) + "hints:\n")
    return folder


def test_only_what_was_done_in_the_variant_is_planned(folder: Folder) -> None:
    content = acting(folder).content
    scenario = content.scenario("cable-out")
    images = content.images_of(scenario.lab)
    plans = [plan_scenario(scenario, seed, images) for seed in range(8)]
    assert {len(plan.afterwards) for plan in plans if plan.cases["cause"] == "unplugged"} == {0}
    moved = [plan for plan in plans if plan.cases["cause"] == "moved"]
    assert moved
    for plan in moved:
        (action,) = plan.afterwards
        user = plan.values["user"]
        assert action.tell.en == f"{user.full} writes"
        assert (action.script, action.trace.run[1]) == (f"sendmail {user.login}\n", user.login)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("host: pc1", "host: pc9", 'the lab has no host "pc9"'),
        ("host: web1", 'host: "{{ office }}"', 'the lab has no host "Lyon"'),
        ("{{ user.login }}", "{{ usr }}", '"usr" is not defined'),
        ("cause == 'moved'", "case == 'moved'", '"case" is not defined'),
        (", fails: false", "", 'give "fails" or "prints"'),
        ("    script: |\n      sendmail {{ user.login }}\n", "", "script"),
    ],
)
def test_what_cannot_be_done_is_told(folder: Folder, old: str, new: str, said: str) -> None:
    with pytest.raises(ContentError) as error:
        acting(folder, old, new).content.scenario("cable-out")
    assert any(said in problem.text.en or said in str(problem) for problem in error.value.problems), error.value


@pytest.mark.slow
def test_nothing_follows_a_fault_in_a_task(folder: Folder) -> None:
    acting(folder)
    path = folder.root / folder.long("scenario.yaml")
    text = path.read_text()
    before, rest = text.split("faults:\n", 1)
    path.write_text(before.replace("kind: fault", "kind: task") + "afterwards:" + rest.split("afterwards:", 1)[1])
    with pytest.raises(ContentError) as error:
        folder.content.scenario("cable-out")
    assert any("without a fault nothing follows one" in problem.text.en for problem in error.value.problems)
