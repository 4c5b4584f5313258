"""What a grading found: one result per check, what differs from the lab's sound state, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from grader.marks import Role
from orchestrator.core.documents import document_of, read_as
from orchestrator.core.text import Text

Outcome = Literal["pass", "fail", "error"]
Verdict = Literal["repaired", "repaired_with_changes", "not_repaired", "not_valid"]
"""What a grading comes to: ``not_valid`` is no judgement, neither good nor bad."""
Standing = Literal["explained", "harmless", "forbidden", "unexplained"]
"""What is thought of a difference; only one that is ``forbidden`` or ``unexplained`` has a part in the verdict."""
SCHEMA = 2
"""The version of the report's JSON form."""
_READ = (1, SCHEMA)
"""The versions that are read: stores and sealed evidence hold reports of the first, which knew no differences."""
ANSWERS = "answers.yaml::"
"""What the id of an answer's result begins with."""
TALK = "test_talk.py::"
"""What the id of a check of what was said begins with: its file's name."""


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
        before: what a trainee reads in place of the sentence as long as the check is not green; None: the sentence.
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
    before: Text | None = None

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
        return read_as(document, cls)


def is_of_talk(result: CheckResult) -> bool:
    """Return whether a result is of a check of what no sound lab shows: those of ``checks/test_talk.py``.

    That is what was said, and what came with the fault.
    """
    return result.id.startswith(TALK)


def is_answer(result: CheckResult) -> bool:
    """Return whether a result is an answer's, whose evidence a trainee may see."""
    return result.id.startswith(ANSWERS)


@dataclass(frozen=True)
class Difference:
    """One thing in which the lab is not what its sound state would be.

    Attributes:
        host: the host's name; None for what is between hosts, the network.
        provider: what sort of state it is: ``files``, ``systemd``, ``network`` ...
        object: what differs: a path, a unit, a rule, an entry.
        field: what of it differs: ``content``, ``owner``, ``enabled`` ...
        before: what the sound state has there; None where it has nothing.
        now: what was found; None where nothing is there any more.
        standing: ``explained`` is what the fault, the repair or the scenario brings; ``harmless`` concerns nobody;
            ``forbidden`` may not be, whatever the checks say; ``unexplained`` is for its author to explain.
        sentence: what has changed, in plain words.
    """

    host: str | None
    provider: str
    object: str
    field: str
    before: str | None
    now: str | None
    standing: Standing
    sentence: Text


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
    """The results of one grading, in the order in which the check files state them, and the differences.

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
        differences: everything in which the lab is not in its sound state, whatever is thought of it.
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
    differences: tuple[Difference, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return what results and differences come to.

        There is no judgement with one error, without any check, and where every check that was graded is green, but
        not every check was graded.
        """
        if not self.results or any(r.outcome == "error" for r in self.results):
            return "not_valid"
        red = any(r.outcome == "fail" for r in self.results)
        if not red and not self.whole:
            return "not_valid"
        if red or self.forbidden:
            return "not_repaired"
        return "repaired_with_changes" if self.unexplained else "repaired"

    @property
    def counts_as_repaired(self) -> bool:
        """Return whether the repair is accepted: plainly, or with changes that its author has to explain."""
        return self.verdict in {"repaired", "repaired_with_changes"}

    @property
    def forbidden(self) -> tuple[Difference, ...]:
        """Return the differences that may not be: with one of them, nothing is repaired."""
        return tuple(d for d in self.differences if d.standing == "forbidden")

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """Return the differences that the author of the repair has to explain."""
        return tuple(d for d in self.differences if d.standing == "unexplained")

    @property
    def checks_green(self) -> bool:
        """Return whether every check that was graded is green, whatever the answers are; False without any check."""
        checks = [r for r in self.results if not is_answer(r)]
        return bool(checks) and all(r.outcome == "pass" for r in checks)

    @property
    def answers_left(self) -> int:
        """Return how many answers are not right where nothing else is left to be done; 0 in every other case."""
        if not self.whole or not self.checks_green or self.forbidden:
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
        if self.verdict == "not_valid" or not self.whole:
            return None
        return sum(r.points for r in self.results if r.outcome == "pass")

    @property
    def points_count(self) -> bool:
        """Return whether the points stand: they tell of the checks alone, which a forbidden change outweighs."""
        return self.points is not None and not self.forbidden

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
            "points_count": self.points_count,
            "results": document_of(self.results),
            "differences": document_of(self.differences),
            "written_report": document_of(self.written),
        }
        return json.dumps(document, ensure_ascii=False, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Return the report that ``to_json`` wrote, now or before there were differences.

        Raises:
            ValueError: the text is no report, or one of another schema.
        """
        return cls.from_document(json.loads(text))

    @classmethod
    def from_document(cls, document: object) -> Report:
        """Return the report of which ``to_json`` wrote the text; the verdict is always worked out, never read.

        So an ``error`` of the first schema is ``not_valid``.

        Raises:
            ValueError: it is no report, or one of another schema.
        """
        if not isinstance(document, dict) or document.get("schema") not in _READ:
            message = f"not a report of schema {SCHEMA}"
            raise ValueError(message)
        try:
            return read_as({**document, "written": document.get("written_report")}, cls)
        except ValueError as error:
            message = f"not a whole report: {error}"
            raise ValueError(message) from error
