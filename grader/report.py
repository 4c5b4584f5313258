"""What a grading found: one result per check, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from grader.marks import Role
from orchestrator.core.documents import document_of
from orchestrator.core.text import Text

Outcome = Literal["pass", "fail", "error"]
Verdict = Literal["repaired", "not_repaired", "error"]
SCHEMA = 1
"""The version of the report's JSON form."""
ANSWERS = "answers.yaml::"
"""What the id of an answer's result begins with."""


@dataclass(frozen=True)
class CommandRecord:
    """One command that a check ran, as the trainer and the jury may see it.

    Attributes:
        where: the host's name, or ``segment lan`` for an observer's command.
        command: as a person would type it.
        status: its exit status; None when it gave none (host unreachable, time-out).
        output: standard output, then standard error, trimmed.
        seconds: how long it took (the last time, when repeated).
        times: how often it ran in a row with the same answer.
        in_host: whether one of the host's own programs gave the answer, which the host's root could have changed.
    """

    where: str
    command: str
    status: int | None
    output: str
    seconds: float
    times: int = 1
    in_host: bool = False

    def same_answer(self, other: CommandRecord) -> bool:
        """Return whether another record is of the same command with the same answer."""
        return (self.where, self.command, self.status, self.output) == (
            other.where,
            other.command,
            other.status,
            other.output,
        )


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        id: the file's name and the function's: ``test_symptoms.py::test_gateway``.
        role: the check's role; None for what is no check (a file that cannot be imported).
        points: what a pass earns.
        competence: a code of the referential, or None.
        sentence: the trainee's sentence.
        outcome: ``error`` is neither good nor bad: the grader could not judge.
        evidence: what was expected and seen, or why there is no judgement; None for a pass.
        commands: what was run to judge.
        seconds: how long the check took.
        host: the host that it looks at, or None.
        because: a regular expression for the evidence of a red that its fault causes, or None; for proofs only.
    """

    id: str
    role: Role | None
    points: int
    competence: str | None
    sentence: Text
    outcome: Outcome
    evidence: Text | None = None
    commands: tuple[CommandRecord, ...] = ()
    seconds: float = 0.0
    host: str | None = None
    because: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the result as JSON's types."""
        document: dict[str, Any] = document_of(self)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CheckResult:
        """Return the result that ``to_document`` wrote.

        Raises:
            ValueError: it is none.
        """
        return msgspec.convert(document, cls)


def is_answer(result: CheckResult) -> bool:
    """Return whether a result is an answer's, whose evidence a trainee may see."""
    return result.id.startswith(ANSWERS)


@dataclass(frozen=True)
class WrittenReport:
    """The intervention report, as evidence: whether it is complete. No points come of it.

    Attributes:
        empty: what is still to be written, of ``symptom``, ``cause``, ``action``, ``test`` and ``minutes``.
        minutes: the time spent, as its author says; None where it is not said.
        sha256: the digest of the file, so that it can be told from a later one; None where none was written.
    """

    empty: tuple[str, ...]
    minutes: int | None = None
    sha256: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        document: dict[str, Any] = document_of(self)
        return document


@dataclass(frozen=True)
class Report:
    """The results of one grading, in the order in which the check files state them.

    Attributes:
        instance: the instance that was graded.
        scenario: the scenario's id, or None for a lab's own health.
        seed: the variant's seed, as it may be shown.
        digest: the plan's digest: which content the result is about.
        started_at: ISO 8601, UTC.
        seconds: how long the grading took.
        results: one per check, and one error for each thing that should have been a check.
        written: the intervention report; None where none is asked for.
        whole: whether every check was graded; a report of some of them earns nothing and is never a pass.
    """

    instance: str
    scenario: str | None
    seed: int
    digest: str
    started_at: str
    seconds: float
    results: tuple[CheckResult, ...]
    written: WrittenReport | None = None
    whole: bool = True

    @property
    def verdict(self) -> Verdict:
        """Return what the results come to; with one error, or without any check, there is no judgement.

        Nor is there one where every check that was graded is green, but not every check was graded.
        """
        if not self.results or any(r.outcome == "error" for r in self.results):
            return "error"
        if any(r.outcome == "fail" for r in self.results):
            return "not_repaired"
        return "repaired" if self.whole else "error"

    @property
    def answers_left(self) -> int:
        """Return how many answers are not right where nothing else is left to be done; 0 in every other case."""
        checks = [r for r in self.results if not is_answer(r)]
        if not self.whole or not checks or any(r.outcome != "pass" for r in checks):
            return 0
        return sum(r.outcome == "fail" for r in self.results)

    @property
    def of_a_task(self) -> bool:
        """Return whether something was to be done rather than repaired: nothing was a symptom."""
        return bool(self.results) and not any(r.role == "symptom" for r in self.results)

    @property
    def points_total(self) -> int:
        """Return the points that could be earned."""
        return sum(r.points for r in self.results)

    @property
    def points(self) -> int | None:
        """Return the points earned; None when the grade is invalid."""
        if self.verdict == "error" or not self.whole:
            return None
        return sum(r.points for r in self.results if r.outcome == "pass")

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the report as JSON; ``verdict`` and the points are there for readers that do not compute."""
        document = {
            "schema": SCHEMA,
            "instance": self.instance,
            "scenario": self.scenario,
            "seed": self.seed,
            "digest": self.digest,
            "started_at": self.started_at,
            "seconds": self.seconds,
            "whole": self.whole,
            "verdict": self.verdict,
            "points": self.points,
            "points_total": self.points_total,
            "results": document_of(self.results),
            "written_report": document_of(self.written),
        }
        return json.dumps(document, ensure_ascii=False, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Return the report that ``to_json`` wrote.

        Raises:
            ValueError: the text is no report, or one of another schema.
        """
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            message = f"not a report of schema {SCHEMA}"
            raise ValueError(message)
        try:
            return msgspec.convert({**document, "written": document.get("written_report")}, cls)
        except msgspec.ValidationError as error:
            message = f"not a whole report: {error}"
            raise ValueError(message) from error
