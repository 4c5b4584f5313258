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
    # What every part but the helper may know.
    "orchestrator.core": "",
    # Content: files -> models -> plans. No engine, no fabric.
    "orchestrator.model": "",
    "orchestrator.templates": "model",
    "orchestrator.planning": "model templates",
    "orchestrator.loader": "VERSION model personas planning templates",
    "orchestrator.contract": "loader model",
    # People who answer: understanding them knows content only, their hands act on a lab.
    "orchestrator.personas": "model",
    "orchestrator.personas.hands": "access.lab_driver fabric.fabric_interface model personas.dialogue",
    # The machine: interfaces first, one implementation behind each.
    "orchestrator.engine.engine_interface": "",
    "orchestrator.engine.container_processor": "",
    "orchestrator.engine.refusals": "engine.engine_interface",
    "orchestrator.engine.streams": "engine.engine_interface engine.refusals",
    "orchestrator.engine.docker_connection": "engine.refusals",
    "orchestrator.engine.docker_engine": (
        "engine.docker_connection engine.engine_interface engine.refusals engine.streams"
    ),
    "orchestrator.engine.swarm_interface": "",
    "orchestrator.engine.docker_swarm": "engine.docker_connection engine.refusals engine.swarm_interface",
    "orchestrator.fabric.fabric_interface": "",
    "orchestrator.fabric.reaper": "engine.engine_interface fabric.fabric_interface fabric.helper.reaper_program",
    "orchestrator.fabric.client": "fabric.fabric_interface fabric.helper.messages",
    "orchestrator.fabric.container": "engine.engine_interface fabric.client fabric.reaper",
    "orchestrator.fabric.helper": "",
    "orchestrator.images": "engine.engine_interface model",
    "orchestrator.doctor": (
        "engine.engine_interface fabric.container loader.content loader.pool_names loader.settings_file model "
        "serving.portal_certificate "
        "serving.portal_server serving.serve_folders serving.serve_plan"
    ),
    # Acting on a lab, through the interfaces.
    "orchestrator.access.ssh": "fabric.fabric_interface",
    "orchestrator.access.network_device": "fabric.fabric_interface model",
    "orchestrator.access.cabling": "fabric.fabric_interface",
    "orchestrator.access.lab_places": "fabric.fabric_interface",
    "orchestrator.access.lab_driver": (
        "access.cabling access.network_device engine.engine_interface fabric.fabric_interface model"
    ),
    "orchestrator.access.grading_devices": "access.network_device fabric.fabric_interface grader model",
    "orchestrator.access.port_forward": "fabric.fabric_interface",
    "orchestrator.access.terminal": "",
    "orchestrator.faults": "access.lab_driver fabric.fabric_interface loader model",
    "orchestrator.topology": "fabric.fabric_interface model",
    "grader": "fabric.fabric_interface model planning templates",
    # One layer of logic.
    "orchestrator.deliverables": "grader instances.instance_records loader.yaml_source model planning",
    "orchestrator.instances": (
        "access.lab_driver engine.engine_interface fabric.container fabric.fabric_interface fabric.helper.hosts "
        "fabric.helper.syscall_policy fabric.reaper faults model sound_state"
    ),
    "orchestrator.sound_state": "fabric.fabric_interface grader model",
    "orchestrator.labs.running_lab": "instances model",
    "orchestrator.labs.variant_plans": "faults instances loader model planning sound_state",
    "orchestrator.labs.running_labs": (
        "access.cabling access.lab_driver engine.engine_interface fabric.fabric_interface instances labs.running_lab "
        "labs.variant_plans"
    ),
    "orchestrator.labs.lab_lifecycle": (
        "deliverables instances labs.running_lab labs.running_labs labs.variant_plans loader model"
    ),
    "orchestrator.labs.conversations": "deliverables labs.running_lab labs.running_labs model personas",
    "orchestrator.labs.lab_grading": (
        "deliverables engine.container_processor fabric.container grader labs.conversations labs.running_lab "
        "labs.running_labs labs.variant_plans model sound_state"
    ),
    "orchestrator.labs.solutions": (
        "access.lab_driver deliverables instances labs.conversations labs.running_lab labs.running_labs model"
    ),
    "orchestrator.labs": (
        "deliverables instances labs.conversations labs.lab_grading labs.lab_lifecycle labs.running_lab "
        "labs.running_labs labs.solutions labs.variant_plans loader model "
        "sound_state.comparison"
    ),
    "orchestrator.labs.noted_labs": "instances labs.labs_of_content",
    # Holds terminals, in a process that imports nothing of the rest; its client is for other processes.
    "orchestrator.keeper": "",
    "orchestrator.records": "",
    "orchestrator.practice": "fabric.fabric_interface grader instances labs model records",
    "orchestrator.privacy": "deliverables records",
    "orchestrator.proof.model": "grader sound_state.explained",
    "orchestrator.proof.check_verdicts": "proof.model",
    "orchestrator.proof.repair_verdicts": "model proof.model",
    "orchestrator.proof.lab_verdicts": "proof.model",
    "orchestrator.proof.judging": (
        "grader proof.check_verdicts proof.lab_verdicts proof.model proof.repair_verdicts sound_state.explained"
    ),
    "orchestrator.proof.applying": "labs model proof.model proof.repair_verdicts",
    "orchestrator.proof.residue": "access.lab_driver",
    "orchestrator.proof.admission": "",
    "orchestrator.proof.stages": "model proof.model",
    "orchestrator.proof.job_lab": "access.lab_driver instances labs model proof.residue",
    "orchestrator.proof.jobs": (
        "grader instances labs model proof.applying proof.job_lab proof.judging proof.lab_verdicts proof.model "
        "proof.repair_verdicts proof.stages sound_state.explained"
    ),
    "orchestrator.proof.prover": (
        "labs model proof.admission proof.job_lab proof.jobs proof.judging proof.model proof.stages"
    ),
    "orchestrator.proof.seed_cover": "model planning",
    "orchestrator.proof.program": "VERSION fabric.fabric_interface",
    "orchestrator.proof.binding": "fabric.fabric_interface loader model proof.program",
    "orchestrator.proof.trust": "",
    "orchestrator.proof.mutant_record": "proof.program",
    "orchestrator.proof.ledger": (
        "loader proof.binding proof.model proof.mutant_record proof.program proof.trust sound_state.explained"
    ),
    "orchestrator.proof.proof_store": "proof.binding proof.model",
    "orchestrator.proof.proof_status": (
        "loader model proof.binding proof.ledger proof.model proof.mutant_record proof.program proof.proof_store "
        "sound_state.explained"
    ),
    "orchestrator.proof.completion": (
        "model proof.binding proof.ledger proof.model proof.proof_status proof.stages sound_state.explained"
    ),
    "orchestrator.proof.proof_work": (
        "labs model proof.binding proof.completion proof.ledger proof.model proof.proof_status proof.proof_words "
        "proof.seed_cover proof.stages"
    ),
    "orchestrator.proof.leaving_out": "loader model proof.ledger proof.proof_status",
    "orchestrator.proof.due": "loader proof.binding proof.ledger proof.proof_status",
    "orchestrator.proof.proof_words": "proof.binding proof.model proof.proof_status",
    "orchestrator.proof.page": "VERSION grader proof.model proof.proof_words",
    # Wrong repairs that are derived from the accepted ones.
    "orchestrator.mutation": (
        "faults grader instances labs loader model planning proof.admission proof.applying proof.binding "
        "proof.proof_status proof.seed_cover "
        "proof.job_lab proof.mutant_record sound_state"
    ),
    "orchestrator.assessment": (
        "VERSION deliverables fabric.fabric_interface grader instances labs loader model personas proof.proof_status "
        "proof.proof_words records"
    ),
    # The portal: its contract, and what serves it.
    "orchestrator.labd.calls": "",
    "orchestrator.labd.wire": "",
    "orchestrator.labd.event_contract": "",
    "orchestrator.labd.labd_client": "labd.calls labd.event_contract labd.wire",
    "orchestrator.labd.lab_contract": "labd.calls",
    "orchestrator.labd.command_contract": "labd.calls labd.lab_contract",
    "orchestrator.labd.command_door": "",
    "orchestrator.labd.command_client": "labd.calls labd.command_contract labd.command_door labd.wire",
    "orchestrator.labd": (
        "access.lab_places access.terminal app assessment.asciicast assessment.candidate "
        "assessment.candidate_list assessment.decisions assessment.desktop_pictures assessment.desktop_troubles "
        "assessment.event_words assessment.events "
        "assessment.evidence assessment.extra_time assessment.filled_plan assessment.jury "
        "assessment.jury_session assessment.lottery "
        "assessment.opening assessment.plan_context assessment.plan_file assessment.reopening "
        "assessment.reserved_places assessment.results assessment.roster assessment.screen_reading "
        "assessment.seat_book assessment.selectors "
        "assessment.session_clock assessment.session_documents assessment.session_folder "
        "assessment.session_registry assessment.state assessment.terminal_gate assessment.written_plan "
        "deliverables doctor.machine fabric.fabric_interface "
        "faults grader instances keeper.keeper_client keeper.keeper_protocol labd.calls labd.command_contract "
        "labd.command_door labd.event_contract labd.lab_contract labd.wire labs loader model personas planning "
        "practice privacy proof.binding proof.ledger proof.model proof.mutant_record proof.page proof.proof_status "
        "proof.proof_store proof.proof_words proof.prover proof.seed_cover proof.stages records templates topology"
    ),
    "orchestrator.serving": "VERSION loader.roots model",
    # Writing content.
    "orchestrator.authoring": "",
    "orchestrator.authoring.content_names": "",
    "orchestrator.authoring.example_files": "",
    "orchestrator.authoring.creation": "authoring.content_names authoring.example_files faults loader",
    "orchestrator.authoring.file_watch": "",
    "orchestrator.authoring.trial": (
        "faults grader instances labs model proof.applying proof.judging proof.lab_verdicts proof.model"
    ),
    # The portal's pages: they know the contract with labd, and nothing else of the program.
    "orchestrator.portal": (
        "labd.account_contract labd.appeal_contract labd.calls labd.catalogue_contract labd.class_contract "
        "labd.day_contract labd.day_screen_contract labd.deliberation_contract labd.desktop_contract "
        "labd.event_contract labd.evidence_contract "
        "labd.help_contract labd.lab_contract labd.lab_work_contract labd.labd_client labd.path_contract "
        "labd.plan_contract labd.plan_form_contract labd.privacy_contract labd.proof_contract labd.seat_contract "
        "labd.seat_talk_contract labd.seat_terminal_contract labd.session_contract labd.sitting_contract "
        "labd.talk_contract labd.web_contract labd.wire"
    ),
    # The composition root, and what is above it.
    "orchestrator.app": (
        "assessment deliverables engine.docker_engine engine.engine_interface fabric.client fabric.container "
        "cluster.cluster engine.docker_swarm fabric.fabric_interface images instances labs loader model mutation "
        "practice proof.ledger proof.program proof.proof_status proof.proof_store proof.trust records"
    ),
    "orchestrator.bench.lab_figures": "",
    "orchestrator.bench.capacity": "bench.lab_figures doctor.machine model",
    "orchestrator.bench.class_bench": (
        "app bench.boots bench.capacity bench.figure_report bench.lab_figures bench.memory fabric.fabric_interface "
        "labs model"
    ),
    "orchestrator.bench": "app bench.lab_figures instances labs model planning",
    # A portal of its own to measure: real processes, whose labs are nothing but terminals.
    "orchestrator.bench.process_costs": "",
    "orchestrator.bench.figure_report": "",
    "orchestrator.bench.local_labd": (
        "app engine.docker_engine fabric.fabric_interface instances labd.labd_process model"
    ),
    "orchestrator.bench.portal_site": ("app bench.local_labd model portal.cookies portal.visit records"),
    "orchestrator.bench.portal_lines": ("bench.portal_site labd.lab_work_contract labd.labd_client"),
    "orchestrator.bench.peer_shells": "bench.portal_lines",
    "orchestrator.bench.page_paint": "bench.peer_shells bench.portal_site",
    "orchestrator.bench.portal_bench": (
        "app bench.boots bench.page_paint bench.peer_shells bench.portal_lines bench.figure_report bench.portal_site "
        "bench.portal_claims bench.portal_start bench.process_costs"
    ),
    "orchestrator.cluster": "",
    "orchestrator.cluster.task_program": "",
    "orchestrator.cluster.node_lines": "",
    "orchestrator.cluster.node_mark": "cluster.task_program engine.engine_interface",
    "orchestrator.cluster.node_report": "",
    "orchestrator.cluster.cluster_refusals": "",
    "orchestrator.cluster.cluster": (
        "cluster.cluster_refusals cluster.node_lines cluster.node_mark cluster.node_report cluster.task_program "
        "engine.engine_interface engine.swarm_interface"
    ),
    "orchestrator.cluster.cluster_job": (
        "cluster.cluster cluster.cluster_refusals cluster.node_lines engine.swarm_interface"
    ),
    "orchestrator.cluster.cluster_proofs": (
        "cluster.cluster cluster.cluster_job cluster.cluster_refusals cluster.task_program proof.ledger proof.model "
        "proof.proof_work proof.stages"
    ),
    "orchestrator.cluster.cluster_mutants": (
        "cluster.cluster cluster.cluster_job cluster.cluster_refusals cluster.task_program mutation"
    ),
    "orchestrator.cluster.node_work": (
        "app cluster.node_lines cluster.node_report labs.noted_labs model mutation proof.model proof.program "
        "proof.proof_work proof.prover"
    ),
    "orchestrator.bench.portal_claims": (
        "app bench.local_labd bench.figure_report bench.portal_site bench.portal_start"
    ),
    "orchestrator.bench.portal_start": (
        "app bench.local_labd bench.portal_lines bench.figure_report bench.portal_site labd.event_log"
    ),
    "orchestrator.cli": (
        "access.lab_places access.port_forward access.ssh access.terminal app assessment authoring bench cluster "
        "contract deliverables doctor engine.engine_interface fabric.fabric_interface faults grader images instances "
        "labd.command_client labd.command_contract labd.command_door labs loader model mutation personas planning "
        "practice privacy proof records serving topology"
    ),
    "orchestrator.__main__": "cli",
    # Packages that only hold others.
    "orchestrator": "",
    "orchestrator.access": "",
    "orchestrator.engine": "",
    "orchestrator.fabric": "",
    "orchestrator.proof": "",
}
"""Part (a module, or a package with all in it) -> parts that it imports besides ``core``; without ``orchestrator.``"""
FOR_ALL = "orchestrator.core"
"""What every part may import but the helper, which is read and built alone."""

