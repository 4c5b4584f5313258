"""A proof is kept with what it is bound to, and goes stale with each part of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.loader.content import Content
from orchestrator.loader.files import add_files
from orchestrator.loader.roots import built_in_root
from orchestrator.model.lab import Lab
from orchestrator.proof import binding as binding_module
from orchestrator.proof.binding import NAMES, PARTS, RECORD, SIGNATURE, Binding, Part
from orchestrator.proof.ledger import Ledger, LedgerEntry, ProvingMachine
from orchestrator.proof.model import Proof
from orchestrator.proof.proof_status import Proofs, Status
from orchestrator.proof.proof_store import ProofStore
from orchestrator.proof.trust import Trust
from orchestrator.sound_state.explained import ExplainedChange

pytestmark = pytest.mark.slow

SCENARIO = "no-network-after-move"
OTHER = "intranet-not-found"
LAB = "labs/small-office"
MACHINE = ProvingMachine("6.12.1", 2, "28.1.0")
OLDER = "0.0.1+0123456789abcdef"
"""Another program than this one."""
CHECKS = "scenarios/1.3-network-connection/no-network-after-move/checks/test_connection.py"


def copy_scenario(name: str, root: Path) -> None:
    """Copy a scenario without its record."""
    (folder,) = built_in_root().glob(f"scenarios/*/{name}")
    copy = root / folder.relative_to(built_in_root())
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(RECORD, SIGNATURE))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of a scenario without its record, of its lab and of what tells of the lab's images, to be edited."""
    root = tmp_path / "content"
    copy_scenario(SCENARIO, root)
    shutil.copytree(built_in_root() / LAB, root / LAB)
    for name in images():
        file = Path("images", name, "image.yaml")
        (root / file).parent.mkdir(parents=True)
        shutil.copy(built_in_root() / file, root / file)
    return root


@cache
def images() -> frozenset[str]:
    """Return the images of the lab, with those that they are built on."""
    content = Content([built_in_root()])
    found: set[str] = set()
    todo: list[str | None] = [*content.images_of(content.lab(Path(LAB).name))]
    while todo:
        if name := todo.pop():
            found.add(name)
            todo.append(content.image(name).parent)
    return frozenset(found)


class Reading(Content):
    """Content whose lab is read again as soon as a file of it is another one."""

    labs_read: ClassVar[dict[tuple[Path, str], Lab]] = {}

    def lab(self, name: str) -> Lab:
        folder, digest = self.lab_folder(name), hashlib.sha256()
        add_files(digest, folder)
        key = folder, digest.hexdigest()
        if key not in self.labs_read:
            self.labs_read[key] = super().lab(name)
        return self.labs_read[key]


@pytest.fixture
def store(tmp_path: Path) -> ProofStore:
    return ProofStore(tmp_path / "proofs")


class Shelf:
    """The proofs as a new command finds them, with image fingerprints of the test's own."""

    def __init__(self, root: Path, store: ProofStore) -> None:
        self.root, self.store = root, store
        self.images = {"intranet": "f1"}
        self.asked: list[str] = []
        self.shipped = True
        """Whether the content is what comes with the program."""

    def fingerprint(self, name: str) -> str:
        self.asked.append(name)
        return self.images.get(name, "f0")

    @property
    def proofs(self) -> Proofs:
        content = Reading([self.root])
        ledger = Ledger(content, Trust(()))
        if self.shipped:
            ledger._own = (self.root / "scenarios").resolve()
        return Proofs(content, self.fingerprint, self.store, ledger)

    def record(self, proof: Proof, *, program: str = "") -> Path:
        """Record a proof of the scenario as it is now."""
        binding = self.proofs.binding(SCENARIO)
        binding = replace(binding, program=program or binding.program)
        return self.proofs.ledger.record(LedgerEntry.of(proof, binding, "2026-01-02T03:04:05Z", MACHINE))


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


EDITS: dict[Part, list[Callable[[Shelf], None]]] = {
    "scenario": [
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/scenario.yaml"))),
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/solutions/reference.yaml"))),
        lambda s: append(next(s.root.glob(f"scenarios/*/{SCENARIO}/ticket.fr.md"))),
        edit_own_fault,
    ],
    "checks": [
        lambda s: append(s.root / CHECKS),
        lambda s: append(s.root / f"{LAB}/checks/test_healthy.py"),
        lambda s: append(s.root / f"{LAB}/checks/lab_tools.py"),
    ],
    "lab": [
        lambda s: append(s.root / f"{LAB}/lab.yaml"),
        lambda s: append(s.root / f"{LAB}/files/r1/etc/default/isc-dhcp-relay"),
    ],
    "images": [lambda s: s.images.update(intranet="f2")],
}


