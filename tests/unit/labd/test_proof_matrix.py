"""A proof as trainers see it: one that was made here, with all that was seen, and one that its author recorded."""

from __future__ import annotations

from typing import Any

from grader.marks import Role
from grader.report import CheckResult, Outcome
from orchestrator.core.text import Text, same
from orchestrator.labd.catalogue_contract import CheckLine, MatrixView
from orchestrator.labd.proof_matrix import matrix_of, matrix_of_record, readable
from orchestrator.proof import check_verdicts
from orchestrator.proof.binding import Binding
from orchestrator.proof.ledger import LedgerEntry, ProvingMachine
from orchestrator.proof.model import Expected, Proof, SeenColour, Stage, VariantProof
from orchestrator.proof.proof_store import StoredProof

BINDING = Binding("s", "c", "l", "i", "0.1.0+p")
AT = "2026-11-29T10:00:00Z"


def seen(name: str, outcome: Outcome, expected: Expected, role: Role = "symptom") -> SeenColour:
    evidence = None if outcome == "pass" else Text(fr=f"{name}\x1b[2J vu", en=f"{name}\x1b[2J seen")
    return SeenColour(
        expected, CheckResult(f"test_x.py::{name}", role, 1, None, same(f"{name} works"), outcome, evidence)
    )


def proof(*, web: Outcome = "fail") -> Proof:
    guard = seen("test_other", "pass", "pass", "guard")
    blind = (check_verdicts.blind("test_x.py::test_web", None),) if web == "pass" else ()
    first = (
        Stage("nowhere", "", 0.4, (seen("test_web", "error", "not-pass"),)),
        Stage("healthy", "", 2.0, (seen("test_pool[pc1]", "pass", "pass", "guard"), guard)),
        Stage("broken", "", 4.5, (seen("test_web", web, "fail"), guard), blind),
        Stage("solution", "reference", 3.0, (seen("test_web", "pass", "pass"), guard)),
        Stage("reboot", "reference", ran=False) if web == "pass" else Stage("reboot", "reference", 3.2, (guard,)),
        Stage("stopped", "", 0.5),
    )
    return Proof("no-network", same("No network"), (VariantProof(1, "d1", first, {"cause": "unplugged"}),), (), 21.5)


def rows_of(view: MatrixView) -> dict[str, tuple[str, list[str]]]:
    (block,) = view.blocks
    return {row.id.partition("::")[2]: (row.role, [cell.mark for cell in row.cells]) for row in block.rows}


def test_all_that_was_seen_is_in_the_matrix() -> None:
    view = matrix_of(StoredProof(proof(), BINDING, AT))
    assert (view.source, view.at, view.proven, view.findings) == ("here", AT, True, ())
    assert [(one.title.en, one.subject) for one in view.columns][2:4] == [("broken", ""), ("solution", "reference")]
    assert view.blocks[0].drawn == ("cause = unplugged",)
    assert [one.state for one in view.blocks[0].stages] == ["sound"] * 6
    assert rows_of(view) == {
        "test_web": ("symptom", ["calm", "none", "fail", "pass", "none", "none"]),
        "test_other": ("guard", ["none", "pass", "pass", "pass", "pass", "none"]),
        "test_pool[pc1]": ("health", ["none", "pass", "none", "none", "none", "none"]),
    }


def test_what_a_machine_printed_cannot_act_on_a_terminal_or_a_page() -> None:
    view = matrix_of(StoredProof(proof(), BINDING, AT))
    said = [cell.evidence for row in view.blocks[0].rows for cell in row.cells if cell.evidence is not None]
    assert said
    assert not any("\x1b" in text.fr + text.en for text in said)


def test_a_mistake_is_told_where_it_is() -> None:
    view = matrix_of(StoredProof(proof(web="pass"), BINDING, AT))
    assert not view.proven
    assert [one.state for one in view.blocks[0].stages][2:5] == ["wrong", "sound", "not-run"]
    wrong = [(row.id, cell.mark) for row in view.blocks[0].rows for cell in row.cells if not cell.right]
    assert wrong == [("test_x.py::test_web", "pass")]
    (finding,) = view.findings
    assert (finding.remark, [place.en for place in finding.places]) == (False, ["broken"])


def test_a_record_has_the_colours_and_the_sentences_of_the_checks_as_they_are_now() -> None:
    entry = LedgerEntry.of(proof(), BINDING, AT, ProvingMachine("6.1", 2, "26"))
    known = (CheckLine("test_x.py::test_web", "symptom", same("The web works."), None),)
    view = matrix_of_record(entry, known)
    assert (view.source, view.proven, view.seconds) == ("record", True, 0.0)
    assert [(one.title.fr, one.subject) for one in view.columns][-1] == ("redémarrage", "reference")
    assert rows_of(view) == {
        "test_web": ("symptom", ["calm", "none", "fail", "pass", "none"]),
        "test_pool[pc1]": ("health", ["none", "pass", "none", "none", "none"]),
        "test_other": ("", ["none", "pass", "pass", "pass", "pass"]),
    }
    sentences: dict[str, Any] = {row.id: row.sentence.en for row in view.blocks[0].rows}
    assert sentences["test_x.py::test_web"] == "The web works."
    assert sentences["test_x.py::test_pool[pc1]"] == "pool (pc1)"


def test_a_name_is_read_as_words() -> None:
    assert readable("test_healthy.py::test_names_both_ways") == "names both ways"
    assert readable("odd") == "odd"