FOREIGN: Mapping[str, str] = {
    "docker": (
        "orchestrator.engine.docker_connection orchestrator.engine.docker_engine orchestrator.engine.docker_swarm"
    ),
    "requests": "orchestrator.engine.docker_connection orchestrator.engine.docker_engine",
    "urllib3": "orchestrator.engine.docker_connection orchestrator.engine.docker_engine",
    "cryptography": (
        "grader.certificates orchestrator.faults.library.tls._x509 orchestrator.portal.page_certificate "
        "orchestrator.serving.portal_certificate orchestrator.sound_state.certificate_meaning"
    ),
    "paramiko": "orchestrator.access.ssh",
    "netmiko": "orchestrator.access.network_device",
    "weasyprint": "orchestrator.assessment.pdf",
    "sqlalchemy": "orchestrator.records",
    "alembic": "orchestrator.records",
    "pyroute2": "orchestrator.fabric.helper.iproute",
    "seccomp": "orchestrator.fabric.helper.confinement",
    "click": "orchestrator.cli",
    "rich": "orchestrator.cli",
    "jinja2": (
        "orchestrator.templates orchestrator.authoring.example_files orchestrator.proof.page "
        "orchestrator.assessment.evidence_page orchestrator.portal.pages"
    ),
    "yaml": "orchestrator.loader.yaml_source orchestrator.loader.yaml_writer",
    "msgspec": (
        "orchestrator.core.documents orchestrator.keeper orchestrator.labd.terminal_socket orchestrator.labd.wire"
    ),
    "argon2": "orchestrator.labd.account_passwords",
    "limits": "orchestrator.labd.account_tries orchestrator.labd.export_turns",
    "httpx": "orchestrator.bench.portal_lines orchestrator.bench.portal_start orchestrator.labd.labd_client",
    "markdown_it": "orchestrator.portal.markup",
    "websockets": (
        "orchestrator.bench.page_paint orchestrator.bench.peer_shells orchestrator.bench.portal_lines "
        "orchestrator.labd.labd_client orchestrator.portal.browser_terminal orchestrator.portal.page_line "
        "orchestrator.portal.page_socket"
    ),
    "starlette": (
        "orchestrator.labd.display_socket orchestrator.labd.lab_sockets orchestrator.labd.labd_app "
        "orchestrator.labd.labd_http orchestrator.labd.seat_display orchestrator.labd.seat_socket "
        "orchestrator.labd.seat_watch orchestrator.labd.seat_web "
        "orchestrator.labd.terminal_socket "
        "orchestrator.labd.web_socket "
        "orchestrator.portal"
    ),
    "uvicorn": "orchestrator.labd.labd_server orchestrator.portal.portal_process orchestrator.portal.prompt_http",
    "h11": "orchestrator.portal.page_exchange orchestrator.portal.prompt_http",
    "pydantic": "orchestrator.model orchestrator.loader orchestrator.faults orchestrator.contract",
    "pydantic_core": "orchestrator.model orchestrator.loader orchestrator.faults",
    "pytest": "grader",
    "testinfra": "grader",
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
    for one in module.imports:
        if one.top in {"orchestrator", "grader"} and one.target != "orchestrator":
            parent = one.target.rpartition(".")[0]
            is_module = one.target in modules or parent not in modules
            holds_nothing = parent == "orchestrator"
            yield (one.target if is_module or holds_nothing else parent), one.line


def allowed(part: str) -> dict[str, str]:
    """Return what a part may import: prefix of the target -> the word in the table."""
    words = MAY_IMPORT[part].split()
    return {"orchestrator.__version__" if word == "VERSION" else full(word): word for word in words}


def for_all(part: str) -> str:
    """Return what a part may import without saying so."""
    return "" if within(part, f"{FOR_ALL} orchestrator.fabric.helper") else FOR_ALL


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
            if part_of(target) != part and not within(target, " ".join([*allowed(part), for_all(part)])):
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
        for one in module.imports:
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
        for node in module.nodes:
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, module.path
        for one in module.imports:
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
    "DockerSwarm": "orchestrator.app",
    "Cluster": "orchestrator.app",
    "ImageBuilder": "orchestrator.app",
    "Catalogue": "orchestrator.app",
    "Instances": "orchestrator.app",
    "Labs": "orchestrator.app",
    "InstanceRecords": "orchestrator.app",
    "Database": "orchestrator.app orchestrator.bench.portal_site orchestrator.records.store_copy",
    "Proofs": "orchestrator.app",
    "ProofStore": "orchestrator.app",
    "Ledger": "orchestrator.app",
    "MutantStore": "orchestrator.app",
    "Trust": "orchestrator.app",
    "FabricClient": "orchestrator.fabric.client orchestrator.fabric.container",
    "Content": "orchestrator.app orchestrator.labs.variant_plans",
    "App": (
        "orchestrator.bench.local_labd orchestrator.cli.invocation orchestrator.cluster.node_work "
        "orchestrator.labd.labd_process "
        "orchestrator.labd.proof_folder orchestrator.labd.proof_process"
    ),
    "FakeEngine": "",
    "FakeFabric": "",
}
"""Class -> where objects of it are made: the composition root, with few exceptions. Fakes are for tests."""


