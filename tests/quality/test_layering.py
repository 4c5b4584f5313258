"""Who may know whom: every part of the program states here what it imports; nothing else is allowed or spare."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.quality.conftest import Module

MAY_IMPORT: Mapping[str, str] = {
    # What everybody may know.
    "orchestrator.language": "",
    "orchestrator.text": "language",
    "orchestrator.errors": "text",
    "orchestrator.folders": "",
    "orchestrator.visible": "",
    "orchestrator.labels": "",
    "orchestrator.names": "",
    "orchestrator.waiting": "",
    "orchestrator.interrupts": "",
    "orchestrator.suggest": "text",
    "orchestrator.progress": "text",
    # Content: files -> models -> plans. No engine, no fabric.
    "orchestrator.model": "text",
    "orchestrator.template_words": "text",
    "orchestrator.plain_templates": "",
    "orchestrator.template_bounds": "",
    "orchestrator.render": "errors model plain_templates suggest template_bounds template_words text",
    "orchestrator.values": "model",
    "orchestrator.variant": "model names",
    "orchestrator.host_files": "errors model render",
    "orchestrator.steps": "errors model render text",
    "orchestrator.plan": "errors host_files model steps values variant",
    "orchestrator.answers": "model suggest text",
    "orchestrator.loader": "VERSION answers errors host_files model render steps suggest text values variant visible",
    "orchestrator.contract": "loader model text",
    # The machine: protocols first, one implementation behind each.
    "orchestrator.engine.base": "errors text",
    "orchestrator.engine.refusals": "engine.base errors text",
    "orchestrator.engine.streams": "engine.base engine.refusals errors text",
    "orchestrator.engine.docker_engine": "engine.base engine.refusals engine.streams errors",
    "orchestrator.engine.fake": "engine.base engine.refusals errors text",
    "orchestrator.fabric.base": "errors",
    "orchestrator.fabric.broom": "engine.base errors fabric.base fabric.helper.sweeper labels waiting",
    "orchestrator.fabric.client": "errors fabric.base fabric.helper.protocol text",
    "orchestrator.fabric.container": "engine.base errors fabric.broom fabric.client labels waiting",
    "orchestrator.fabric.fake": "errors fabric.base text",
    "orchestrator.fabric.helper": "",
    "orchestrator.images": "engine.base errors labels model suggest text",
    "orchestrator.doctor": "engine.base errors fabric.container labels text",
    # Acting on a lab, through the protocols.
    "orchestrator.access.ssh": "errors fabric.base text",
    "orchestrator.access.device": "errors fabric.base model text",
    "orchestrator.access.cabling": "fabric.base",
    "orchestrator.access.hands": "access.cabling access.device engine.base errors fabric.base model text",
    "orchestrator.access.grading": "access.device fabric.base grader model",
    "orchestrator.faults": "access.hands errors fabric.base loader model text waiting",
    "orchestrator.forwarding": "errors fabric.base text",
    "orchestrator.terminal": "",
    "orchestrator.topology": "fabric.base model text",
    "orchestrator.topology_text": "language text topology",
    "orchestrator.topology_svg": "language model text topology topology_text",
    "grader": "answers errors fabric.base model text waiting",
    # One layer of logic.
    "orchestrator.deliverables": "answers errors grader instance_records loader.yaml_source model suggest text",
    "orchestrator.locks": "errors text waiting",
    "orchestrator.instance_records": "errors text",
    "orchestrator.records": "errors folders suggest text",
    "orchestrator.instances": (
        "access.hands engine.base errors fabric.base fabric.broom fabric.container fabric.helper.calls "
        "fabric.helper.hosts faults instance_records "
        "interrupts labels locks model progress suggest text waiting"
    ),
    "orchestrator.service": (
        "access.hands deliverables errors fabric.container faults grader instance_records instances loader locks model "
        "plan progress text"
    ),
    "orchestrator.practice": "errors grader instances interrupts model progress records service text",
    "orchestrator.proof.model": "grader text",
    "orchestrator.proof.verdicts": "model proof.model text",
    "orchestrator.proof.judging": "grader proof.model proof.verdicts",
    "orchestrator.proof.applying": "errors model proof.model proof.verdicts service text",
    "orchestrator.proof.residue": "access.hands errors labels text waiting",
    "orchestrator.proof.pace": "",
    "orchestrator.proof.stages": "model proof.model",
    "orchestrator.proof.lanes": (
        "access.hands errors grader instances model progress proof.applying proof.judging proof.model proof.residue "
        "proof.stages proof.verdicts service text"
    ),
    "orchestrator.proof.runner": (
        "interrupts model proof.judging proof.lanes proof.model proof.pace proof.stages service"
    ),
    "orchestrator.proof.seeds": "model variant",
    "orchestrator.proof.program": "VERSION fabric.base",
    "orchestrator.proof.binding": "fabric.base loader proof.program text",
    "orchestrator.proof.trust": "errors suggest text",
    "orchestrator.proof.ledger": "errors loader proof.binding proof.model proof.program proof.trust text",
    "orchestrator.proof.store": "errors loader model proof.binding proof.ledger proof.model proof.program text",
    "orchestrator.proof.due": "errors loader proof.binding proof.ledger proof.store text",
    "orchestrator.proof.wording": "proof.binding proof.model proof.store text",
    "orchestrator.assessment": (
        "VERSION deliverables errors fabric.base grader instances interrupts language loader model progress "
        "proof.store proof.wording records service suggest text waiting"
    ),
    "orchestrator.proof.page": "VERSION language proof.model proof.wording text",
    # Writing content.
    "orchestrator.authoring": "",
    "orchestrator.authoring.naming": "errors text",
    "orchestrator.authoring.rendering": "",
    "orchestrator.authoring.creation": ("authoring.naming authoring.rendering errors faults loader suggest text"),
    "orchestrator.authoring.watching": "",
    "orchestrator.authoring.trial": (
        "errors faults grader instances model progress proof.applying proof.judging proof.model proof.verdicts service "
        "text"
    ),
    # The composition root, and what is above it.
    "orchestrator.app": (
        "assessment deliverables engine.base engine.docker_engine fabric.base fabric.client fabric.container folders "
        "images instance_records instances loader locks practice proof.ledger proof.store proof.trust records service"
    ),
    "orchestrator.bench": (
        "app engine.base errors fabric.base fabric.container folders grader instances interrupts labels model plan "
        "progress service text waiting"
    ),
    "orchestrator.cli": (
        "access.cabling access.ssh answers app assessment authoring bench contract deliverables doctor engine.base "
        "errors fabric.base faults folders forwarding grader images instance_records instances interrupts labels "
        "language loader model plan practice progress proof records service suggest terminal text topology "
        "topology_svg topology_text values visible waiting"
    ),
    "orchestrator.__main__": "cli",
    # Packages that only hold others.
    "orchestrator": "",
    "orchestrator.access": "",
    "orchestrator.engine": "",
    "orchestrator.fabric": "",
    "orchestrator.proof": "",
}
"""Part -> the parts that it imports; ``orchestrator.`` is left out. A part is a module or a package with all in it."""

FOREIGN: Mapping[str, str] = {
    "docker": "orchestrator.engine.docker_engine orchestrator.bench.sdk",
    "requests": "orchestrator.engine.docker_engine",
    "urllib3": "orchestrator.engine.docker_engine",
    "cryptography": "grader.certificates orchestrator.faults._x509",
    "paramiko": "orchestrator.access.ssh",
    "netmiko": "orchestrator.access.device",
    "weasyprint": "orchestrator.assessment.pdf",
    "sqlalchemy": "orchestrator.records",
    "alembic": "orchestrator.records",
    "pyroute2": "orchestrator.fabric.helper.links",
    "seccomp": "orchestrator.fabric.helper.confinement",
    "click": "orchestrator.cli",
    "rich": "orchestrator.cli",
    "jinja2": (
        "orchestrator.render orchestrator.template_bounds orchestrator.authoring.rendering orchestrator.proof.page "
        "orchestrator.assessment.evidence_page "
        "grader.plugin"
    ),
    "yaml": "orchestrator.loader.yaml_source",
    "pydantic": "orchestrator.model orchestrator.loader orchestrator.faults orchestrator.contract",
    "pydantic_core": "orchestrator.model orchestrator.loader orchestrator.faults",
    "pytest": "grader orchestrator.bench.checks",
    "testinfra": "grader orchestrator.bench.checks",
}
"""Somebody else's package -> the parts that may import it. The rest speaks to these parts."""


