"""The published contract is current, the project's own content follows it, and an editor is led to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from orchestrator.contract.content_kinds import KINDS, SCHEMAS, header_line
from orchestrator.contract.reference import with_reference
from orchestrator.contract.schemas import Schema, schema, schemas, text_of, write
from orchestrator.faults.registry import fault_classes
from orchestrator.loader.yaml_source import parse_yaml, read_yaml
from orchestrator.model.base import Document, HostName

ROOT = Path(__file__).parents[2]
MEND = (
    "run: python -m orchestrator schema --output docs/schemas/v1 --reference docs/trainers.md "
    "--reference docs/portal.md"
)
HEADER = "# yaml-language-server: $schema="


def content_files() -> list[tuple[str, Path]]:
    """Return each YAML file of the project's content with its kind."""
    patterns = {
        "lab": ("labs/*/lab.yaml",),
        "scenario": ("scenarios/*/*/scenario.yaml",),
        "solution": ("scenarios/*/*/solutions/*.yaml", "scenarios/*/*/shortcuts/*.yaml"),
        "mutants": ("scenarios/*/*/mutants.yaml",),
        "persona": ("scenarios/*/*/persona.yaml", "scenarios/*/*/personas/*.yaml"),
        "image": ("images/*/image.yaml",),
        "referential": ("orchestrator/_referential/*.yaml",),
    }
    return [(kind, path) for kind, globs in patterns.items() for glob in globs for path in sorted(ROOT.glob(glob))]


CONTENT = content_files()


@cache
def made(kind: str) -> Schema:
    """Return the schema of a kind of file, which nobody changes."""
    return schema(kind, fault_classes())


