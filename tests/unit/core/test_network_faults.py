"""What the network's faults change in a host's files: one place, and the rest byte for byte as it was."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.faults import fault as fault_module
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.library.addressing.address import AddressWrong, GatewayWrong, InterfaceMtu, InterfaceNotStarted
from orchestrator.faults.library.addressing.duplicate import AddressDuplicate
from orchestrator.faults.library.addressing.interfaces_file import with_option
from orchestrator.faults.library.addressing.route import ForwardingOff, RouteMissing, RouteWrong
from orchestrator.faults.library.dhcp import kea_file
from orchestrator.faults.library.dhcp.dhcp import DhcpOptionWrong, DhcpPoolOutside, DhcpReservationWrong
from orchestrator.faults.library.dhcp.dhcp_exhausted import DhcpScopeExhausted
from orchestrator.faults.library.dhcp.dhcp_path import DhcpRelayWrong, DhcpRogue
from orchestrator.faults.library.dns.dns import DnsForwarderWrong, DnsRecordMissing
from orchestrator.faults.library.dns.resolver import (
    HostsEntryStale,
    NsswitchWithoutDns,
    ResolverOverridden,
    ResolverWrong,
    SearchDomainWrong,
)
from orchestrator.faults.library.network.firewall import (
    Connection,
    FirewallDefaultDrop,
    FirewallNatMissing,
    FirewallRuleMissing,
    FirewallTooOpen,
)
from orchestrator.faults.library.network.link import LinkLoss, LinkMtu, LinkRate, LinkShaped
from orchestrator.faults.registry import problems_of
from orchestrator.model.scenario import FaultSpec

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

INTERFACES = (
    "# See interfaces(5).\nauto lo eth0\niface lo inet loopback\n\nallow-hotplug eth1\n"
    "iface eth1 inet dhcp\n\n"
    "iface eth0 inet static\n    address 10.0.1.20/24\n    gateway 10.0.1.1\n"
    "    up ip route add 10.0.3.0/24 via 10.0.1.2\n    down ip route del 10.0.3.0/24 via 10.0.1.2\n"
    "    post-up /sbin/ip -4 route add 10.0.30.0/24 via 10.0.1.2\n\n"
    "source /etc/network/interfaces.d/*\n"
)
RULES = (
    "flush ruleset\n\ntable inet filter {\n\tchain input {\n"
    "\t\ttype filter hook input priority filter; policy accept;\n\t}\n"
    "\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n"
    "\t\ttcp dport 25 accept  # mail\n\t\ttcp dport 2525 accept\n\t}\n}\n"
    'table ip nat {\n\tchain post {\n\t\toifname "eth2"   masquerade\n\t}\n}\n'
)
KEA = (
    '// "subnet": "10.0.1.0/24" is the office, { not a block\n{ "Dhcp4": {\n'
    '  "option-data": [ { "name": "routers", "data": "10.9.9.9" } ],\n'
    '  "subnet4": [\n'
    '    { "id": 3, "subnet": "10.0.3.0/24", "pools": [ { "pool": "10.0.3.5 - 10.0.3.9" } ],\n'
    '      "option-data": [ { "name": "routers", "data": "10.0.3.1" } ] },\n'
    '    { "id": 7, "pools": [ { "pool": "10.0.1.5 - 10.0.1.8" } ], # before its subnet\n'
    '      "subnet": "10.0.1.0/24", "user-context": { "note": "}{" },\n'
    '      "option-data": [ { "data": "10.0.1.1", "name": "routers" }, { "name": "domain-name", "data": "a.b" } ],\n'
    '      "reservations": [ { "hw-address": "02:00:00:00:00:01", "ip-address": "10.0.1.51", "hostname": "pc1" } ] }\n'
    "  ] } }\n"
)
LEASES_HEAD = (
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
)
OFFICE: dict[str, Any] = {"host": "srv", "subnet": "10.0.1.0/24", "client": "pc1"}
MAIL = Connection(client="pc1", address="10.0.3.9", port=25)


def changed(fault: EditedFile, driver: LabDriver, text: str) -> list[str]:
    """Return the lines that differ, with - and +."""
    after = fault.change(driver, text)
    old, new = text.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


@pytest.mark.parametrize(
    ("fault", "text", "difference"),
    [
        (
            AddressWrong(host="pc1", address="10.0.1.20/28"),
            INTERFACES,
            ["-    address 10.0.1.20/24", "+    address 10.0.1.20/28"],
        ),
        (
            GatewayWrong(host="pc1", gateway="10.0.1.9"),
            INTERFACES,
            ["-    gateway 10.0.1.1", "+    gateway 10.0.1.9"],
        ),
        (GatewayWrong(host="pc1"), INTERFACES, ["-    gateway 10.0.1.1"]),
        (InterfaceMtu(host="pc1", mtu=1400), INTERFACES, ["+    mtu 1400"]),
        (InterfaceNotStarted(host="pc1"), INTERFACES, ["-auto lo eth0", "+auto lo"]),
        (InterfaceNotStarted(host="pc1", interface="eth1"), INTERFACES, ["-allow-hotplug eth1"]),
        (
            AddressDuplicate(host="pc1", address="10.0.1.30/24", victim="pc2"),
            INTERFACES,
            ["+    address 10.0.1.30/24"],
        ),
        (
            RouteMissing(host="pc1", destination="10.0.3.0/24"),
            INTERFACES,
            [
                "-    up ip route add 10.0.3.0/24 via 10.0.1.2",
                "-    down ip route del 10.0.3.0/24 via 10.0.1.2",
            ],
        ),
        (
            RouteWrong(host="pc1", destination="10.0.30.0/24", via="10.0.1.9"),
            INTERFACES,
            [
                "-    post-up /sbin/ip -4 route add 10.0.30.0/24 via 10.0.1.2",
                "+    post-up /sbin/ip -4 route add 10.0.30.0/24 via 10.0.1.9",
            ],
        ),
        (
            ForwardingOff(host="r1"),
            "# routes\nnet.ipv4.ip_forward = 1\nnet.ipv4.ip_forward_use_pmtu = 1\n",
            ["-net.ipv4.ip_forward = 1", "+net.ipv4.ip_forward = 0"],
        ),
        (
            ResolverWrong(host="pc1", servers=("10.0.9.9", "10.0.9.8"), query="a.b"),
            "search a.b\nnameserver 10.0.1.1",
            ["-nameserver 10.0.1.1", "+nameserver 10.0.9.9", "+nameserver 10.0.9.8"],
        ),
        (ResolverWrong(host="pc1", servers=("10.0.9.9",), query="a.b"), "", ["+nameserver 10.0.9.9"]),
        (
            SearchDomainWrong(host="pc1", search="old.example", query="a"),
            "domain a.b\nsearch a.b\nnameserver 10.0.1.1\n",
            ["-domain a.b", "-search a.b", "+search old.example"],
        ),
        (SearchDomainWrong(host="pc1", query="a"), "search a.b\nnameserver 10.0.1.1\n", ["-search a.b"]),
        (
            ResolverOverridden(host="pc1", servers=("10.0.9.9", "10.0.9.8"), query="a.b"),
            "background\n",
            ["+", "+interface eth0", "+static domain_name_servers=10.0.9.9 10.0.9.8"],
        ),
        (
            NsswitchWithoutDns(host="pc1", query="a.b"),
            "passwd: files\nhosts:          files resolve [!UNAVAIL=return] dns myhostname\nnetworks: files dns\n",
            [
                "-hosts:          files resolve [!UNAVAIL=return] dns myhostname",
                "+hosts:          files myhostname",
            ],
        ),
        (
            HostsEntryStale(host="pc1", address="10.0.9.9", query="srv.a.b"),
            "127.0.0.1\tlocalhost\n",
            ["+10.0.9.9\tsrv.a.b srv"],
        ),
        (
            FirewallRuleMissing(host="fw", rule="tcp dport 25 accept", blocked=MAIL),
            RULES,
            ["-\t\ttcp dport 25 accept  # mail"],
        ),
        (
            FirewallNatMissing(host="fw", rule='oifname "eth2" masquerade', blocked=MAIL),
            RULES,
            ['-\t\toifname "eth2"   masquerade'],
        ),
        (
            FirewallTooOpen(host="fw", rule="tcp dport 2525 accept", becomes="tcp dport 1-65535 accept", opened=MAIL),
            RULES,
            ["-\t\ttcp dport 2525 accept", "+\t\ttcp dport 1-65535 accept"],
        ),
        (
            FirewallDefaultDrop(host="fw", chain="forward"),
            RULES,
            [
                "-\t\ttype filter hook forward priority filter; policy accept;",
                "+\t\ttype filter hook forward priority filter; policy drop;",
            ],
        ),
        (
            DhcpOptionWrong(**OFFICE, option="routers", data="10.0.1.9"),
            KEA,
            [
                '-      "option-data": [ { "data": "10.0.1.1", "name": "routers" }, '
                '{ "name": "domain-name", "data": "a.b" } ],',
                '+      "option-data": [ { "data": "10.0.1.9", "name": "routers" }, '
                '{ "name": "domain-name", "data": "a.b" } ],',
            ],
        ),
        (
            DhcpPoolOutside(**OFFICE, pool="10.0.9.5 - 10.0.9.8"),
            KEA,
            [
                '-    { "id": 7, "pools": [ { "pool": "10.0.1.5 - 10.0.1.8" } ], # before its subnet',
                '+    { "id": 7, "pools": [ { "pool": "10.0.9.5 - 10.0.9.8" } ], # before its subnet',
            ],
        ),
        (
            DhcpReservationWrong(**OFFICE, address="10.0.1.51", mac="02:00:00:00:00:99"),
            KEA,
            [
                '-      "reservations": [ { "hw-address": "02:00:00:00:00:01", "ip-address": "10.0.1.51", '
                '"hostname": "pc1" } ] }',
                '+      "reservations": [ { "hw-address": "02:00:00:00:00:99", "ip-address": "10.0.1.51", '
                '"hostname": "pc1" } ] }',
            ],
        ),
        (
            DhcpRelayWrong(host="r1", server="10.0.3.99", client="pc1"),
            'SERVERS="10.0.3.10"\nINTERFACES="eth0"\n',
            ['-SERVERS="10.0.3.10"', '+SERVERS="10.0.3.99"'],
        ),
        (
            DnsRecordMissing(host="srv", file="/db", owner="web", type="A", query="web.a.b"),
            "web1\tIN\tA\t10.0.1.1\nweb\t300 IN A 10.0.1.2\nweb IN MX 5 web\n",
            ["-web\t300 IN A 10.0.1.2"],
        ),
        (
            DnsForwarderWrong(host="srv", file="/options", forwarder="10.0.9.9", query="a.b"),
            "options {\n\tforwarders { 10.0.1.1; 10.0.1.2; };\n\tforward only;\n};\n",
            ["-\tforwarders { 10.0.1.1; 10.0.1.2; };", "+\tforwarders { 10.0.9.9; };"],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, EditedFile) else "",
)
def test_one_place_is_changed(driver: LabDriver, fault: EditedFile, text: str, difference: list[str]) -> None:
    assert changed(fault, driver, text) == difference


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (AddressWrong(host="pc1", interface="eth1", address="10.0.1.20/28"), INTERFACES),  # it has DHCP
        (GatewayWrong(host="pc1", interface="eth7", gateway="10.0.1.9"), INTERFACES),
        (RouteMissing(host="pc1", destination="10.0.4.0/24"), INTERFACES),
        (FirewallRuleMissing(host="fw", rule="tcp dport 5 accept", blocked=MAIL), RULES),
        (FirewallDefaultDrop(host="fw", chain="post"), RULES),
        (DhcpOptionWrong(**OFFICE, option="domain-name-servers", data="10.0.1.9"), KEA),
        (DhcpPoolOutside(**{**OFFICE, "subnet": "10.0.2.0/24"}, pool="10.0.9.5 - 10.0.9.8"), KEA),
        (DhcpReservationWrong(**OFFICE, address="10.0.1.52", mac="02:00:00:00:00:99"), KEA),
    ],
    ids=lambda value: value.name if isinstance(value, EditedFile) else "",
)
def test_where_there_is_nothing_to_change_the_fault_is_refused(
    driver: LabDriver, world: World, fault: EditedFile, text: str
) -> None:
    world.fabric.files[fault.host, fault.path()] = text.encode()
    acting = dataclasses.replace(driver, containers={**driver.containers, fault.host: "somewhere"})
    with pytest.raises(LabError, match="nothing to change"):
        fault.inject(acting)
    assert world.fabric.files[fault.host, fault.path()] == text.encode()


def test_an_option_is_added_after_the_header_and_found_with_tabs() -> None:
    text = "iface eth0 inet static\n\taddress\t10.0.1.1/24\n"
    assert with_option(text, "eth0", "address", "10.0.1.2/24") == "iface eth0 inet static\n    address 10.0.1.2/24\n"
    assert with_option(text, "eth0", "mtu", "900") == ("iface eth0 inet static\n    mtu 900\n\taddress\t10.0.1.1/24\n")
    assert with_option(text, "eth0", "mtu", None) == text


def test_a_policy_is_changed_in_its_own_chain_alone(driver: LabDriver) -> None:
    after = FirewallDefaultDrop(host="fw", chain="forward").change(driver, RULES)
    assert re.findall(r"hook (\w+) .*policy (\w+)", after) == [("input", "accept"), ("forward", "drop")]


def test_a_subnet_of_kea_is_found_wherever_its_name_stands() -> None:
    assert kea_file.pools_of(KEA, "10.0.1.0/24") == ["10.0.1.5 - 10.0.1.8"]
    assert kea_file.subnet_id(KEA, "10.0.1.0/24") == 7
    assert kea_file.pools_of(KEA, "10.0.3.0/24") == ["10.0.3.5 - 10.0.3.9"]
    assert kea_file.pools_of(KEA, "10.0.2.0/24") == []


def test_every_free_address_is_leased_to_somebody_else(driver: LabDriver, world: World) -> None:
    fault = DhcpScopeExhausted(**{**OFFICE, "host": "r1"})
    later = int(time.time()) + 3600
    leases = LEASES_HEAD + "".join(
        f"10.0.1.{last},02:00:00:00:00:0{last},,{lifetime},{expire},7,0,0,,0,,0\n"
        for last, lifetime, expire in (
            (5, 3600, later),
            (6, 3600, later),
            (7, 3600, 1000),
            (8, 3600, later),
            (8, 0, 1000),
        )
    )
    world.fabric.files["r1", kea_file.CONFIGURATION] = KEA.encode()
    mine = [{"addr_info": [{"local": "10.0.1.6"}]}]
    world.fabric.on("ip -4 -json address show dev eth0", host="pc1", stdout=json.dumps(mine))
    after = fault.leases(driver, KEA, leases)
    assert after.startswith(leases)
    rows = [dict(zip(LEASES_HEAD.strip().split(","), row.split(","), strict=True)) for row in after.splitlines()]
    added = rows[len(leases.splitlines()) :]
    assert [row["address"] for row in added] == ["10.0.1.6", "10.0.1.7", "10.0.1.8"]
    assert {row["subnet_id"] for row in added} == {"7"}
    assert {row["state"] for row in added} == {"0"}
    assert len({row["hwaddr"] for row in added}) == 3
    assert all(int(row["expire"]) > later for row in added)
    given = [int(row["expire"]) - int(row["valid_lifetime"]) for row in added]
    assert max(given) < time.time() - 24 * 3600, "who left days ago got a lease days ago"


def test_reservations_are_added_to_those_that_are_there() -> None:
    text = (
        '{ "subnet": "10.0.1.0/24", "reservations": [\n'
        "    // The desks.\n"
        '    { "hw-address": "02:00:00:00:00:01", "ip-address": "10.0.1.51", "hostname": "pc1" }\n'
        "] }"
    )
    after = kea_file.with_reservations(text, "10.0.1.0/24", [("02:00:00:00:00:02", "10.0.1.5", "a"), ("x", "y", "b")])
    assert [line for line in after.splitlines() if line not in text.splitlines()] == [
        '    { "hw-address": "02:00:00:00:00:01", "ip-address": "10.0.1.51", "hostname": "pc1" },',
        '    { "hw-address": "02:00:00:00:00:02", "ip-address": "10.0.1.5", "hostname": "a" },',
        '    { "hw-address": "x", "ip-address": "y", "hostname": "b" }',
    ]
    without = text.replace("reservations", "options")
    assert kea_file.with_reservations(without, "10.0.1.0/24", [("x", "y", "b")]) == without
    assert kea_file.with_reservations(text, "10.0.2.0/24", [("x", "y", "b")]) == text


def test_a_limit_is_written_into_its_own_stanza(driver: LabDriver, world: World) -> None:
    text = (
        "auto eth0\niface eth0 inet static\n    address 10.0.1.1/24\n\n"
        "auto eth1\niface eth1 inet static\n    address 10.0.2.1/24\n"
    )
    fault = LinkShaped(host="r1", interface="eth0", rate=2_000_000, peer=PEER)
    limit = "tc qdisc replace dev eth0 root tbf rate 2000kbit burst 16000b latency 200ms"
    assert fault.change(driver, text) == text.replace("10.0.1.1/24\n", f"10.0.1.1/24\n    up {limit}\n")
    world.fabric.files["r1", fault.path()] = text.encode()
    world.fabric.on("tc *", host="r1")
    memento = fault.remember(driver)
    fault.inject(driver)
    assert world.fabric.done[-1] == f"r1: {limit}"
    fault.revert(driver, memento)
    assert world.fabric.done[-1] == "r1: tc qdisc del dev eth0 root"


def test_a_second_server_has_a_configuration_of_its_own(driver: LabDriver) -> None:
    fault = DhcpRogue(host="r1", subnet="10.0.1.0/24", pool="10.0.1.90 - 10.0.1.99", router="10.0.1.9", client="pc1")
    (subnet,) = json.loads(fault.change(driver, KEA))["Dhcp4"]["subnet4"]
    assert subnet["pools"] == [{"pool": "10.0.1.90 - 10.0.1.99"}]
    assert {option["data"] for option in subnet["option-data"]} == {"10.0.1.9"}


# Cables ---------------------------------------------------------------------------------------------------

PEER = "192.168.10.1"


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an effect."""
    monkeypatch.setattr(fault_module, "SETTLE", 0.0)


