"""A proof is kept with what it is bound to, and goes stale with each part of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof import binding as binding_module
from orchestrator.proof.binding import NAMES, PARTS, Binding, Part
from orchestrator.proof.model import Proof
from orchestrator.proof.store import Proofs, ProofStore, Status

SCENARIO, OTHER, LAB = "no-network-after-move", "dns-zone-broken", "small-office"
CHECKS = "scenarios/1.3-network-connection/no-network-after-move/checks/test_connection.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of two scenarios with their lab, and of all images, to be edited."""
    shipped = built_in_root()
    scenarios = (next(shipped.glob(f"scenarios/*/{name}")) for name in (SCENARIO, OTHER))
    for folder in (*scenarios, shipped / "labs" / LAB, shipped / "images"):
        shutil.copytree(folder, tmp_path / "content" / folder.relative_to(shipped))
    return tmp_path / "content"


@pytest.fixture
def store(tmp_path: Path) -> ProofStore:
    return ProofStore(tmp_path / "proofs")


class Shelf:
    """The proofs as a new command finds them, with image fingerprints of the test's own."""

    def __init__(self, root: Path, store: ProofStore) -> None:
        self.root, self.store = root, store
        self.images = {"intranet": "f1"}
        self.asked: list[str] = []

    def fingerprint(self, name: str) -> str:
        self.asked.append(name)
        return self.images.get(name, "f0")

    @property
    def proofs(self) -> Proofs:
        return Proofs(Content([self.root]), self.fingerprint, self.store)


@pytest.fixture
def shelf(root: Path, store: ProofStore) -> Shelf:
    return Shelf(root, store)


@pytest.fixture
def proof(sound: Proof) -> Proof:
    return replace(sound, scenario=SCENARIO)


def append(path: Path) -> None:
    path.write_text(path.read_text() + "\n# edited\n")


def edit_own_fault(shelf: Shelf) -> None:
    (shelf.root / "faults").mkdir()
    (shelf.root / "faults" / "mine.py").write_text("# mine\n")


def add_tools(shelf: Shelf) -> None:
    (shelf.root / "labs/small-office/checks/lab_tools.py").write_text("SOON = 60\n")


EDITS: dict[Part, list[Callable[[Shelf], None]]] = {
    "scenario": [
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/scenario.yaml"))),
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/solutions/reference.yaml"))),
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/ticket.fr.md"))),
        edit_own_fault,
    ],
    "checks": [
        lambda s: append(s.root / CHECKS),
        lambda s: append(s.root / "labs/small-office/checks/test_healthy.py"),
        add_tools,
    ],
    "lab": [
        lambda s: append(s.root / "labs/small-office/lab.yaml"),
        lambda s: append(s.root / "labs/small-office/files/r1/etc/default/isc-dhcp-relay"),
    ],
    "images": [lambda s: s.images.update(intranet="f2"), lambda s: s.images.update(fabric="f2")],
}


def test_a_proof_comes_back_as_it_was(shelf: Shelf, proof: Proof) -> None:
    assert shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    kept = shelf.proofs.last(SCENARIO)
    assert kept is not None
    assert kept.proof.to_document() == proof.to_document()
    assert kept.binding == shelf.proofs.binding(SCENARIO)
    assert kept.proven_at.endswith("Z")
    status = shelf.proofs.status(SCENARIO)
    assert status == Status("proven", kept.proven_at, seeds=(1, 3))
    assert shelf.proofs.require(SCENARIO) == kept


@pytest.mark.parametrize(("part", "number"), [(part, n) for part, edits in EDITS.items() for n in range(len(edits))])
def test_whatever_changes_makes_it_stale_and_is_named(shelf: Shelf, proof: Proof, part: Part, number: int) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    EDITS[part][number](shelf)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.changed) == ("stale", (part,))
    with pytest.raises(UsageError, match=f"out of date; changed since: {NAMES[part].en}") as caught:
        shelf.proofs.require(SCENARIO)
    assert NAMES[part].fr in caught.value.text.fr
    assert caught.value.hint is not None
    assert f"breakfix prove {SCENARIO}" in caught.value.hint.en


def test_another_version_of_the_program_makes_it_stale(
    shelf: Shelf, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    monkeypatch.setattr(binding_module, "_tool", lambda: "9.9.9")
    assert shelf.proofs.status(SCENARIO).changed == ("tool",)


def test_the_program_counts_by_the_parts_that_take_part() -> None:
    """Each of them exists: a part that was renamed would count no more."""
    program = Path(binding_module.__file__).parents[1]
    assert [name for name in binding_module._TAKES_PART if not (program / name).exists()] == []


def test_another_scenario_makes_it_not_stale(shelf: Shelf, proof: Proof) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    append(next(shelf.root.glob(f"scenarios/*/{OTHER}/scenario.yaml")))
    shelf.images["other"] = "f9"
    assert shelf.proofs.status(SCENARIO).state == "proven"


def test_one_that_was_never_proven_is_not_read(shelf: Shelf) -> None:
    assert shelf.proofs.status(SCENARIO) == Status("unproven")
    assert shelf.asked == []
    with pytest.raises(UsageError, match="has never been proven here"):
        shelf.proofs.require(SCENARIO)


def test_a_proof_that_failed_is_kept_and_proves_nothing(shelf: Shelf, bad: Proof) -> None:
    shelf.proofs.keep(replace(bad, scenario=SCENARIO), shelf.proofs.binding(SCENARIO))
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.failed) == ("unproven", True)
    with pytest.raises(UsageError, match="last proof of no-network-after-move failed"):
        shelf.proofs.require(SCENARIO)


def test_an_edit_while_it_is_being_proven_is_noticed(shelf: Shelf, proof: Proof) -> None:
    before = shelf.proofs.binding(SCENARIO)
    append(shelf.root / CHECKS)
    assert not shelf.proofs.keep(proof, before)
    assert shelf.proofs.last(SCENARIO) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"schema": 0}', '{"schema": 1}', '{"schema": 1, "binding": 1, "proof": {}}']
)
def test_a_file_that_is_no_proof_counts_as_none(shelf: Shelf, tmp_path: Path, text: str) -> None:
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / f"{SCENARIO}.json").write_text(text)
    assert shelf.proofs.status(SCENARIO) == Status("unproven")
    assert shelf.proofs.last(SCENARIO) is None


def test_the_file_says_at_its_top_what_a_list_needs(shelf: Shelf, proof: Proof, tmp_path: Path) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    document = json.loads((tmp_path / "proofs" / f"{SCENARIO}.json").read_text())
    assert list(document) == ["schema", "proven_at", "proven", "seeds", "binding", "proof"]
    assert [path.name for path in (tmp_path / "proofs").iterdir()] == [f"{SCENARIO}.json"], "no draft is left"


def test_every_part_has_a_hash_and_a_name() -> None:
    assert tuple(field.name for field in fields(Binding)) == PARTS
    assert set(NAMES) == set(PARTS)
