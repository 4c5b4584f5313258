"""What a proof thinks of changes, and what it learns from its solutions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report import CheckResult, Difference, Outcome, Report
from orchestrator.core.text import same
from orchestrator.proof import judging
from orchestrator.proof.judging import Judged
from orchestrator.proof.model import Proof, Stage, StageName, VariantProof
from orchestrator.sound_state.explained import VariantWords
from tests.unit.differences import EXPLAINED, FORBIDDEN, UNEXPLAINED

WORDS = VariantWords({"name": "pc1"})


def report(*differences: Difference, outcome: Outcome = "pass") -> Report:
    result = CheckResult("test_x.py::web", "symptom", 1, None, same("x"), outcome)
    return Report("x", "x", 1, "", "", 0.0, (result,), differences=differences)


def repaired(*differences: Difference, learning: bool = False, outcome: Outcome = "pass") -> Judged:
    return judging.repaired(report(*differences, outcome=outcome), "ref", learning=learning)


def kinds(judged: Judged) -> list[str]:
    return [verdict.kind for verdict in judged.verdicts]


def stage(name: StageName, subject: str, judged: Judged) -> Stage:
    return Stage(name, subject, 0.1, judged.seen, judged.verdicts, changes=tuple(map(WORDS.told, judged.differences)))


def test_what_nobody_explained_fails_unless_it_is_learnt() -> None:
    assert kinds(repaired(UNEXPLAINED, EXPLAINED)) == ["change-left"]
    learnt = repaired(UNEXPLAINED, EXPLAINED, learning=True)
    assert kinds(learnt) == ["change-learnt"]
    assert stage("solution", "ref", learnt).sound
    assert learnt.differences == (UNEXPLAINED, EXPLAINED)


def test_what_is_forbidden_is_never_learnt() -> None:
    judged = repaired(FORBIDDEN, learning=True)
    assert kinds(judged) == ["change-left"]
    assert not stage("solution", "ref", judged).sound


def test_a_reboot_tells_only_what_is_new() -> None:
    before = stage("solution", "ref", repaired(UNEXPLAINED))
    again = judging.rebooted(report(UNEXPLAINED, FORBIDDEN), "ref", before, learning=False)
    assert ["forbidden" in verdict.text.en for verdict in again.verdicts] == [True]
    assert again.differences == (UNEXPLAINED, FORBIDDEN)


SHORTCUT = judging.refused(report(UNEXPLAINED), "quick")


@pytest.mark.parametrize(
    ("solution", "shortcut", "kind"),
    [
        ((UNEXPLAINED,), (UNEXPLAINED,), "accepted-shortcut"),
        ((UNEXPLAINED, EXPLAINED), (UNEXPLAINED,), "accepted-shortcut"),
        ((), (UNEXPLAINED,), "refused-by-changes"),
        ((UNEXPLAINED,), (UNEXPLAINED, FORBIDDEN), "refused-by-changes"),
        ((UNEXPLAINED,), (replace(UNEXPLAINED, now="masked"),), "refused-by-changes"),
    ],
)
@pytest.mark.parametrize("name", ["solution", "reboot"])
def test_a_shortcut_is_accepted_that_changes_only_what_a_solution_does(
    name: StageName, solution: tuple[Difference, ...], shortcut: tuple[Difference, ...], kind: str
) -> None:
    taught = VariantProof(1, "d1", (stage(name, "ref", repaired(*solution, learning=True)),))
    tried = VariantProof(2, "d2", (stage("shortcut", "q", judging.refused(report(*shortcut), "q")),))
    variants, _ = judging.together([taught, tried])
    (judged,) = variants[1].stages
    assert [verdict.kind for verdict in judged.verdicts] == [kind]
    assert judged.sound is (kind == "refused-by-changes")


def test_a_shortcut_with_a_red_check_stays_refused() -> None:
    red = judging.refused(report(UNEXPLAINED, outcome="fail"), "q")
    taught = stage("solution", "ref", repaired(UNEXPLAINED, learning=True))
    variants, _ = judging.together([VariantProof(1, "d", (taught, stage("shortcut", "q", red)))])
    assert variants[0].stages[1].verdicts == ()


def test_a_proof_explains_what_its_solutions_bring_and_no_more(sound: Proof) -> None:
    assert sound.explained == ()
    bring = {"solution": EXPLAINED, "reboot": UNEXPLAINED, "shortcut": FORBIDDEN}
    stages = tuple(
        replace(one, changes=(WORDS.told(bring[one.name]),)) if one.name in bring else one
        for one in sound.variants[0].stages
    )
    proof = replace(sound, variants=tuple(replace(one, stages=stages) for one in sound.variants))
    assert [one.object for one in proof.explained] == ["office", "ssh.service"]
    assert Proof.from_document(proof.to_document()) == proof
