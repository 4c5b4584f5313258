"""What is wrong with a stage, and with all stages together: pure functions of reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from grader.errors import UNEXPECTED_STATUS
from grader.report import CheckResult, Difference, Report, is_answer, is_of_talk
from grader.report_formats import difference_lines, difference_sentence
from orchestrator.core.text import Text
from orchestrator.proof import check_verdicts, lab_verdicts, repair_verdicts
from orchestrator.proof.model import Expected, Kind, SeenColour, Stage, VariantProof, Verdict
from orchestrator.sound_state.explained import ExplainedChange


class Judged(NamedTuple):
    """What is thought of a stage.

    Attributes:
        seen: its checks, with what was expected of them.
        verdicts: what is wrong.
        differences: what of the lab is not in its sound state.
    """

    seen: tuple[SeenColour, ...]
    verdicts: tuple[Verdict, ...]
    differences: tuple[Difference, ...] = ()

    def and_before(self, verdicts: Iterable[Verdict]) -> Judged:
        """Return the same with verdicts before its own."""
        return self._replace(verdicts=(*verdicts, *self.verdicts))


_SLOW_RED = 5.0
"""Seconds after which a red is worth a remark: whoever pressed "check" waits for it."""
_MISSING = re.compile(r"^.*(?:: (?:command )?not found|: No such file or directory \(os error 2\))$", re.MULTILINE)
_SHELL = re.compile(r"(?:^|/)(?:ba|da|z|k)?sh: ")


def nowhere(report: Report) -> Judged:
    """Judge a grading without a lab: no check may be green."""
    asked = replace(report, results=tuple(result for result in report.results if not is_of_talk(result)))
    wrong = [check_verdicts.looks_at_nothing(r.id) for r in asked.results if r.outcome == "pass"]
    return Judged(_seen(asked, "not-pass"), (*_nothing(report), *wrong))


def healthy(health: Report | None, before: Report | None) -> Judged:
    """Judge a lab before its fault: its own health checks (None: it has none), and the scenario's.

    Those are None for a task: nothing is broken there, and its checks are red until it is done.
    """
    wrong: list[Verdict] = []
    seen: tuple[SeenColour, ...] = ()
    if health is not None:
        wrong += _all_green(health, lambda r: lab_verdicts.unhealthy_lab(r.id, r.evidence))
        seen += _seen(health, "pass")
    if before is not None:
        before = without_answers(before)
        wrong += _all_green(before, lambda r: check_verdicts.red_before_the_fault(r.id, r.evidence))
        wrong += _changes_by_themselves(before)
        seen += _seen(before, "pass")
    return Judged(seen, tuple(wrong), () if before is None else before.differences)


def broken(report: Report, *, task: bool) -> Judged:
    """Judge what the trainee is given: symptoms and objectives red, each for its reason, guards green."""
    seen: list[SeenColour] = []
    wrong = [*_nothing(report), *_errors(report)]
    for result in report.results:
        expected: Expected = "pass" if result.role == "guard" else "fail"
        seen.append(SeenColour(expected, result))
        if expected == "pass" and result.outcome == "fail":
            wrong.append(check_verdicts.guard_red(result.id, result.evidence, task=task))
        elif expected == "fail" and result.outcome == "pass":
            wrong.append(
                check_verdicts.done_already(result.id) if task else check_verdicts.blind(result.id, result.evidence)
            )
        elif expected == "fail" and result.outcome == "fail":
            wrong += _reason(result)
            if result.seconds > _SLOW_RED:
                wrong.append(check_verdicts.slow_red(result.id, result.seconds, result.evidence))
    return Judged(tuple(seen), tuple(wrong), report.differences)


def restored(health: Report | None, checks: Report) -> Judged:
    """Judge a lab whose fault was reverted, by its own health checks (None: it has none) and the scenario's."""

    def still_red(result: CheckResult) -> Verdict:
        return lab_verdicts.not_reverted(result.id, result.evidence)

    reports = [report for report in (health, without_answers(checks)) if report is not None]
    wrong = [verdict for report in reports for verdict in _all_green(report, still_red)]
    return Judged(tuple(seen for report in reports for seen in _seen(report, "pass")), tuple(wrong), checks.differences)


def again(first: Stage, report: Report) -> Judged:
    """Judge the same fault injected a second time: each check has the colour that it had."""
    seen, wrong, _ = broken(report, task=False)
    colours = {one.result.id: one.result.outcome for one in first.seen}
    changed = [s.result for s in seen if colours.get(s.result.id) != s.result.outcome]
    others = [w for w in wrong if w.check not in {r.id for r in changed}]
    return Judged(seen, (*others, *(check_verdicts.unsteady(r.id, r.evidence) for r in changed)), report.differences)


