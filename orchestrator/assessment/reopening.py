"""An appeal: kept labs are graded again, or, where they are gone, what of the sealed evidence can be; and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

from grader.answer_grading import grade_answers
from grader.report import CheckResult, Report
from grader.report_formats import difference_sentence
from orchestrator.assessment.events import Draft
from orchestrator.assessment.evidence import Evidence, problems_of, read_evidence
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.selectors import sitting_of
from orchestrator.core.elision import de
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import Text
from orchestrator.deliverables.answers_file import NONE, read_answers
from orchestrator.instances.freezing import freeze
from orchestrator.instances.instance import PAUSED, RUNNING, Instance
from orchestrator.labs import Labs, Running

Source = Literal["instance", "evidence"]


@dataclass(frozen=True)
class GradingDifference:
    """A check whose result is not the sealed one, or a change that is forbidden or to be explained at one time only.

    Attributes:
        scenario: where.
        check: the check; of a change, the host and what has changed.
        before: what was sealed: an outcome, a standing; empty where there was nothing.
        after: what was found now, likewise.
        sentence: what a jury knows it by.
    """

    scenario: str
    check: str
    before: str
    after: str
    sentence: Text


@dataclass(frozen=True)
class Reopened:
    """What came of grading again.

    Attributes:
        sources: by scenario, what was graded again: the kept lab, or what the sealed evidence holds (answers).
        graded: how many checks were graded again.
        stale: the scenarios whose content is not what it was: what differs may be its doing.
        unready: by scenario, why a kept lab was not ready when it was graded.
        not_paused: by scenario and host, why a kept lab's host goes on after its grading.
        differences: the checks whose results differ, and of kept labs the changes that do.
    """

    sources: Mapping[str, Source]
    graded: int
    stale: tuple[str, ...]
    unready: Mapping[str, Text]
    not_paused: Mapping[str, Mapping[str, Text]]
    differences: tuple[GradingDifference, ...]


@dataclass(frozen=True)
class _Regraded:
    """What came of grading a kept lab; ``same``: its content is what it was."""

    report: Report
    same: bool
    unready: Text | None
    not_paused: Mapping[str, Text]


class Reopening:
    """Looks at sealed evidence again."""

    def __init__(self, jury_session: JurySession, labs: Labs) -> None:
        """Take the session and the labs."""
        self._jury_session = jury_session
        self._labs = labs

    def verify(self) -> dict[str, tuple[Text, ...]]:
        """Return, for each sealed file, what is wrong with it: nothing where it is what was sealed."""
        state = self._jury_session.state()
        last = {(event.phase, event.candidate): event for event in state.of("sealed")}
        return {
            event.details["file"]: problems_of(self._jury_session.folder.sealed(*key), event.content_hash)
            for key, event in last.items()
        }

    def reopen(self, phase: str, candidate: str, by: str) -> Reopened:
        """Grade a candidate's phase again, compare with what was sealed, and note it.

        Raises:
            UsageError: it is not sealed, the file is not the sealed one, or another program grades again.
            LabError: a kept lab cannot be graded.
        """
        with self._jury_session.folder.regrading():
            return self._reopen(phase, candidate, by)

    def stand_still(self) -> tuple[str, ...]:
        """Freeze the kept labs that go on, and return their names: an appeal was cut off, with the program.

        Raises:
            UsageError: another program grades again.
            LabError: the engine does not answer.
        """
        sealed = {
            lab.instance for one in self._jury_session.state().sittings.values() if one.sealed for lab in one.labs
        }
        going_on: list[str] = []
        with self._jury_session.folder.regrading():
            for instance in self._labs.running.all():
                if instance.name in sealed and any(host.state == RUNNING for host in instance.hosts):
                    self._freeze(instance)
                    going_on.append(instance.name)
        return tuple(going_on)

    def _reopen(self, phase: str, candidate: str, by: str) -> Reopened:
        state = self._jury_session.state()
        sitting = sitting_of(state, phase, candidate)
        if not sitting.sealed:
            raise UsageError(
                Text(
                    fr=f"Les preuves {de(candidate)} pour {phase} ne sont pas scellées.",
                    en=f"The evidence of {candidate} for {phase} is not sealed.",
                )
            )
        path, sealed = self._jury_session.folder.sealed(phase, candidate), sitting.steps["sealed"].content_hash
        evidence = read_evidence(path, sealed)
        kept = {instance.name: instance for instance in self._labs.running.all()}
        sources: dict[str, Source] = {}
        stale: list[str] = []
        unready: dict[str, Text] = {}
        not_paused: dict[str, Mapping[str, Text]] = {}
        differences: list[GradingDifference] = []
        graded = 0
        for lab in sitting.labs:
            instance = kept.get(lab.instance)
            sources[lab.scenario] = "evidence" if instance is None else "instance"
            document = evidence.document(f"{lab.scenario}/report.json")
            before = None if document is None else Report.from_document(document)
            if instance is None:
                results, same = self._grade_evidence(evidence, lab.scenario)
            else:
                again = self._grade_instance(instance)
                results, same = again.report.results, again.same
                unready |= {} if again.unready is None else {lab.scenario: again.unready}
                not_paused |= {lab.scenario: again.not_paused} if again.not_paused else {}
                if before is not None and document["schema"] > 1:  # the first knew no differences
                    differences += _changes(lab.scenario, before, again.report)
            if not same:
                stale.append(lab.scenario)
            graded += len(results)
            differences += _differences(lab.scenario, before, results)
        found = Reopened(sources, graded, tuple(stale), unready, not_paused, tuple(differences))
        self._note(found, phase, candidate, by)
        return found

    def _grade_instance(self, instance: Instance) -> _Regraded:
        """Thaw an instance, grade it when it is ready, and freeze it."""
        running = self._labs.running.planned(instance.name)
        engine = self._labs.running.engine()
        for host in instance.hosts:
            with suppress(LabError):  # it is gone
                if host.state == PAUSED:
                    engine.unpause(host.container)
                else:  # destroyed, or frozen before the machine was restarted
                    engine.start(host.container)
        not_paused: Mapping[str, Text] = {}
        try:
            unready = self._wait_until_ready(running)
            report = self._labs.grading.check(running)
        finally:
            not_paused = self._freeze(instance)
        return _Regraded(report, not self._labs.running.stale(running), unready, not_paused)

    def _freeze(self, instance: Instance) -> Mapping[str, Text]:
        """Freeze an instance, and return by host why it goes on."""
        engine = self._labs.running.engine()
        going_on: dict[str, Text] = {}
        for host in instance.hosts:
            try:
                freeze(engine, host.container)
            except LabError as error:
                going_on[host.name] = error.text
        return going_on

    def _wait_until_ready(self, running: Running) -> Text | None:
        """Wait as long as a start does, and return what keeps a lab from being ready."""
        try:
            self._labs.lifecycle.wait_until_ready(running)
        except LabError as error:
            return error.text
        return None

    def _grade_evidence(self, evidence: Evidence, scenario: str) -> tuple[tuple[CheckResult, ...], bool]:
        """Grade the answers again; what only a running lab shows cannot be graded without one."""
        about = evidence.manifest["labs"][scenario]
        if about["seed"] is None:
            return (), True
        plan = self._labs.plans.plan(scenario, int(about["seed"]))
        given = evidence.files.get(f"{scenario}/answers.yaml")
        hosts = tuple(host.name for host in plan.hosts)
        answers = NONE if given is None else read_answers(given, "answers.yaml", plan.questions, hosts)
        results = grade_answers(plan.questions, answers.given, answers.unreadable, hosts)
        return results, plan.digest == about["digest"]

    def _note(self, found: Reopened, phase: str, candidate: str, by: str) -> None:
        details: dict[str, Any] = {
            "sources": dict(found.sources),
            "graded": found.graded,
            "stale": list(found.stale),
            "unready": {scenario: asdict(trouble) for scenario, trouble in found.unready.items()},
            "not_paused": {
                scenario: {host: why.en for host, why in hosts.items()} for scenario, hosts in found.not_paused.items()
            },
            "differences": [[d.scenario, d.check, d.before, d.after, asdict(d.sentence)] for d in found.differences],
        }
        state = self._jury_session.state()
        self._jury_session.keep(Draft("regraded", by, self._jury_session.clock(state).now(), candidate, phase, details))


def _differences(scenario: str, sealed: Report | None, after: Iterable[CheckResult]) -> Iterable[GradingDifference]:
    before = {} if sealed is None else {result.id: result.outcome for result in sealed.results}
    for result in after:
        was = before.get(result.id, "")
        if was != result.outcome:
            yield GradingDifference(scenario, result.id, was, result.outcome, result.sentence)


def _changes(scenario: str, sealed: Report, found: Report) -> Iterable[GradingDifference]:
    """Yield the changes that have a part in one of two verdicts and not the same in the other."""
    before, after = (
        {(d.host, d.provider, d.object, d.field): d for d in (*report.forbidden, *report.unexplained)}
        for report in (sealed, found)
    )
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        change = now or was
        if change is not None and (was and was.standing) != (now and now.standing):
            name = f"{change.host or 'network'} {change.object} {change.field}"
            standings = (was.standing if was else "", now.standing if now else "")
            yield GradingDifference(scenario, name, *standings, difference_sentence(change))
