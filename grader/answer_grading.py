"""Grades answers: each question is one more result of the grading, beside those of the checks.

The evidence says that an answer is missing, unreadable or wrong, and repeats what was typed. It never holds the
truth: a trainee may see it and try again, a jury finds the truth in the variant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grader.report import ANSWERS, CheckResult, Outcome
from orchestrator.core.text import Text
from orchestrator.model.deliverables import ProseQuestion, Question
from orchestrator.planning.answers import UnreadableAnswerError, is_right, normal_form, too_short, words_missing


def grade_answers(
    questions: Mapping[str, Question],
    given: Mapping[str, str],
    unreadable: Mapping[str, Text],
    hosts: Collection[str],
) -> tuple[CheckResult, ...]:
    """Return a result for each question.

    Args:
        questions: the variant's questions by name, with the truth.
        given: the answers as typed; a question without one is failed, not in error.
        unreadable: the questions whose answer could not be read, and why.
        hosts: the names of the lab's hosts.
    """
    return tuple(
        _result(name, question, *_judged(question, given.get(name, ""), unreadable.get(name), hosts))
        for name, question in questions.items()
    )


def _judged(
    question: Question, answer: str, reason: Text | None, hosts: Collection[str]
) -> tuple[Outcome, Text | None]:
    if reason is not None:
        return "fail", Text(fr=f"Réponse illisible : {reason.fr}", en=f"Unreadable answer: {reason.en}")
    if not answer.strip():
        return "fail", Text(fr="Pas encore de réponse.", en="No answer yet.")
    if isinstance(question, ProseQuestion):
        missing = words_missing(question, answer)
        told = too_short(missing).map(lambda words: f"{words[:1].upper()}{words[1:]}.")
        return ("fail", told) if missing else ("pass", None)
    try:
        typed = normal_form(question, answer, hosts)
    except UnreadableAnswerError as error:
        return "fail", Text(fr=f"Réponse illisible : {error.text.fr}", en=f"Unreadable answer: {error.text.en}")
    try:
        right = is_right(question, answer, hosts)
    except UnreadableAnswerError as error:  # then it is the variant's truth that is no answer
        return "error", Text(
            fr=f"La réponse attendue n'en est pas une : {error.text.fr}",
            en=f"The expected answer is none: {error.text.en}",
        )
    shown = ", ".join(answer.split("\n") if len(typed) > 1 else [answer])
    return ("pass", None) if right else ("fail", Text(fr=f"« {shown} » est faux.", en=f'"{shown}" is wrong.'))


def _result(name: str, question: Question, outcome: Outcome, evidence: Text | None) -> CheckResult:
    asked = question.question.map(lambda text: " ".join(text.split()))
    sentence = Text(fr=f"Réponse juste : {asked.fr}", en=f"Right answer: {asked.en}")
    if isinstance(question, ProseQuestion):
        sentence = Text(
            fr=f"Texte remis, que lira une personne : {asked.fr}", en=f"Text handed in, for people to read: {asked.en}"
        )
    return CheckResult(
        id=f"{ANSWERS}{name}",
        role="objective",
        points=question.points,
        competence=question.competence,
        sentence=sentence,
        outcome=outcome,
        evidence=evidence,
    )
