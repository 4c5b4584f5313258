"""What is newly written is valid, in any folder, under any name, and takes nothing away."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest
import yaml

from orchestrator.authoring.creation import Created, Wanted, create, fitting_hosts, schemas_folder
from orchestrator.contract import schemas
from orchestrator.core.errors import ContentError, MachineError, UsageError
from orchestrator.faults.discovery import discover
from orchestrator.faults.registry import fault_classes, problems_of
from orchestrator.loader import survey
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.plan import Plan
from orchestrator.planning.planner import plan_scenario

pytestmark = pytest.mark.slow

NAMES = ("ssh-refused", "panne-du-lundi", "x", "a1-b2-c3", "imprimante-du-secretariat-hors-service")
FAULTS = ("ssh-port-moved", "imprimante-hors-ligne", "a-1")


def content_of(root: Path) -> Content:
    return Content((built_in_root(), root))


def made(root: Path, kind: str, name: str, **more: object) -> Created:
    root.mkdir(exist_ok=True)
    return create(content_of(root), Wanted(kind, name, root, **more))  # type: ignore[arg-type]


def problems(root: Path) -> list[str]:
    """Return what ``validate`` would say of a folder."""
    content = content_of(root)
    selection = survey.select(content, [str(root)])
    validate_fault = partial(problems_of, roots=content.roots)
    found = [*discover(content.roots).problems, *survey.problems_of(content, selection, validate_fault, processes=1)]
    return [f"{one.place}: {one.text.en}" for one in found]


def plans_of(root: Path, name: str, seeds: Iterable[int]) -> list[Plan]:
    content = content_of(root)
    scenario = content.scenario(name, validate_fault=partial(problems_of, roots=content.roots))
    return [plan_scenario(scenario, seed, content.images_of(scenario.lab)) for seed in seeds]


def plan_of(root: Path, name: str, seed: int) -> Plan:
    return plans_of(root, name, [seed])[0]


@pytest.mark.parametrize("task", [False, True], ids=["fault", "task"])
@pytest.mark.parametrize("name", NAMES)
def test_a_new_scenario_is_valid(tmp_path: Path, name: str, *, task: bool) -> None:
    created = made(tmp_path / "mine", "scenario", name, task=task)
    assert created.path == tmp_path / "mine/scenarios/2.3-servers" / name
    assert problems(tmp_path / "mine") == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_new_fault_and_its_scenario_are_valid(tmp_path: Path, name: str) -> None:
    created = made(tmp_path, "fault", name)
    assert created.path == tmp_path / "faults" / f"{name.replace('-', '_')}.py"
    assert problems(tmp_path) == []
    assert name in fault_classes((tmp_path,))
    assert [fault.fault for fault in plan_of(tmp_path, name, 1).faults] == [name]


@pytest.mark.parametrize("name", [NAMES[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES[1:])])
def test_a_new_lab_is_valid_and_carries_scenarios_of_every_kind(tmp_path: Path, name: str) -> None:
    made(tmp_path, "lab", name)
    made(tmp_path, "scenario", "one", lab=name)
    made(tmp_path, "scenario", "two", lab=name, task=True, competence="1.1")
    made(tmp_path, "fault", "three-times", lab=name)
    assert problems(tmp_path) == []
    assert {plan.values["server"] for plan in plans_of(tmp_path, "one", range(20))} == {"web1", "pc1"}


@pytest.mark.parametrize("name", NAMES)
def test_a_new_image_is_valid(tmp_path: Path, name: str) -> None:
    made(tmp_path, "image", name)
    assert problems(tmp_path) == []
    image = content_of(tmp_path).image(name)
    assert (image.parent, image.writable_net_sysctls) == ("host", False)


def test_a_lab_with_one_fitting_host_draws_none(tmp_path: Path) -> None:
    made(tmp_path, "lab", "small")
    lab = tmp_path / "labs/small/lab.yaml"
    lab.write_text(lab.read_text().replace("address: 192.168.50.51", "address: dhcp"))
    for name, task in (("one", False), ("two", True)):
        made(tmp_path, "scenario", name, lab="small", task=task)
    assert problems(tmp_path) == []
    plan = plan_of(tmp_path, "one", 1)
    assert plan.faults[0].parameters == {"host": "web1", "unit": "ssh.service"}
    assert "server" not in plan.values
    assert plan.ticket
    assert "port 22" in plan.ticket.fr
    assert "{{" not in plan.ticket.fr + plan.ticket.en


def test_the_example_is_whole(tmp_path: Path) -> None:
    """Ticket in two languages with what the seed drew, each role of check, an alternative, two shortcuts, a debrief."""
    created = made(tmp_path, "scenario", "whole")
    plan, other = plan_of(tmp_path, "whole", 1), plan_of(tmp_path, "whole", 2)
    assert plan.ticket
    assert other.ticket
    assert plan.debrief
    assert plan.values["user"].full in plan.ticket.fr
    assert plan.ticket.fr != other.ticket.fr
    assert plan.ticket.fr != plan.ticket.en
    assert len(plan.hints) >= 3
    assert [s.reference for s in plan.solutions] == [True, False]
    assert len(plan.shortcuts) == 2
    (checks,) = (file for file in created.files if file.parent.name == "checks")
    calls = [node for node in ast.walk(ast.parse(checks.read_text())) if isinstance(node, ast.Call)]
    roles = {ast.literal_eval(c.args[0]) for c in calls if isinstance(c.func, ast.Name) and c.func.id == "check"}
    assert roles == {"symptom", "objective", "guard"}


def test_every_yaml_file_leads_to_its_schema(tmp_path: Path) -> None:
    files = [file for kind in ("scenario", "lab", "image") for file in made(tmp_path, kind, f"one-{kind}").files]
    schemas.write(schemas_folder(tmp_path), fault_classes())
    sources = [file for file in files if file.suffix == ".yaml"]
    assert len(sources) == 7
    for file in sources:
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
        assert found, file
        assert (file.parent / found[1]).is_file(), file


def test_in_the_checkout_the_projects_own_schemas_are_meant(tmp_path: Path) -> None:
    (tmp_path / "docs/schemas/v1").mkdir(parents=True)
    created = made(tmp_path, "image", "one")
    assert "$schema=../../docs/schemas/v1/image.json" in (created.path / "image.yaml").read_text()


def test_a_title_stands_in_both_languages_whatever_is_in_it(tmp_path: Path) -> None:
    title = 'L\'« écran » : noir, "toujours" #1'
    made(tmp_path, "scenario", "screen", title=title)
    document = yaml.safe_load((tmp_path / "scenarios/2.3-servers/screen/scenario.yaml").read_text())
    assert document["title"] == {"fr": title, "en": title}
    assert problems(tmp_path) == []


def test_the_folder_of_a_competence_keeps_its_name(tmp_path: Path) -> None:
    assert made(tmp_path, "scenario", "one", competence="1.3").path.parent.name == "1.3-network-connection"
    (tmp_path / "scenarios/1.3 mine").mkdir()
    (tmp_path / "scenarios/2.3-serveurs").mkdir()
    assert made(tmp_path, "scenario", "two").path.parent.name == "2.3-serveurs"


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios/2.3/mine"
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions/reference.yaml").write_text("mine\n")
    with pytest.raises(UsageError, match=r"reference.yaml exists already"):
        made(tmp_path, "scenario", "mine")
    assert [p.name for p in folder.rglob("*") if p.is_file()] == ["reference.yaml"]
    assert (folder / "solutions/reference.yaml").read_text() == "mine\n"


def test_a_link_that_leads_nowhere_counts_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "images/mine").mkdir(parents=True)
    (tmp_path / "images/mine/Dockerfile").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="Dockerfile exists already"):
        made(tmp_path, "image", "mine")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("kind", "name", "more", "said"),
    [
        ("scenario", "no-network-after-move", {}, "exists already"),
        ("lab", "small-office", {}, "exists already"),
        ("image", "host", {}, "exists already"),
        ("fault", "service-masked", {}, "exists already"),
        ("fault", "intranet-not-found", {}, "exists already"),
        ("fault", "printer", {}, "at least one hyphen"),
        ("scenario", "Été", {}, "cannot be a name"),
        ("scenario", "one", {"competence": "2.9"}, "Unknown competence"),
        ("scenario", "one", {"lab": "smal-office"}, "the nearest: small-office"),
    ],
)
def test_what_cannot_be_made(tmp_path: Path, kind: str, name: str, more: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made(tmp_path, kind, name, **more)
    assert list(tmp_path.rglob("*")) == []


def test_a_lab_without_a_fitting_host_is_told(tmp_path: Path) -> None:
    made(tmp_path, "lab", "small")
    lab = tmp_path / "labs/small/lab.yaml"
    without_ready = lab.read_text().partition("ready:")[0]
    lab.write_text(re.sub(r"address: 192.168.50.\d+", "address: dhcp", without_ready))
    with pytest.raises(UsageError, match="has none"):
        made(tmp_path, "scenario", "one", lab="small")


def test_a_lab_with_a_mistake_is_told_before_anything_is_written(tmp_path: Path) -> None:
    made(tmp_path, "lab", "small")
    lab = tmp_path / "labs/small/lab.yaml"
    lab.write_text(lab.read_text().replace("image: web", "image: wbe"))
    with pytest.raises(ContentError):
        made(tmp_path, "scenario", "one", lab="small")
    assert not (tmp_path / "scenarios").exists()


def test_network_devices_are_not_servers() -> None:
    assert fitting_hosts(Content((built_in_root(),)), "small-office") == ("srv1", "web1")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file")
    with pytest.raises(MachineError, match="cannot be written"):
        create(Content((built_in_root(),)), Wanted("image", "one", tmp_path))


def test_a_new_fault_says_what_it_does(tmp_path: Path) -> None:
    created = made(tmp_path, "fault", "ssh-port-moved")
    spec = importlib.util.spec_from_file_location("made_fault", created.path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fault = module.SshPortMoved(host="srv1", port=2022)
    assert "2022" in fault.explain().fr
    assert "2022" in fault.explain().en
