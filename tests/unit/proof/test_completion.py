"""The record of a scenario that has gained solutions and shortcuts, and of one that has lost a shortcut."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.proof.completion import RecordCompletion, completion_of
from orchestrator.proof.leaving_out import leave_out
from orchestrator.proof.ledger import LedgerEntry, ProvingMachine, RecordedVariant
from orchestrator.proof.model import Key, Proof, Stage, VariantProof
from orchestrator.proof.mutant_record import RecordedMutants
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.proof_store import ProofStore
from orchestrator.proof.stages import ProofSubject, stages_of
from orchestrator.sound_state.explained import ExplainedChange

from .conftest import SCENARIO, TITLE, ledger, seen

pytestmark = pytest.mark.slow

MACHINE = ProvingMachine("6.12.1", 2, "28.1.0")
OLDER = "0.0.1+0123456789abcdef"
"""The program that made the record."""
GREEN = (seen("web", "pass", "pass"),)
RED = (seen("web", "fail", "any"),)
FIRST, LAST = (ExplainedChange("pc1", "file", name, "content", "x") for name in ("/etc/a", "/etc/b"))


class _Content:
    """A scenario of somebody's own on a lab that comes with the program."""

    def __init__(self, folder: Path) -> None:
        own = Content([folder.parents[1]])
        self.roots = own.roots
        self.scenario_folder = own.scenario_folder
        self.scenario_document = own.scenario_document
        self.lab = Content([built_in_root()]).lab


@pytest.fixture
def proofs(folder: Path, tmp_path: Path) -> Proofs:
    return Proofs(cast("Any", _Content(folder)), lambda _: "f", ProofStore(tmp_path / "proofs"), ledger(folder))


@pytest.fixture
def plan(folder: Path) -> Callable[[int], Plan]:
    """Return a variant with the solutions and shortcuts that are in the folder now; of seed 3 ``for-five`` is none."""

    def repairs(kind: str, seed: int) -> tuple[PlannedSolution, ...]:
        names = sorted(path.stem for path in (folder / kind).glob("*.yaml"))
        return tuple(PlannedSolution(n, TITLE, n == "reference", ()) for n in names if (n, seed) != ("for-five", 3))

    def made(seed: int) -> Plan:
        solutions, shortcuts = repairs("solutions", seed), repairs("shortcuts", seed)
        digest = f"{seed}-{len(solutions)}-{len(shortcuts)}"
        shape = SimpleNamespace(solutions=solutions, shortcuts=shortcuts, faults=("f",), personas={}, digest=digest)
        return cast("Plan", shape)

    return made


@pytest.fixture
def recorded(proofs: Proofs, plan: Callable[[int], Plan]) -> LedgerEntry:
    """The record of the scenario: one variant whole, of another the solutions; one shortcut is refused by changes."""
    variants = []
    for seed in (1, 3):
        subject = ProofSubject(plan(seed))
        names = [key for key in stages_of(subject) if seed == 1 or key[0] in {"solution", "reboot"}]
        by_changes = {("shortcut", plan(seed).shortcuts[0].name)}
        stages = tuple(
            Stage(*key, 1.0, RED if key[0] == "shortcut" and key not in by_changes else GREEN)
            for key in names
            if key != ("stopped", "")
        )
        variants.append(RecordedVariant.of(VariantProof(seed, plan(seed).digest, stages, {"cause": str(seed)})))
    binding = replace(proofs.binding(SCENARIO), program=OLDER)
    mutants = (RecordedMutants(1, "2026-01-02T03:04:05Z", OLDER, 0, ()),)
    entry = LedgerEntry(SCENARIO, "2026-01-02T03:04:05Z", binding, MACHINE, tuple(variants), (FIRST,), mutants)
    proofs.ledger.record(entry)
    return entry


def add(folder: Path, kind: str, name: str) -> None:
    known = next((folder / kind).glob("*.yaml"))
    shutil.copy(known, folder / kind / f"{name}.yaml")


def refused(proofs: Proofs, plan: Callable[[int], Plan]) -> str:
    with pytest.raises(UsageError) as raised:
        completion_of(proofs, SCENARIO, plan)
    return f"{raised.value.text.en} {cast('Text', raised.value.hint).en}"


