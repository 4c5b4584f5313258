"""The checks of a plan as their files state them, and its questions: nothing of them is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.report import ANSWERS
from orchestrator.core.errors import ContentError, Place
from orchestrator.core.text import Text, same
from orchestrator.labd.catalogue_contract import CheckLine
from orchestrator.labd.proof_matrix import readable
from orchestrator.loader.check_source import read_checks
from orchestrator.loader.check_statements import Sentence, StatedCheck
from orchestrator.model.deliverables import Question
from orchestrator.model.plan import Plan
from orchestrator.templates.render import render


def stated_checks(plan: Plan) -> tuple[CheckLine, ...]:
    """Return a plan's checks in their files' order, then its questions; a file that cannot be read has none."""
    checks = [line for path in plan.checks for line in _of_file(path, plan.values)]
    asked = [CheckLine(f"{ANSWERS}{name}", "objective", _right(one), None) for name, one in plan.questions.items()]
    return (*checks, *asked)


def _right(question: Question) -> Text:
    asked = question.question.map(lambda text: " ".join(text.split()))
    return Text(fr=f"Réponse juste : {asked.fr}", en=f"Right answer: {asked.en}")


def _of_file(path: Path, values: Mapping[str, Any]) -> Iterator[CheckLine]:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    for check in read_checks(source, path).checks:
        yield CheckLine(f"{path.name}::{check.name}", _role(check), _sentence(check, values), None)


def _role(check: StatedCheck) -> str:
    return check.role.source if check.role is not None else ""


def _sentence(check: StatedCheck, values: Mapping[str, Any]) -> Text:
    """Return what a check says; its name where that is computed, or names what only its parameters have."""
    named = readable(check.name)
    if check.parameters:
        return same(named)
    return Text(fr=_rendered(check.fr, values) or named, en=_rendered(check.en, values) or named)


def _rendered(sentence: Sentence | None, values: Mapping[str, Any]) -> str:
    if sentence is None:
        return ""
    try:
        return render(sentence.source, values, Place(""))
    except ContentError:
        return ""
