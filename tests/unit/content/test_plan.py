"""The plan: pure, complete, the same byte for byte."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.model.plan import Plan, PlannedInterface
from orchestrator.model.scenario import CableStep, FaultSpec
from orchestrator.planning.planner import plan_lab, plan_scenario
from orchestrator.planning.template_context import mac_address

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden


def plan(folder: Folder, seed: int = 42) -> Plan:
    content = folder.content
    scenario = content.scenario("cable-out")
    return plan_scenario(scenario, seed, content.images_of(scenario.lab))


def content_of(plan: Plan, host: str, path: str) -> str:
    return {file.path: file.content for file in plan.host(host).files}[path].decode()


def test_the_same_byte_for_byte(folder: Folder) -> None:
    one, other = plan(folder), plan(folder)
    assert one == other
    assert pickle.dumps(one) == pickle.dumps(other)
    assert one.digest != plan(folder, 43).digest


def test_texts_are_rendered(folder: Folder) -> None:
    made = plan(folder)
    user, office, desk = (made.values[name] for name in ("user", "office", "desk"))
    assert made.ticket is not None
    assert made.debrief is not None
    assert made.ticket.en == f"{user.full} ({office}) has no network.\n"
    assert made.hints[0].fr == f"Regardez le bureau {desk}."
    assert made.debrief.en == f"Cause: {made.values['cause']}.\n"
    assert (made.scenario, made.lab, made.domain, made.seed) == ("cable-out", "pair", "pair.example", 42)


def test_only_the_drawn_case_is_injected_and_repaired(folder: Folder) -> None:
    made = plan(folder)
    assert made.values["cause"] == "moved"
    assert made.faults == (
        FaultSpec(fault="link-segment", parameters={"host": "pc1", "interface": "eth0", "segment": "servers"}),
    )
    cable, script = made.solutions[0].steps
    assert cable.action == CableStep(host="pc1", interface="eth0", segment="office")
    assert script.shell is not None
    assert made.values["user"].login in script.shell.script
    assert made.values["user"].full in script.tell.fr
    assert all(step.when is None for step in made.solutions[0].steps)


def test_parameters_are_rendered_deeply_and_stay_text(folder: Folder) -> None:
    folder.edit(
        "scenario.yaml",
        "segment: servers}",
        'segment: servers, port: "{{ desk }}", mtu: 900, deep: [{to: "{{ stale }}"}, true]}',
    )
    made = plan(folder)
    parameters = made.faults[0].parameters
    assert parameters["port"] == str(made.values["desk"])
    assert parameters["mtu"] == 900
    assert parameters["deep"] == [{"to": made.values["stale"]}, True]


def test_shortcuts_are_rendered(folder: Folder) -> None:
    made = plan(folder)
    step = made.shortcuts[0].steps[0]
    assert step.file is not None
    assert step.file.content == f"{made.values['stale']}\n"


def test_a_solution_that_does_not_apply_is_left_out(folder: Folder) -> None:
    folder.write(
        folder.long("solutions/other.yaml"),
        'contract: 1\nsummary: {fr: a, en: b}\nwhen: cause == "unplugged"\n'
        "steps: [{tell: {fr: a, en: b}, reboot: {host: pc1}}]\n",
    )
    assert [s.name for s in plan(folder).solutions] == ["reference"]
    assert [s.name for s in plan(folder, 43).solutions] == ["reference", "other"]


def test_interfaces_and_sizes(folder: Folder) -> None:
    made = plan(folder)
    assert [host.name for host in made.hosts] == ["pc1", "r1", "web1"]
    assert made.host("r1").interfaces[1] == PlannedInterface(
        "eth1", "servers", mac_address("pair", "r1", "eth1"), "192.168.20.1/24", dhcp=False
    )
    assert made.host("pc1").interfaces[0].dhcp
    assert made.host("pc1").memory == 160 << 20  # the image's
    assert made.host("web1").memory == 96 << 20  # its own
    assert made.host("r1").memory == 128 << 20  # the default
    assert made.host("web1").fqdn == "web1.pair.example"
    with pytest.raises(KeyError):
        made.host("web2")


def test_mac_addresses_are_fixed_and_locally_administered() -> None:
    assert mac_address("pair", "r1", "eth1") == "02:bf:e0:f4:9c:8b"


def test_generated_files(folder: Folder) -> None:
    made = plan(folder)
    assert content_of(made, "web1", "/etc/hostname") == "web1\n"
    assert content_of(made, "web1", "/etc/hosts") == ("127.0.0.1\tlocalhost\n127.0.1.1\tweb1.pair.example web1\n")
    assert content_of(made, "web1", "/etc/resolv.conf") == "search pair.example\nnameserver 192.168.20.1\n"
    assert content_of(made, "pc1", "/etc/resolv.conf") == ""
    assert content_of(made, "pc1", "/etc/network/interfaces") == (
        "# See interfaces(5).\nauto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n\n"
        "source /etc/network/interfaces.d/*\n"
    )
    assert "    address 192.168.20.10/24\n    gateway 192.168.20.1\n" in content_of(
        made, "web1", "/etc/network/interfaces"
    )
    assert "iface eth2 inet manual\n    up ip link set $IFACE up\n" in content_of(made, "r1", "/etc/network/interfaces")


def test_placed_files(folder: Folder) -> None:
    made = plan(folder)
    assert content_of(made, "web1", "/etc/motd") == "Welcome to web1.pair.example, 255.255.255.0\n"
    assert content_of(made, "pc1", "/etc/issue") == "Pair\n"
    assert content_of(made, "r1", "/etc/issue") == "Router\n"  # its own before that of all hosts
    motd = next(file for file in made.host("web1").files if file.path == "/etc/motd")
    assert (motd.owner, motd.group, motd.mode) == ("root", "root", 0o600)
    paths = [file.path for file in made.host("web1").files]
    assert paths == sorted(set(paths))


def test_a_lab_may_place_its_own_instead_of_a_generated_file(folder: Folder) -> None:
    folder.write("labs/pair/files/web1/etc/hosts.j2", "127.0.0.1 {{ host.name }}\n")
    assert content_of(plan(folder), "web1", "/etc/hosts") == "127.0.0.1 web1\n"


def test_ready_conditions_are_rendered(folder: Folder) -> None:
    assert plan(folder).ready[0].run == ("ping", "-c1", "192.168.10.1")


def test_a_bare_lab(folder: Folder) -> None:
    content = folder.content
    lab = content.lab("pair")
    made = plan_lab(lab, 7, content.images_of(lab))
    assert (made.scenario, made.ticket, made.faults, made.checks) == (None, None, (), ())
    assert made.hosts == plan(folder).hosts
    assert [path.name for path in made.health] == ["test_healthy.py"]
    assert made.digest != plan_lab(lab, 8, content.images_of(lab)).digest


def test_lab_values(folder: Folder) -> None:
    lab = plan(folder).values["lab"]
    assert (lab.segments["office"].network, lab.segments["office"].prefix) == ("192.168.10.0", 24)
    assert lab.hosts["r1"].address == "192.168.10.1"
    assert lab.hosts["r1"].addresses == ("192.168.10.1", "192.168.20.1")
    assert lab.hosts["r1"].mac == lab.hosts["r1"].interfaces["eth0"].mac
    with pytest.raises(AttributeError, match="pc1 has no fixed address"):
        _ = lab.hosts["pc1"].address


def test_a_mistake_that_only_one_seed_has(folder: Folder, golden: Golden) -> None:
    folder.write(folder.long("ticket.en.md"), "Desk\n{% if desk == 27 %}{{ dekc }}{% endif %}.\n")
    with pytest.raises(ContentError) as caught:
        plan(folder)
    golden("plan-rare-mistake", caught.value)
