"""The checks of a plan as their files state them: nothing of them is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.errors import ContentError, Place
from orchestrator.core.text import Text, same
from orchestrator.labd.catalogue_contract import CheckLine
from orchestrator.labd.proof_matrix import readable
from orchestrator.loader.check_source import Sentence, StatedCheck, read_checks
from orchestrator.model.plan import Plan
from orchestrator.templates.render import render


def stated_checks(plan: Plan) -> tuple[CheckLine, ...]:
    """Return a plan's checks, in their files' order; a file that cannot be read has none."""
    return tuple(line for path in plan.checks for line in _of_file(path, plan.values))


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
