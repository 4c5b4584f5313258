"""What leads a host's packets elsewhere, told from what nft(8), tc(8), ip(8) and the kernel really print."""

from __future__ import annotations

from typing import Any

import pytest

from grader import forwarding_state
from orchestrator.fabric.fabric_interface import ForwardingState


def test_what_leads_a_hosts_own_packets_elsewhere() -> None:
    rules: list[dict[str, Any]] = [
        {"chain": {"family": "ip", "table": "nat", "name": "out", "hook": "output"}},
        {"chain": {"family": "ip", "table": "nat", "name": "pre", "hook": "prerouting"}},
        {
            "rule": {
                "family": "ip",
                "table": "nat",
                "chain": "out",
                "expr": [{"redirect": {"port": 80}}],
            }
        },
        {"rule": {"family": "ip", "table": "nat", "chain": "pre", "expr": [{"dnat": {"addr": "10.0.0.1"}}]}},
        {"rule": {"family": "ip", "table": "nat", "chain": "out", "expr": [{"masquerade": None}]}},
    ]
    assert forwarding_state.redirections_of(ForwardingState(rules, [], [])) == ("nat/out",)
    assert forwarding_state.redirections_of(ForwardingState([], [], [])) == ()


@pytest.mark.parametrize(
    ("expression", "leads"),
    [
        ({"queue": None}, True),
        ({"fwd": {"dev": "eth1"}}, True),
        ({"xt": {"type": "target", "name": "REDIRECT"}}, True),
        ({"xt": {"type": "target", "name": "LOG"}}, False),
        ({"xt": None}, True),
        ({"mangle": {"key": {"payload": {"protocol": "udp", "field": "dport"}}, "value": 5353}}, True),
        ({"mangle": {"key": {"payload": {"base": "nh", "offset": 128, "len": 32}}, "value": 1}}, True),
        ({"mangle": {"key": {"payload": {"protocol": "ip", "field": "dscp"}}, "value": 46}}, False),
        ({"mangle": {"key": {"tcp option": {"name": "maxseg"}}, "value": 1360}}, False),
        ({"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}, False),
        ({"masquerade": None}, False),
    ],
)
def test_which_statements_lead_elsewhere(expression: dict[str, Any], leads: bool) -> None:
    rules: list[dict[str, Any]] = [
        {"chain": {"family": "ip", "table": "t", "name": "c", "hook": "prerouting"}},
        {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"match": {}}, expression]}},
    ]
    found = forwarding_state.redirections_of(ForwardingState(rules, [], []), arriving=True)
    assert found == (("t/c",) if leads else ())


@pytest.mark.parametrize(
    ("routes", "gateways"),
    [
        ([], ()),
        ([{"dst": "default", "gateway": "10.0.1.1"}], ("10.0.1.1",)),
        ([{"dst": "default", "gateway": "10.0.1.1"}, {"dst": "10.0.2.0/24", "dev": "eth0"}], ()),
        ([{"dst": "10.0.2.0/24", "dev": "eth0"}, {"dst": "10.0.2.3", "gateway": "10.0.2.9"}], ("10.0.2.9",)),
        (
            [{"dst": "10.0.2.0/24", "dev": "eth0"}, {"dst": "default", "table": 100, "gateway": "10.0.2.9"}],
            ("10.0.2.9",),
        ),
        ([{"dst": "10.0.2.4", "gateway": "10.0.2.9"}], ()),
        (
            [{"dst": "default", "nexthops": [{"gateway": "10.0.1.1"}, {"via": {"host": "10.0.1.9"}}]}],
            ("10.0.1.1", "10.0.1.9"),
        ),
    ],
)
def test_gateways_are_those_of_the_closest_routes(routes: list[dict[str, Any]], gateways: tuple[str, ...]) -> None:
    found = forwarding_state.gateways_of(ForwardingState([], [], routes), "10.0.2.3")
    assert tuple(gateway for gateway, _ in found) == gateways


def test_a_gateway_comes_with_its_interface() -> None:
    routes = [{"dst": "default", "nexthops": [{"gateway": "10.0.1.1", "dev": "eth1"}, {"gateway": "10.8.0.1"}]}]
    assert forwarding_state.gateways_of(ForwardingState([], [], routes), "10.0.2.3") == (
        ("10.0.1.1", "eth1"),
        ("10.8.0.1", ""),
    )


ARP = """\
IP address       HW type     Flags       HW address            Mask     Device
192.168.10.1     0x1         0x2         02:bf:46:21:5e:30     *        eth0
192.168.10.20    0x1         0x6         02:bf:46:21:5e:31     *        eth0
192.168.10.30    0x1         0xc         00:00:00:00:00:00     *        eth0
192.168.10.40    0x1         0x0         00:00:00:00:00:00     *        eth0
"""


def test_neighbours_are_learnt_or_fixed_or_answered_for() -> None:
    found = {n.address.rpartition(".")[2]: (n.fixed, n.published) for n in forwarding_state.parse_arp(ARP)}
    assert found == {"1": (False, False), "20": (True, False), "30": (False, True), "40": (False, False)}
    assert forwarding_state.parse_arp("") == ()
    with pytest.raises(ValueError, match="not enough values"):
        forwarding_state.parse_arp("IP address\nnonsense\n")


TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 192.168.10.0
        /24 link UNICAST
Id 100:
     |-- 10.7.0.0
        /16 host LOCAL
Local:
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 192.168.10.5
        /32 host LOCAL
     |-- 192.168.10.255
        /32 link BROADCAST
"""


def test_what_a_host_takes_for_its_own_is_read_of_all_its_tables() -> None:
    assert list(map(str, forwarding_state.parse_fib_trie(TRIE))) == [
        "10.7.0.0/16",
        "127.0.0.0/8",
        "127.0.0.1/32",
        "192.168.10.5/32",
    ]
    with pytest.raises(ValueError, match="LOCAL"):
        forwarding_state.parse_fib_trie("  /32 host LOCAL")
