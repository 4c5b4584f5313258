"""The lab that is measured, and the peer's description of the same one."""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core import labels
from orchestrator.engine.engine_interface import EngineInfo
from orchestrator.instances.host_container import TMPFS
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
from tests.bench import statements
from tests.bench.bench_labs import IMAGE
from tests.bench.compose import KIND, compose_document, privileges, probing

pytestmark = pytest.mark.slow

Info = Callable[[str, int], EngineInfo]


def test_the_lab_is_eight_hosts_and_eleven_cables_on_four_segments(plan: Plan) -> None:
    cables = [(host, cable) for host in plan.hosts for cable in host.interfaces]
    assert (len(plan.hosts), len(plan.segments), len(cables)) == (8, 4, 11)
    addresses = [cable.address for _, cable in cables]
    assert len(set(addresses)) == len({cable.mac for _, cable in cables}) == 11
    nets = {segment.name: ipaddress.IPv4Network(segment.subnet) for segment in plan.segments}
    reserved = ipaddress.IPv4Network("198.18.0.0/15")
    for _, cable in cables:
        assert cable.address is not None
        assert ipaddress.IPv4Interface(cable.address).network == nets[cable.segment]
        assert nets[cable.segment].subnet_of(reserved)
    assert {segment for host in plan.hosts for segment in [c.segment for c in host.interfaces]} == nets.keys()


def test_the_checked_hosts_are_one_on_each_segment(plan: Plan) -> None:
    found = [plan.host(name).interfaces for name in statements.HOSTS]
    assert sorted(cables[0].segment for cables in found) == ["lan1", "lan2", "lan3", "lan4"]
    assert all(len(cables) == 1 for cables in found)


def test_the_peer_has_the_same_hosts_addresses_and_limits(
    plan: Plan, images: dict[str, ImageSpec], reference: str, engine_info: Info
) -> None:
    document = compose_document(plan, images, {IMAGE: reference}, "p", engine_info("26.1.5", 1))
    assert {n: d["ipam"]["config"][0]["subnet"] for n, d in document["networks"].items()} == {
        s.name: s.subnet for s in plan.segments
    }
    assert list(document["services"]) == [host.name for host in plan.hosts]
    for host in plan.hosts:
        service = document["services"][host.name]
        assert {n: f"{d['ipv4_address']}/24" for n, d in service["networks"].items()} == {
            c.segment: c.address for c in host.interfaces
        }
        assert (service["image"], service["hostname"]) == (reference, host.name)
        assert (service["mem_limit"], service["cpu_shares"], service["pids_limit"]) == (
            host.memory,
            host.cpu_shares,
            host.pids,
        )
        assert service["tmpfs"] == [f"{path}:{options}" for path, options in TMPFS.items()]


def test_the_peer_has_no_route_out_and_all_of_it_can_be_found_again(
    plan: Plan, images: dict[str, ImageSpec], reference: str, engine_info: Info
) -> None:
    document = compose_document(plan, images, {IMAGE: reference}, "p", engine_info("26.1.5", 1))
    assert all(network["internal"] for network in document["networks"].values())
    for part in (*document["services"].values(), *document["networks"].values()):
        assert part["labels"] == {labels.KIND: KIND, labels.INSTANCE: "p"}
    assert all("ports" not in service for service in document["services"].values())


@pytest.mark.parametrize(
    ("version", "cgroup", "keys"),
    [
        ("26.1.5", 1, {"cap_add": ["NET_ADMIN", "SYS_ADMIN"], "security_opt": ["apparmor=unconfined"]}),
        ("28.0.0", 1, {"cap_add": ["NET_ADMIN", "SYS_ADMIN"], "security_opt": ["apparmor=unconfined"]}),
        ("26.1.5", 2, {"cap_add": ["NET_ADMIN"], "privileged": True}),
        ("28.1.0", 2, {"cap_add": ["NET_ADMIN"], "security_opt": ["writable-cgroups=true"]}),
    ],
)
def test_the_peer_gets_what_systemd_needs_there(
    plan: Plan,
    images: dict[str, ImageSpec],
    reference: str,
    engine_info: Info,
    version: str,
    cgroup: int,
    keys: dict[str, object],
) -> None:
    info = engine_info(version, cgroup)
    service = compose_document(plan, images, {IMAGE: reference}, "p", info)["services"]["ws1"]
    assert {k: service[k] for k in ("cap_add", "security_opt", "privileged") if k in service} == keys
    assert privileges(info).told.fr
    assert service["entrypoint"] == ["/sbin/init"], "our own init would wait for our fabric"


def test_a_healthy_peer_is_left_in_peace_where_the_engine_can(engine_info: Info) -> None:
    new, old = probing(engine_info("25.0.0", 2)), probing(engine_info("24.0.7", 2))
    assert (new["start_interval"], new["interval"]) == ("250ms", "1h")
    assert "start_interval" not in old
    assert old["interval"] == "250ms"


def test_both_check_files_state_the_same_twenty() -> None:
    folder = Path(statements.__file__).with_name("checks")
    bodies = [name for name, value in vars(statements).items() if inspect.isfunction(value)]
    for file in ("ours.py", "stock.py"):
        text = (folder / file).read_text()
        assert sorted(n for n in bodies if f"statements.{n}(" in text) == sorted(bodies)
        assert text.count("def test_") == len(bodies)
    assert len(bodies) * len(statements.HOSTS) == statements.COUNT
