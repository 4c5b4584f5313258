"""A host's network in words that compare: on rows as they were recorded of hosts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from orchestrator.fabric.helper import network_state

INET, INET6 = 2, 10
ETH0 = {"name": "eth0", "up": True, "mtu": 1500, "kind": "veth", "mac": "02:bf:3c:41:53:13"}
CONNECTED = {
    "dst": "172.16.50.0/24", "table": "254", "dev": "eth0", "family": INET, "protocol": 2, "type": 1,
    "source": "172.16.50.94",
}  # fmt: skip
DEFAULT = {"dst": "default", "table": "254", "dev": "eth0", "gateway": "172.16.50.1", "family": INET, "protocol": 3,
           "type": 1}  # fmt: skip
LEARNT = {"dst": "10.20.10.0/24", "table": "254", "dev": "eth3", "gateway": "10.0.12.2", "nhid": 29, "family": INET,
          "protocol": 188, "type": 1, "metric": 20}  # fmt: skip
LEASED = {"dst": "default", "table": "254", "dev": "eth0", "gateway": "10.20.10.1", "family": INET, "protocol": 16,
          "type": 1, "metric": 1002, "source": "10.20.10.53"}  # fmt: skip
RULES: list[dict[str, Any]] = [
    {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
    {"table": {"family": "inet", "name": "filter", "handle": 3}},
    {"set": {"family": "inet", "name": "allowed", "table": "filter", "type": "ipv4_addr", "handle": 4,
             "flags": ["interval"], "elem": ["10.0.0.2", {"elem": {"val": "10.0.0.1", "counter": {"packets": 1}}}]}},
    {"set": {"family": "inet", "name": "seen", "table": "filter", "type": "ipv4_addr", "handle": 5,
             "flags": ["dynamic", "timeout"], "elem": [{"elem": {"val": "10.0.0.9", "expires": 12}}]}},
    {"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter", "hook": "input",
               "prio": 0, "policy": "drop"}},
    {"chain": {"family": "inet", "table": "filter", "name": "refuse", "handle": 2}},
    {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 7, "comment": "the web",
              "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 80}},
                       {"counter": {"packets": 12, "bytes": 900}}, {"accept": None}]}},
    {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 8,
              "expr": [{"quota": {"val": 1, "val_unit": "mbytes", "used": 5, "used_unit": "bytes"}},
                       {"jump": {"target": "refuse"}}]}},
]  # fmt: skip


def rows(**changed: object) -> dict[str, Any]:
    """Return the rows of a host with one interface."""
    return {
        "links": [{"name": "lo", "up": True, "mtu": 65536, "mac": "00:00:00:00:00:00"}, ETH0],
        "addresses": [
            {"dev": "lo", "address": "127.0.0.1/8"},
            {"dev": "eth0", "address": "172.16.50.94/24"},
            {"dev": "eth0", "address": "fe80::bf:3cff:fe41:5313/64"},
        ],
        "neighbours": [],
        "ways": [],
        "queues": [{"kind": "noqueue", "dev": "eth0"}],
        "routes": [],
        "sysctls": {},
        "rules": [],
        "old_tables": [],
        **changed,
    }


def seen(*, routed: bool = False, **changed: object) -> dict[str, dict[str, str]]:
    return network_state.network_objects(rows(**changed), routed=routed)


def of(kind: str, *, routed: bool = False, **changed: object) -> dict[str, dict[str, str]]:
    """Return the objects of a kind."""
    return {name: fields for name, fields in seen(routed=routed, **changed).items() if name.startswith(f"{kind} ")}


def test_interfaces_and_their_addresses() -> None:
    assert of("address") == {
        "address lo 127.0.0.1/8": {"there": "yes"},
        "address eth0 172.16.50.94/24": {"there": "yes"},
    }
    assert of("link")["link eth0"] == {"up": "yes", "mtu": "1500", "kind": "veth", "mac": "02:bf:3c:41:53:13"}
    assert of("queue") == {"queue eth0": {"kind": "noqueue"}}
    line = [{"dev": "tun0", "address": "10.8.0.2/32", "peer": "10.8.0.1"}]
    assert of("address", addresses=line) == {"address tun0 10.8.0.2/32": {"there": "yes", "peer": "10.8.0.1"}}


def test_a_leased_address_is_told_by_its_network() -> None:
    """The next lease may give another address of the pool, which is no change; one of another network is."""

    def leased(address: str) -> dict[str, dict[str, str]]:
        source = address.partition("/")[0]
        route = {"dst": "default", "protocol": 16, "type": 1, "table": "254", "dev": "eth0", "family": INET}
        given = {"dev": "eth0", "address": address, "leased": True}
        return seen(addresses=[given], routes=[{**route, "gateway": "192.168.10.1", "source": source}])

    assert leased("192.168.10.109/24") == leased("192.168.10.120/24") != leased("192.168.20.120/24")
    assert leased("192.168.10.109/24")["address eth0 lease 192.168.10.0/24"] == {"there": "yes"}
    assert leased("192.168.10.109/24")["route default table main"]["source"] == "lease 192.168.10.0/24"
    by_hand = [{"dev": "eth0", "address": "192.168.10.109/24"}]
    assert list(of("address", addresses=by_hand)) == ["address eth0 192.168.10.109/24"]


def test_a_drawn_mac_address_is_not_told() -> None:
    """That of Open vSwitch's ``ovs-netdev`` was another one after each boot."""
    bridge = {"name": "ovs-netdev", "up": False, "mtu": 1500, "kind": "tun", "mac": "8a:58:12:64:56:9e"}
    assert of("link", links=[bridge]) == {"link ovs-netdev": {"up": "no", "mtu": "1500", "kind": "tun"}}


