"""What trainers, jury and administrators see of scenarios: all of them, and each with what spoils it. From threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from orchestrator.core.control_characters import visible
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.faults.registry import explanation
from orchestrator.labd import proof_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.catalogue_contract import (
    AnswerView,
    AttemptNumbers,
    CatalogueLine,
    CatalogueView,
    CcpTitle,
    CheckLine,
    CheckNumbers,
    CompetenceTitle,
    InsideView,
    LookInside,
    MatrixView,
    MutantsView,
    ProofState,
    ProofView,
    RepairView,
    StepView,
)
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.proof_matrix import matrix_of, matrix_of_record, mutants_of_record
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.scenario_shelf import ShelvedScenario
from orchestrator.labd.stated_checks import stated_checks
from orchestrator.model.deliverables import ProseQuestion, Question
from orchestrator.model.plan import PlannedSolution
from orchestrator.model.seeds import MAX_CHOSEN
from orchestrator.planning.step_lines import step_lines
from orchestrator.practice.scenario_statistics import (
    GROUP,
    CheckStatistic,
    ScenarioStatistics,
    counted,
    statistics_of,
)
from orchestrator.proof.proof_status import Status
from orchestrator.proof.proof_words import status_text
from orchestrator.records.first_attempts import first_attempts, in_a_class, trained_by, with_reports


class CatalogueDesk:
    """The catalogue of one content."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts

    def catalogue(self) -> CatalogueView:
        """Return every scenario that can be read."""
        shelf = self._parts.shelf
        return CatalogueView(
            ccps=tuple(
                CcpTitle(
                    str(ccp.number), ccp.title, tuple(CompetenceTitle(one.code, one.title) for one in ccp.competences)
                )
                for ccp in shelf.content.referential().ccps
            ),
            scenarios=tuple(_line(one) for one in shelf.all().values()),
        )

    def inside(self, who: Who, asked: LookInside) -> InsideView:
        """Return a scenario with all that spoils it.

        Raises:
            RefusedCallError: there is no such scenario or variant.
            ContentError: its content is invalid.
            MachineError: the engine does not answer.
        """
        shelf = self._parts.shelf
        shelved = shelf.one(asked.scenario)
        if not 0 <= asked.seed <= MAX_CHOSEN:
            raise RefusedCallError(proof_refusals.WRONG_SEED)
        plan = self._parts.labs().plans.preview(asked.scenario, asked.seed)
        titles = shelf.content.referential().competences()
        statistics, checks = self._statistics(who, asked.scenario), stated_checks(plan)
        numbers = {} if statistics is None else {one.id: one for one in statistics.checks}
        return InsideView(
            scenario=_line(shelved),
            seed=str(plan.seed),
            competences=tuple(CompetenceTitle(code, titles[code].title) for code in shelved.document.competences),
            hosts=tuple(host.name for host in plan.hosts),
            ticket=plan.ticket or shelved.document.title,
            ticket_language=plan.ticket_language,
            broken=tuple(explanation(fault, shelf.content.roots) for fault in plan.faults),
            afterwards=tuple(action.tell for action in plan.afterwards),
            answers=tuple(map(_answer, plan.questions.values())),
            report=plan.report,
            hints=plan.hints,
            solutions=tuple(_repair(one) for one in plan.solutions),
            shortcuts=tuple(_repair(one) for one in plan.shortcuts),
            debrief=plan.debrief or shelved.document.title,
            checks=tuple(_with_numbers(checks, numbers)),
            numbers=_attempt_numbers(statistics),
            matrix=self._matrix(asked.scenario, checks, shelved.status),
            mutants=self._mutants(asked.scenario),
        )

    def to_prove(self, scenario: str) -> Text:
        """Return the title of a scenario that is to be proven.

        Raises:
            RefusedCallError: there is no such scenario.
        """
        return self._parts.shelf.one(scenario).document.title

    def _statistics(self, who: Who, scenario: str) -> ScenarioStatistics | None:
        """Return how a scenario goes; None where nobody counts, nor waits for being enough."""
        with self._parts.database.read() as reading:
            own = in_a_class(reading) if "administrator" in who.roles else trained_by(reading, who.ref)
            which = counted(first_attempts(reading, scenario), own, who.ref)
            if not which.own and not which.others and not which.waiting:
                return None
            return statistics_of(with_reports(reading, (*which.own, *which.others)), which)

    def _matrix(self, scenario: str, checks: tuple[CheckLine, ...], status: Status) -> MatrixView | None:
        """Return the proof that the scenario's state is about; the other one where that is not there."""
        proofs = self._parts.shelf.proofs()
        try:
            last, found = proofs.last(scenario), proofs.ledger.find(scenario)
        except UsageError:  # the scenario has just gone
            return None
        if last is not None and (found is None or last.proven_at == status.proven_at):
            return matrix_of(last)
        return None if found is None else matrix_of_record(found.entry, checks)

    def _mutants(self, scenario: str) -> tuple[MutantsView, ...]:
        """Return what the record of a scenario as it is now tells of wrong repairs."""
        proofs = self._parts.shelf.proofs()
        try:
            found = proofs.ledger.find(scenario)
            if found is None or not found.entry.mutants or found.entry.binding.changed(proofs.binding(scenario)):
                return ()
        except UsageError:  # the scenario has just gone
            return ()
        return mutants_of_record(found.entry)


def _line(shelved: ShelvedScenario) -> CatalogueLine:
    document = shelved.document
    return CatalogueLine(
        id=document.id,
        title=document.title,
        kind=document.kind,
        lab=document.lab,
        difficulty=document.difficulty,
        minutes=document.minutes,
        competences=document.competences,
        proof=proof_view(shelved.status),
    )


def proof_view(status: Status) -> ProofView:
    """Return what is known of a scenario's proof."""
    state: ProofState = "failed" if status.failed else status.state
    return ProofView(state, status.older, status.proven_at, status_text(status))


def _answer(question: Question) -> AnswerView:
    if isinstance(question, ProseQuestion):
        return AnswerView(question.question, question.truth, question.language, question.grid)
    return AnswerView(question.question, _truth(question.truth))


def _truth(truth: str | Iterable[str]) -> str:
    return truth if isinstance(truth, str) else ", ".join(filter(None, truth))


def _repair(solution: PlannedSolution) -> RepairView:
    return RepairView(
        name=solution.name,
        summary=solution.summary,
        reference=solution.reference,
        steps=tuple(
            StepView(step.tell, tuple(line.map(visible) for line in step_lines(step))) for step in solution.steps
        ),
    )


def _with_numbers(checks: Iterable[CheckLine], numbers: Mapping[str, CheckStatistic]) -> Iterable[CheckLine]:
    """Yield the checks with how they go: of one with parameters, a line for each that was graded."""
    for line in checks:
        mine = [one for name, one in numbers.items() if name == line.id or name.startswith(f"{line.id}[")]
        for one in mine:
            told = CheckNumbers(one.people, one.red, one.green, one.seconds)
            sentence = line.sentence if one.id == line.id else one.sentence.map(visible)
            yield replace(line, id=one.id, sentence=sentence, numbers=told)
        if not mine:
            yield line


def _attempt_numbers(found: ScenarioStatistics | None) -> AttemptNumbers | None:
    if found is None:
        return None
    return AttemptNumbers(found.people, found.own, found.hinted, found.hints, found.solved, found.waiting, GROUP)
