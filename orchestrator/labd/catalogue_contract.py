"""The part of the contract (``calls``) for trainers, jury and administrators: scenarios with all that spoils them.

Whoever only practises never gets any of it: their own calls (``calls.SCENARIO``) tell nothing of faults and solutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.proof_contract import PROOF_CALLS

# The catalogue ------------------------------------------------------------------------------------------------

ProofState = Literal["here", "recorded", "claimed", "changed", "failed", "unproven"]
"""What is known of a scenario as it is now: proven on this machine; by its author; by somebody whom nobody knows; as it
was before something changed; its last proof found a mistake; never."""


@dataclass(frozen=True)
class ProofView:
    """Whether a scenario is proven as it is now.

    Attributes:
        state: see ``ProofState``.
        older: whether the proof was made by another state of the program.
        at: when it was made, ISO 8601; empty: never.
        said: the same in one or two sentences, with what has changed since.
    """

    state: ProofState
    older: bool
    at: str
    said: Text


@dataclass(frozen=True)
class CatalogueLine:
    """A scenario in the catalogue; ``difficulty`` from 1 to 4, ``minutes`` that a trainee should need."""

    id: str
    title: Text
    kind: Literal["fault", "task"]
    lab: str
    difficulty: int
    minutes: int
    competences: tuple[str, ...]
    proof: ProofView


@dataclass(frozen=True)
class CompetenceTitle:
    """A competence of the certification."""

    code: str
    title: Text


@dataclass(frozen=True)
class CcpTitle:
    """A CCP of the certification with its competences."""

    code: str
    title: Text
    competences: tuple[CompetenceTitle, ...]


@dataclass(frozen=True)
class CatalogueView:
    """Every scenario, and the certification that orders them."""

    ccps: tuple[CcpTitle, ...]
    scenarios: tuple[CatalogueLine, ...]


# A scenario's page for trainers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class LookInside:
    """Ask for a scenario with all that spoils it, as one variant has it."""

    scenario: str
    seed: int = 1


@dataclass(frozen=True)
class StepView:
    """One step of a solution: what it does, and what a person types or does, line by line."""

    tell: Text
    lines: tuple[Text, ...]


@dataclass(frozen=True)
class RepairView:
    """A solution, or a shortcut that is refused; ``reference``: the one that is taught."""

    name: str
    summary: Text
    reference: bool
    steps: tuple[StepView, ...]


@dataclass(frozen=True)
class AnswerView:
    """A question, and what is right; of a text that people read, one that would do, its language and their grid."""

    question: Text
    truth: str
    language: Language | None = None
    grid: tuple[Text, ...] = ()


@dataclass(frozen=True)
class CheckNumbers:
    """One check over the first attempts of people.

    Attributes:
        people: for how many it was judged at their first grading.
        red: how many found it red then.
        green: how many of these saw it green later.
        seconds: the median time from the start until then; None: nobody did.
    """

    people: int
    red: int
    green: int
    seconds: int | None


@dataclass(frozen=True)
class CheckLine:
    """One check of the scenario.

    Attributes:
        id: the file's name and the function's.
        role: ``symptom``, ``objective`` or ``guard``; empty where nobody knows.
        sentence: what it says in this variant.
        numbers: how it goes; None where too few people were graded.
    """

    id: str
    role: str
    sentence: Text
    numbers: CheckNumbers | None


@dataclass(frozen=True)
class AttemptNumbers:
    """The first attempts of people at a scenario.

    Attributes:
        people: how many count.
        own: how many of them are in the reader's classes.
        hinted: how many read a hint.
        hints: how many hints they read in all.
        solved: how many solved it.
        waiting: whether others tried it who do not count yet, because they are too few.
        group: how many people outside the reader's classes count together.
    """

    people: int
    own: int
    hinted: int
    hints: int
    solved: int
    waiting: bool
    group: int


CellMark = Literal["pass", "fail", "error", "calm", "none"]
"""A check at a stage: green, red, without a judgement; ``calm``: not green where no lab is; ``none``: not asked."""


@dataclass(frozen=True)
class MatrixCell:
    """One check at one stage.

    Attributes:
        mark: its colour.
        right: whether it is as it should be.
        evidence: what was expected and seen; None where nothing is to be said.
    """

    mark: CellMark
    right: bool
    evidence: Text | None = None


@dataclass(frozen=True)
class MatrixRow:
    """One check of a variant over all stages; ``role``: as ``CheckLine``'s, or ``health`` for the lab's own."""

    id: str
    role: str
    sentence: Text
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class MatrixStage:
    """A variant's stage in a column; ``none``: it has none there; ``seconds``: how long it took, 0: nobody knows."""

    state: Literal["sound", "wrong", "not-run", "none"]
    seconds: float = 0.0