def test_what_a_module_of_the_machines_kernel_adds_is_left_out_while_it_is_down() -> None:
    tunnel = {"name": "tunl0", "up": False, "mtu": 1480, "kind": "ipip"}
    more: dict[str, Any] = {
        "queues": [{"kind": "noop", "dev": "tunl0"}],
        "sysctls": {"/proc/sys/net/ipv4/conf/tunl0/rp_filter": "0"},
    }
    assert seen(links=[tunnel], addresses=[], **more) == {}
    assert set(seen(links=[{**tunnel, "up": True}], addresses=[], **more)) == {
        "link tunl0", "queue tunl0", "sysctl net.ipv4.conf.tunl0.rp_filter",
    }  # fmt: skip


def test_routes() -> None:
    assert of("route", routes=[CONNECTED, DEFAULT]) == {
        "route 172.16.50.0/24 table main": {
            "device": "eth0", "protocol": "kernel", "source": "172.16.50.94",
        },
        "route default table main": {
            "device": "eth0", "gateway": "172.16.50.1", "protocol": "boot",
        },
    }  # fmt: skip
    assert "metric" not in of("route", routes=[LEASED])["route default table main"]
    service = {**DEFAULT, "tos": "0x10", "table": "100", "metric": 7}
    assert of("route", routes=[service])["route default table 100 tos 0x10"]["metric"] == "7"


def test_what_a_routing_daemon_learnt_is_left_out_only_where_one_runs() -> None:
    assert of("route", routed=True, routes=[LEARNT]) == {}
    assert of("route", routed=False, routes=[LEARNT]) == {
        "route 10.20.10.0/24 table main": {
            "device": "eth3", "gateway": "10.0.12.2", "protocol": "ospf", "metric": "20",
        }
    }  # fmt: skip
    assert len(of("route", routed=True, routes=[CONNECTED, DEFAULT, {**LEARNT, "protocol": 196}])) == 3


def test_routes_to_one_place_are_told_together_in_one_order() -> None:
    other = {**DEFAULT, "gateway": "172.16.50.9", "metric": 5}
    both = of("route", routes=[other, DEFAULT])["route default table main"]
    assert both == of("route", routes=[DEFAULT, other])["route default table main"]
    assert both["gateway"] == "172.16.50.1\n172.16.50.9"
    assert both["metric"] == "-\n5"


def test_a_route_by_several_gateways_and_by_an_object() -> None:
    plain = {name: value for name, value in DEFAULT.items() if name not in {"dev", "gateway"}}
    hops = [{"dev": "eth1", "gateway": "10.0.0.2"}, {"dev": "eth0", "gateway": "10.0.0.1"}]
    told = of("route", routes=[{**plain, "nexthops": hops}])["route default table main"]
    assert told["hops"] == "10.0.0.1 eth0, 10.0.0.2 eth1"
    assert of("route", routes=[{**plain, "nhid": 7}])["route default table main"]["gateway"] == "object 7"
    via = {**plain, "dev": "eth0", "via": {"host": "fe80::1"}}
    assert of("route", routes=[via])["route default table main"]["gateway"] == "fe80::1"
    assert set(of("route", routes=[plain, {**plain, "family": INET6}])) == {
        "route default table main", "route default6 table main",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("route", "is_left_out"),
    [
        ({"dst": "172.16.50.94/32", "protocol": 2, "type": 2}, True),
        ({"dst": "127.0.0.0/8", "protocol": 2, "type": 2}, True),
        ({"dst": "172.16.50.255/32", "protocol": 2, "type": 3}, True),
        ({"dst": "fe80::/64", "protocol": 2, "type": 1, "family": INET6}, True),
        ({"dst": "ff00::/8", "protocol": 2, "type": 5, "family": INET6}, True),
        ({"dst": "172.16.50.94/32", "protocol": 3, "type": 2}, False),
        ({"dst": "172.16.50.80/32", "protocol": 2, "type": 2}, False),
        ({"dst": "172.16.0.0/16", "protocol": 2, "type": 2}, False),
        ({"dst": "203.0.113.0/24", "protocol": 2, "type": 6}, False),
    ],
)
def test_what_the_kernel_makes_of_addresses_is_left_out_and_nothing_else(
    route: dict[str, Any], is_left_out: bool
) -> None:
    whole = {"table": "255", "dev": "eth0", "family": INET, **route}
    assert (of("route", routes=[whole]) == {}) is is_left_out


