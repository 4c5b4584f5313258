"""Reading a whole catalogue: each file once, nothing heavy imported, the same with any number of processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import Problem
from orchestrator.loader import folder_reader, roots, survey, yaml_source
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.loader.scenario_loader import ScenarioContext, load_scenario
from orchestrator.model.scenario import FaultSpec, Scenario

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCENARIO = "scenarios/1.3-network-connection/cable-out"
HEAVY = ("docker", "paramiko", "netmiko", "pytest", "testinfra", "requests", "urllib3", "multiprocessing", "asyncio")


def no_faults(_spec: FaultSpec, _source: yaml_source.YamlSource) -> tuple[Problem, ...]:
    return ()


@pytest.fixture
def catalogue(folder: Folder) -> Folder:
    """Three scenarios on one lab, the second and the third with a mistake."""
    for i in range(2):
        name = f"cable-out-{i}"
        shutil.copytree(folder.root / SCENARIO, folder.root / f"{SCENARIO}-{i}")
        folder.edit(f"{SCENARIO}-{i}/scenario.yaml", "id: cable-out", f"id: {name}")
        folder.edit(f"{SCENARIO}-{i}/scenario.yaml", "difficulty: 1", f"difficulty: {7 + i}")
    return folder


def problems(root: Path, processes: int = 1) -> tuple[Problem, ...]:
    everything = Content((root,))
    return survey.problems_of(everything, survey.select(everything, ()), no_faults, processes=processes)


@pytest.mark.parametrize("broken", [False, True])
def test_each_file_is_parsed_once(catalogue: Folder, monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> None:
    if broken:
        catalogue.edit("lab.yaml", "image: router", "image: rooter")
    parsed: Counter[Path] = Counter()

    def counted(path: Path, *, within: Path) -> yaml_source.YamlSource:
        parsed[path.resolve()] += 1
        return yaml_source.read_yaml(path, within=within)

    monkeypatch.setattr(folder_reader, "read_yaml", counted)
    found = problems(catalogue.root)
    assert len(found) == 2 + broken, "the lab's own mistake is told once, not for each scenario on it"
    ours = {path: times for path, times in parsed.items() if path.is_relative_to(catalogue.root.resolve())}
    assert set(ours) == {path.resolve() for path in catalogue.root.rglob("*.yaml")}
    assert set(parsed.values()) == {1}


def test_helpers_find_the_same_problems(catalogue: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_WORTH_A_PROCESS", 1)
    alone = problems(catalogue.root)
    assert [problem.place.line for problem in alone] == [7, 7]
    assert problems(catalogue.root, processes=2) == alone
    assert problems(catalogue.root, processes=3) == alone


def test_what_a_helper_cannot_do_its_parent_does(catalogue: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getpid()

    def fragile(folder: Path, context: ScenarioContext) -> Scenario:
        if os.getpid() != parent:
            message = "killed"
            raise RuntimeError(message)
        return load_scenario(folder, context)

    monkeypatch.setattr(survey, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(survey, "load_scenario", fragile)
    assert len(problems(catalogue.root, processes=2)) == 2


def test_the_work_grows_with_the_content_and_not_faster(catalogue: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders are looked for once, however many scenarios lean on them."""
    looked: Counter[Path] = Counter()
    find = roots._folders_with

    def counted(document: str, place: Path, depth: int, seen: set[Path]) -> object:
        looked[place] += 1
        return find(document, place, depth, seen)

    monkeypatch.setattr(roots, "_folders_with", counted)
    problems(catalogue.root)
    assert looked
    assert set(looked.values()) == {1}


def test_validate_imports_nothing_heavy() -> None:
    script = (
        "import json, sys\n"
        "from orchestrator.cli import main\n"
        "status = main(['--lang', 'en', 'validate'])\n"
        f"print(json.dumps([status, [name for name in {HEAVY!r} if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []], done.stderr


def test_the_project_s_own_content_is_sound() -> None:
    from orchestrator.faults.registry import problems_of  # noqa: PLC0415

    own = Content((built_in_root(),))
    selection = survey.select(own, ())
    assert {unit.kind for unit in selection.units} == {"images", "labs", "scenarios"}
    assert survey.problems_of(own, selection, problems_of) == ()
