"""What a proof depends on is what its binding hashes: no part that a proof reaches is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.proof import program
from orchestrator.proof.program import EXCLUDED, counted, excluded

if TYPE_CHECKING:
    from tests.quality.conftest import Module

pytestmark = pytest.mark.slow

ROOTS = (
    # The process that proves; what a proof is made of and by comes through the service.
    "orchestrator.proof.prover",
    "orchestrator.proof.seed_cover",
    "orchestrator.labs",
    # What the composition root puts behind it.
    "orchestrator.deliverables.deliverables_store",
    "orchestrator.engine.docker_engine",
    "orchestrator.fabric.client",
    "orchestrator.fabric.container",
    "orchestrator.images.builder",
    "orchestrator.images.catalogue",
    "orchestrator.instances.instance_records",
    "orchestrator.instances.lifecycle",
    "orchestrator.loader.content",
    "orchestrator.instances.locks",
    # Processes of their own: the grader, and the fabric helper.
    "grader.__main__",
    "orchestrator.fabric.helper.__main__",
)
"""The modules where a proof begins."""
PACKAGES = ("orchestrator.faults", "grader", "orchestrator.fabric.helper", "orchestrator.model")
"""Packages whose modules are found by looking, or by the names that content gives."""
NAMED = re.compile(r"\b(?:orchestrator|grader)(?:\.[a-z_0-9]+)+\b")
"""A module that is named in a string: to be run, or to be made in another process."""


def named(module: Module) -> Iterator[str]:
    """Yield what a module imports, and what it names in strings that are no documentation."""
    yield from (one.target for one in module.imports)
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
            yield from NAMED.findall(node.value)


def module_of(name: str, modules: Mapping[str, Module]) -> str | None:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def reached(modules: Mapping[str, Module]) -> dict[str, str]:
    """Return every module that a proof reaches, with the one that led there."""
    starts = [*ROOTS, *(name for name in modules if name.startswith(tuple(f"{p}." for p in PACKAGES)))]
    way = dict.fromkeys(starts, "")
    todo = list(starts)
    while todo:
        name = todo.pop()
        parents = [".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)]
        for target in (*named(modules[name]), *parents):
            found = module_of(target, modules)
            if found is not None and found not in way:
                way[found] = name
                todo.append(found)
    return way


def path_of(module: Module, root: Path) -> str:
    return module.path.relative_to(root).as_posix()


def test_no_module_that_a_proof_reaches_is_excluded(modules: dict[str, Module], root: Path) -> None:
    way = reached(modules)
    wrong = {f"{name} (by {by})" for name, by in way.items() if excluded(path_of(modules[name], root))}
    assert wrong == set()


def test_the_walk_finds_what_is_known_to_take_part(modules: dict[str, Module]) -> None:
    """The test of the test: by import, by a string, by the folder."""
    known = {
        "orchestrator.planning.name_pool",
        "orchestrator.templates.render",
        "orchestrator.templates.plain",
        "orchestrator.planning.host_files",
        "orchestrator.planning.answers",
        "orchestrator.planning.variant",
        "orchestrator.loader.content",
        "orchestrator.faults.library.dns.dns",
        "grader.runner",
        "grader.mail_program",
        "orchestrator.fabric.helper.reconciler",
    }
    assert known - set(reached(modules)) == set()


def test_what_is_excluded_exists_and_has_a_reason(root: Path) -> None:
    assert [name for name in EXCLUDED if not (root / name).exists()] == []
    assert all(reason for reason in EXCLUDED.values())


def test_nothing_is_excluded_twice() -> None:
    spare = [n for n in EXCLUDED if any(n.startswith(f"{other}/") for other in EXCLUDED)]
    assert spare == []


def test_every_file_of_the_program_counts_or_is_excluded(repository: tuple[Path, ...], root: Path) -> None:
    names = {path.relative_to(root).as_posix() for path in repository}
    ours = {name for name in names if name.startswith(("orchestrator/", "grader/"))}
    assert {name for name, _ in counted()} == {name for name in ours if not excluded(name)}


EDITS = {
    "orchestrator/planning/name_pool.py": True,
    "orchestrator/fabric/helper/new.py": True,
    "grader/runner.py": True,
    "grader/template.j2": True,
    "orchestrator/cli/commands/prove.py": False,
    "orchestrator/proof/proof_store.py": False,
    "orchestrator/__pycache__/names.cpython-311.pyc": False,
    "orchestrator/_content/labs/x/lab.yaml": False,
    "tests/test_x.py": False,
}
"""A file that is edited -> whether the program is another one then."""


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_what_counts_makes_another_program(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in EDITS:
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / other).write_text("before\n")
    monkeypatch.setattr(program, "_TOP", tmp_path)
    before = program._code.__wrapped__()
    (tmp_path / name).write_text("after\n")
    assert (program._code.__wrapped__() != before) == EDITS[name]


def test_the_helpers_image_is_part_of_the_program() -> None:
    assert program.program_hash(lambda _image: "a") != program.program_hash(lambda _image: "b")
    assert program.program_hash(lambda image: image) == program.program_hash({"fabric": "fabric"}.__getitem__)
