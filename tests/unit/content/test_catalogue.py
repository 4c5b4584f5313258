"""The catalogue that is shipped: every name of the pool in every text, and what a course needs of it as a whole."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from orchestrator.core.elision import begins_with_vowel
from orchestrator.core.errors import Place
from orchestrator.faults.registry import fault_classes
from orchestrator.loader.check_source import read_checks
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.scenario import PersonVariable, Scenario
from orchestrator.planning.name_pool import FEMININE, LAST, MASCULINE
from orchestrator.planning.steps import Renderer
from orchestrator.planning.template_context import base_values
from orchestrator.planning.variant import draw_variant, login_of
from orchestrator.proof.binding import RECORD
from orchestrator.proof.seed_cover import draw, seeds_of_other_cases

pytestmark = pytest.mark.slow

NAMES = Content([built_in_root()]).scenarios()
POOL = [(name, feminine) for names, feminine in ((FEMININE, True), (MASCULINE, False)) for name in names]


@cache
def scenario_of(name: str) -> Scenario:
    return Content([built_in_root()]).scenario(name)


def place_of(file: Path, _: object) -> Place:
    return Place.of(file)


def people(number: int) -> Iterator[DrawnPerson]:
    """Yield people such that after all numbers every first and every last name was in every place."""
    for place in range(number, number + len(POOL)):
        first, feminine = POOL[place % len(POOL)]
        last = LAST[place % len(LAST)]
        yield DrawnPerson(first, last, login_of(first, last), feminine)


def texts(scenario: Scenario, number: int) -> Iterator[tuple[str, str, str]]:
    """Yield every prose text of a variant, with what it is and its language."""
    names = people(number)
    drawn = {
        name: next(names) if isinstance(scenario.document.variables.get(name), PersonVariable) else value
        for name, value in draw_variant(scenario, number).values.items()
    }
    renderer = Renderer({**drawn, **base_values(scenario.lab, number)}, place_of)
    file = scenario.folder / "scenario.yaml"
    both = {
        "ticket": renderer.companions(scenario.ticket, scenario.folder, "ticket"),
        "debrief": renderer.companions(scenario.debrief, scenario.folder, "debrief"),
        **{f"hint {i}": renderer.both(hint, file, ("hints", i)) for i, hint in enumerate(scenario.document.hints)},
    }
    for what, text in both.items():
        yield what, "fr", text.fr
        yield what, "en", text.en


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_pool_is_put_in_as_the_language_has_it(name: str) -> None:
    scenario = scenario_of(name)
    for number in range(len(POOL)):
        for what, language, text in texts(scenario, number):
            where = f"{what}, {language}, {number}"
            assert "{{" not in text, where
            assert not re.search(r"\S  +\S", re.sub(r"`[^`]*`|^ {4}.*$|\|.*\|", "x", text, flags=re.MULTILINE)), where
            if language == "fr":
                for word, said in re.findall(r"\b([Dd]e|[Qq]ue|[Ll]orsque) ([A-ZÀ-ÝŁŞ][\w'-]+)", text):
                    assert not begins_with_vowel(said) or said not in dict(POOL), f"{where}: {word} {said}"
                for word, said in re.findall(r"\b([Dd]|[Qq]u)'([A-ZÀ-ÝŁŞ][\w'-]+)", text):
                    assert begins_with_vowel(said), f"{where}: {word}'{said}"


@pytest.mark.parametrize("name", NAMES)
def test_a_ticket_s_signature_keeps_its_line(name: str) -> None:
    """Markdown joins lines: a name that stands on a line of its own needs an empty line, or two spaces, before it."""
    for what, language, text in texts(scenario_of(name), 1):
        lines = text.rstrip().splitlines()
        if what == "ticket" and lines[-1] and len(lines[-1]) < 40 and len(lines) > 1:
            assert not lines[-2].strip() or lines[-2].endswith(("  ", "\\")), (language, lines[-2:])


def test_no_scenario_is_called_as_what_is_broken() -> None:
    assert set(NAMES).isdisjoint(fault_classes())


def test_every_competence_that_has_scenarios_begins_easily() -> None:
    levels = defaultdict(set)
    for name in NAMES:
        document = scenario_of(name).document
        levels[document.competences[0]].add(document.difficulty)
    assert [code for code, found in levels.items() if 1 not in found] == []


def test_whoever_repairs_a_server_reports_on_it() -> None:
    """A report is asked for in every scenario of CCP 3."""
    without = [
        name
        for name in NAMES
        if scenario_of(name).document.competences[0].startswith("3.")
        and not scenario_of(name).document.deliverables.report
    ]
    assert without == []


def test_the_company_is_not_always_the_same_one() -> None:
    domains = defaultdict(set)
    for name in NAMES:
        domains[scenario_of(name).lab.document.domain].add(name)
    assert len(domains) >= 5
    assert max(map(len, domains.values())) <= len(NAMES) / 2


@pytest.mark.parametrize("name", [name for name in NAMES if scenario_of(name).document.faults])
def test_before_the_repair_a_trainee_reads_what_somebody_notices(name: str) -> None:
    """Sentences of what should be and of what is wrong must not stand under one another."""
    for path in sorted((scenario_of(name).folder / "checks").glob("test_*.py")):
        for check in read_checks(path.read_text(encoding="utf-8"), path).checks:
            role = check.role.source if check.role else ""
            assert role == "guard" or check.before, f"{path.name}::{check.name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_record_has_every_repair(name: str) -> None:
    """Whatever draws it: each solution, each of its steps, and each shortcut was played and seen for what it is."""
    scenario = scenario_of(name)
    record = json.loads((scenario.folder / RECORD).read_text())
    played = {stage for variant in record["variants"] for stage in variant["stages"]}
    written = {f"solution {one.name}" for one in scenario.solutions}
    written |= {f"shortcut {one.name}" for one in scenario.shortcuts}
    assert written - played == set()
    assert seeds_of_other_cases(scenario, [draw(scenario, variant["seed"]) for variant in record["variants"]]) == ()
