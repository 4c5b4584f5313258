"""What was read without a problem is not read again, until anything that its reading depends on has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import Problem
from orchestrator.loader import survey
from orchestrator.loader.content import Content
from orchestrator.loader.scenario_loader import ScenarioContext, load_scenario
from orchestrator.loader.validation_cache import ValidationCache
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.scenario import FaultSpec, Scenario

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

pytestmark = pytest.mark.slow

SCENARIO = "scenarios/1.3-network-connection/cable-out"


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "breakfix/validated.json"


@pytest.fixture
def read(folder: Folder, state: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return a function that validates the folder as a new program would, and returns the scenarios that it read."""
    names: list[str] = []

    def noted(folder: Path, context: ScenarioContext) -> Scenario:
        names.append(folder.name)
        return load_scenario(folder, context)

    monkeypatch.setattr(survey, "load_scenario", noted)

    def run() -> list[str]:
        names.clear()
        validate(folder.root, state)
        return list(names)

    return run


def no_faults(_spec: FaultSpec, _source: YamlSource) -> tuple[Problem, ...]:
    return ()


def validate(root: Path, state: Path) -> tuple[Problem, ...]:
    content = Content((root,))
    modules = sorted((root / "packages").glob("*.py"))
    cache = ValidationCache(state, content.roots, modules)
    return survey.problems_of(content, survey.select(content, ()), no_faults, cache=cache, processes=1)


def test_nothing_is_read_twice(read: Callable[[], list[str]]) -> None:
    assert read() == ["cable-out"]
    assert read() == []


def test_only_the_scenario_that_changed_is_read(folder: Folder, read: Callable[[], list[str]]) -> None:
    shutil.copytree(folder.root / SCENARIO, folder.root / f"{SCENARIO}-1")
    folder.edit(f"{SCENARIO}-1/scenario.yaml", "id: cable-out", "id: cable-out-1")
    assert read() == ["cable-out", "cable-out-1"]
    folder.edit(f"{SCENARIO}-1/ticket.en.md", "no network", "no net")
    assert read() == ["cable-out-1"]


@pytest.mark.parametrize(
    "path",
    [
        "labs/pair/lab.yaml",
        "labs/pair/files/r1/etc/issue",
        "labs/pair/checks/test_healthy.py",
        "images/host/image.yaml",
        "faults/printers.py",
        "faults/_shared.py",
        "packages/faults.py",
        f"{SCENARIO}/checks/test_network.py",
        f"{SCENARIO}/solutions/reference.yaml",
    ],
)
def test_what_a_reading_depends_on_makes_it_read_again(
    path: str, folder: Folder, read: Callable[[], list[str]]
) -> None:
    for name in ("faults/printers.py", "faults/_shared.py", "packages/faults.py"):
        folder.write(name, "")
    read()
    assert read() == []
    file = folder.root / path
    file.write_text(f"{file.read_text()}# changed\n")
    assert read() == ["cable-out"]


@pytest.mark.parametrize(("written", "again"), [("lab: pair", []), ('lab: "pair"', ["cable-out"])])
def test_another_lab_is_nothing_to_a_scenario_that_names_its_own_plainly(
    written: str, again: list[str], folder: Folder, read: Callable[[], list[str]]
) -> None:
    folder.edit(f"{SCENARIO}/scenario.yaml", "lab: pair", written)
    shutil.copytree(folder.root / "labs/pair", folder.root / "labs/other")
    folder.edit("labs/other/lab.yaml", "name: pair", "name: other")
    read()
    assert read() == []
    (folder.root / "labs/other/files/r1/etc/issue").write_text("changed\n")
    assert read() == again


def test_a_module_that_checks_import_may_come_from_any_place(
    read: Callable[[], list[str]], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("modules")
    monkeypatch.syspath_prepend(str(place))
    read()
    assert read() == []
    (place / "measuring.py").touch()
    assert read() == ["cable-out"]


def test_a_mistake_is_told_each_time_and_its_mend_is_read(folder: Folder, state: Path) -> None:
    assert validate(folder.root, state) == ()
    sound = (folder.root / SCENARIO / "scenario.yaml").read_text()
    folder.edit("scenario.yaml", "difficulty: 1", "difficulty: 9")
    for _ in range(2):
        (problem,) = validate(folder.root, state)
        assert "difficulty" in problem.text.en
    folder.write(f"{SCENARIO}/scenario.yaml", sound)
    assert validate(folder.root, state) == ()


def test_a_misnamed_folder_is_told_although_no_file_changed(folder: Folder, state: Path) -> None:
    assert validate(folder.root, state) == ()
    (folder.root / SCENARIO / "file").mkdir()
    (problem,) = validate(folder.root, state)
    assert "files" in problem.text.en


def test_a_second_folder_of_the_same_name_is_told_although_both_are_sound(folder: Folder, state: Path) -> None:
    assert validate(folder.root, state) == ()
    shutil.copytree(folder.root / SCENARIO, folder.root / "scenarios/other/cable-out")
    assert any("also exists" in problem.text.en for problem in validate(folder.root, state))
    assert any("also exists" in problem.text.en for problem in validate(folder.root, state))


@pytest.mark.parametrize("written", ["", "[]", '{"x": 1}', "{", "null"])
def test_a_file_that_holds_anything_else_is_written_anew(
    written: str, state: Path, read: Callable[[], list[str]]
) -> None:
    state.parent.mkdir()
    state.write_text(written)
    assert read() == ["cable-out"]
    assert read() == []


def test_where_nothing_can_be_kept_everything_is_read(state: Path, read: Callable[[], list[str]]) -> None:
    state.parent.write_text("a file where the folder should be")
    assert read() == ["cable-out"]
    assert read() == ["cable-out"]


def test_what_is_gone_is_forgotten(folder: Folder, state: Path, read: Callable[[], list[str]]) -> None:
    shutil.copytree(folder.root / SCENARIO, folder.root / f"{SCENARIO}-1")
    folder.edit(f"{SCENARIO}-1/scenario.yaml", "id: cable-out", "id: cable-out-1")
    read()
    assert "cable-out-1" in state.read_text()
    shutil.rmtree(folder.root / f"{SCENARIO}-1")
    folder.edit("ticket.en.md", "no network", "no net")
    read()
    assert "cable-out-1" not in state.read_text()
