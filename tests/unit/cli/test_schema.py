"""``breakfix schema``: the list, one schema, a folder of them, a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.contract.content_kinds import KINDS
from orchestrator.contract.reference import BEGINS, END
from orchestrator.core.errors import ExitCode

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Cli


def test_the_kinds_are_listed(cli: Cli) -> None:
    done = cli("schema")
    assert [line.split()[0] for line in done.output.splitlines()] == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_one_schema_is_printed(cli: Cli, kind: str) -> None:
    made = json.loads(cli("schema", kind).output)
    assert made["properties"]["contract"]["const"] == 1


@pytest.mark.slow
def test_all_are_printed_as_json(cli: Cli) -> None:
    assert set(json.loads(cli("--json", "schema").output)) == set(KINDS)


def test_an_unknown_kind_brings_the_nearest(cli: Cli) -> None:
    done = cli("schema", "scenaro", lang="fr")
    assert done.exit_code == ExitCode.WRONG_USE
    assert "vouliez-vous dire « scenario »" in done.output


@pytest.mark.slow
def test_schemas_are_written(cli: Cli, tmp_path: Path) -> None:
    assert cli("schema", "--output", str(tmp_path / "a/b")).exit_code == ExitCode.DONE
    assert {path.name for path in (tmp_path / "a/b").iterdir()} == {kind.file for kind in KINDS.values()}
    assert cli("schema", "lab", "--output", str(tmp_path / "c")).exit_code == ExitCode.DONE
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["lab.json"]


def test_a_folder_that_cannot_be_written_is_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("schema", "--output", str(tmp_path / "file" / "schemas"))
    assert done.exit_code == ExitCode.WRONG_USE
    assert "Not a directory" in " ".join(done.output.split())


@pytest.mark.parametrize(("name", "key"), [("trainers", "difficulty"), ("portal", "listen")])
def test_the_reference_is_written_between_its_marks(cli: Cli, tmp_path: Path, name: str, key: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGINS[name]}\nwas here\n{END}\nafter\n")
    assert cli("schema", "--reference", str(page)).exit_code == ExitCode.DONE
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "was here" not in text
    assert text.count("| `contract` |") == (8 if name == "trainers" else 1)
    assert f"| `{key}` |" in text


def test_a_page_without_marks_is_told(cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    done = cli("schema", "--reference", str(page))
    assert done.exit_code == ExitCode.WRONG_USE
    assert BEGINS["trainers"] in " ".join(done.output.split())
    assert page.read_text() == "nothing\n"
