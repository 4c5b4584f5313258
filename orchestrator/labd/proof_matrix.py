"""A proof as the matrix that trainers see: of this machine's, all that was seen; of a record, its colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.core.control_characters import visible
from orchestrator.core.text import Text, same
from orchestrator.labd.catalogue_contract import (
    CellMark,
    CheckLine,
    FindingView,
    MatrixBlock,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    MatrixStage,
    MatrixView,
    MutantsView,
    SurvivorView,
)
from orchestrator.proof.ledger import LedgerEntry, RecordedVariant
from orchestrator.proof.model import ProofFinding, Stage
from orchestrator.proof.mutant_record import RecordedMutant, RecordedMutants
from orchestrator.proof.page import Block, Cell, Column, blocks_of, columns_of
from orchestrator.proof.proof_store import StoredProof
from orchestrator.proof.proof_words import STAGES, stage_title

_LONGEST: Final = 2000
"""Characters that are shown of a piece of evidence."""
_MOST_PLACES: Final = 6
_NOTHING: Final = MatrixCell("none", right=True)
_MARKS: Final[Mapping[str, CellMark]] = {"pass": "pass", "fail": "fail", "error": "error"}
_ORDER: Final[Mapping[str, int]] = {"symptom": 0, "objective": 0, "guard": 1, "health": 2, "": 3}


def matrix_of(stored: StoredProof) -> MatrixView:
    """Return a proof of this machine."""
    proof = stored.proof
    return MatrixView(
        source="here",
        at=stored.proven_at,
        seconds=proof.seconds,
        proven=proof.proven,
        columns=tuple(_column(one) for one in columns_of(proof)),
        blocks=tuple(_block(one) for one in blocks_of(proof)),
        findings=tuple(_finding(one) for one in proof.findings()),
    )


def matrix_of_record(entry: LedgerEntry, known: Sequence[CheckLine]) -> MatrixView:
    """Return what is recorded of a proof; it was sound, so every colour is as it should be.

    Args:
        entry: the record.
        known: the scenario's checks, whose sentences a record does not have.
    """
    keys = tuple(dict.fromkeys(stage for variant in entry.variants for stage in variant.stages))
    columns = [(key.partition(" ")[0], key.partition(" ")[2]) for key in keys]
    return MatrixView(
        source="record",
        at=entry.proven_at,
        seconds=0.0,
        proven=True,
        columns=tuple(
            MatrixColumn(next((t for n, t in STAGES.items() if n == name), same(name)), subject)
            for name, subject in columns
        ),
        blocks=tuple(_recorded(variant, keys, {one.id: one for one in known}) for variant in entry.variants),
        findings=(),
    )


def mutants_of_record(entry: LedgerEntry) -> tuple[MutantsView, ...]:
    """Return what is recorded of wrong repairs."""
    return tuple(_mutants(one) for one in entry.mutants)


def _mutants(recorded: RecordedMutants) -> MutantsView:
    return MutantsView(
        seed=str(recorded.seed),
        at=recorded.recorded_at,
        version=recorded.version,
        derived=recorded.derived,
        refused=len(recorded.of("refused")),
        flagged=len(recorded.of("flagged")),
        unjudged=len(recorded.of("unjudged")),
        survivors=tuple(map(_survivor, recorded.of("survived"))),
        equivalent=tuple(map(_survivor, recorded.of("equivalent"))),
    )


def _survivor(one: RecordedMutant) -> SurvivorView:
    return SurvivorView(
        name=visible(one.name),
        summary=one.summary.map(visible),
        same=one.same,
        lost=one.lost,
        lines=tuple(line.map(visible) for line in one.lines),
        verdict=one.verdict,
        reason=None if one.reason is None else one.reason.map(visible),
    )


def _column(column: Column) -> MatrixColumn:
    return MatrixColumn(column.title, column.subject)


def _block(block: Block) -> MatrixBlock:
    return MatrixBlock(
        seed=str(block.variant.seed),
        drawn=_drawn(block.variant.cases),
        stages=tuple(_stage(one) for one in block.stages),
        rows=tuple(
            MatrixRow(row.id, row.role, row.sentence.map(visible), tuple(_cell(cell) for cell in row.cells))
            for row in block.rows
        ),
    )


def _drawn(cases: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name} = {case}" for name, case in cases.items())


def _stage(stage: Stage | None) -> MatrixStage:
    if stage is None:
        return MatrixStage("none")
    return MatrixStage("sound" if stage.sound else "wrong" if stage.ran else "not-run", stage.seconds)


def _cell(cell: Cell) -> MatrixCell:
    if cell.seen is None:
        return MatrixCell("calm", right=True) if cell.mark else _NOTHING
    said = cell.seen.result.evidence
    return MatrixCell(_MARKS[cell.seen.result.outcome], cell.seen.as_expected, None if said is None else _shown(said))


def _shown(text: Text) -> Text:
    return text.map(lambda said: visible(said if len(said) <= _LONGEST else f"{said[:_LONGEST]}\n…").strip() or "—")


def _finding(finding: ProofFinding) -> FindingView:
    verdict = finding.verdict
    places = tuple(stage_title(stage) for _, stage in finding.places)
    return FindingView(
        text=verdict.text.map(visible),
        advice=verdict.advice.map(visible),
        evidence=None if verdict.evidence is None else _shown(verdict.evidence),
        remark=verdict.remark,
        places=tuple(dict.fromkeys(places))[:_MOST_PLACES],
    )


def _recorded(variant: RecordedVariant, keys: Sequence[str], known: Mapping[str, CheckLine]) -> MatrixBlock:
    checks = dict.fromkeys(check for colours in variant.stages.values() for check in colours)
    rows = [_recorded_row(check, variant, keys, known) for check in checks]
    return MatrixBlock(
        seed=str(variant.seed),
        drawn=_drawn(variant.cases),
        stages=tuple(MatrixStage("sound" if key in variant.stages else "none") for key in keys),
        rows=tuple(sorted(rows, key=lambda row: _ORDER.get(row.role, 3))),
    )


def _recorded_row(
    check: str, variant: RecordedVariant, keys: Sequence[str], known: Mapping[str, CheckLine]
) -> MatrixRow:
    colours = {key: variant.stages.get(key, {}).get(check, "") for key in keys}
    asked = {key for key, colour in colours.items() if colour}
    line = known.get(check) or known.get(check.partition("[")[0])
    role = line.role if line is not None else "health" if asked <= {"healthy", "restored"} else ""
    sentence = line.sentence if line is not None and line.id == check else same(readable(check))
    return MatrixRow(check, role, sentence, tuple(_recorded_cell(key, colour) for key, colour in colours.items()))


def _recorded_cell(key: str, colour: str) -> MatrixCell:
    if not colour:
        return _NOTHING
    return MatrixCell("calm" if key == "nowhere" and colour != "pass" else _MARKS[colour], right=True)


def readable(check: str) -> str:
    """Return a check's name as words where nobody knows its sentence: of ``test_healthy.py::test_pool[a]`` pool (a)."""
    name, _, parameters = check.rpartition("::")[2].partition("[")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words} ({parameters.removesuffix(']')})" if parameters else words