def test_a_proof_comes_back_as_it_was(shelf: Shelf, proof: Proof) -> None:
    assert shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    kept = shelf.proofs.last(SCENARIO)
    assert kept is not None
    assert kept.proof.to_document() == proof.to_document()
    assert kept.binding == shelf.proofs.binding(SCENARIO)
    assert kept.proven_at.endswith("Z")
    status = shelf.proofs.status(SCENARIO)
    assert status == Status("here", kept.proven_at, seeds=(1, 3), program=kept.binding.program)
    assert Status.from_document(status.to_document()) == status
    relied = shelf.proofs.require(SCENARIO)
    assert (relied.status, relied.rule, relied.binding) == (status, "here", kept.binding)


@pytest.mark.parametrize(("part", "number"), [(part, n) for part, edits in EDITS.items() for n in range(len(edits))])
def test_whatever_changes_makes_it_stale_and_is_named(shelf: Shelf, proof: Proof, part: Part, number: int) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    EDITS[part][number](shelf)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.changed) == ("changed", (part,))
    with pytest.raises(UsageError, match=f"out of date; changed since: {NAMES[part].en}") as caught:
        shelf.proofs.require(SCENARIO)
    assert NAMES[part].fr in caught.value.text.fr
    assert caught.value.hint is not None
    assert f"breakfix prove {SCENARIO}" in caught.value.hint.en