def repaired(report: Report, solution: str, *, learning: bool) -> Judged:
    """Judge a lab after a solution: it is plainly repaired, without a change that is forbidden or to be explained.

    Args:
        report: what the grading found.
        solution: the solution's name.
        learning: whether the proof is to learn what solutions change: what nobody has explained yet is a remark.
    """
    wrong = _all_green(report, lambda r: repair_verdicts.not_repaired(r.id, solution, r.evidence))
    return Judged(
        _seen(report, "pass"),
        tuple(wrong or _changes_left(report, solution, learning=learning)),
        report.differences,
    )


def rebooted(report: Report, solution: str, before: Stage, *, learning: bool) -> Judged:
    """Judge a repaired lab after all hosts have rebooted; what was red before is told there. See ``repaired``."""
    red_before = {one.result.id for one in before.seen if one.result.outcome != "pass"}
    wrong = _all_green(report, lambda r: repair_verdicts.lost_at_reboot(r.id, solution, r.evidence))
    told = [w for w in wrong if w.check not in red_before]
    left = () if wrong else _changes_left(report, solution, learning=learning)
    kept = [verdict for verdict in left if verdict not in before.verdicts]
    return Judged(_seen(report, "pass"), tuple(told if wrong else kept), report.differences)


def refused(report: Report, shortcut: str) -> Judged:
    """Judge a lab after a shortcut: it is not plainly repaired, whether all checks were graded or not.

    At least one check is red, or a change is forbidden or to be explained.
    """
    wrong = [*_nothing(report), *_errors(report)]
    if not wrong and all(result.outcome == "pass" for result in report.results):
        changes = (*report.forbidden, *report.unexplained)
        refused_for = repair_verdicts.refused_by_changes(shortcut, _told(changes)) if changes else None
        wrong.append(refused_for or repair_verdicts.accepted_shortcut(shortcut))
    return Judged(_seen(report, "any"), tuple(wrong), report.differences)


def together(variants: Sequence[VariantProof]) -> tuple[tuple[VariantProof, ...], tuple[Verdict, ...]]:
    """Return the variants and what only all stages of all of them show: checks that are never red.

    A mistake is told once. That a symptom is never red at all says more than that it is green here and there, and takes
    the place of it; a check that is red before the fault is red after the revert and the solutions as well.
    """
    variants = tuple(_without_consequences(variant) for variant in variants)
    learnt = frozenset(change.key() for change in explained_by(variants))
    variants = tuple(_refused_for_good(variant, learnt) for variant in variants)
    stages = [stage for variant in variants for stage in variant.stages]
    if not any(stage.seen for stage in stages if stage.name in {"broken", "not-begun"}):
        return variants, ()
    never = _never_red(stages)
    blind = {name for name, role in never.items() if role != "guard"}
    kept = tuple(_without(variant, {"blind"}, blind) for variant in variants)
    said = {v.check for stage in stages for v in stage.verdicts if v.kind == "looks-at-nothing"}
    whole = [check_verdicts.vacuous(name) for name in never if name in blind]
    if any(stage.seen for stage in stages if stage.name == "shortcut"):
        whole += [check_verdicts.untried_guard(name) for name in never if name not in blind | said]
    return kept, tuple(whole)


def explained_by(variants: Iterable[VariantProof]) -> Iterator[ExplainedChange]:
    """Yield the changes that the solutions bring, before a reboot and after it."""
    for variant in variants:
        for stage in variant.stages:
            if stage.name in {"solution", "reboot"}:
                for readings in stage.readings:
                    yield from readings


def _refused_for_good(variant: VariantProof, learnt: frozenset[tuple[str, ...]]) -> VariantProof:
    """Return a variant where a shortcut is accepted that was refused for what a solution changes as well."""

    def judged_again(stage: Stage) -> Stage:
        by_changes = any(verdict.kind == "refused-by-changes" for verdict in stage.verdicts)
        if not by_changes or not all(any(one.key() in learnt for one in both) for both in stage.readings):
            return stage
        others = tuple(v for v in stage.verdicts if v.kind != "refused-by-changes")
        return replace(stage, verdicts=(*others, repair_verdicts.accepted_shortcut(stage.subject)))

    return replace(variant, stages=tuple(map(judged_again, variant.stages)))


