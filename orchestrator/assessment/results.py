"""What the machine saw, by CCP and competence: evidence for the jury, and no decision."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.report import CheckResult, Report
from orchestrator.assessment.decisions import TITLE, Decision, ccp_subject, record_of
from orchestrator.assessment.events import SessionEvent
from orchestrator.assessment.plan_file import Offer
from orchestrator.assessment.session_folder import SessionFolder, sha256
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.text import Text
from orchestrator.model.referential import Ccp, Competence, Referential
from orchestrator.model.session_plan import SessionPlan


@dataclass(frozen=True)
class SeenResult:
    """One check's result, with where it comes from."""

    phase: str
    scenario: str
    result: CheckResult

    @property
    def gist(self) -> Text | None:
        """Return what was seen, as a jury reads it: without the comparison of values that a program prints below."""
        evidence = self.result.evidence
        return evidence and Text(fr=_gist(evidence.fr), en=_gist(evidence.en))


@dataclass(frozen=True)
class SeenScenario:
    """The grading of one of a candidate's scenarios, as it was sealed."""

    phase: str
    scenario: str
    report: Report


@dataclass(frozen=True)
class Line:
    """One competence of one candidate.

    Attributes:
        competence: the competence.
        worked: whether one of the candidate's scenarios works on it.
        seen: the results of the checks.
        without: the scenarios of which there is no result, with the reason.
        observations: what the jury observed.
        decision: what the jury decided, or None.
        graded: the gradings of the scenarios that work on it.
    """

    competence: Competence
    worked: bool
    seen: tuple[SeenResult, ...]
    without: Mapping[str, str]
    observations: tuple[SessionEvent, ...]
    decision: Decision | None
    graded: tuple[SeenScenario, ...] = ()

    @property
    def unexplained(self) -> int:
        """Return how many changes are to be explained in the scenarios that work on it."""
        return sum(len(one.report.unexplained) for one in self.graded)

    @property
    def forbidden(self) -> int:
        """Return how many changes in these scenarios are forbidden."""
        return sum(len(one.report.forbidden) for one in self.graded)

    def count(self, outcome: str) -> int:
        """Return how many checks have an outcome."""
        return sum(seen.result.outcome == outcome for seen in self.seen)


@dataclass(frozen=True)
class CandidatePart:
    """One CCP of one candidate: its competences, and what the jury decided on the CCP, or None."""

    ccp: Ccp
    lines: tuple[Line, ...]
    decision: Decision | None