@dataclass(frozen=True)
class MatrixBlock:
    """One variant of a proof: its seed, what it drew (``cause = unplugged``), and its checks."""

    seed: str
    drawn: tuple[str, ...]
    stages: tuple[MatrixStage, ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class MatrixColumn:
    """A stage; ``subject``: the solution or shortcut that it is about."""

    title: Text
    subject: str


@dataclass(frozen=True)
class FindingView:
    """Something that is wrong, or a remark: what was seen, what to change, and at which stages."""

    text: Text
    advice: Text
    evidence: Text | None
    remark: bool
    places: tuple[Text, ...]


@dataclass(frozen=True)
class MatrixView:
    """A proof.

    Attributes:
        source: whether it was made on this machine, or is what its author recorded: the colours alone.
        at: when it was made, ISO 8601.
        seconds: how long it took; 0 where nobody knows.
        proven: whether it found the scenario sound.
        columns: the stages.
        blocks: the variants.
        findings: what is wrong, then remarks.
    """

    source: Literal["here", "record"]
    at: str
    seconds: float
    proven: bool
    columns: tuple[MatrixColumn, ...]
    blocks: tuple[MatrixBlock, ...]
    findings: tuple[FindingView, ...]


@dataclass(frozen=True)
class SurvivorView:
    """A wrong repair that passed for a repair.

    Attributes:
        name: its name.
        summary: what is wrong about it.
        same: whether it left the lab as an accepted repair does.
        lost: whether a reboot undid it.
        lines: what was typed and done.
        verdict: what its author says of it; empty: nothing yet.
        reason: why, in the author's words.
    """

    name: str
    summary: Text
    same: bool
    lost: bool
    lines: tuple[Text, ...]
    verdict: Literal["", "as-good", "known-gap"] = ""
    reason: Text | None = None


@dataclass(frozen=True)
class MutantsView:
    """Wrong repairs that the program derived from the solutions of one variant, and what came of them.

    Attributes:
        seed: the variant.
        at: when it was recorded, ISO 8601.
        version: the version of the program that played them.
        derived: how many there are in all.
        refused: how many a check or a forbidden change refused.
        flagged: how many left a change to be explained.
        unjudged: of how many a check could not judge.
        survivors: those that passed.
        equivalent: those that only left something out, and leave the lab as a repair does; they are no wrong repairs.
    """

    seed: str
    at: str
    version: str
    derived: int
    refused: int
    flagged: int
    unjudged: int
    survivors: tuple[SurvivorView, ...]
    equivalent: tuple[SurvivorView, ...] = ()


@dataclass(frozen=True)
class InsideView:
    """A scenario with all that spoils it.

    Attributes:
        scenario: what the catalogue says of it.
        seed: the variant that is shown.
        competences: what it exercises.
        hosts: the names of the lab's machines.
        ticket: Markdown.
        ticket_language: its one language, whichever the reader's; None: it is in both.
        broken: what is broken, a sentence each; none in a task.
        afterwards: what people did after the fault, a sentence each.
        answers: what is asked, and what is right.
        report: whether an intervention report is asked for.
        hints: from a nudge to nearly the answer.
        solutions: the reference first.
        shortcuts: the wrong repairs that are refused.
        debrief: Markdown.
        checks: the checks.
        numbers: how it goes; None where nobody counts.
        matrix: the last proof; None: there is none.
        mutants: what its record tells of wrong repairs, a variant each.
    """

    scenario: CatalogueLine
    seed: str
    competences: tuple[CompetenceTitle, ...]
    hosts: tuple[str, ...]
    ticket: Text
    broken: tuple[Text, ...]
    afterwards: tuple[Text, ...]
    answers: tuple[AnswerView, ...]
    report: bool
    hints: tuple[Text, ...]
    solutions: tuple[RepairView, ...]
    shortcuts: tuple[RepairView, ...]
    debrief: Text
    checks: tuple[CheckLine, ...]
    numbers: AttemptNumbers | None
    matrix: MatrixView | None
    ticket_language: Language | None = None
    mutants: tuple[MutantsView, ...] = ()


CATALOGUE = Call("catalogue", Nothing, CatalogueView)
INSIDE = Call("inside", LookInside, InsideView)

CATALOGUE_CALLS: tuple[Call[Any, Any], ...] = (CATALOGUE, INSIDE, *PROOF_CALLS)
"""Every call about the catalogue and proofs."""
