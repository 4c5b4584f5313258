"""Draws proofs as one HTML page that needs nothing besides itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from grader.report import Difference, Standing
from grader.report_formats import difference_lines, difference_sentence
from orchestrator import __version__
from orchestrator.core.control_characters import visible
from orchestrator.core.language import Language, typographic
from orchestrator.core.text import Text
from orchestrator.proof.model import Proof, SeenColour, Stage, StageName, VariantProof
from orchestrator.proof.proof_words import STAGES, stage_title

_TEMPLATE = Path(__file__).with_name("page.html.j2")
_MARKS = {"pass": "✔", "fail": "✘", "error": "!"}
_STANDINGS: Final[Mapping[Standing, tuple[str, str]]] = {
    "forbidden": ("✘", "fail"),
    "unexplained": ("?", "error"),
    "explained": ("=", "pass"),
    "harmless": ("·", "calm"),
}
"""Standing -> the mark, and how it is drawn."""
_FAULTY: Final = frozenset({"broken", "again", "not-begun"})
"""The stages at which the fault itself differs."""


@dataclass(frozen=True)
class Column:
    """One stage of the matrix: all variants' cells of it stand below each other."""

    name: StageName
    subject: str

    @property
    def title(self) -> Text:
        """Return the stage's name."""
        return STAGES[self.name]


@dataclass(frozen=True)
class Cell:
    """One check at one stage: a mark, and how it is drawn.

    Attributes:
        mark: ``✔`` green, ``✘`` red, ``!`` error, ``·`` not green where no lab is; empty where it was not graded.
        look: the classes of the cell.
        seen: the result, or None where it was not graded.
    """

    mark: str
    look: str
    seen: SeenColour | None = None

    @property
    def opens(self) -> bool:
        """Return whether there is evidence to show."""
        return self.seen is not None and self.seen.result.evidence is not None


@dataclass(frozen=True)
class PageRow:
    """One check of a variant, over all stages."""

    id: str
    role: str
    sentence: Text
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Block:
    """One variant: its stages, and below them its checks."""

    variant: VariantProof
    stages: tuple[Stage | None, ...]
    rows: tuple[PageRow, ...]

    @property
    def sound(self) -> bool:
        """Return whether every stage is as it should be."""
        return all(stage is None or stage.sound for stage in self.stages)


@dataclass(frozen=True)
class DifferenceCell:
    """One thing at one stage that is not in its sound state: a mark, how it is drawn, and what is to be said of it.

    Attributes:
        mark: ``✘`` forbidden, ``?`` to be explained, ``=`` explained, ``•`` the fault's own; empty where it is sound.
        look: the classes of the cell.
        seen: the difference, or None.
        lines: where it is, what was there and what is.
    """

    mark: str = ""
    look: str = "none"
    seen: Difference | None = None
    lines: Text | None = None


@dataclass(frozen=True)
class DifferenceRow:
    """One thing that is not in its sound state at some stage of a variant."""

    place: str
    cells: tuple[DifferenceCell, ...]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def page_of(proofs: Sequence[Proof], language: Language, *, now: datetime | None = None) -> str:
    """Return the page.

    Args:
        proofs: what it shows, in this order.
        language: the language of the page.
        now: the time that it names; by default the present.
    """
    made: str = _template().render(
        language=language,
        tr=lambda fr, en: typographic(fr) if language == "fr" else en,
        said=lambda text: typographic(text.fr) if language == "fr" else text.en,
        evidence=lambda text: text.in_(language).strip(),
        stage_title=lambda stage: stage_title(stage).in_(language),
        number=lambda value: f"{value:.1f}".replace(".", "," if language == "fr" else "."),
        proofs=proofs,
        columns_of=columns_of,
        blocks_of=blocks_of,
        sentence=difference_sentence,
        differences_of=differences_of,
        proven=all(proof.proven for proof in proofs),
        made_at=(now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
    )
    return made


def columns_of(proof: Proof) -> tuple[Column, ...]:
    """Return the stages of all variants; one that only some have stands where these have it."""
    columns: list[Column] = []
    for variant in proof.variants:
        place = 0
        for stage in variant.stages:
            column = Column(stage.name, stage.subject)
            if column in columns:
                place = columns.index(column) + 1
            else:
                columns.insert(place, column)
                place += 1
    return tuple(columns)


def blocks_of(proof: Proof) -> tuple[Block, ...]:
    """Return the variants as blocks of the matrix."""
    columns = columns_of(proof)
    return tuple(_block(variant, columns) for variant in proof.variants)


def differences_of(block: Block) -> tuple[DifferenceRow, ...]:
    """Return what is not in its sound state at a variant's stages, each thing a row."""
    found: dict[tuple[str, ...], dict[int, tuple[Stage, Difference]]] = {}
    for column, stage in enumerate(block.stages):
        if stage is not None:
            for one in stage.differences:
                key = (one.host or "", one.provider, one.object, one.field)
                found.setdefault(key, {})[column] = (stage, one)
    return tuple(
        DifferenceRow(
            " · ".join(filter(None, (visible(host), visible(f"{what} ({field})")))),
            tuple(_difference(*seen[n]) if n in seen else DifferenceCell() for n in range(len(block.stages))),
        )
        for (host, _, what, field), seen in sorted(found.items())
    )


def _difference(stage: Stage, one: Difference) -> DifferenceCell:
    of_the_fault = stage.name in _FAULTY and one.standing == "unexplained"
    mark, look = ("•", "calm") if of_the_fault else _STANDINGS[one.standing]
    return DifferenceCell(mark, look, one, difference_lines(one))


def _block(variant: VariantProof, columns: Sequence[Column]) -> Block:
    by_key = {stage.key: stage for stage in variant.stages}
    stages = tuple(by_key.get((column.name, column.subject)) for column in columns)
    ids = dict.fromkeys(seen.result.id for seen in _in_order(variant.stages))
    rows = (_row(check, stages) for check in ids)
    order = {"symptom": 0, "objective": 0, "guard": 1, "health": 2, "": 3}
    return Block(variant, stages, tuple(sorted(rows, key=lambda row: order[row.role])))


def _in_order(stages: Iterable[Stage]) -> Iterable[SeenColour]:
    return (seen for stage in stages for seen in stage.seen)


def _row(check: str, stages: Sequence[Stage | None]) -> PageRow:
    found = [_seen(check, stage) for stage in stages]
    first = next(seen for seen in found if seen is not None)
    beyond = any(
        seen is not None
        for seen, stage in zip(found, stages, strict=True)
        if stage is not None and stage.name not in {"healthy", "restored"}
    )
    role = (first.result.role or "") if beyond else "health"
    return PageRow(check, role, first.result.sentence, tuple(_cell(seen) for seen in found))


def _seen(check: str, stage: Stage | None) -> SeenColour | None:
    return next((seen for seen in stage.seen if seen.result.id == check), None) if stage is not None else None


def _cell(seen: SeenColour | None) -> Cell:
    if seen is None:
        return Cell("", "none")
    if seen.expected == "not-pass" and seen.as_expected:
        return Cell("·", "calm")
    wrong = "" if seen.as_expected else " wrong"
    return Cell(_MARKS[seen.result.outcome], f"{seen.result.outcome}{wrong}", seen)
