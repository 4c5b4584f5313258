"""Three wrong repairs that the program derives, played on real hosts: none of them passes for a repair."""

from __future__ import annotations

import pytest

from orchestrator.app import App
from orchestrator.model.plan import Plan
from orchestrator.mutation import later_operators, state_operators
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.playing import play_mutants
from orchestrator.mutation.runs import MutationSubject

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.core]


class Watching:
    """Remembers how many there were to play."""

    derived = 0

    def repairs(self, plan: Plan) -> None:
        assert len(plan.solutions) == 1

    def mutants(self, _plan: Plan, _count: int, derived: int) -> None:
        self.derived = derived

    def played(self, mutant: PlayedMutant, *, known: bool) -> None:
        assert not known, mutant


def test_no_mutant_passes_for_a_repair(app: App) -> None:
    operators = {
        "running-only": state_operators.running_only,
        "undone-at-boot": later_operators.undone_at_boot,
        "copied-secret": state_operators.copied_secret,
    }
    plan, watch = app.labs.plans.plan("wrong-address", 7), Watching()
    subject = MutationSubject(plan, {}, {}, operators)
    run = play_mutants(app.labs, subject, count=3, seed=7, jobs=3, watch=watch)
    fates = {one.operator: (one.fate, one.by.en if one.by else None) for one in run.mutants}
    assert fates == {
        "running-only": ("refused", "The address is in the configuration."),
        "undone-at-boot": ("flagged", "/etc/systemd/system/support-boot.service is new."),
        "copied-secret": (
            "refused",
            "Hashed passwords are in /var/tmp/shadow.old, which everybody can read.",
        ),
    }
    assert (run.of("survived"), watch.derived) == ((), 3)