DOORS: Mapping[str, str] = {
    "labs": "every lab",
    "labs_now": "every lab, on the content as it is now",
    "content": "what can be started",
    "content_with": "what can be started in the portal",
    "proofs": "proofs and records of proofs",
    "mutants": "what came of mutants",
    "cluster": "the machines that work together",
    "trust": "whose records are believed",
    "registry": "jury sessions",
    "journal_log": "jury sessions",
    "database": "people and results",
    "practice": "people and results",
    "launcher": "a group's labs",
    "standings": "a group's labs",
    "build_observer": "who is told of builds",
    "close": "the end",
}
"""Part of the program that the command line may ask for -> what for. To a lab, ``labs`` is the way."""
SIDE_DOORS: Mapping[str, Mapping[str, str]] = {
    "orchestrator.cli.commands.images": dict.fromkeys(("builder", "catalogue", "engine"), "images belong to no lab"),
    "orchestrator.cli.commands.doctor": dict.fromkeys(("builder", "catalogue", "engine"), "looks at what there is"),
}
"""Module -> what else it may ask for, and why."""


def parts_asked_for(module: Module) -> Iterator[tuple[str, int]]:
    """Yield the parts that a module asks the program for: ``….app.PART``, or ``app.PART``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")) == "app":
                yield node.attr, node.lineno


def test_the_command_line_reaches_labs_by_one_door(modules: dict[str, Module]) -> None:
    wrong, used, beside = [], set(), set()
    for module in modules.values():
        if not within(module.name, "orchestrator.cli"):
            continue
        for part, line in parts_asked_for(module):
            used.add(part)
            if part in SIDE_DOORS.get(module.name, {}):
                beside.add((module.name, part))
            elif part not in DOORS:
                wrong.append(f"{module.path}:{line}: asks for {part}")
    assert wrong == []
    assert set(DOORS) - used == set()
    assert {(name, part) for name, parts in SIDE_DOORS.items() for part in parts} - beside == set()


def made(module: Module) -> Iterator[tuple[str, int]]:
    for node in module.nodes:
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


@pytest.mark.parametrize("module", ["orchestrator.fabric.helper.messages", "orchestrator.model.plan", "grader.report"])
def test_the_rules_see_relative_and_late_imports(modules: dict[str, Module], module: str) -> None:
    """The test of the test: what the walk finds of a module that is known."""
    found = {target for target, _ in targets(modules[module], modules)}
    expected = {
        "orchestrator.fabric.helper.messages": set(),
        "orchestrator.model.plan": {
            "orchestrator.model.afterwards",
            "orchestrator.model.deliverables",
            "orchestrator.model.drawn_person",
            "orchestrator.model.image",
            "orchestrator.model.lab",
            "orchestrator.model.persona",
            "orchestrator.model.scenario",
            "orchestrator.core.language",
            "orchestrator.core.text",
        },
        "grader.report": {"grader.marks", "orchestrator.core.documents", "orchestrator.core.text"},
    }
    assert found == expected[module]
    late = {target for target, _ in targets(modules["orchestrator.app"], modules)}
    assert "orchestrator.engine.docker_engine" in late
    relative = {target for target, _ in targets(modules["orchestrator.fabric.helper.reconciler"], modules)}
    assert {"orchestrator.fabric.helper.dockerd", "orchestrator.fabric.helper.links"} <= relative