@pytest.mark.parametrize(
    ("fault", "done", "undone"),
    [
        (LinkMtu(host="pc1", mtu=1000, peer=PEER), "mtu=996", "mtu=1500 rate=0 loss=0"),
        (LinkRate(host="pc1", rate=64000, peer=PEER), "rate=64000", "mtu=1500 rate=0 loss=0"),
        (LinkLoss(host="pc1", loss=20, peer=PEER), "loss=20", "mtu=1500 rate=0 loss=0"),
    ],
)
def test_a_bad_cable_is_replaced_by_a_good_one(
    driver: LabDriver, world: World, fault: LinkMtu | LinkRate | LinkLoss, done: str, undone: str
) -> None:
    memento = fault.remember(driver)
    fault.inject(driver)
    assert world.fabric.done == [f"cable pc1 eth0 {done}"]
    fault.revert(driver, memento)
    assert world.fabric.done[-1] == f"cable pc1 eth0 {undone}"


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize(
    ("share", "effective"),
    [("0%", False), ("2%", True), ("36.5%", True), ("100%", False)],
)
def test_a_lossy_cable_loses_some_and_not_all(driver: LabDriver, world: World, share: str, *, effective: bool) -> None:
    fault = LinkLoss(host="pc1", loss=20, peer=PEER)
    world.fabric.on("ping *", stdout=f"100 packets transmitted, {share} packet loss, time 9ms\n")
    if effective:
        fault.verify(driver)
    else:
        with pytest.raises(LabError, match=f"{share} packet loss"):
            fault.verify(driver)


