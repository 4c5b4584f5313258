"""Every mistake in a document is told at once, with its place and the way out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from orchestrator.core.errors import ContentError
from orchestrator.loader.model_validation import validate
from orchestrator.loader.type_words import PATTERNS
from orchestrator.loader.yaml_source import parse_yaml
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import LabDocument
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import ScenarioDocument, SolutionDocument

if TYPE_CHECKING:
    from tests.unit.content.conftest import Golden

LAB = """\
contract: 1
name: Small
title: {fr: x}
summary: {fr: a, en: ""}
domain: foo
segments:
  office: {title: {fr: a, en: b}, subnet: 192.168.1.1/24}
  servers: {title: {fr: a, en: b}, subnet: 192.168.2.0}
  Bad: {title: {fr: a, en: b}, subnet: 192.168.2.0/24}
hosts:
  pc1:
    image: host
    title: {fr: a, en: b}
    interfaces:
      eth0: {segmnt: office, address: dhpc}
      eth1: 3
      thernet-0: {segment: office, address: none}
    memory: 12
    disk: 63M
    gateway: 300.1.1.1
    pids: 3
    dns: 1.1.1.1
    files:
      /etc/x: {mode: 0644, owner: Root}
      etc/y: {}
ready:
  - {host: pc1, run: [], within: yes}
  - {host: pc1, run: [1], within: "3"}
colour: blue
"""

SCENARIO = """\
contract: 1
id: x
title: {fr: a, en: b}
competences: [1.3, "1.33"]
lab: x
kind: falt
difficulty: 5
minutes: 3.5
variables:
  a: {draw: chioce, of: [a, b]}
  b: {of: [a, b]}
  c: {draw: integer, low: 1, hgih: 3}
  d: {draw: address, subnet: 10.0.0.0/24, first: 0, last: 3, choice: 3}
  e: 3
  F: {draw: person}
  g: {draw: choice, of: [only]}
faults:
  - {falt: x}
  - {one_off: {}}
  - one_of: {a: [{fault: x}], b: [{fault: x, parms: {}}]}
  - x
  - {one_of: {a: []}}
hints: []
"""

SOLUTION = """\
contract: 1
summary: {fr: a, en: b}
refrence: true
steps:
  - tell: {fr: a, en: b}
    cable: {host: pc1, interface: eth0, plug: yes}
  - tell: {fr: a, en: b}
    shel: {host: pc1, script: id}
  - shell: {host: pc1}
"""

DOCUMENTS: dict[str, tuple[str, type[BaseModel]]] = {
    "lab": (LAB, LabDocument),
    "scenario": (SCENARIO, ScenarioDocument),
    "solution": (SOLUTION, SolutionDocument),
    "image": ("contract: 1\nname: x\nsummary: {fr: a, en: b}\ncapabilites: [NET]\nmemory: 12Mo\n", ImageSpec),
    "contract-newer": ("contract: 2\nnaem: x\n", LabDocument),
    "contract-text": ("contract: '1'\nnaem: x\n", LabDocument),
    "contract-missing": ("name: x\n", LabDocument),
    "contract-true": ("contract: true\n", LabDocument),
    "not-a-mapping": ("- a\n", LabDocument),
    "empty": ("", LabDocument),
    "duplicate-and-missing": ("contract: 1\nname: x\nname: y\n", SolutionDocument),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_told(name: str, golden: Golden) -> None:
    text, model = DOCUMENTS[name]
    document, problems = validate(parse_yaml(text, "file.yaml"), model)
    assert document is None
    golden(f"validate-{name}", ContentError(problems))


def test_a_newer_contract_is_the_only_problem() -> None:
    _, problems = validate(parse_yaml("contract: 7\nnaem: x\n", "f"), LabDocument)
    assert len(problems) == 1
    assert problems[0].hint is not None


def test_problems_come_in_the_order_of_the_file() -> None:
    _, problems = validate(parse_yaml(LAB, "f"), LabDocument)
    assert [p.place for p in problems] == sorted(p.place for p in problems)


@pytest.mark.parametrize("model", [LabDocument, ScenarioDocument, SolutionDocument, ImageSpec, Referential])
def test_every_pattern_has_words(model: type[BaseModel]) -> None:
    schema = json.dumps(model.model_json_schema())
    patterns = {json.loads(f'"{found}"') for found in re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', schema)}
    assert patterns
    assert patterns <= set(PATTERNS)