def played(completion: RecordCompletion) -> dict[int, list[Key]]:
    return {int(subject.plan.digest[0]): [*stages_of(subject)] for subject in completion.subjects()}


def test_a_solution_is_played_in_each_variant_and_what_changes_alone_refused_again(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    add(folder, "solutions", "third-way")
    completion = completion_of(proofs, SCENARIO, plan)
    third: list[Key] = [("solution", "third-way"), ("reboot", "third-way")]
    again: Key = ("shortcut", plan(1).shortcuts[0].name)
    assert played(completion) == {1: [*third, again, ("stopped", "")], 3: [*third, ("stopped", "")]}
    assert [subject.cases for subject in completion.subjects()] == [{"cause": "1"}, {"cause": "3"}]
    assert all(subject.learning for subject in completion.subjects())
    assert recorded.binding.changed(completion.binding) == ("scenario",)


def test_a_shortcut_is_played_where_shortcuts_were(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    add(folder, "shortcuts", "another-fake")
    completion = completion_of(proofs, SCENARIO, plan)
    assert played(completion) == {1: [("shortcut", "another-fake"), ("stopped", "")]}
    assert {v.seed for v in recorded.variants} == set(completion.plans)


def test_a_shortcut_of_another_case_is_played_there_and_the_mutants_stay(
    proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    """Nothing has changed: the record only never played it, for its whole variant has another case."""
    lost: Key = ("shortcut", plan(1).shortcuts[-1].name)
    whole, repairs = recorded.variants
    stages = {name: seen for name, seen in whole.stages.items() if name != " ".join(lost)}
    proofs.ledger.record(replace(recorded, variants=(replace(whole, stages=stages), repairs)))

    def another_case(seed: int) -> Plan:
        made = plan(seed)
        if seed == 1:
            made.shortcuts = made.shortcuts[:-1]  # type: ignore[misc]
        return made

    completion = completion_of(proofs, SCENARIO, another_case)
    assert played(completion) == {3: [lost, ("stopped", "")]}
    variant = VariantProof(3, "?", (Stage(*lost, 1.0, RED), Stage("stopped", "", 1.0)), {})
    entry = completion.entry_with(Proof(SCENARIO, TITLE, (variant,)))
    proofs.ledger.record(entry)
    assert entry.mutants == recorded.mutants
    assert entry.variants[0].stages == stages
    assert entry.variants[1].stages == {**repairs.stages, " ".join(lost): {"test_x.py::web": "fail"}}
    assert (entry.variants[1].repairs_only, entry.seeds) == (True, (1,))
    with pytest.raises(UsageError, match="knows each solution and each shortcut"):
        completion_of(proofs, SCENARIO, another_case)


def test_a_solution_of_some_variants_is_played_in_these(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    assert recorded.explained == (FIRST,)
    add(folder, "solutions", "for-five")
    assert set(played(completion_of(proofs, SCENARIO, plan))) == {1}


def test_the_record_is_what_it_was_with_what_was_added(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    add(folder, "solutions", "third-way")
    completion = completion_of(proofs, SCENARIO, plan)
    stages = (
        Stage("solution", "third-way", 1.0, GREEN, changes=(LAST,)),
        Stage("reboot", "third-way", 1.0, GREEN, changes=(FIRST,)),
        Stage("stopped", "", 1.0),
    )
    variants = tuple(VariantProof(seed, "?", stages, {}) for seed in (1, 3))
    entry = completion.entry_with(Proof(SCENARIO, TITLE, variants))
    proofs.ledger.record(entry)
    assert proofs.status(SCENARIO).state == "claimed", "of the scenario as it is now"
    assert (entry.proven_at, entry.machine, entry.binding.program) == (recorded.proven_at, MACHINE, OLDER)
    assert (entry.explained, entry.mutants) == ((FIRST, LAST), ()), "mutants were derived from other solutions"
    for before, now in zip(recorded.variants, entry.variants, strict=True):
        assert now.digest == plan(now.seed).digest
        assert (now.cases, now.repairs_only) == (before.cases, before.repairs_only)
        assert {name: now.stages[name] for name in before.stages} == before.stages
        added = [*now.stages][-2:] if now.repairs_only else ["solution third-way", "reboot third-way"]
        assert all(now.stages[name] == {"test_x.py::web": "pass"} for name in added)
        whole = [" ".join(key).strip() for key in stages_of(ProofSubject(plan(now.seed)))]
        assert [*now.stages] == [name for name in whole if name in now.stages], "in the order of a whole proof"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda _: None, "knows each solution and each shortcut"),
        (
            lambda folder: (folder / "ticket.fr.md").write_text("Bonjour"),
            "more has changed than solutions or shortcuts",
        ),
        (lambda folder: (folder / "solutions/reference.yaml").unlink(), "(the scenario)"),
        (lambda folder: next((folder / "checks").glob("test_*.py")).write_text("# none"), "(the checks)"),
        (lambda folder: (folder / "proof.json").unlink(), "no recorded proof"),
    ],
)
def test_whatever_else_has_changed_takes_a_whole_proof(
    folder: Path,
    proofs: Proofs,
    plan: Callable[[int], Plan],
    recorded: LedgerEntry,
    edit: Callable[[Path], object],
    words: str,
) -> None:
    assert recorded.scenario == SCENARIO
    edit(folder)
    assert words in refused(proofs, plan)
    if words.startswith("knows"):
        return
    add(folder, "solutions", "third-way")
    assert f"'breakfix prove {SCENARIO} --record'" in refused(proofs, plan)


def test_a_record_that_somebody_edited_or_that_learnt_nothing_is_not_completed(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    add(folder, "solutions", "third-way")
    proofs.ledger.record(replace(recorded, explained=None))
    assert "no recorded proof" in refused(proofs, plan)
    proofs.ledger._own = folder.parent.resolve()
    proofs.ledger.record(recorded)
    assert completion_of(proofs, SCENARIO, plan).repairs
    file = folder / "proof.json"
    file.write_text(file.read_text().replace("2026-01-02", "2026-01-03"))
    assert "no recorded proof" in refused(proofs, plan)


def left_out(folder: Path, proofs: Proofs, plan: Callable[[int], Plan], *names: str) -> None:
    leave_out(cast("Any", _Content(folder)), proofs, SCENARIO, names, plan)


def test_a_shortcut_is_left_out_of_the_scenario_and_of_its_record(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    name = plan(1).shortcuts[-1].name
    before = {variant.seed: variant.stages for variant in recorded.variants}
    left_out(folder, proofs, plan, name)
    assert not (folder / f"shortcuts/{name}.yaml").exists()
    found = proofs.ledger.find(SCENARIO)
    assert found is not None
    entry = found.entry
    assert not entry.binding.changed(proofs.binding(SCENARIO)), "it is the record of the scenario as it is now"
    assert (entry.binding.program, entry.proven_at, entry.mutants) == (OLDER, recorded.proven_at, recorded.mutants)
    for variant in entry.variants:
        stages = dict(before[variant.seed])
        stages.pop(f"shortcut {name}", None)
        assert (variant.stages, variant.digest) == (stages, plan(variant.seed).digest)


def test_a_shortcut_that_alone_turned_a_check_red_stays(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    names = [shortcut.name for shortcut in plan(1).shortcuts]
    with pytest.raises(UsageError) as raised:
        left_out(folder, proofs, plan, *names)
    assert raised.value.text.en == "No other stage of the proof has seen red: test_x.py::web."
    assert all((folder / f"shortcuts/{name}.yaml").exists() for name in names)
    found = proofs.ledger.find(SCENARIO)
    assert found is not None
    assert found.entry == recorded


def test_only_a_known_shortcut_of_a_recorded_scenario_is_left_out(
    folder: Path, proofs: Proofs, plan: Callable[[int], Plan], recorded: LedgerEntry
) -> None:
    assert recorded.scenario == SCENARIO
    name = plan(1).shortcuts[-1].name
    with pytest.raises(UsageError, match=f'did you mean "{name}"'):
        left_out(folder, proofs, plan, f"{name}x")
    (folder / "ticket.fr.md").write_text("Bonjour")
    with pytest.raises(UsageError, match=r"No proof of .* as it is now is recorded"):
        left_out(folder, proofs, plan, name)
    assert (folder / f"shortcuts/{name}.yaml").exists()
