"""What a proof is: stages with the expected and the seen colour of each check, and verdicts that say what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from grader.report import CheckResult, Difference
from orchestrator.core.documents import document_of, read_as
from orchestrator.core.text import Text
from orchestrator.sound_state.explained import ExplainedChange

StageName = Literal[
    "nowhere",
    "healthy",
    "broken",
    "not-begun",
    "restored",
    "again",
    "dialogue",
    "solution",
    "reboot",
    "shortcut",
    "stopped",
]
"""The stages, in the order in which a person reads them.

``nowhere``: graded without any lab; ``healthy``: before the fault; ``broken``: with the fault; ``not-begun``: a task as
the trainee gets it; ``restored``: the fault reverted; ``again``: the fault injected a second time; ``dialogue``: one
that a persona states; ``solution``, ``reboot`` (all hosts, after it), ``shortcut``: one each; ``stopped``: what is left
when everything is removed.
"""

Key: TypeAlias = tuple[StageName, str]
"""A stage, and the solution or shortcut that it is about; empty for none."""

Expected = Literal["pass", "fail", "not-pass", "any"]
"""The colour that a check should have; ``not-pass`` allows red and error, ``any`` says that others decide."""

Kind = Literal[
    "accepted-shortcut",
    "blind",
    "dialogue-strays",
    "change-learnt",
    "change-left",
    "changes-by-itself",
    "guard-red",
    "lost-at-reboot",
    "looks-at-nothing",
    "missing-tool",
    "no-checks",
    "no-fault",
    "no-judgement",
    "not-ready",
    "not-repaired",
    "not-reverted",
    "red-before-the-fault",
    "refused-by-changes",
    "residue",
    "slow-red",
    "step-failed",
    "trouble",
    "unhealthy-lab",
    "unsteady",
    "untried-guard",
    "vacuous",
    "wrong-reason",
]
"""What can be wrong; each is worded in ``check_verdicts``, ``repair_verdicts`` or ``lab_verdicts``."""

REMARKS: frozenset[Kind] = frozenset({"change-learnt", "refused-by-changes", "slow-red", "untried-guard"})
"""What is worth a line but does not make a proof fail."""


@dataclass(frozen=True)
class Verdict:
    """One thing that is wrong, and what to change.

    Attributes:
        kind: what sort of mistake it is.
        text: what was seen, in one sentence.
        advice: what the trainer should change.
        evidence: what the check or the command said, or None.
        check: the check that it is about, or None.
    """

    kind: Kind
    text: Text
    advice: Text
    evidence: Text | None = None
    check: str | None = None

    @property
    def remark(self) -> bool:
        """Return whether the proof holds in spite of it."""
        return self.kind in REMARKS

    def to_document(self) -> dict[str, Any]:
        """Return the verdict as JSON's types."""
        return {**document_of(self), "remark": self.remark}


@dataclass(frozen=True)
class SeenColour:
    """One check at one stage: what was expected, and its result."""

    expected: Expected
    result: CheckResult

    @property
    def as_expected(self) -> bool:
        """Return whether the colour is the expected one; ``error`` is so only where no lab is."""
        outcome = self.result.outcome
        if self.expected == "not-pass":
            return outcome != "pass"
        return outcome != "error" if self.expected == "any" else outcome == self.expected

    def to_document(self) -> dict[str, Any]:
        """Return both as JSON's types; what a green check ran is left out."""
        result = replace(self.result, commands=()) if self.result.outcome == "pass" else self.result
        return {"expected": self.expected, "seen": result.to_document()}


