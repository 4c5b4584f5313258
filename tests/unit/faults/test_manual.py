"""What a trainer reads of a fault is whole and true: the example it gives makes the fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestrator.faults.discovery import discover
from orchestrator.faults.manual import Page, pages
from orchestrator.faults.registry import make_fault, problems_of
from orchestrator.model.scenario import FaultSpec

NAMES = sorted(discover().faults)


@pytest.fixture(scope="module")
def every() -> dict[str, Page]:
    """Return the page of each fault."""
    return {page.name: page for page in pages()}


@pytest.fixture(params=NAMES)
def page(request: pytest.FixtureRequest, every: dict[str, Page]) -> Page:
    return every[request.param]


def test_an_example_makes_its_fault(page: Page) -> None:
    (entry,) = yaml.safe_load(page.example)["faults"]
    spec = FaultSpec.model_validate(entry)
    assert problems_of(spec) == ()
    assert make_fault(spec) == page.sample
    assert page.sample is not None
    said = page.sample.explain()
    assert said.fr != said.en
    assert said.fr.endswith(".")
    assert said.en.endswith(".")
    assert "{" not in said.fr + said.en


def test_a_page_is_whole(page: Page) -> None:
    assert page.summary.endswith(".")
    assert page.about.startswith("Faults ")
    assert page.details
    assert all(p.description and p.type for p in page.parameters)
    required = [p.default is None for p in page.parameters]
    assert required == sorted(required, reverse=True), "those that must be given come first"


def test_every_fault_has_a_page(every: dict[str, Page]) -> None:
    assert set(every) == set(discover().faults)
    order = [(page.group, page.name) for page in every.values()]
    assert order == sorted(order)


TRAINERS = '''\
"""Faults of lifts."""
from typing import Any, ClassVar, Literal
from pydantic import Field
from orchestrator.faults import Fault, Text

class LiftStuck(Fault):
    """A lift is stuck
    between two floors.

    The trainee climbs the ``stairs``.

    It needs a lift.
    """

    name: ClassVar[str] = "lift-stuck"

    floor: int = Field(ge=3, description="Where.", examples=[7])
    why: Literal["rope", "key"]
    code: str = Field(pattern="^LIFT[0-9]+$")
    tags: tuple[str, ...] = ("a b", "c")
    more: dict[str, Any] | None = None
    sure: bool = True

    def inject(self, driver): ...
    def verify(self, driver): ...
    def revert(self, driver, memento): ...
    def explain(self): return Text(fr="coincé", en="stuck")
'''


def test_a_trainers_fault_has_a_page_even_where_no_example_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "lift.py").write_text(TRAINERS)
    (page,) = [page for page in pages([tmp_path]) if page.name == "lift-stuck"]
    assert (page.group, page.about) == ("lift", "Faults of lifts.")
    assert page.summary == "A lift is stuck between two floors."
    assert page.details == ("The trainee climbs the `stairs`.", "It needs a lift.")
    assert [(p.name, p.type, p.default) for p in page.parameters] == [
        ("floor", "whole number", None),
        ("why", "rope | key", None),
        ("code", "text", None),
        ("tags", "list of text", '["a b", c]'),
        ("more", "any value", "null"),
        ("sure", "true | false", "true"),
    ]
    assert page.sample is None
    assert yaml.safe_load(page.example) == {
        "faults": [{"fault": "lift-stuck", "parameters": {"floor": 7, "why": "rope", "code": "…"}}]
    }