@cache
def published(kind: str) -> Draft202012Validator:
    """Return what holds a file against the published schema of its kind."""
    return Draft202012Validator(json.loads((ROOT / "docs" / SCHEMAS / KINDS[kind].file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schemas_are_current(kind: str) -> None:
    file = ROOT / "docs" / SCHEMAS / KINDS[kind].file
    assert file.is_file(), MEND
    assert file.read_text(encoding="utf-8") == text_of(made(kind)), MEND


def test_nothing_else_is_published() -> None:
    found = {path.name for path in (ROOT / "docs" / SCHEMAS).iterdir()}
    assert found == {kind.file for kind in KINDS.values()}


@pytest.mark.parametrize("name", {kind.page: None for kind in KINDS.values()})
def test_the_reference_is_current(name: str) -> None:
    page = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert page == with_reference(page), MEND


def test_the_reference_has_every_key_of_every_model() -> None:
    page = "".join((ROOT / f"docs/{kind.page}.md").read_text(encoding="utf-8") for kind in KINDS.values())
    missing = [
        f"{where}.{key}" for where, key, _ in properties({}) if f"| `{key}` |" not in page and "Text" not in where
    ]
    assert missing == []


def properties(faults: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every key that the schemas know: where it is, its name, its own schema."""
    for name, whole in schemas(faults).items():
        for where, part in {name: whole, **whole.get("$defs", {})}.items():
            for key, value in part.get("properties", {}).items():
                yield f"{name}/{where}", key, value


def test_every_key_says_what_it_is_for() -> None:
    """A fault's parameter as well: give its Field a ``description``."""
    found = list(properties(fault_classes()))
    assert len(found) > 100
    assert [f"{where}.{key}" for where, key, value in found if not value.get("description", "").strip()] == []


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind == "scenario" else ()) for kind in KINDS]
)
def test_a_schema_is_one(kind: str) -> None:
    """The scenario's, with all faults in it, takes seconds; below it is tried on what it must accept and refuse."""
    Draft202012Validator.check_schema(made(kind))


def folder_of(path: Path) -> str:
    """Return the folder of a content file below the repository: a lab's, a scenario's, an image's."""
    return "/".join(path.relative_to(ROOT).parts[: 3 if "scenarios" in path.parts else 2])


@pytest.mark.slow
@pytest.mark.parametrize("folder", dict.fromkeys(folder_of(path) for _, path in CONTENT))
def test_the_content_follows_its_schema_and_leads_to_it(folder: str) -> None:
    for kind, path in CONTENT:
        if folder_of(path) == folder:
            first = path.read_text(encoding="utf-8").partition("\n")[0]
            assert first == header_line(kind, path, ROOT / "docs" / SCHEMAS), path
            assert (path.parent / first.removeprefix(HEADER)).resolve() == ROOT / "docs" / SCHEMAS / KINDS[kind].file
            assert list(published(kind).iter_errors(read_yaml(path, within=path.parent).value)) == [], path


@pytest.mark.slow
def test_all_the_content_is_looked_at(repository: tuple[Path, ...]) -> None:
    folders = ("labs", "scenarios", "images", "orchestrator/_referential")
    yaml = {p for p in repository if p.suffix == ".yaml" and any(p.is_relative_to(ROOT / f) for f in folders)}
    placed = {p for p in yaml if "files" in p.parts}
    assert yaml - placed == {path for _, path in CONTENT}


SCENARIO = """\
contract: 1
id: x
title: {fr: a, en: b}
competences: ["1.3"]
lab: x
kind: fault
difficulty: 1
minutes: 5
variables: {n: {draw: integer, low: 1, high: 2}}
faults:
  - {fault: link-unplugged, parameters: {host: "{{ pc }}"}}
hints: [{fr: a, en: b}]
"""


def errors(text: str, kind: str = "scenario") -> list[str]:
    validator = Draft202012Validator(made(kind))
    return [error.message for error in validator.iter_errors(parse_yaml(text, "x").value)]


def test_what_the_loader_accepts_the_schema_accepts() -> None:
    assert errors(SCENARIO) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minutes: 5", "minuts: 5"),
        ("minutes: 5", "minutes: '5'"),
        ("contract: 1", "contract: 2"),
        ("en: b}\ncomp", "de: b}\ncomp"),
        ("en: b}\ncomp", "en: ''}\ncomp"),
        ("kind: fault", "kind: falt"),
        ("low: 1, ", ""),
        ("draw: integer", "draw: intger"),
        ("{n: {", "{N: {"),
        ("link-unplugged", "link-unpluged"),
        ('host: "{{ pc }}"', 'hots: "{{ pc }}"'),
        ('host: "{{ pc }}"', 'host: "PC 1"'),
        ('host: "{{ pc }}"', 'host: "{{ pc }}", segment: servers'),
        ("link-unplugged", "link-wrong-segment"),
        (', parameters: {host: "{{ pc }}"}', ""),
    ],
)
def test_a_mistake_is_marked_in_the_editor(old: str, new: str) -> None:
    assert SCENARIO.count(old) == 1
    assert errors(SCENARIO.replace(old, new))


class Unheard(Document):
    """A fault that a trainer adds.

    Only its first paragraph is shown.
    """

    host: HostName = Field(description="The host that falls silent.")
    seconds: int = Field(default=3, ge=1, description="For how long.")


def test_a_fault_of_somebody_else_appears_by_itself(tmp_path: Path) -> None:
    (written,) = write(tmp_path / "new/folder", {"unheard": Unheard}, "scenario")
    document = json.loads(written.read_text(encoding="utf-8"))
    spec = document["$defs"]["FaultSpec"]["properties"]["fault"]
    assert (spec["enum"], spec["markdownEnumDescriptions"]) == (["unheard"], ["A fault that a trainer adds."])
    validator = Draft202012Validator(document)
    good = SCENARIO.replace("link-unplugged", "unheard")
    for parameters, fits in (
        ("", True),
        (", seconds: 4", True),
        (', seconds: "{{ n }}"', True),
        (", seconds: 0", False),
    ):
        text = good.replace('"{{ pc }}"', f'"{{{{ pc }}}}"{parameters}')
        assert validator.is_valid(parse_yaml(text, "x").value) is fits, parameters


def test_the_header_of_a_new_file_leads_to_the_folder_s_own_schemas(tmp_path: Path) -> None:
    document = tmp_path / "scenarios/1.3-x/mine/solutions/reference.yaml"
    line = header_line("solution", document, tmp_path / SCHEMAS)
    assert line == f"{HEADER}../../../../schemas/v1/solution.json"


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        with_reference("# Nothing\n")
