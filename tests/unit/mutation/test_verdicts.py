"""What an author says of mutants, and what of it holds no longer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from orchestrator.core.text import Text, same
from orchestrator.model.mutant_verdicts import MutantVerdict
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Scenario
from orchestrator.mutation.mutant import Fate, PlayedMutant, name_of
from orchestrator.mutation.recording import record_of
from orchestrator.mutation.runs import MutationRun
from orchestrator.mutation.verdicts import AuthorsVerdict, judged, verdicts_of

WHY = Text(fr="Aussi bien.", en="As good.")
SOLUTION = PlannedSolution("reference", WHY, reference=True, steps=())
PLAN = replace(
    Plan("mail", "lab", "lab.example", 7, "d", same("Mail"), {}, (), (), (), None, (), None, (), (), (), (), ()),
    solutions=(SOLUTION,),
    values={"pc": "pc2", "cause": "rule"},
)


def mutant(name: str, fate: Fate, *, is_same: bool = False) -> PlayedMutant:
    long = tuple(same(line) for line in ("true", "x" * 5000))
    return PlayedMutant(name, "open-files", "d", WHY, long, fate, None, is_same)


def run(*mutants: PlayedMutant, others: tuple[PlayedMutant, ...] = ()) -> MutationRun:
    names = frozenset({"one", "two", "three", "never-played", *(one.name for one in (*mutants, *others))})
    return MutationRun(PLAN, names, mutants, 1.0, others)


def test_a_survivor_with_a_verdict_is_settled() -> None:
    made = judged(run(mutant("one", "survived"), mutant("two", "survived")), [AuthorsVerdict("one", "known-gap", WHY)])
    assert ([one.name for one in made.open], made.stale, made.held) == (["two"], (), False)
    both = judged(made.run, [AuthorsVerdict("one", "known-gap", WHY), AuthorsVerdict("two", "as-good", WHY)])
    assert (both.open, both.held) == ((), True)


def test_one_that_is_equivalent_to_a_repair_needs_none() -> None:
    assert judged(run(others=(mutant("one", "equivalent", is_same=True),)), []).held
    assert not judged(run(mutant("one", "survived", is_same=True)), []).held, "nothing looks at what it spoils"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("one", "refused"),
        ("two", "flagged"),
        ("three", "void"),
        ("four", "equivalent"),
        ("nobody", "gone"),
        ("never-played", None),
    ],
)
def test_a_verdict_is_stale_where_its_mutant_passes_no_more(name: str, why: str | None) -> None:
    others = (mutant("three", "void"), mutant("four", "equivalent"))
    played = run(mutant("one", "refused"), mutant("two", "flagged"), others=others)
    made = judged(played, [AuthorsVerdict(name, "as-good", WHY)])
    assert [one.why for one in made.stale] == ([why] if why else [])
    assert (made.held, made.verdicts) == (why is None, {})


def scenario(*stated: MutantVerdict) -> Scenario:
    return cast("Scenario", SimpleNamespace(folder=Path("/content/mail"), mutants=stated))


def stated(**fields: object) -> MutantVerdict:
    return MutantVerdict.model_validate({"operator": "open-files", "verdict": "as-good", "reason": WHY, **fields})


def test_a_verdict_names_its_mutant_in_each_variant() -> None:
    named = scenario(
        stated(subject="{{ pc }} /etc/hosts"),
        stated(subject="pc1", when="cause == 'cable'"),
        stated(subject="pc1", solution="of-another-case"),
        stated(operator="file-only", when="cause == 'rule'"),
    )
    names = [one.mutant for one in verdicts_of(named, PLAN)]
    assert names == ["open-files-reference-pc2-etc-hosts", "file-only-reference"]
    assert names[0] == name_of("open-files", "reference", "pc2 /etc/hosts")


def test_what_was_played_is_recorded_and_steps_of_survivors_alone() -> None:
    others = (mutant("three", "void"), mutant("four", "equivalent"))
    played = run(mutant("one", "survived"), mutant("two", "refused"), others=others)
    made = record_of(judged(played, [AuthorsVerdict("one", "known-gap", WHY)]), "0.9+abc.def")
    assert (made.seed, made.version, made.derived) == (7, "0.9", 5)
    assert [(one.name, one.fate, one.verdict, len(one.lines)) for one in made.mutants] == [
        ("one", "survived", "known-gap", 2),
        ("two", "refused", "", 0),
        ("four", "equivalent", "", 2),
    ]
    assert len(made.mutants[0].lines[1].en) == 401
    assert made.mutants[0].reason == WHY
