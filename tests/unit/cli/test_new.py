"""``new`` writes, says what to type next, and leads an editor to the schemas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each starts the program once or twice

ROOT = Path(__file__).parents[3]


def run(folder: Path, *words: str, lang: str = "en", content: str = "") -> subprocess.CompletedProcess[str]:
    """Run the real program in a folder, as a trainer would."""
    environment = {k: v for k, v in os.environ.items() if k not in {"BREAKFIX_CONTENT", "COLUMNS"}}
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "--lang", lang, *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **({"BREAKFIX_CONTENT": content} if content else {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "following"),
    [
        (("scenario", "one"), ["validate one", "try one", "prove one"]),
        (("fault", "one-fault"), ["faults one-fault", "validate one-fault", "try one-fault", "prove one-fault"]),
        (("lab", "one"), ["validate one", "start one", "new scenario NAME --lab one"]),
        (("image", "one"), ["validate one", "images build one"]),
    ],
)
def test_the_next_commands_are_told_and_the_first_of_them_succeeds(
    tmp_path: Path, words: tuple[str, ...], following: list[str]
) -> None:
    done = run(tmp_path, "new", *words, "--in", "my labs")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = [line.strip() for line in lines if " --content 'my labs' " in line]
    assert [line.split(" --content 'my labs' ")[1] for line in told] == following
    validated = run(tmp_path, "--content", "my labs", "validate", words[1])
    assert validated.returncode == 0, validated.stderr
    assert (tmp_path / "my labs/schemas/v1/scenario.json").is_file()


def test_the_schema_offers_the_new_fault(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "fault", "bell-silent", "--in", ".").returncode == 0
    schema = json.loads((tmp_path / "schemas/v1/scenario.json").read_text())
    assert "bell-silent" in schema["$defs"]["FaultSpec"]["properties"]["fault"]["enum"]


def test_without_in_the_content_folder_is_meant_and_else_the_current_one(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "lab", "one").returncode == 0
    assert (tmp_path / "labs/one/lab.yaml").is_file()
    (tmp_path / "other/labs").mkdir(parents=True)
    assert run(tmp_path, "--content", "other", "new", "lab", "two").returncode == 0
    assert (tmp_path / "other/labs/two/lab.yaml").is_file()


def test_json(tmp_path: Path) -> None:
    done = run(tmp_path, "--json", "new", "image", "one", "--in", "mine")
    document = json.loads(done.stdout)
    assert (document["kind"], document["name"], document["path"]) == ("image", "one", "mine/images/one")
    assert all((tmp_path / file).is_file() for file in document["files"])
    assert [line.rpartition("--content mine ")[2] for line in document["next"]] == ["validate one", "images build one"]


def test_french_and_nothing_overwritten(tmp_path: Path) -> None:
    first = run(tmp_path, "new", "scenario", "panne", "--in", "mes labs", lang="fr")
    assert "Ensuite\u00a0:" in first.stdout or "Ensuite :" in first.stdout
    assert "prouver sur de vraies machines" in first.stdout
    again = run(tmp_path, "new", "scenario", "panne", "--in", "mes labs", lang="fr")
    assert again.returncode == 2
    assert "existe déjà" in again.stderr
    assert "Essayez : panne-2" in again.stderr.replace("\u00a0", " ")


def test_names_in_the_folder_count_as_taken(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "scenario", "one", "--in", "a").returncode == 0
    done = run(tmp_path, "new", "scenario", "one", "--competence", "1.1", "--in", "a")
    assert done.returncode == 2
    assert "one-2" in done.stderr


@pytest.mark.parametrize("exists", [False, True])
def test_the_first_content_of_a_folder_that_the_environment_names(tmp_path: Path, *, exists: bool) -> None:
    """As a trainer begins: the variable is set before there is anything in the folder, or a folder at all."""
    root = tmp_path / "mine"
    if exists:
        root.mkdir()
    done = run(tmp_path, "new", "scenario", "one", content=str(root))
    assert done.returncode == 0, done.stderr
    assert "--content" not in done.stdout, "the variable tells every command"
    assert run(tmp_path, "validate", "one", content=str(root)).returncode == 0


def test_the_first_content_of_a_folder_that_content_names(tmp_path: Path) -> None:
    assert run(tmp_path, "--content", "a/b", "new", "lab", "one").returncode == 0
    assert (tmp_path / "a/b/labs/one/lab.yaml").is_file()


def test_what_was_refused_leaves_no_folder(tmp_path: Path) -> None:
    done = run(tmp_path, "new", "lab", "Mon lab", "--in", "a/b")
    assert done.returncode == 2
    assert "mon-lab" in done.stderr
    assert list(tmp_path.iterdir()) == []
