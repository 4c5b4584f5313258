"""What a record tells of mutants, and whose record it may be added to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.binding import RECORD, SIGNATURE
from orchestrator.proof.ledger import LedgerEntry, ProvingMachine
from orchestrator.proof.model import Proof
from orchestrator.proof.mutant_record import RecordedMutant, RecordedMutants, merged
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.proof_store import ProofStore, StoredProof

from .conftest import SCENARIO, ledger

SAID = Text(fr="Faux", en="Wrong")
MUTANTS = RecordedMutants(
    7,
    "2026-12-01T00:00:00Z",
    "0.1.0+abc.def",
    40,
    (
        RecordedMutant("one", "refused", SAID, by=SAID),
        RecordedMutant("two", "survived", SAID, None, True, True, (SAID,), "known-gap", SAID),
    ),
)


@pytest.fixture
def proofs(folder: Path, tmp_path: Path) -> Proofs:
    roots = [built_in_root(), folder.parents[1]]
    made = ledger(folder)
    content = Content([folder.parents[1]])
    return Proofs(_Content(content, Content(roots)), lambda _: "f", ProofStore(tmp_path / "proofs"), made)  # type: ignore[arg-type]


class _Content:
    """A scenario of somebody's own on a lab that comes with the program."""

    def __init__(self, own: Content, shipped: Content) -> None:
        self.roots = own.roots
        self.scenario_folder = own.scenario_folder
        self.scenario_document = own.scenario_document
        self.lab = shipped.lab


def recorded(proofs: Proofs, entry: LedgerEntry) -> LedgerEntry:
    made = replace(entry, binding=proofs.binding(SCENARIO))
    proofs.ledger.record(made)
    return made


def now(proofs: Proofs) -> LedgerEntry:
    found = proofs.ledger.find(SCENARIO)
    assert found is not None
    return found.entry


def test_what_is_recorded_comes_back(entry: LedgerEntry) -> None:
    made = replace(entry, mutants=(MUTANTS,))
    assert LedgerEntry.from_bytes(made.to_bytes()) == made
    (document,) = json.loads(made.to_bytes())["mutants"]
    assert document["program"] == {"version": "0.1.0", "hash": "0.1.0+abc.def"}
    assert document["mutants"][0] == {"name": "one", "fate": "refused", "summary": _said(), "by": _said()}


def _said() -> dict[str, str]:
    return {"fr": SAID.fr, "en": SAID.en}


def test_a_record_without_any_is_as_it_was(entry: LedgerEntry) -> None:
    assert "mutants" not in json.loads(entry.to_bytes())
    for path in sorted(built_in_root().glob("scenarios/*/*/proof.json"))[:5]:
        content = path.read_bytes()
        again = LedgerEntry.from_bytes(content)
        assert again.mutants or again.to_bytes() == content, "a record of today stays, byte for byte"


def test_one_that_is_no_record_of_mutants_is_refused(entry: LedgerEntry) -> None:
    document = json.loads(replace(entry, mutants=(MUTANTS,)).to_bytes())
    document["mutants"][0]["mutants"][0]["fate"] = "liked"
    with pytest.raises(ValueError, match="liked"):
        LedgerEntry.from_bytes(json.dumps(document).encode())


def test_a_variant_is_recorded_once() -> None:
    other, again = replace(MUTANTS, seed=3), replace(MUTANTS, derived=41)
    assert merged([MUTANTS], other) == (other, MUTANTS)
    assert merged([other, MUTANTS], again) == (other, again)
    assert [one.name for one in MUTANTS.of("survived")] == ["two"]


@pytest.mark.slow
def test_mutants_are_added_to_the_record_of_the_scenario_as_it_is(
    proofs: Proofs,
    entry: LedgerEntry,
    folder: Path,
) -> None:
    made = recorded(proofs, entry)
    (folder / SIGNATURE).write_text("old")
    proofs.record_mutants(SCENARIO, made.binding, MUTANTS)
    assert now(proofs) == replace(made, mutants=(MUTANTS,))
    assert not (folder / SIGNATURE).exists()


@pytest.mark.slow
def test_not_to_one_of_another_content_or_of_none(proofs: Proofs, entry: LedgerEntry, folder: Path) -> None:
    binding = proofs.binding(SCENARIO)
    with pytest.raises(UsageError):
        proofs.record_mutants(SCENARIO, binding, MUTANTS)
    recorded(proofs, entry)
    (folder / "ticket.en.md").write_text("Another ticket.")
    for one in (binding, proofs.binding(SCENARIO)):
        with pytest.raises(UsageError, match="no recorded proof"):
            proofs.record_mutants(SCENARIO, one, MUTANTS)


@pytest.mark.slow
def test_not_to_one_that_somebody_edited(
    proofs: Proofs,
    entry: LedgerEntry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proofs.ledger, "_own", folder.parent.resolve())
    made = recorded(proofs, entry)
    proofs.record_mutants(SCENARIO, made.binding, MUTANTS)
    found = proofs.ledger.find(SCENARIO)
    assert (found is not None and found.believed) == "package"
    (folder / RECORD).write_bytes(replace(made, proven_at="2030-01-01T00:00:00Z").to_bytes())
    with pytest.raises(UsageError):
        proofs.record_mutants(SCENARIO, made.binding, MUTANTS)


@pytest.mark.slow
@pytest.mark.parametrize("content", ["same", "other"])
def test_a_new_record_of_the_same_content_keeps_them(
    proofs: Proofs,
    entry: LedgerEntry,
    proof: Proof,
    folder: Path,
    content: str,
) -> None:
    made = recorded(proofs, entry)
    proofs.record_mutants(SCENARIO, made.binding, MUTANTS)
    if content == "other":
        (folder / "ticket.en.md").write_text("Another ticket.")
    stored = StoredProof(proof, proofs.binding(SCENARIO), entry.proven_at)
    proofs.record(stored, ProvingMachine("6", 2, "28"))
    assert now(proofs).mutants == ((MUTANTS,) if content == "same" else ())


@pytest.mark.slow
def test_verdicts_void_no_proof(proofs: Proofs, folder: Path) -> None:
    before = proofs.binding(SCENARIO)
    (folder / "mutants.yaml").write_text("contract: 1\n")
    assert proofs.binding(SCENARIO) == before
    (folder / "mutants.yml").write_text("contract: 1\n")
    assert proofs.binding(SCENARIO) != before