def test_neighbours_rules_and_settings() -> None:
    neighbours = [
        {"address": "172.16.50.1", "dev": "eth0", "mac": "02:00:00:00:00:01"},
        {"address": "172.16.50.7", "dev": "eth0", "proxy": True},
    ]
    assert of("neighbour", neighbours=neighbours) == {
        "neighbour 172.16.50.1": {"device": "eth0", "mac": "02:00:00:00:00:01"}
    }
    assert of("proxy", neighbours=neighbours) == {"proxy 172.16.50.7 eth0": {"there": "yes"}}
    assert of("rule", ways=["inet 32766: table main"]) == {"rule inet 32766: table main": {"there": "yes"}}
    values = {"/proc/sys/net/ipv4/ping_group_range": "0\t7", "/proc/sys/net/ipv4/conf/eth0.10/rp_filter": "2"}
    assert of("sysctl", sysctls=values) == {
        "sysctl net.ipv4.ping_group_range": {"value": "0 7"},
        "sysctl net.ipv4.conf.eth0/10.rp_filter": {"value": "2"},
    }


def test_packet_filters() -> None:
    found = seen(rules=RULES, old_tables=["nat", "filter"])
    assert found["filter inet filter"] == {"there": "yes"}
    assert found["filter tables of iptables-legacy"] == {"names": "filter nat"}
    chain = found["filter inet filter input"]
    lines = chain.pop("rules").split("\n")
    assert chain == {"type": "filter", "hook": "input", "priority": "0", "policy": "drop"}
    assert lines == [
        '[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":80}},{"accept":null}]',
        '[{"quota":{"val":1,"val_unit":"mbytes"}},{"jump":{"target":"refuse"}}]',
    ]
    assert found["filter inet filter refuse"] == {"rules": ""}
    assert found["set inet filter allowed"] == {
        "type": "ipv4_addr", "flags": "interval", "elements": '"10.0.0.2"\n{"elem":{"val":"10.0.0.1"}}',
    }  # fmt: skip
    assert found["set inet filter seen"] == {"type": "ipv4_addr", "flags": "dynamic timeout"}


def test_what_counts_and_what_is_remarked_changes_nothing() -> None:
    later = copy.deepcopy(RULES)
    for told in (one for entry in later for one in entry.values()):
        told["handle"] = 99
    later[6]["rule"]["expr"][1]["counter"] = {"packets": 13, "bytes": 950}
    later[6]["rule"]["comment"] = "port 80"
    later[7]["rule"]["expr"][0]["quota"] |= {"used": 7}
    later[3]["set"]["elem"] = []
    later[2]["set"]["elem"].reverse()
    assert seen(rules=later) == seen(rules=RULES)
    del later[6]["rule"]["expr"][0]
    assert seen(rules=later) != seen(rules=RULES)


def test_who_listens() -> None:
    def row(protocol: str, state: str, address: str, port: int, inode: int) -> dict[str, Any]:
        return {"protocol": protocol, "state": state, "address": address, "port": port, "inode": inode}

    listed = [
        row("tcp", "listening", "0.0.0.0", 80, 1),
        row("tcp", "listening", "::", 80, 2),
        row("udp", "unconnected", "0.0.0.0", 53, 3),
        row("tcp", "listening", "0.0.0.0", 2049, 4),
        row("tcp", "listening", "0.0.0.0", 40000, 5),
        row("udp", "unconnected", "0.0.0.0", 50123, 6),
        row("udp", "unconnected", "192.168.10.51", 68, 11),
        row("udp", "established", "10.0.0.1", 500, 7),
        row("udp", "unconnected", "0.0.0.0", 0, 8),
        row("tcp", "established", "10.0.0.1", 80, 9),
        {"protocol": "unix", "state": "listening", "address": "/run/x", "inode": 10},
        row("udp", "unconnected", "0.0.0.0", 53, 11),
    ]
    kept = network_state.listeners(listed)
    holders = {1: {10, 11}, 2: {10}, 3: {12}, 11: {13}, 4: set[int]()}
    programs = {10: "/usr/sbin/nginx", 11: "/opt/web", 12: "/usr/sbin/named", 13: ""}
    assert network_state.socket_objects(kept, holders, programs.__getitem__) == {
        "tcp 0.0.0.0:80": {"program": "/opt/web\n/usr/sbin/nginx"},
        "tcp6 [::]:80": {"program": "/usr/sbin/nginx"},
        "udp 0.0.0.0:53": {"program": "/usr/sbin/named"},
        "tcp 0.0.0.0:2049": {"program": ""},
    }