def _never_red(stages: Iterable[Stage]) -> dict[str, str | None]:
    """Return the scenario's checks (not the lab's own) that no stage turns red, with their roles.

    Nothing is said of a check that a shortcut's grading, ended at its first red, has left out: it may be red there.
    """
    stages = [*stages]
    roles: dict[str, str | None] = {}
    red: set[str] = set()
    for stage in stages:
        if stage.name in {"healthy", "restored", "nowhere"}:  # the lab's own checks are among these
            continue
        for seen in stage.seen:
            roles[seen.result.id] = seen.result.role
            if seen.result.outcome != "pass":  # an error is told by itself
                red.add(seen.result.id)
    after_shortcuts = [{s.result.id for s in stage.seen} for stage in stages if stage.name == "shortcut" and stage.seen]
    return {
        name: role for name, role in roles.items() if name not in red and all(name in seen for seen in after_shortcuts)
    }


def _without_consequences(variant: VariantProof) -> VariantProof:
    """Return a variant where a red that has a cause of its own is told with that only.

    That is a check that is red on the healthy lab already, and one after a solution of which a step failed.
    """
    red = {
        verdict.check
        for stage in variant.stages
        for verdict in stage.verdicts
        if verdict.kind in {"red-before-the-fault", "unhealthy-lab"}
    }
    stages = tuple(
        replace(stage, verdicts=tuple(v for v in stage.verdicts if v.kind != "not-repaired"))
        if any(v.kind == "step-failed" for v in stage.verdicts)
        else stage
        for stage in variant.stages
    )
    return _without(replace(variant, stages=stages), {"not-reverted", "not-repaired", "lost-at-reboot"}, red)


def _without(variant: VariantProof, kinds: Collection[Kind], checks: Collection[str | None]) -> VariantProof:
    """Return a variant without some verdicts; its stages stay as unsound as they were, for their colours do."""
    stages = (
        replace(stage, verdicts=tuple(v for v in stage.verdicts if v.kind not in kinds or v.check not in checks))
        for stage in variant.stages
    )
    return replace(variant, stages=tuple(stages))


def without_answers(report: Report) -> Report:
    """Return a report without answers and what was said: where nothing is broken, nobody has been asked yet."""
    kept = (result for result in report.results if not is_answer(result) and not is_of_talk(result))
    return replace(report, results=tuple(kept))


def _reason(result: CheckResult) -> Iterator[Verdict]:
    """Yield what is wrong with the reason for which a check is red."""
    said = result.evidence.en if result.evidence else ""
    if result.because is not None:
        if not re.search(result.because, said):
            yield check_verdicts.not_because(result.id, result.because, result.evidence)
    elif UNEXPECTED_STATUS.match(said):
        yield check_verdicts.by_a_failed_command(result.id, result.evidence)


def _all_green(report: Report, red: Callable[[CheckResult], Verdict]) -> list[Verdict]:
    failed = [red(result) for result in report.results if result.outcome == "fail"]
    return [*_nothing(report), *_errors(report), *failed, *_missing_tools(report)]


def _changes_by_themselves(report: Report) -> Iterator[Verdict]:
    """Yield what is not as it was on a lab that nobody has touched."""
    for one in (*report.forbidden, *report.unexplained):
        yield lab_verdicts.changes_by_itself(difference_sentence(one), difference_lines(one))


def _changes_left(report: Report, solution: str, *, learning: bool) -> Iterator[Verdict]:
    """Yield what a solution leaves to be explained or undone; told once all is green, as what is wrong differs too."""
    for one in (*report.forbidden, *report.unexplained):
        said, lines = difference_sentence(one), difference_lines(one)
        if one.standing == "unexplained" and learning:
            yield repair_verdicts.change_learnt(solution, said, lines)
        else:
            yield repair_verdicts.change_left(solution, said, lines, forbidden=one.standing == "forbidden")


def _told(differences: Sequence[Difference]) -> Text:
    told = [(difference_sentence(one), difference_lines(one)) for one in differences]
    return Text(
        fr="\n".join(f"{sentence.fr}\n{lines.fr}" for sentence, lines in told),
        en="\n".join(f"{sentence.en}\n{lines.en}" for sentence, lines in told),
    )


def _nothing(report: Report) -> Iterator[Verdict]:
    if not report.results:
        yield check_verdicts.no_checks()


def _errors(report: Report) -> Iterator[Verdict]:
    for result in report.results:
        if result.outcome == "error":
            yield check_verdicts.no_judgement(result.id, result.evidence)


def _missing_tools(report: Report) -> Iterator[Verdict]:
    """Yield the checks that looked with a command which is missing: in a shell of their own, which hides it."""
    for result in report.results:
        for record in result.commands:
            found = _MISSING.search(record.output)
            if found and _SHELL.search(found[0]) and result.outcome != "error":
                yield check_verdicts.missing_tool(result.id, record.where, f"{record.command}\n{found[0]}")
                break


def _seen(report: Report, expected: Expected) -> tuple[SeenColour, ...]:
    return tuple(SeenColour(expected, result) for result in report.results)
