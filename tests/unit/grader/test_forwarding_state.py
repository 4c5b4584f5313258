"""What leads a host's packets elsewhere, told from what nft(8), tc(8), ip(8) and the kernel really print."""

from __future__ import annotations

from typing import Any

import pytest

from grader import forwarding_state
from grader.forwarding_state import Translator
from orchestrator.fabric.fabric_interface import ForwardingState

HOOKS = ("ingress", "prerouting", "input", "forward", "output", "postrouting", "egress", None)


def rules_in(hook: str | None, *expressions: dict[str, Any]) -> ForwardingState:
    """Return a packet filter with one rule; a chain without a hook may be jumped to from anywhere."""
    chain = {"family": "ip", "table": "t", "name": "c"} | ({"hook": hook} if hook else {})
    return ForwardingState(
        [{"chain": chain}, {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": list(expressions)}}]
    )


@pytest.mark.parametrize("hook", HOOKS)
def test_a_rule_leads_elsewhere_in_whatever_hook(hook: str | None) -> None:
    """An answer is rewritten on its way out; the sender of a question, on its way in."""
    assert forwarding_state.redirections_of(rules_in(hook, {"match": {}}, {"redirect": {"port": 80}})) == ("t/c",)
    assert forwarding_state.redirections_of(rules_in(hook, {"match": {}}, {"accept": None})) == ()
    assert forwarding_state.redirections_of(ForwardingState()) == ()


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
        ({"masquerade": None}, True),
        ({"snat": {"addr": "10.0.0.9", "port": 9}}, True),
        ({"dnat": {"addr": "10.0.0.9"}}, True),
    ],
)
def test_which_statements_lead_elsewhere(expression: dict[str, Any], leads: bool) -> None:
    found = forwarding_state.redirections_of(rules_in("prerouting", {"match": {}}, expression))
    assert found == (("t/c",) if leads else ())


def sent_to(wanted: object, *, op: str = "==", field: str = "daddr") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"payload": {"protocol": "ip", "field": field}}, "right": wanted}}


def arriving_by(name: object, *, key: str = "iifname") -> dict[str, Any]:
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": name}}


@pytest.mark.parametrize(
    ("matches", "statement", "leads"),
    [
        ((), {"masquerade": None}, False),
        ((), {"snat": {"addr": "203.0.113.2"}}, False),
        ((sent_to("203.0.113.2"),), {"dnat": {"addr": "10.0.0.9"}}, False),
        ((sent_to({"set": ["203.0.113.2", "10.0.0.1"]}),), {"dnat": {"addr": "10.0.0.9"}}, False),
        ((), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to("10.0.0.7"),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to({"set": ["203.0.113.2", "10.0.0.7"]}),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to({"prefix": {"addr": "203.0.113.0", "len": 24}}),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to("203.0.113.2", op="!="),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to("203.0.113.2", field="saddr"),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((sent_to("203.0.113.2"),), {"redirect": {"port": 80}}, True),
        ((sent_to("203.0.113.2"),), {"queue": None}, True),
        ((arriving_by("eth2"),), {"dnat": {"addr": "10.0.0.9"}}, False),
        ((arriving_by("eth0"),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((arriving_by({"set": ["eth0", "eth2"]}),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((arriving_by("eth2", key="oifname"),), {"dnat": {"addr": "10.0.0.9"}}, True),
        ((arriving_by("eth2"),), {"redirect": {"port": 80}}, True),
    ],
)
def test_a_host_that_translates_by_plan_leads_away_only_what_is_sent_to_itself(
    matches: tuple[dict[str, Any], ...], statement: dict[str, Any], leads: bool
) -> None:
    state = rules_in("prerouting", {"match": {"op": "in", "left": {"ct": {"key": "state"}}}}, *matches, statement)
    translator = Translator(("203.0.113.2", "10.0.0.1"), ("eth0",))
    assert forwarding_state.redirections_of(state, translator) == (("t/c",) if leads else ())


def test_who_asks_a_translator_itself_may_be_led_on() -> None:
    asked = Translator(("203.0.113.2",), ())
    assert forwarding_state.redirections_of(rules_in("prerouting", {"dnat": {"addr": "10.0.0.9"}}), asked) == ()
    assert forwarding_state.redirections_of(rules_in("prerouting", {"redirect": {"port": 80}}), asked) == ("t/c",)


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
            [
                {"dst": "10.0.2.0/24", "gateway": "10.0.1.9"},
                {"dst": "10.0.2.3", "gateway": "10.0.1.1", "tos": "0x10"},
                {"dst": "default", "gateway": "10.0.1.8"},
            ],
            ("10.0.1.1", "10.0.1.9"),
        ),
        (
            [{"dst": "10.0.2.3", "dev": "eth1", "flags": ["dead"]}, {"dst": "default", "gateway": "10.0.1.8"}],
            ("10.0.1.8",),
        ),
        ([{"dst": "10.0.2.3", "nhid": 7, "gateway": "10.0.1.8", "dev": "eth0"}], ("10.0.1.8",)),
        (
            [{"dst": "default", "nexthops": [{"gateway": "10.0.1.1"}, {"via": {"host": "10.0.1.9"}}]}],
            ("10.0.1.1", "10.0.1.9"),
        ),
    ],
)
def test_gateways_are_those_of_the_closest_routes(routes: list[dict[str, Any]], gateways: tuple[str, ...]) -> None:
    found = forwarding_state.gateways_of(ForwardingState([], [], routes), "10.0.2.3")
    assert tuple(gateway for gateway, _ in found) == gateways


def test_a_route_that_only_names_an_object_is_not_understood() -> None:
    routes = [{"dst": "10.0.2.3", "nhid": 7}]
    with pytest.raises(ValueError, match=r"10\.0\.2\.3 nhid 7"):
        forwarding_state.gateways_of(ForwardingState([], [], routes), "10.0.2.3")


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