@dataclass(frozen=True)
class Sheet:
    """One candidate: a part for each CCP that is assessed.

    Attributes:
        candidate: the number.
        parts: each CCP with its competences.
        general: what the jury observed of no competence in particular.
        whole_title: whether the session assesses the whole title.
        title: what the jury decided on the title, or None.
        graded: the gradings of the candidate's scenarios: verdicts, and the changes to be explained.
    """

    candidate: str
    parts: tuple[CandidatePart, ...]
    general: tuple[SessionEvent, ...]
    whole_title: bool
    title: Decision | None
    graded: tuple[SeenScenario, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return all competences."""
        return tuple(line for part in self.parts for line in part.lines)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Return what is still to be decided of a candidate whose labs were open.

        That is each competence that was worked on, then the title where all of it is assessed, and each CCP: a
        candidate who is awarded the title needs no CCP besides, one who is not may be awarded some.
        """
        worked = [line for line in self.lines if line.worked]
        missing = [line.competence.code for line in worked if line.decision is None]
        if worked and self.whole_title and self.title is None:
            missing.append(TITLE)
        elif worked and not (self.title and self.title.verdict == "acquired"):
            missing += [ccp_subject(part.ccp.number) for part in self.parts if part.decision is None]
        return tuple(missing)


def meaning(report: Report) -> Text | None:
    """Return what a jury has to know to read a verdict and its changes; None of a verdict that says it all."""
    said = []
    if report.verdict == "not_valid":
        said.append(
            Text(
                fr="Ce n'est ni une réussite ni un échec : l'évaluateur n'a pas pu tout juger.",
                en="This is neither a success nor a failure: the grader could not judge everything.",
            )
        )
    elif report.forbidden:
        said.append(
            Text(
                fr="Un changement interdit l'emporte sur tous les contrôles.",
                en="A forbidden change outweighs all checks.",
            )
        )
    if report.unexplained:
        said.append(
            Text(
                fr="Un changement à expliquer n'est pas une faute : c'est une question à poser au candidat.",
                en="A change to explain is no mistake: it is a question to put to the candidate.",
            )
        )
    return Text(fr=" ".join(one.fr for one in said), en=" ".join(one.en for one in said)) if said else None


def assessed_ccps(plan: SessionPlan, referential: Referential) -> tuple[Ccp, ...]:
    """Return the CCP that a session assesses: those that its plan names, or all of the title."""
    return tuple(ccp for ccp in referential.ccps if not plan.ccps or ccp.number in plan.ccps)


def _gist(evidence: str) -> str:
    said = itertools.takewhile(lambda line: not line.startswith("assert "), evidence.strip().splitlines())
    return "\n".join(said).strip() or evidence.strip()


def sheet_of(
    state: SessionState,
    candidate: str,
    folder: SessionFolder,
    referential: Referential,
    scenarios: Mapping[str, Offer],
) -> Sheet:
    """Return a candidate's sheet.

    Args:
        state: the session.
        candidate: the number.
        folder: the session's files, with the reports of the gradings.
        referential: the certification.
        scenarios: each scenario's competences.
    """
    sittings = [sitting for sitting in state.sittings.values() if sitting.candidate == candidate]
    works_on = {code for s in sittings for lab in s.labs for code in scenarios.get(lab.scenario, _NOTHING).competences}
    graded, without = _graded(sittings, folder)
    seen = _seen(graded, scenarios)
    observed = [event for event in state.of("observed") if event.candidate == candidate]
    decisions = record_of(state).decisions

    def line(competence: Competence) -> Line:
        code = competence.code
        return Line(
            competence,
            code in works_on,
            tuple(seen.get(code, ())),
            {name: why for name, why in without.items() if code in scenarios.get(name, _NOTHING).competences},
            tuple(event for event in observed if event.details.get("competence") == code),
            decisions.get((candidate, code)),
            tuple(one for one in graded if code in scenarios.get(one.scenario, _NOTHING).competences),
        )

    parts = tuple(
        CandidatePart(ccp, tuple(map(line, ccp.competences)), decisions.get((candidate, ccp_subject(ccp.number))))
        for ccp in assessed_ccps(state.plan, referential)
    )
    return Sheet(
        candidate,
        parts,
        general=tuple(event for event in observed if not event.details.get("competence")),
        whole_title=not state.plan.ccps,
        title=decisions.get((candidate, TITLE)),
        graded=graded,
    )


def _graded(sittings: Sequence[Sitting], folder: SessionFolder) -> tuple[tuple[SeenScenario, ...], dict[str, str]]:
    """Return the gradings of which the journal has the hash, and why there is none of the other scenarios."""
    found: list[SeenScenario] = []
    without: dict[str, str] = {}
    for sitting in sittings:
        graded = sitting.steps["graded"].details["labs"] if "graded" in sitting.steps else {}
        for lab in sitting.labs:
            path = folder.sitting(sitting.phase, sitting.candidate) / f"{lab.scenario}.report.json"
            about = graded.get(lab.scenario, {})
            if not path.is_file() or "report" not in about:
                without[lab.scenario] = about.get("why", "")
                continue
            content = path.read_bytes()
            if sha256(content) != about["report"]:
                without[lab.scenario] = f"{path.name} is not the report of which the journal has the hash"
                continue
            found.append(SeenScenario(sitting.phase, lab.scenario, Report.from_json(content.decode())))
    return tuple(found), without


def _seen(graded: Sequence[SeenScenario], scenarios: Mapping[str, Offer]) -> dict[str, list[SeenResult]]:
    """Return results by competence; a check that names none counts for all of its scenario's."""
    found: dict[str, list[SeenResult]] = {}
    for one in graded:
        for result in one.report.results:
            codes = [result.competence] if result.competence else scenarios.get(one.scenario, _NOTHING).competences
            for code in codes:
                found.setdefault(code, []).append(SeenResult(one.phase, one.scenario, result))
    return found


_NOTHING = Offer((), 0)
