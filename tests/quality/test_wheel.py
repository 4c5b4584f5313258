"""A wheel is the whole program: what a checkout finds beside its code, an installed Breakfix finds inside it."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONTENT = ("labs", "scenarios", "images")

LOOK = """
import json, sys
from pathlib import Path
import orchestrator, grader
from orchestrator.faults.registry import problems_of
from orchestrator.fabric import helper
from orchestrator.loader.content import Content
from orchestrator.loader.roots import content_roots
from orchestrator.planning.planner import plan_scenario
content = Content(content_roots((), {}))
scenarios = {name: content.scenario(name, validate_fault=problems_of) for name in content.scenarios()}
plans = [plan_scenario(s, 1, content.images_of(s.lab)) for s in scenarios.values()]
images = {name: content.image_folder(name) for name in content.images()}
print(json.dumps({
    "from": [orchestrator.__file__, grader.__file__],
    "roots": [str(root) for root in content.roots],
    "labs": sorted(content.labs()),
    "scenarios": sorted(scenarios),
    "images": sorted(images),
    "included": {n: sorted(content.image(n).include.values()) for n in images},
    "competences": len(content.referential().competences()),
    "checks": [str(file) for plan in plans for file in plan.checks],
    "profile": Path(helper.__file__).with_name("breakfix-host.apparmor").read_text().count("profile breakfix-host"),
}))
"""


@pytest.fixture(scope="module")
def wheel(root: Path, python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build backend itself: nothing is downloaded, nothing is written to the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [python, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel as pip does with one that holds only Python."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("kind", [*CONTENT, "docs/schemas"])
def test_the_content_is_carried_whole(root: Path, repository: tuple[Path, ...], unpacked: Path, kind: str) -> None:
    tracked = {str(p.relative_to(root / kind)): p.read_bytes() for p in repository if p.is_relative_to(root / kind)}
    assert tracked
    assert files_below(unpacked / "orchestrator/_content" / kind) == tracked


def test_the_code_and_its_data_are_carried_whole(root: Path, repository: tuple[Path, ...], unpacked: Path) -> None:
    tracked = {
        str(p.relative_to(root)): p.read_bytes()
        for p in repository
        if p.relative_to(root).parts[0] in ("orchestrator", "grader")
    }
    found = files_below(unpacked)
    carried = {
        n: c for n, c in found.items() if n.split("/")[0] in ("orchestrator", "grader") and "/_content/" not in n
    }
    assert carried == tracked
    others = {name.split("/")[0] for name in found} - {"orchestrator", "grader"}
    assert all(name.endswith(".dist-info") for name in others), "no tests, no scripts of the repository"


def test_what_is_executable_stays_so(root: Path, repository: tuple[Path, ...], wheel: Path) -> None:
    """An image's files keep their mode, which pip takes from the archive: a host's init must run."""
    scripts = {
        f"orchestrator/_content/{path.relative_to(root)}"
        for path in repository
        if path.is_relative_to(root / "images") and path.stat().st_mode & 0o100
    }
    with zipfile.ZipFile(wheel) as archive:
        executable = {one.filename for one in archive.infolist() if one.external_attr >> 16 & 0o100}
    assert "orchestrator/_content/images/host/files/usr/lib/breakfix/init" in scripts
    assert executable == scripts


def test_the_command_is_declared(unpacked: Path) -> None:
    (entry_points,) = unpacked.glob("*.dist-info/entry_points.txt")
    assert "breakfix = orchestrator.cli:main" in entry_points.read_text()


def test_an_installed_program_finds_its_content(root: Path, python: str, unpacked: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "BREAKFIX"))}
    done = subprocess.run(
        [python, "-P", "-c", LOOK],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert all(place.startswith(f"{unpacked}/") for place in seen["from"])
    assert seen["roots"] == [str(unpacked / "orchestrator/_content")]
    for kind, marker in (("labs", "*/lab.yaml"), ("scenarios", "*/*/scenario.yaml"), ("images", "*/image.yaml")):
        assert seen[kind] == sorted(path.parent.name for path in (root / kind).glob(marker))
    assert seen["competences"] == 17
    assert seen["profile"] == 1
    assert seen["checks"]
    assert all(place.startswith(f"{unpacked}/") for place in seen["checks"])
    assert seen["included"]["fabric"], "the helper's code goes into its image"
    assert all((unpacked / folder).is_dir() for folders in seen["included"].values() for folder in folders)


def test_an_installed_program_starts(python: str, unpacked: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-P", "-m", "orchestrator", "--lang", "en", "scenarios"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "no-network-after-move" in done.stdout