def part_of(name: str) -> str:
    """Return the part that a module belongs to: the longest one that is stated."""
    while name not in MAY_IMPORT:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return ""
    return name


def within(name: str, parts: str) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts.split())


def full(part: str) -> str:
    return part if part == "grader" else f"orchestrator.{part}"


def targets(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, int]]:
    """Yield the modules (or, for a name that is no module's, the attribute) that a module imports of the program."""
    for one in module.imports():
        if one.top in {"orchestrator", "grader"} and one.target != "orchestrator":
            parent = one.target.rpartition(".")[0]
            is_module = one.target in modules or parent not in modules
            holds_nothing = parent == "orchestrator"
            yield (one.target if is_module or holds_nothing else parent), one.line


def allowed(part: str) -> dict[str, str]:
    """Return what a part may import: prefix of the target -> the word in the table."""
    words = MAY_IMPORT[part].split()
    return {"orchestrator.__version__" if word == "VERSION" else full(word): word for word in words}


def test_every_module_belongs_to_a_part(modules: dict[str, Module]) -> None:
    homeless = [name for name in modules if not part_of(name) or (part_of(name) == "orchestrator" != name)]
    assert homeless == [], "state in MAY_IMPORT what these may import"


def test_every_part_exists(modules: dict[str, Module]) -> None:
    named = set(MAY_IMPORT) | {
        full(word) for words in MAY_IMPORT.values() for word in words.split() if word != "VERSION"
    }
    named |= {part for parts in FOREIGN.values() for part in parts.split()}
    folders = {".".join(name.split(".")[:-1]) for name in modules}
    assert sorted(named - set(modules) - folders) == []


