"""``breakfix faults``: a list, one fault's page, JSON, and a wrong name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from orchestrator.core.language import Language
from orchestrator.faults.registry import fault_classes
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root

from .conftest import Cli, FakeApp

pytestmark = pytest.mark.slow


def test_every_fault_is_listed_under_what_it_breaks(cli: Cli) -> None:
    done = cli("faults")
    assert done.exit_code == 0
    assert all(name in done.stdout for name in fault_classes())
    heads = [line for line in done.stdout.splitlines() if line.startswith("Faults ")]
    assert heads == sorted(set(heads), key=heads.index)
    assert "'breakfix faults NAME' describes one." in done.stdout
    assert "pannes." in cli("faults", lang="fr").stdout


@pytest.mark.parametrize(("lang", "said"), [("fr", "était arrêté et désactivé."), ("en", "was stopped and disabled.")])
def test_a_fault_has_a_page(cli: Cli, lang: Language, said: str) -> None:
    done = cli("faults", "service-stopped", lang=lang)
    assert done.exit_code == 0
    assert "A service is stopped, and disabled" in done.stdout
    assert said in done.stdout
    assert "stays_off" in done.stdout
    lines = done.stdout.splitlines()
    snippet = "\n".join(line.rstrip() for line in lines[lines.index(next(x for x in lines if "faults:" in x)) : -2])
    (entry,) = yaml.safe_load(snippet)["faults"]
    assert entry == {"fault": "service-stopped", "parameters": {"host": "srv1", "unit": "nginx.service"}}


def test_a_page_is_json(cli: Cli) -> None:
    page = json.loads(cli("faults", "disk-full", "--json").stdout)
    assert (page["name"], page["group"]) == ("disk-full", "disk")
    assert page["explanation"]["fr"].startswith("Sur srv1, /run/lock était plein")
    assert {p["name"]: p["required"] for p in page["parameters"]} == {"host": True, "folder": True, "unit": False}
    listed = json.loads(cli("--json", "faults").stdout)["faults"]
    assert [one for one in listed if one["name"] == "disk-full"] == [page]
    assert {one["name"] for one in listed} == set(fault_classes())


def test_a_wrong_name_brings_the_nearest(cli: Cli) -> None:
    done = cli("faults", "service-stoped")
    assert done.exit_code == 2
    assert "service-stopped" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_wrong_in_a_fault_module_is_told_after_the_list(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "lift.py").write_text("import nowhere\n")
    app.content = Content([built_in_root(), tmp_path])
    done = cli("faults")
    assert done.exit_code == 4
    assert "service-stopped" in done.stdout
    assert "lift.py:1" in done.stderr


@pytest.mark.parametrize(
    "words", [pytest.param([], marks=pytest.mark.slow), ["intranet-not-found"]], ids=["everything", "one"]
)
def test_what_is_wrong_in_a_fault_module_is_told_whatever_is_read(
    cli: Cli, app: FakeApp, tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "lift.py").write_text("import =\n")
    app.content = Content([built_in_root(), tmp_path])
    done = cli("validate", *words)
    assert done.exit_code == 4
    assert "lift.py:1" in done.stderr + done.stdout