@pytest.mark.usefixtures("no_patience")
def test_a_dead_cable_is_no_narrow_one(driver: LabDriver, world: World) -> None:
    fault = LinkMtu(host="pc1", mtu=1000, peer=PEER)
    for small, large, effective in ((" 0%", " 100%", True), (" 0%", " 0%", False), (" 100%", " 100%", False)):
        world.fabric.on("ping * -s 972 *", stdout=f"1 received,{small} packet loss")
        world.fabric.on("ping * -s 973 *", stdout=f"1 received,{large} packet loss")
        if effective:
            fault.verify(driver)
        else:
            with pytest.raises(LabError, match="link-mtu has not taken effect"):
                fault.verify(driver)


@pytest.mark.parametrize(
    ("fault", "parameters", "says"),
    [
        ("link-loss", {"host": "pc1", "peer": PEER, "loss": 100}, "loss: "),
        ("link-mtu", {"host": "pc1", "peer": PEER, "mtu": 1500}, "mtu: "),
        ("dhcp-pool-outside", {**OFFICE, "pool": "10.0.1.5"}, "pool: "),
        ("dhcp-reservation-wrong", {**OFFICE, "address": "10.0.1.5", "mac": "02-00-00-00-00-01"}, "mac: "),
        ("switch-access-vlan", {"host": "sw", "port": "eth1", "vlan": 4095, "client": "a", "peer": PEER}, "vlan: "),
        ("resolver-wrong", {"host": "pc1", "servers": [], "query": "a.b"}, '"servers" must not be empty'),
        ("firewall-too-open", {"host": "fw", "rule": "x", "becomes": "y", "opened": {"client": "a"}}, "opened.address"),
    ],
)
def test_parameters_out_of_range_are_named(fault: str, parameters: dict[str, Any], says: str) -> None:
    assert any(says in problem.text.en for problem in problems_of(FaultSpec(fault=fault, parameters=parameters)))