def test_another_program_makes_it_older_and_not_void(
    shelf: Shelf, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A jury that asks for proofs of its own machine asks for those by the program that it uses."""
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    monkeypatch.setattr(binding_module, "program_hash", lambda _fingerprint: OLDER)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.older, status.changed) == ("here", True, ())
    with pytest.raises(UsageError, match="another state of the program"):
        shelf.proofs.require(SCENARIO)
    assert shelf.proofs.require(SCENARIO, "recorded").status == status


def test_the_helpers_image_is_program_and_not_content(shelf: Shelf, proof: Proof) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    shelf.images["fabric"] = "f2"
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.older) == ("here", True)


def test_another_scenario_makes_it_not_stale(shelf: Shelf, proof: Proof) -> None:
    copy_scenario(OTHER, shelf.root)
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    append(next(shelf.root.glob(f"scenarios/*/{OTHER}/scenario.yaml")))
    shelf.images["other"] = "f9"
    assert shelf.proofs.status(SCENARIO).state == "here"


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
    assert shelf.proofs.keep(proof, before) is None
    assert shelf.proofs.last(SCENARIO) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"schema": 1}', '{"schema": 2}', '{"schema": 2, "binding": 1, "proof": {}}']
)
def test_a_file_that_is_no_proof_counts_as_none(shelf: Shelf, tmp_path: Path, text: str) -> None:
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / f"{SCENARIO}.json").write_text(text)
    assert shelf.proofs.status(SCENARIO) == Status("unproven")
    assert shelf.proofs.last(SCENARIO) is None


def test_the_file_says_at_its_top_what_a_list_needs(shelf: Shelf, proof: Proof, tmp_path: Path) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    document = json.loads((tmp_path / "proofs" / f"{SCENARIO}.json").read_text())
    assert list(document) == ["schema", "proven_at", "proven", "seeds", "vouched_by", "binding", "proof"]
    assert [path.name for path in (tmp_path / "proofs").iterdir()] == [f"{SCENARIO}.json"], "no draft is left"


def test_every_part_has_a_hash_and_a_name() -> None:
    assert tuple(field.name for field in fields(Binding)) == (*PARTS, "program")
    assert set(NAMES) == set(PARTS)


# Records --------------------------------------------------------------------------------------------------


def test_a_record_that_came_with_the_program_is_believed(shelf: Shelf, proof: Proof) -> None:
    shelf.record(proof, program=OLDER)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.version, status.older, status.seeds) == ("recorded", "0.0.1", True, (1, 3))
    assert shelf.proofs.require(SCENARIO, "recorded").status == status
    with pytest.raises(UsageError, match="never been proven here") as caught:
        shelf.proofs.require(SCENARIO)
    assert caught.value.hint is not None
    assert "--brief" in caught.value.hint.en


def test_recording_makes_nothing_stale(shelf: Shelf, proof: Proof) -> None:
    before = shelf.proofs.binding(SCENARIO)
    shelf.record(proof).with_name(SIGNATURE).write_text("signed\n")
    assert shelf.proofs.binding(SCENARIO) == before


def test_a_record_that_somebody_edited_is_claimed(shelf: Shelf, proof: Proof) -> None:
    file = shelf.record(proof)
    file.write_text(file.read_text().replace('"broken": "F', '"broken": "P'))
    assert shelf.proofs.status(SCENARIO).state == "claimed"
    for rule in ("here", "recorded"):
        with pytest.raises(UsageError, match=r"never been proven here|signed by nobody") as caught:
            shelf.proofs.require(SCENARIO, rule)
        assert caught.value.hint is not None
        assert "--brief" not in caught.value.hint.en, "nothing vouches for the rest"


def test_a_record_of_other_content_is_claimed_by_nobodys_signature(shelf: Shelf, proof: Proof) -> None:
    shelf.shipped = False
    shelf.record(proof)
    assert shelf.proofs.status(SCENARIO).state == "claimed"


@pytest.mark.parametrize(("part", "number"), [(part, n) for part, edits in EDITS.items() for n in range(len(edits))])
def test_a_record_is_about_the_content_as_it_was(shelf: Shelf, proof: Proof, part: Part, number: int) -> None:
    shelf.record(proof)
    EDITS[part][number](shelf)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.changed) == ("changed", (part,))
    with pytest.raises(UsageError, match="out of date"):
        shelf.proofs.require(SCENARIO, "recorded")


def test_a_proof_of_this_machine_counts_before_a_record(shelf: Shelf, proof: Proof, bad: Proof) -> None:
    shelf.record(proof)
    shelf.proofs.keep(replace(bad, scenario=SCENARIO), shelf.proofs.binding(SCENARIO))
    assert shelf.proofs.status(SCENARIO).failed, "what was seen here is not made good by what is told"
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    assert shelf.proofs.status(SCENARIO).state == "here"


def test_a_record_counts_where_a_proof_of_this_machine_is_out_of_date(shelf: Shelf, proof: Proof) -> None:
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    append(shelf.root / CHECKS)
    shelf.record(proof)
    assert shelf.proofs.status(SCENARIO).state == "recorded"


def test_a_brief_proof_counts_as_long_as_its_voucher_is_there(shelf: Shelf, proof: Proof) -> None:
    file = shelf.record(proof, program=OLDER)
    voucher = shelf.proofs.voucher(SCENARIO)
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO), vouched_by=voucher.digest)
    status = shelf.proofs.status(SCENARIO)
    assert (status.state, status.brief, status.older) == ("here", True, False)
    assert shelf.proofs.require(SCENARIO).status == status
    file.unlink()
    assert shelf.proofs.status(SCENARIO).state == "unproven"
    with pytest.raises(UsageError, match="holds no longer"):
        shelf.proofs.require(SCENARIO)


def test_nothing_vouches_for_what_is_not_recorded(shelf: Shelf, proof: Proof) -> None:
    with pytest.raises(UsageError, match="never been proven"):
        shelf.proofs.voucher(SCENARIO)
    shelf.record(proof)
    append(shelf.root / CHECKS)
    with pytest.raises(UsageError, match="changed since: the checks"):
        shelf.proofs.voucher(SCENARIO)


# What solutions change ------------------------------------------------------------------------------------


def changing(proof: Proof, name: str, cause: str = "stale-address") -> Proof:
    """Return a proof of one case, whose first solution changes a file."""
    change = ExplainedChange("pc1", "files", name, "presence", None)
    stages = (replace(s, changes=(change,)) if s.name == "solution" else s for s in proof.variants[0].stages)
    return replace(
        proof, scenario=SCENARIO, variants=(replace(proof.variants[0], stages=tuple(stages), cases={"cause": cause}),)
    )


def explained(shelf: Shelf, cause: str = "stale-address") -> list[str] | None:
    found = shelf.proofs.explained(SCENARIO, {"cause": cause})
    return None if found is None else [one.object for one in found]


def test_a_record_that_is_believed_says_what_is_explained(shelf: Shelf, sound: Proof) -> None:
    assert explained(shelf) is None, "nobody has learnt it"
    shelf.proofs.keep(changing(sound, "/here"), shelf.proofs.binding(SCENARIO))
    assert explained(shelf) == ["/here"]
    shelf.record(changing(sound, "/recorded"))
    assert explained(shelf) == ["/recorded"]
    shelf.shipped = False
    assert explained(shelf) == ["/here"], "the record is nobody's whom this machine accepts"


def test_of_a_case_that_no_proof_has_played_nothing_is_known(shelf: Shelf, sound: Proof) -> None:
    shelf.record(changing(sound, "/recorded", cause="another"))
    assert explained(shelf) is None


def test_a_proof_that_failed_explains_nothing(shelf: Shelf, bad: Proof) -> None:
    proof = changing(bad, "/here")
    assert proof.explained
    shelf.proofs.keep(proof, shelf.proofs.binding(SCENARIO))
    assert explained(shelf) is None