def test_every_module_imports_what_its_part_may(modules: dict[str, Module]) -> None:
    wrong = []
    for module in modules.values():
        part = part_of(module.name)
        for target, line in targets(module, modules):
            if part_of(target) != part and not within(target, " ".join(allowed(part))):
                wrong.append(f"{module.path}:{line}: {part} may not import {target}")
    assert wrong == []


def test_no_permission_is_spare(modules: dict[str, Module]) -> None:
    """A permission that nobody uses hides the day on which somebody begins to."""
    used: dict[str, set[str]] = {part: set() for part in MAY_IMPORT}
    for module in modules.values():
        part = part_of(module.name)
        for target, _ in targets(module, modules):
            used[part] |= {word for prefix, word in allowed(part).items() if within(target, prefix)}
    spare = {part: sorted(set(words.split()) - used[part]) for part, words in MAY_IMPORT.items()}
    assert {part: words for part, words in spare.items() if words} == {}


def test_somebody_elses_packages_have_one_door_each(modules: dict[str, Module]) -> None:
    wrong, used = [], set()
    for module in modules.values():
        for one in module.imports():
            if one.top in sys.stdlib_module_names or one.top in {"orchestrator", "grader"}:
                continue
            doors = [part for part in FOREIGN.get(one.top, "").split() if within(module.name, part)]
            used |= {(one.top, part) for part in doors}
            if not doors:
                wrong.append(f"{module.path}:{one.line}: {one.top}")
    assert wrong == []
    stated = {(package, part) for package, parts in FOREIGN.items() for part in parts.split()}
    assert sorted(stated - used) == []


def test_the_helper_can_be_audited_alone(modules: dict[str, Module]) -> None:
    """The one privileged process: the standard library, pyroute2, seccomp, its own package by relative imports."""
    known = {*sys.stdlib_module_names, "pyroute2", "seccomp"}
    helpers = [m for m in modules.values() if within(m.name, "orchestrator.fabric.helper")]
    assert len(helpers) > 8
    for module in helpers:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, module.path
        for one in module.imports():
            alone = within(one.target, "orchestrator.fabric.helper") or one.top in known
            assert alone, f"{module.path}:{one.line}"


def test_parts_do_not_need_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def visit(part: str, way: tuple[str, ...]) -> None:
        assert part not in way, " -> ".join([*way, part])
        if part not in done:
            for word in MAY_IMPORT[part].split():
                if word != "VERSION":
                    visit(part_of(full(word)), (*way, part))
            done.add(part)

    for part in MAY_IMPORT:
        visit(part, ())


MADE_IN: Mapping[str, str] = {
    "DockerEngine": "orchestrator.app",
    "ImageBuilder": "orchestrator.app",
    "Catalogue": "orchestrator.app",
    "Instances": "orchestrator.app",
    "Labs": "orchestrator.app",
    "InstanceRecords": "orchestrator.app",
    "Database": "orchestrator.app",
    "Proofs": "orchestrator.app",
    "ProofStore": "orchestrator.app",
    "Ledger": "orchestrator.app",
    "Trust": "orchestrator.app",
    "FabricClient": "orchestrator.fabric.client orchestrator.fabric.container",
    "Content": "orchestrator.app orchestrator.service",
    "App": "orchestrator.cli.session",
    "FakeEngine": "",
    "FakeFabric": "",
}
"""Class -> where objects of it are made: the composition root, with few exceptions. Fakes are for tests."""


def made(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in MADE_IN:
                yield name, node.lineno


def test_parts_are_put_together_in_one_place(modules: dict[str, Module]) -> None:
    wrong, seen = [], set()
    for module in modules.values():
        for name, line in made(module):
            if module.name in MADE_IN[name].split():
                seen.add((name, module.name))
            else:
                wrong.append(f"{module.path}:{line}: makes {name}")
    assert wrong == []
    assert sorted({(name, place) for name, places in MADE_IN.items() for place in places.split()} - seen) == []


@pytest.mark.parametrize("module", ["orchestrator.fabric.helper.protocol", "orchestrator.model.plan", "grader.report"])
def test_the_rules_see_relative_and_late_imports(modules: dict[str, Module], module: str) -> None:
    """The test of the test: what the walk finds of a module that is known."""
    found = {target for target, _ in targets(modules[module], modules)}
    expected = {
        "orchestrator.fabric.helper.protocol": set(),
        "orchestrator.model.plan": {
            "orchestrator.model.deliverables",
            "orchestrator.model.image",
            "orchestrator.model.lab",
            "orchestrator.model.scenario",
            "orchestrator.text",
        },
        "grader.report": {"grader.marks", "orchestrator.text"},
    }
    assert found == expected[module]
    late = {target for target, _ in targets(modules["orchestrator.app"], modules)}
    assert "orchestrator.engine.docker_engine" in late
    relative = {target for target, _ in targets(modules["orchestrator.fabric.helper.wirer"], modules)}
    assert {"orchestrator.fabric.helper.dockerd", "orchestrator.fabric.helper.links"} <= relative
