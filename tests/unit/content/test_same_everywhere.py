"""Same seed, same lab, byte for byte: in another process, another language, another order of hashing."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from orchestrator.loader.content import Content
from orchestrator.planning.planner import plan_scenario

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

pytestmark = pytest.mark.slow  # each starts the program

GOLDEN = Path(__file__).parents[2] / "golden" / "plan-42.json"
ROOT = Path(__file__).parents[3]

EXTRA = """\
  secret: {draw: password}
  server: {draw: host, of: [r1, web1]}
  spare: {draw: host, of: [pc1, r1, web1], unlike: [server]}
  account: {draw: login}
  floor: {draw: integer, low: 1, high: 41, unlike: [desk]}
"""

ASKED = """\
deliverables:
  answers:
    where: {kind: address, question: {fr: "Et {{ account }} ?", en: "And {{ account }}?"}, truth: "{{ stale }}"}
"""


def plain(value: Any, root: str) -> Any:  # noqa: ANN401 - all that a plan holds
    """Return a plan as JSON's types, the order of its mappings kept; paths are relative to the content."""
    if isinstance(value, BaseModel):
        return plain(dict(value), root)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), root) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item, root) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, root) for item in value]
    if isinstance(value, Path):
        return os.path.relpath(value, root)
    return value.decode() if isinstance(value, bytes) else value


def plan_text(root: str, seed: int) -> str:
    """Return the plan of the tests' scenario as text, but for the digest of the files that it is made from."""
    content = Content((Path(root),))
    scenario = content.scenario("cable-out")
    made = plan_scenario(scenario, seed, content.images_of(scenario.lab))
    parts = {name: part for name, part in plain(made, root).items() if name != "digest"}
    return json.dumps(parts, ensure_ascii=False, indent=1) + "\n"


@pytest.fixture
def asked(folder: Folder) -> Folder:
    folder.edit("scenario.yaml", "  secret: {draw: password}\n", EXTRA)
    folder.edit("scenario.yaml", "hints:\n", ASKED + "hints:\n")
    folder.write(
        folder.long("scenario.yaml").replace("scenario.yaml", "files/server/etc/note.j2"),
        "{{ user.full }} <{{ account }}@{{ domain }}> {{ secret }}\n",
    )
    return folder


def test_the_plan_is_the_one_of_the_golden_file(asked: Folder) -> None:
    """A change of the drawing, or of anything that a plan is made of, shows here."""
    text = plan_text(str(asked.root), 42)
    if os.environ.get("BREAKFIX_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("hashing", "locale", "zone"),
    [("0", "C", "UTC"), ("1", "fr_FR.UTF-8", "Pacific/Auckland"), ("4242", "tr_TR.UTF-8", "America/Lima")],
)
def test_another_process_makes_the_same_plan(asked: Folder, hashing: str, locale: str, zone: str) -> None:
    program = "import sys, test_same_everywhere as t; sys.stdout.write(t.plan_text(sys.argv[1], 42))"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
        "PYTHONHASHSEED": hashing,
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": locale,
        "LANG": locale,
        "TZ": zone,
    }
    done = subprocess.run(
        [sys.executable, "-c", program, str(asked.root)],
        env=environment,
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == GOLDEN.read_text(encoding="utf-8")