@dataclass(frozen=True)
class Stage:
    """One stage of a variant's proof.

    Attributes:
        name: which stage.
        subject: the solution's or shortcut's name, or empty.
        seconds: how long it took, with all that led to it (a start, a solution's steps, a reboot).
        seen: the checks.
        verdicts: what is wrong; empty where all is as it should be.
        ran: False where an earlier stage kept it from being run.
        changes: what of the lab was not in its sound state, in the words of the variant.
        by_expressions: the same, one by one, with what the scenario's expressions print told by these.
        differences: the same as it was seen, with what is thought of it.
    """

    name: StageName
    subject: str
    seconds: float = 0.0
    seen: tuple[SeenColour, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    ran: bool = True
    changes: tuple[ExplainedChange, ...] = ()
    by_expressions: tuple[ExplainedChange, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def key(self) -> tuple[StageName, str]:
        """Return what tells this stage from the variant's others."""
        return self.name, self.subject

    @property
    def readings(self) -> tuple[frozenset[ExplainedChange], ...]:
        """Return each change in both ways in which it is told."""
        if not self.by_expressions:
            return tuple(frozenset({one}) for one in self.changes)
        return tuple(map(frozenset, zip(self.changes, self.by_expressions, strict=True)))

    @property
    def sound(self) -> bool:
        """Return whether the stage was run and is as it should be."""
        expected = all(seen.as_expected for seen in self.seen)
        return self.ran and expected and all(verdict.remark for verdict in self.verdicts)

    def to_document(self) -> dict[str, Any]:
        """Return the stage as JSON's types."""
        return {
            "name": self.name,
            "subject": self.subject,
            "seconds": self.seconds,
            "ran": self.ran,
            "sound": self.sound,
            "checks": [seen.to_document() for seen in self.seen],
            "changes": document_of(self.changes),
            "by_expressions": document_of(self.by_expressions),
            "differences": document_of(self.differences),
            "verdicts": [verdict.to_document() for verdict in self.verdicts],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Stage:
        """Return the stage that ``to_document`` wrote.

        Raises:
            ValueError: it is none.
        """
        return read_as(_stage_in(document), cls)


@dataclass(frozen=True)
class VariantProof:
    """The stages of one seed.

    Attributes:
        seed: the seed.
        digest: the plan's digest.
        cases: what the seed drew of each ``one_of``.
        stages: every planned stage, those that were not run among them.
    """

    seed: int
    digest: str
    stages: tuple[Stage, ...]
    cases: Mapping[str, str] = field(default_factory=dict)

    @property
    def repairs_only(self) -> bool:
        """Return whether only repairs were played: its solutions, for what they change, and some shortcuts."""
        return all(stage.name in {"solution", "reboot", "shortcut", "stopped"} for stage in self.stages)

    def to_document(self) -> dict[str, Any]:
        """Return the variant as JSON's types."""
        return {
            "seed": self.seed,
            "digest": self.digest,
            "cases": dict(self.cases),
            "stages": [stage.to_document() for stage in self.stages],
        }


@dataclass(frozen=True)
class Proof:
    """The recorded evidence of one scenario.

    Attributes:
        scenario: its id.
        title: its title.
        variants: one per seed.
        verdicts: what is wrong with the scenario as a whole: what only all stages together show.
        seconds: from the beginning to the end, other scenarios' work beside it included.
    """

    scenario: str
    title: Text
    variants: tuple[VariantProof, ...]
    verdicts: tuple[Verdict, ...] = ()
    seconds: float = 0.0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seeds of which more than repairs was played."""
        return tuple(variant.seed for variant in self.variants if not variant.repairs_only)

    @property
    def explained(self) -> tuple[ExplainedChange, ...]:
        """Return the changes that the solutions bring, before a reboot and after it."""
        stages = (stage for variant in self.variants for stage in variant.stages)
        learnt = (both for stage in stages if stage.name in {"solution", "reboot"} for both in stage.readings)
        return tuple(sorted(frozenset[ExplainedChange]().union(*learnt), key=ExplainedChange.order))

    @property
    def proven(self) -> bool:
        """Return whether every stage was run and everything was as it should be."""
        stages = [stage for variant in self.variants for stage in variant.stages]
        return bool(stages) and all(s.sound for s in stages) and all(v.remark for v in self.verdicts)

    def findings(self) -> tuple[ProofFinding, ...]:
        """Return every verdict once, with the places where it holds; mistakes before remarks."""
        places: dict[Verdict, list[tuple[int, Stage]]] = {verdict: [] for verdict in self.verdicts}
        for variant in self.variants:
            for stage in variant.stages:
                for verdict in stage.verdicts:
                    places.setdefault(verdict, []).append((variant.seed, stage))
        found = [ProofFinding(verdict, tuple(where)) for verdict, where in _alike(places)]
        return tuple(sorted(found, key=lambda finding: finding.verdict.remark))

    def to_document(self) -> dict[str, Any]:
        """Return the proof as JSON's types."""
        return {
            "scenario": self.scenario,
            "title": document_of(self.title),
            "proven": self.proven,
            "seconds": self.seconds,
            "verdicts": [verdict.to_document() for verdict in self.verdicts],
            "variants": [variant.to_document() for variant in self.variants],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Proof:
        """Return the proof that ``to_document`` wrote.

        Raises:
            ValueError: it is none.
        """
        try:
            variants = [{**one, "stages": [*map(_stage_in, one["stages"])]} for one in document["variants"]]
            return read_as({**document, "variants": variants}, cls)
        except (KeyError, TypeError) as error:
            message = f"no proof: {error!r}"
            raise ValueError(message) from error


@dataclass(frozen=True)
class ProofFinding:
    """A verdict with the stages (and their seeds) where it was found; none for one about the whole scenario."""

    verdict: Verdict
    places: tuple[tuple[int, Stage], ...]


def _alike(
    places: Mapping[Verdict, list[tuple[int, Stage]]],
) -> Iterable[tuple[Verdict, list[tuple[int, Stage]]]]:
    """Join the verdicts that say the same about the same stage in several variants: only the evidence differs."""
    joined: dict[tuple[object, ...], tuple[Verdict, list[tuple[int, Stage]]]] = {}
    for verdict, where in places.items():
        names = tuple(dict.fromkeys(stage.name for _, stage in where))
        key = (verdict.kind, verdict.text, verdict.advice, names)
        joined.setdefault(key, (verdict, []))[1].extend(where)
    return joined.values()


def _stage_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stage's document with the names of the attributes, where they are others."""
    return {**document, "seen": [{"expected": one["expected"], "result": one["seen"]} for one in document["checks"]]}
